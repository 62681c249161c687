/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file before SQLite has it. Once it is open it is never opened here: the
 * first close of any descriptor would drop SQLite's locks.
 */
#include "core/base/buf.h"
#include "core/base/cleanup.h"
#include "core/base/file.h"
#include "core/base/random.h"
#include "plugins/store/sqlite/sqlite.h"

#include <fcntl.h>

static int32_t unsafe(const char *path, const char *why, struct hyp_error *err)
{
	return hyp_error_set(err, HYP_E_USAGE, "unsafe_state_dir", 0,
			     "%s %s: the database must be its owner's alone",
			     path, why);
}

/* Root may read everybody's, as it does to back it up. */
static int32_t check_owner(const struct store *s, const char *path,
			   const struct stat *st, struct hyp_error *err)
{
	if (st->st_uid != geteuid() &&
	    (geteuid() != 0 || !s->options->read_only))
		return unsafe(path, "belongs to another user", err);
	if (st->st_mode & (S_IWGRP | S_IWOTH))
		return unsafe(path, "may be written by others", err);
	return 0;
}

static int32_t parent_of(const char *path, char **out, struct hyp_error *err)
{
	const char *slash = strrchr(path, '/');

	return hyp_asprintf(out, err, "%.*s",
			    slash == path ? 1 : (int)(slash - path), path);
}

static int32_t check_folder(const struct store *s, struct hyp_error *err)
{
	HYP_AUTO_FREE char *dir = NULL;
	struct stat st;
	int32_t rc = parent_of(s->path, &dir, err);

	if (rc != 0)
		return rc;
	if (stat(dir, &st) < 0)
		return hyp_error_errno(err, errno, "look at", dir);
	return check_owner(s, dir, &st, err);
}

int32_t file_sync_folder(const char *path, struct hyp_error *err)
{
	HYP_AUTO_FREE char *dir = NULL;
	HYP_AUTO_CLOSE int fd = -1;
	int32_t rc = parent_of(path, &dir, err);

	if (rc != 0)
		return rc;
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || hyp_file_fsync(fd) < 0)
		return hyp_error_errno(err, errno, "sync", dir);
	return 0;
}

static int32_t fill(struct store *s, const char *path, struct hyp_error *err)
{
	struct conn c;
	int32_t rc;

	rc = conn_open(s, path, SQLITE_OPEN_READWRITE, &c, err);
	if (rc != 0)
		return rc;
	rc = schema_migrate(s, &c, err);
	conn_close(&c);
	return rc;
}

/* Made beside its place and put there whole: what is there is never half of a
 * database, and an empty file is always an accident. */
static int32_t make(struct store *s, struct hyp_error *err)
{
	HYP_AUTO_FREE char *temporary = NULL;
	HYP_AUTO_CLOSE int fd = -1;
	int32_t rc = hyp_asprintf(&temporary, err, "%s.hyp-new", s->path);

	if (rc != 0)
		return rc;
	if (unlink(temporary) < 0 && errno != ENOENT)
		return hyp_error_errno(err, errno, "remove", temporary);
	fd = hyp_file_openat(AT_FDCWD, temporary,
			     O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0600, 0);
	if (fd < 0)
		return hyp_error_errno(err, errno, "make", temporary);
	rc = fill(s, temporary, err);
	if (rc == 0 && hyp_file_fsync(fd) < 0)
		rc = hyp_error_errno(err, errno, "sync", temporary);
	if (rc == 0 &&
	    hyp_file_renameat2(AT_FDCWD, temporary, AT_FDCWD, s->path, 0) < 0)
		rc = hyp_error_errno(err, errno, "name", s->path);
	if (rc != 0) {
		unlink(temporary);
		return rc;
	}
	return file_sync_folder(s->path, err);
}

int32_t file_prepare(struct store *s, struct hyp_error *err)
{
	struct stat st;
	int32_t rc;

	if (s->options->path == NULL || s->options->path[0] != '/')
		return hyp_error_set(err, HYP_E_USAGE, "bad_config", 0,
				     "store/sqlite: path must be given, and "
				     "absolute");
	rc = hyp_strdup(s->options->path, &s->path, err);
	if (rc == 0)
		rc = check_folder(s, err);
	if (rc != 0)
		return rc;
	if (lstat(s->path, &st) < 0 && errno == ENOENT)
		return s->options->read_only
			       ? hyp_error_errno(err, ENOENT, "open", s->path)
			       : make(s, err);
	if (lstat(s->path, &st) < 0)
		return hyp_error_errno(err, errno, "look at", s->path);
	if (!S_ISREG(st.st_mode))
		return unsafe(s->path, "is no regular file", err);
	if (st.st_size == 0)
		return store_corrupt(s, "the file is empty", err);
	return check_owner(s, s->path, &st, err);
}
