/* SPDX-License-Identifier: Apache-2.0 */
/* From a path as given to an open directory beneath an allowed root. */
#include "plugins/storage/local/local.h"

#include "core/base/buf.h"
#include "core/base/cleanup.h"
#include "core/base/file.h"
#include "core/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <string.h>

#define BENEATH (RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS)
#define DIR_FLAGS (O_RDONLY | O_DIRECTORY)

static const char *const default_roots[] = {HYP_STATE_DIR "/exports"};

int32_t local_error(struct hyp_error *err, int sys_errno, const char *what,
		    const char *dir, const char *name)
{
	HYP_AUTO_FREE char *path = NULL;

	if (name == NULL || hyp_asprintf(&path, NULL, "%s/%s", dir, name) != 0)
		return hyp_error_errno(err, sys_errno, what, dir);
	return hyp_error_errno(err, sys_errno, what, path);
}

int32_t local_not_durable(struct hyp_error *err, int sys_errno, const char *dir,
			  const char *name)
{
	if (local_error(err, sys_errno, "make durable", dir, name) ==
	    HYP_E_RESOURCE)
		return HYP_E_RESOURCE;
	return hyp_error_set(err, HYP_E_TRANSIENT, "fsync_failed", sys_errno,
			     "%s/%s could not be made durable: %s; it must be "
			     "written anew",
			     dir, name == NULL ? "" : name,
			     strerrordesc_np(sys_errno));
}

int32_t local_vanished(struct hyp_error *err, int sys_errno, const char *what,
		       const char *dir)
{
	if (sys_errno != ENOENT && sys_errno != ENOTDIR)
		return local_error(err, sys_errno, what, dir, NULL);
	return hyp_error_set(err, HYP_E_TRANSIENT, "io_error", sys_errno,
			     "%s was removed or unmounted meanwhile", dir);
}

static int32_t unsafe(struct hyp_error *err, const char *what, const char *path,
		      const char *why)
{
	char shown[512];

	hyp_text_printable(path, shown, sizeof(shown));
	return hyp_error_set(err, HYP_E_USAGE, "unsafe_path", 0, "%s %s: %s",
			     what, shown, why);
}

/* One component of a path, n bytes: NULL, or what is wrong with it. */
static const char *component_fault(const char *part, size_t n)
{
	if (n == 0)
		return "it has an empty component (//)";
	if (n > NAME_MAX)
		return "a component is longer than 255 bytes";
	if (part[n - 1] == '.')
		return "a component ends in a dot";
	if (n >= 5 && strncmp(part, ".hyp-", 5) == 0)
		return "names that begin with .hyp- are kept for temporaries";
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)part[i] < 0x20 || part[i] == 0x7f)
			return "it holds a control character";
	return NULL;
}

int32_t local_path_check(const char *path, const char *what,
			 struct hyp_error *err)
{
	size_t len = strlen(path);
	const char *p = path, *fault;

	if (*path != '/')
		return unsafe(err, what, path,
			      "it must be absolute, beginning with /");
	if (len >= PATH_MAX)
		return unsafe(err, what, path, "it is too long");
	if (!hyp_text_is_utf8(path, len))
		return unsafe(err, what, path, "it is not valid UTF-8");
	while (*p != '\0' && p[1] != '\0') { /* one slash may end it */
		size_t n = strcspn(++p, "/");

		fault = component_fault(p, n);
		if (fault != NULL)
			return unsafe(err, what, path, fault);
		p += n;
	}
	return 0;
}

static size_t trimmed(const char *path)
{
	size_t n = strlen(path);

	return n > 0 && path[n - 1] == '/' ? n - 1 : n;
}

/* What of dir lies beneath root: "" for root itself, NULL if it does not. */
static const char *beneath(const char *dir, const char *root)
{
	size_t n = trimmed(root);

	if (strncmp(dir, root, n) != 0)
		return NULL;
	if (dir[n] == '\0')
		return dir + n;
	return dir[n] == '/' ? dir + n + 1 : NULL;
}

