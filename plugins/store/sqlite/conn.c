/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/buf.h"
#include "plugins/store/sqlite/sqlite.h"

static const char settings[] = "PRAGMA foreign_keys = ON;"
			       "PRAGMA synchronous = FULL;"
			       "PRAGMA cell_size_check = ON;"
			       "PRAGMA trusted_schema = OFF;"
			       "PRAGMA cache_size = -512;";

int32_t conn_open(struct store *s, const char *path, int flags,
		  struct conn *out, struct hyp_error *err)
{
	struct conn c = {.db = NULL};
	int code;
	int32_t rc;

	code = sqlite3_open_v2(
		path, &c.db,
		flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
	if (code == SQLITE_OK)
		code = sqlite3_busy_timeout(c.db, BUSY_MS);
	if (code == SQLITE_OK)
		code = sqlite3_db_config(c.db, SQLITE_DBCONFIG_DEFENSIVE, 1,
					 NULL);
	if (code != SQLITE_OK)
		rc = store_error(s, &c, code, "opening", err);
	else
		rc = conn_exec(s, &c, settings, err);
	if (rc != 0) {
		conn_close(&c);
		return rc;
	}
	*out = c;
	return 0;
}

void conn_close(struct conn *c)
{
	for (size_t i = 0; i < CONN_STATEMENTS; i++)
		sqlite3_finalize(c->cache[i].stmt);
	sqlite3_close(c->db);
	memset(c, 0, sizeof(*c));
}

int32_t conn_exec(struct store *s, struct conn *c, const char *sql,
		  struct hyp_error *err)
{
	int code = sqlite3_exec(c->db, sql, NULL, NULL, NULL);

	return code == SQLITE_OK ? 0 : store_error(s, c, code, "asking", err);
}

static size_t oldest(const struct conn *c)
{
	size_t at = 0;

	for (size_t i = 0; i < CONN_STATEMENTS; i++)
		if (c->cache[i].used < c->cache[at].used)
			at = i;
	return at;
}

int32_t conn_prepare(struct store *s, struct conn *c, const char *sql,
		     sqlite3_stmt **out, struct hyp_error *err)
{
	sqlite3_stmt *stmt = NULL;
	size_t at;
	int code;

	for (at = 0; at < CONN_STATEMENTS; at++)
		if (c->cache[at].stmt != NULL &&
		    strcmp(sqlite3_sql(c->cache[at].stmt), sql) == 0)
			break;
	if (at == CONN_STATEMENTS) {
		code = sqlite3_prepare_v3(
			c->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL);
		if (code != SQLITE_OK)
			return store_error(s, c, code, "asking", err);
		at = oldest(c);
		sqlite3_finalize(c->cache[at].stmt);
		c->cache[at].stmt = stmt;
	}
	c->cache[at].used = ++c->uses;
	sqlite3_reset(c->cache[at].stmt);
	sqlite3_clear_bindings(c->cache[at].stmt);
	*out = c->cache[at].stmt;
	return 0;
}

int conn_run(struct store *s, struct conn *c, const char *sql)
{
	sqlite3_stmt *stmt;
	int code;

	if (conn_prepare(s, c, sql, &stmt, NULL) != 0)
		return sqlite3_extended_errcode(c->db);
	code = sqlite3_step(stmt);
	sqlite3_reset(stmt);
	return code == SQLITE_DONE ? SQLITE_OK : code;
}

int32_t conn_number(struct store *s, struct conn *c, const char *sql,
		    int64_t *out, struct hyp_error *err)
{
	sqlite3_stmt *stmt;
	int32_t rc = conn_prepare(s, c, sql, &stmt, err);
	int code;

	if (rc != 0)
		return rc;
	code = sqlite3_step(stmt);
	if (code == SQLITE_ROW)
		*out = sqlite3_column_int64(stmt, 0);
	else if (code != SQLITE_DONE)
		rc = store_error(s, c, code, "asking", err);
	sqlite3_reset(stmt);
	return rc;
}
