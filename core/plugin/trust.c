/* SPDX-License-Identifier: Apache-2.0 */
#include "core/plugin/trust.h"
#include "core/base/buf.h"
#include "core/base/cleanup.h"

#include <fcntl.h>
#include <sys/stat.h>

/* Where a step of the walk stands in the path. */
#define STEP_ABOVE 0u  /* a folder above the plugin's own */
#define STEP_FOLDER 1u /* the folder that holds it */
#define STEP_FILE 2u

__attribute__((format(printf, 2, 3))) static int32_t
reject(struct hyp_error *err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	hyp_error_vset(err, HYP_E_USAGE, "plugin_rejected", 0, fmt, ap);
	va_end(ap);
	return HYP_E_USAGE;
}

static int32_t check_type(const char *at, const struct stat *st, unsigned step,
			  struct hyp_error *err)
{
	if (S_ISLNK(st->st_mode))
		return reject(err,
			      "%s is a symbolic link; give the real path, "
			      "or put the file there",
			      at);
	if (step != STEP_FILE && !S_ISDIR(st->st_mode))
		return reject(err, "%s is not a directory", at);
	if (step == STEP_FILE && !S_ISREG(st->st_mode))
		return reject(err, "%s is not a regular file", at);
	if (step == STEP_FILE && (st->st_mode & (S_ISUID | S_ISGID)) != 0)
		return reject(err,
			      "%s is set-user-ID or set-group-ID; "
			      "chmod ug-s it",
			      at);
	return 0;
}

static int32_t check_step(const char *at, const struct stat *st, unsigned step,
			  struct hyp_error *err)
{
	int32_t rc = check_type(at, st, step, err);
	int sticky = step == STEP_ABOVE && (st->st_mode & S_ISVTX) != 0;

	if (rc != 0)
		return rc;
	if (st->st_uid != 0 && st->st_uid != geteuid())
		return reject(err,
			      "%s belongs to user %u, not to root or to user "
			      "%u, who runs this",
			      at, (unsigned)st->st_uid, (unsigned)geteuid());
	if ((st->st_mode & (S_IWGRP | S_IWOTH)) != 0 && !sticky)
		return reject(err,
			      "%s can be written by others (mode %04o); "
			      "chmod go-w it",
			      at, (unsigned)st->st_mode & 07777);
	return 0;
}

/* Opens one component beneath dir, without following a link. */
static int32_t step_into(int dir, const char *name, const char *at,
			 unsigned step, int *fd, struct hyp_error *err)
{
	struct stat st;
	int32_t rc;

	*fd = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (*fd < 0)
		return hyp_error_set(
			err, errno == ENOENT ? HYP_E_NOT_FOUND : HYP_E_USAGE,
			errno == ENOENT ? "not_found" : "plugin_rejected",
			errno, "%s: %s", at, strerror(errno));
	if (fstat(*fd, &st) != 0)
		rc = reject(err, "%s: %s", at, strerror(errno));
	else
		rc = check_step(at, &st, step, err);
	if (rc != 0) {
		close(*fd);
		*fd = -1;
	}
	return rc;
}

static unsigned step_of(const char *rest, unsigned last)
{
	const char *slash = strchr(rest, '/');

	if (slash == NULL)
		return last;
	if (last == STEP_FILE && strchr(slash + 1, '/') == NULL)
		return STEP_FOLDER;
	return STEP_ABOVE;
}

/* Walks path, which it takes apart in place; *out is an O_PATH descriptor. */
static int32_t walk(char *path, unsigned last, int *out, struct hyp_error *err)
{
	HYP_AUTO_CLOSE int dir = -1;
	char *name = path + 1;
	int32_t rc = step_into(AT_FDCWD, "/", "/", STEP_ABOVE, &dir, err);

	while (rc == 0 && name != NULL) {
		unsigned step = step_of(name, last);
		char *slash = strchr(name, '/');
		int next = -1;

		if (slash != NULL)
			*slash = '\0';
		rc = step_into(dir, name, path, step, &next, err);
		if (rc == 0) {
			close(dir);
			dir = next;
		}
		if (slash != NULL)
			*slash = '/';
		name = slash != NULL ? slash + 1 : NULL;
	}
	if (rc == 0) {
		*out = dir;
		dir = -1;
	}
	return rc;
}

/* Absolute, without the empty components that would confuse the walk. */
static int32_t tidy(const char *path, char **out, struct hyp_error *err)
{
	char *copy;
	size_t n = 0;
	int32_t rc;

	if (path[0] != '/')
		return reject(err, "%s is not an absolute path", path);
	rc = hyp_strdup(path, &copy, err);
	if (rc != 0)
		return rc;
	for (const char *p = path; *p != '\0'; p++)
		if (*p != '/' || n == 0 || copy[n - 1] != '/')
			copy[n++] = *p;
	if (n > 1 && copy[n - 1] == '/')
		n--;
	copy[n] = '\0';
	*out = copy;
	return 0;
}

static int32_t walk_copy(const char *path, unsigned last, int *fd,
			 struct hyp_error *err)
{
	HYP_AUTO_FREE char *copy = NULL;
	int32_t rc = tidy(path, &copy, err);

	return rc != 0 ? rc : walk(copy, last, fd, err);
}

/* A second, readable descriptor of what the walk ended at: the descriptor's
 * own name in /proc leads to the same inode whatever happened to the path. */
static int32_t reopen(int path_fd, const char *path, int *fd,
		      struct hyp_error *err)
{
	char name[64];

	snprintf(name, sizeof(name), "/proc/self/fd/%d", path_fd);
	*fd = open(name, O_RDONLY | O_CLOEXEC);
	return *fd >= 0 ? 0 : reject(err, "%s: %s", path, strerror(errno));
}

int32_t hyp_trust_open(const char *path, int *fd, struct hyp_error *err)
{
	HYP_AUTO_CLOSE int found = -1;
	int32_t rc = walk_copy(path, STEP_FILE, &found, err);

	return rc != 0 ? rc : reopen(found, path, fd, err);
}

int32_t hyp_trust_dir(const char *path, struct hyp_error *err)
{
	HYP_AUTO_CLOSE int found = -1;

	return walk_copy(path, STEP_FOLDER, &found, err);
}

int32_t hyp_trust_list(const char *list, const char *what,
		       struct hyp_error *err)
{
	HYP_AUTO_FREE char *copy = NULL;
	char *rest, *dir;
	int32_t rc = hyp_strdup(list, &copy, err);

	if (rc != 0)
		return rc;
	for (rest = copy; (dir = strsep(&rest, ":")) != NULL;) {
		if (dir[0] != '/')
			return reject(err,
				      "%s holds \"%s\", which is not an "
				      "absolute path",
				      what, dir);
		rc = hyp_trust_dir(dir, err);
		if (rc != 0 && rc != HYP_E_NOT_FOUND) {
			hyp_error_prefix(err, "%s: ", what);
			return rc;
		}
	}
	return 0;
}