/* The longest root that holds dir. */
static int32_t find_root(const struct local *local, const char *dir,
			 const char **root, const char **rel,
			 struct hyp_error *err)
{
	const char *const *roots = local->options->roots.items;
	uint64_t count = local->options->roots.count;
	const char *best = NULL;

	if (count == 0) {
		roots = default_roots;
		count = HYP_COUNT(default_roots);
	}
	for (uint64_t i = 0; i < count; i++)
		if (beneath(dir, roots[i]) != NULL &&
		    (best == NULL || strlen(roots[i]) > strlen(best)))
			best = roots[i];
	if (best == NULL)
		return unsafe(err, "output directory", dir,
			      "it lies in none of the allowed roots "
			      "(option roots of storage/local)");
	*root = best;
	*rel = beneath(dir, best);
	return 0;
}

/* Others must not be able to swap what we make there. */
static int32_t check_owner(const struct stat *st, const char *path,
			   struct hyp_error *err)
{
	char shown[512];

	hyp_text_printable(path, shown, sizeof(shown));
	if (st->st_uid != geteuid() && st->st_uid != 0)
		return hyp_error_set(
			err, HYP_E_PERMANENT, "unsafe_path", 0,
			"%s belongs to user %u, who could swap its contents: "
			"choose a directory of your own, or run as that user",
			shown, (unsigned int)st->st_uid);
	if ((st->st_mode & S_IWOTH) != 0)
		return hyp_error_set(
			err, HYP_E_PERMANENT, "unsafe_path", 0,
			"everybody may write to %s: choose a directory that "
			"only its owner writes to, for instance a new one "
			"inside it",
			shown);
	return 0;
}

static int32_t check_mount(const struct local *local, const struct stat *st,
			   const char *root, struct hyp_error *err)
{
	struct stat top;

	if (!local->options->require_mount)
		return 0;
	if (stat("/", &top) != 0)
		return hyp_error_errno(err, errno, "examine", "/");
	if (top.st_dev != st->st_dev)
		return 0;
	return hyp_error_set(err, HYP_E_TRANSIENT, "io_error", 0,
			     "%s is on the same file system as /: its disk is "
			     "not mounted (option require_mount)",
			     root);
}

static int32_t open_root(const struct local *local, const char *root, int *out,
			 struct stat *st, struct hyp_error *err)
{
	HYP_AUTO_CLOSE int fd = -1;
	int32_t rc;

	/* A root is what the administrator says: its own links count. */
	fd = hyp_file_openat(AT_FDCWD, root, O_RDONLY | O_DIRECTORY, 0, 0);
	if (fd < 0 && errno == ENOENT)
		return hyp_error_set(err, HYP_E_NOT_FOUND, "not_found", ENOENT,
				     "output root %s does not exist: make it, "
				     "or mount it",
				     root);
	if (fd < 0 || fstat(fd, st) != 0)
		return hyp_error_errno(err, errno, "open output root", root);
	rc = check_owner(st, root, err);
	if (rc == 0)
		rc = check_mount(local, st, root, err);
	if (rc != 0)
		return rc;
	*out = fd;
	fd = -1;
	return 0;
}

/* Makes name in parent, durably, and notes it; being there already is fine. */
static int32_t make_dir(const struct local *local, struct local_where *where,
			int parent, const char *name, struct hyp_error *err)
{
	mode_t mode = local->options->group_read ? 0750 : 0700;
	size_t i = where->made_count;
	int32_t rc;

	if (i == LOCAL_MADE_MAX)
		return unsafe(err, "output directory", where->dir,
			      "too many of its parents are missing");
	rc = hyp_strdup(name, &where->made[i].name, err);
	if (rc != 0)
		return rc;
	where->made[i].parent = fcntl(parent, F_DUPFD_CLOEXEC, 3);
	if (where->made[i].parent >= 0 &&
	    hyp_file_mkdirat(parent, name, mode) == 0) {
		where->made_count++;
		if (hyp_file_fsync(parent) == 0)
			return 0;
		return local_not_durable(err, errno, where->dir, NULL);
	}
	if (errno != EEXIST || where->made[i].parent < 0)
		rc = local_vanished(err, errno, "make directory", where->dir);
	if (where->made[i].parent >= 0)
		close(where->made[i].parent);
	free(HYP_STEAL(where->made[i].name));
	return rc;
}

