/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a file to a store. Nothing of the file is changed before it is known
 * to be ours, whole, and of no newer version.
 */
#include "core/base/buf.h"
#include "core/base/cleanup.h"
#include "plugins/store/sqlite/sqlite.h"

#include <sys/stat.h>

/* A larger one is looked through while the store is in use already. */
#define CHECK_AT_ONCE (INT64_C(256) << 20)

static int32_t quick_check(struct store *s, struct conn *c,
			   struct hyp_error *err)
{
	sqlite3_stmt *stmt;
	int32_t rc = conn_prepare(s, c, "PRAGMA quick_check(1)", &stmt, err);
	const char *text;
	int code;

	if (rc != 0)
		return rc;
	code = sqlite3_step(stmt);
	text = code == SQLITE_ROW
		       ? (const char *)(const void *)sqlite3_column_text(stmt,
									 0)
		       : NULL;
	if (code != SQLITE_ROW)
		rc = store_error(s, c, code, "checking", err);
	else if (store_is_nomem(text))
		rc = hyp_error_nomem(err);
	else if (strcmp(text, "ok") != 0)
		rc = store_corrupt(s, text, err);
	sqlite3_reset(stmt);
	return rc;
}

static void *check_later(void *arg)
{
	struct store *s = arg;
	struct hyp_error err;
	int32_t rc = quick_check(s, &s->checker.conn, &err);

	if (rc == HYP_E_PERMANENT)
		store_log(s, HYP_LOG_ERROR, "%s", err.text);
	return NULL;
}

static int32_t start_check(struct store *s, struct hyp_error *err)
{
	int32_t rc = conn_open(s, s->path, SQLITE_OPEN_READWRITE,
			       &s->checker.conn, err);

	if (rc == 0 &&
	    pthread_create(&s->checker.thread, NULL, check_later, s) != 0)
		rc = hyp_error_nomem(err);
	s->checker.running = rc == 0;
	return rc;
}

void checker_stop(struct store *s)
{
	if (s->checker.running) {
		sqlite3_interrupt(s->checker.conn.db);
		pthread_join(s->checker.thread, NULL);
	}
	conn_close(&s->checker.conn);
}

/* Left by a process that did not close the database. */
static int log_is_gone(const struct store *s)
{
	HYP_AUTO_FREE char *path = NULL;
	struct stat st;

	return hyp_asprintf(&path, NULL, "%s-wal", s->path) == 0 &&
	       lstat(path, &st) < 0 && errno == ENOENT;
}

static int32_t set_journal(struct store *s, struct conn *c,
			   struct hyp_error *err)
{
	if (s->options->journal == SQLITE_JOURNAL_WAL)
		return conn_exec(s, c, "PRAGMA journal_mode = WAL", err);
	return conn_exec(s, c,
			 "PRAGMA journal_mode = DELETE;"
			 "PRAGMA synchronous = EXTRA",
			 err);
}

/* Whoever opens next shall know if this process did not close. The mark goes
 * into the database itself: the log may be what gets lost. */
static int32_t mark_open(struct store *s, struct conn *c, int gone,
			 struct hyp_error *err)
{
	int64_t was_open = 0;
	int32_t rc = conn_number(s, c,
				 "SELECT value FROM store_meta"
				 " WHERE name = 'open'",
				 &was_open, err);

	if (rc != 0)
		return rc;
	if (was_open && gone)
		store_log(s, HYP_LOG_ERROR,
			  "%s-wal is missing though the database was in use "
			  "when its process ended: unless another program has "
			  "put it in order, the changes since the last "
			  "checkpoint are lost",
			  s->path);
	if (was_open)
		return 0;
	return conn_exec(s, c,
			 "UPDATE store_meta SET value = 1 WHERE name = 'open';"
			 "PRAGMA wal_checkpoint(TRUNCATE)",
			 err);
}

static int32_t open_written(struct store *s, struct hyp_error *err)
{
	struct conn *c = &s->writer.conn;
	int gone = log_is_gone(s);
	int64_t version = 0;
	struct stat st = {.st_size = 0};
	int32_t rc = writer_open(s, err);

	if (rc != 0)
		return rc;
	/* A close that fails here must not tidy up what is damaged. */
	sqlite3_db_config(c->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	rc = schema_version(s, c, &version, err);
	lstat(s->path, &st);
	if (rc == 0 && st.st_size <= CHECK_AT_ONCE)
		rc = quick_check(s, c, err);
	else if (rc == 0)
		rc = start_check(s, err);
	if (rc == 0)
		rc = set_journal(s, c, err);
	if (rc == 0)
		rc = schema_migrate(s, c, err);
	if (rc == 0 && s->options->journal == SQLITE_JOURNAL_WAL)
		rc = mark_open(s, c, gone, err);
	if (rc == 0)
		sqlite3_db_config(c->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0,
				  NULL);
	return rc == 0 ? writer_start(s, err) : rc;
}

static int32_t open_read(struct store *s, struct hyp_error *err)
{
	int64_t version = 0;
	struct conn *c;
	int32_t rc = reader_take(s, &c, err);

	if (rc != 0)
		return rc;
	rc = schema_version(s, c, &version, err);
	reader_put(s, c, rc != 0);
	return rc;
}

int32_t store_open(struct store *s, struct hyp_error *err)
{
	return s->options->read_only ? open_read(s, err) : open_written(s, err);
}
