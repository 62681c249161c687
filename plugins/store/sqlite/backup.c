/* SPDX-License-Identifier: Apache-2.0 */
/* A copy of one moment, made beside its place, synced, checked, and then
 * named. */
#include "core/base/cleanup.h"
#include "core/base/file.h"
#include "core/base/random.h"
#include "plugins/store/sqlite/sqlite.h"

#include <fcntl.h>
#include <linux/fs.h>

/* The copy stands alone: no log beside it, and nobody has it open. */
static const char settle[] = "PRAGMA journal_mode = DELETE;"
			     "UPDATE store_meta SET value = 0"
			     " WHERE name = 'open'";

static int32_t copy_pages(struct store *s, struct conn *from, struct conn *to,
			  struct hyp_error *err)
{
	sqlite3_backup *b =
		sqlite3_backup_init(to->db, "main", from->db, "main");
	int code;

	if (b == NULL)
		return store_error(s, to, sqlite3_extended_errcode(to->db),
				   "backing up", err);
	code = sqlite3_backup_step(b, -1);
	sqlite3_backup_finish(b);
	return code == SQLITE_DONE
		       ? 0
		       : store_error(s, to, code, "backing up", err);
}

/* SQLite tells want of memory within the check as a fault of the copy: a real
 * one is there the second time, too. */
static int32_t check_copy(struct store *s, struct conn *to,
			  struct hyp_error *err)
{
	int64_t faults = 1;
	int32_t rc = 0;

	for (int tries = 0; rc == 0 && faults > 0 && tries < 2; tries++)
		rc = conn_number(s, to,
				 "SELECT count(*) FROM pragma_quick_check"
				 " WHERE quick_check <> 'ok'",
				 &faults, err);
	if (rc == 0 && faults > 0)
		rc = store_corrupt(s, "its copy has faults", err);
	return rc;
}

static int32_t fill(struct store *s, const char *path, struct hyp_error *err)
{
	struct conn *from, to = {.db = NULL};
	int32_t rc = reader_take(s, &from, err);

	if (rc != 0)
		return rc;
	rc = conn_open(s, path, SQLITE_OPEN_READWRITE, &to, err);
	if (rc == 0)
		rc = copy_pages(s, from, &to, err);
	if (rc == 0)
		rc = conn_exec(s, &to, settle, err);
	if (rc == 0)
		rc = check_copy(s, &to, err);
	conn_close(&to);
	reader_put(s, from, rc != 0);
	return rc;
}

static int32_t place(const char *temporary, int fd, const char *path,
		     struct hyp_error *err)
{
	int32_t rc;

	if (hyp_file_fsync(fd) < 0)
		return hyp_error_errno(err, errno, "sync", temporary);
	if (hyp_file_renameat2(AT_FDCWD, temporary, AT_FDCWD, path,
			       RENAME_NOREPLACE) < 0)
		return hyp_error_errno(err, errno, "name", path);
	rc = file_sync_folder(path, err);
	if (rc != 0)
		unlink(path);
	return rc;
}

int32_t op_backup(void *instance, const char *path, struct hyp_error *err)
{
	HYP_AUTO_FREE char *temporary = NULL;
	HYP_AUTO_CLOSE int fd = -1;
	struct stat st;
	int32_t rc;

	if (lstat(path, &st) == 0)
		return hyp_error_errno(err, EEXIST, "make", path);
	rc = hyp_asprintf(&temporary, err, "%s.hyp-%d", path, (int)getpid());
	if (rc != 0)
		return rc;
	fd = hyp_file_openat(AT_FDCWD, temporary,
			     O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0600, 0);
	if (fd < 0)
		return hyp_error_errno(err, errno, "make", temporary);
	rc = fill(instance, temporary, err);
	if (rc == 0)
		rc = place(temporary, fd, path, err);
	if (rc != 0)
		unlink(temporary);
	return rc;
}