/* Steps into one component; *fd is closed and replaced. */
static int32_t step(const struct local *local, struct local_where *where,
		    int *fd, const char *name, int make, struct hyp_error *err)
{
	int next = hyp_file_openat(*fd, name, DIR_FLAGS, 0, BENEATH);
	int32_t rc;

	if (next < 0 && errno == ENOENT && make) {
		rc = make_dir(local, where, *fd, name, err);
		if (rc != 0)
			return rc;
		next = hyp_file_openat(*fd, name, DIR_FLAGS, 0, BENEATH);
		if (next < 0 && errno == ENOENT)
			return local_vanished(err, errno, "open directory",
					      where->dir);
	}
	if (next < 0)
		return local_error(err, errno, "open directory", where->dir,
				   NULL);
	close(*fd);
	*fd = next;
	if (fstat(next, &where->st) != 0)
		return local_error(err, errno, "examine", where->dir, NULL);
	return check_owner(&where->st, where->dir, err);
}

static int32_t walk(const struct local *local, const char *rel, int make,
		    struct local_where *where, struct hyp_error *err)
{
	HYP_AUTO_CLOSE int fd = -1;
	HYP_AUTO_FREE char *copy = NULL;
	char *save = NULL;
	int32_t rc;

	rc = hyp_strdup(rel, &copy, err);
	if (rc == 0)
		rc = open_root(local, where->root, &fd, &where->st, err);
	for (char *name = rc == 0 ? strtok_r(copy, "/", &save) : NULL;
	     rc == 0 && name != NULL; name = strtok_r(NULL, "/", &save))
		rc = step(local, where, &fd, name, make, err);
	if (rc != 0)
		return rc;
	where->fd = fd;
	fd = -1;
	return 0;
}

int32_t local_where_open(const struct local *local, const char *dir, int make,
			 struct local_where *where, struct hyp_error *err)
{
	const char *rel = "";
	int32_t rc;

	*where = (struct local_where)LOCAL_WHERE_INIT;
	rc = local_path_check(dir, "output directory", err);
	if (rc == 0)
		rc = hyp_strdup(dir, &where->dir, err);
	if (rc == 0 && trimmed(dir) > 0)
		where->dir[trimmed(dir)] = '\0';
	if (rc == 0)
		rc = find_root(local, where->dir, &where->root, &rel, err);
	if (rc == 0)
		rc = walk(local, rel, make, where, err);
	if (rc != 0) {
		local_where_undo(where);
		local_where_fini(where);
	}
	return rc;
}

int32_t local_where_check(const struct local *local,
			  const struct local_where *where,
			  struct hyp_error *err)
{
	struct local_where now;
	int32_t rc;

	rc = local_where_open(local, where->dir, 0, &now, err);
	if (rc == HYP_E_NOT_FOUND)
		return local_vanished(err, ENOENT, "open", where->dir);
	if (rc != 0)
		return rc;
	if (!local_same_file(&now.st, &where->st))
		rc = hyp_error_set(err, HYP_E_TRANSIENT, "io_error", 0,
				   "%s was replaced by another directory, "
				   "mounted or unmounted meanwhile",
				   where->dir);
	local_where_fini(&now);
	return rc;
}

void local_where_undo(struct local_where *where)
{
	while (where->made_count > 0) {
		size_t i = --where->made_count;

		hyp_file_unlinkat(where->made[i].parent, where->made[i].name,
				  AT_REMOVEDIR);
		close(where->made[i].parent);
		free(HYP_STEAL(where->made[i].name));
	}
}

void local_where_fini(struct local_where *where)
{
	while (where->made_count > 0) {
		size_t i = --where->made_count;

		close(where->made[i].parent);
		free(HYP_STEAL(where->made[i].name));
	}
	if (where->fd >= 0)
		close(where->fd);
	where->fd = -1;
	free(HYP_STEAL(where->dir));
}
