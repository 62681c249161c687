/* SPDX-License-Identifier: Apache-2.0 */
/* The Unix socket: who may open it decides who may ask. */
#include "core/api/listen.h"
#include "core/base/buf.h"
#include "core/base/cleanup.h"
#include "core/base/log.h"

#include <grp.h>
#include <libgen.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#define GROUP "hypersdk"
#define BACKLOG 1024

unsigned hyp_listen_group(void)
{
	char text[4096];
	struct group group, *found = NULL;

	if (getgrnam_r(GROUP, &group, text, sizeof(text), &found) != 0 ||
	    found == NULL)
		return (unsigned)-1;
	return group.gr_gid;
}

static int32_t fail(struct hyp_error *err, const char *what, const char *path)
{
	int e = errno;
	int access = e == EACCES || e == EPERM || e == EROFS || e == ENOENT;

	return hyp_error_set(err, HYP_E_PERMANENT,
			     e == EADDRINUSE ? "address_in_use"
			     : access	     ? "no_permission"
					     : "io_error",
			     e,
			     "cannot %s the socket %s: %s; settings: "
			     "api.socket",
			     what, path, strerror(e));
}

/* Its folder, if that alone is missing. */
static void make_folder(const char *path)
{
	char copy[sizeof(((struct sockaddr_un *)0)->sun_path)];

	snprintf(copy, sizeof(copy), "%s", path);
	mkdir(dirname(copy), 0755);
}

/* What a process that was killed has left is removed; never a socket that
 * answers, and nothing that is no socket. */
static int32_t clear(const struct sockaddr_un *address, struct hyp_error *err)
{
	HYP_AUTO_CLOSE int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct stat st;

	if (lstat(address->sun_path, &st) != 0)
		return 0;
	if (!S_ISSOCK(st.st_mode))
		return hyp_error_set(err, HYP_E_PERMANENT, "address_in_use", 0,
				     "%s is there and is no socket; settings: "
				     "api.socket",
				     address->sun_path);
	if (fd < 0)
		return fail(err, "probe", address->sun_path);
	if (connect(fd, (const struct sockaddr *)(const void *)address,
		    sizeof(*address)) == 0)
		return hyp_error_set(err, HYP_E_PERMANENT, "address_in_use", 0,
				     "another process listens on %s; settings: "
				     "api.socket",
				     address->sun_path);
	if (errno != ECONNREFUSED)
		return fail(err, "probe", address->sun_path);
	if (unlink(address->sun_path) != 0)
		return fail(err, "replace", address->sun_path);
	return 0;
}

/* 0600 from its first moment (the mode of an unbound socket is that of its
 * file); then for the group, if there is one that we may give it to. */
static int32_t bind_private(int fd, const struct sockaddr_un *address,
			    struct hyp_error *err)
{
	unsigned group = hyp_listen_group();
	struct stat st;

	fchmod(fd, 0600);
	if (bind(fd, (const struct sockaddr *)(const void *)address,
		 sizeof(*address)) != 0)
		return fail(err, "bind", address->sun_path);
	if (group == (unsigned)-1)
		return 0;
	/* In a sandbox without chown it is of our group already. */
	if ((lstat(address->sun_path, &st) != 0 || st.st_gid != group) &&
	    chown(address->sun_path, (uid_t)-1, group) != 0) {
		hyp_log(HYP_LOG_WARNING, "", "api",
			"%s is for its owner alone: it cannot be given to "
			"group " GROUP ": %s",
			address->sun_path, strerror(errno));
		return 0;
	}
	if (chmod(address->sun_path, 0660) != 0)
		return fail(err, "open up", address->sun_path);
	return 0;
}

int32_t hyp_listen_unix(const char *path, struct hyp_listeners *out,
			struct hyp_error *err)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	HYP_AUTO_CLOSE int fd = -1;
	struct stat st;

	if (strlen(path) >= sizeof(address.sun_path) || *path != '/')
		return hyp_error_set(err, HYP_E_USAGE, "bad_value", 0,
				     "api.socket: %.200s must be absolute and "
				     "at most %zu bytes long",
				     path, sizeof(address.sun_path) - 1);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	make_folder(path);
	if (clear(&address, err) != 0)
		return err->code;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return fail(err, "make", path);
	if (bind_private(fd, &address, err) != 0)
		return err->code;
	if (listen(fd, BACKLOG) != 0 || lstat(path, &st) != 0) {
		fail(err, "listen on", path);
		unlink(path);
		return err->code;
	}
	if (hyp_strdup(path, &out->path, err) != 0)
		return err->code;
	out->dev = st.st_dev;
	out->ino = st.st_ino;
	out->at[out->count++] = (struct hyp_listener){fd, HYP_WAY_UNIX, 0};
	fd = -1;
	return 0;
}
