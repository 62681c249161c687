/* SPDX-License-Identifier: Apache-2.0 */
/* Whether all of it is whole. */
#include "core/base/buf.h"
#include "core/base/cleanup.h"
#include "plugins/store/sqlite/sqlite.h"

/* Each row is one fault; the first column says it. */
static const char *const questions[] = {
	"SELECT * FROM pragma_integrity_check WHERE integrity_check <> 'ok'",
	"SELECT 'row ' || ifnull(rowid, 0) || ' of ' || \"table\" ||"
	" ' belongs to a row of ' || parent || ' that is not there'"
	" FROM pragma_foreign_key_check",
	"SELECT 'job_counts says ' || n || ' jobs of state ' || c.state ||"
	" ', there are ' || (SELECT count(*) FROM jobs WHERE state = c.state)"
	" FROM job_counts AS c WHERE n <> (SELECT count(*) FROM jobs"
	" WHERE state = c.state)",
	"SELECT 'job ' || id || ' has the status ' || status || ' in state '"
	" || state FROM jobs WHERE status <> CASE WHEN state BETWEEN 1 AND 3"
	" THEN 'pending' WHEN state BETWEEN 4 AND 8 THEN 'running'"
	" WHEN state = 9 THEN 'completed' WHEN state = 10 THEN 'failed'"
	" WHEN state = 11 THEN 'cancelled' ELSE '' END",
};

static int32_t ask(struct store *s, struct conn *c, const char *sql,
		   void (*problem)(void *ctx, const char *text), void *ctx,
		   struct hyp_error *err)
{
	sqlite3_stmt *stmt;
	int32_t rc = conn_prepare(s, c, sql, &stmt, err);
	int code = SQLITE_DONE;

	if (rc != 0)
		return rc;
	while (rc == 0 && (code = sqlite3_step(stmt)) == SQLITE_ROW) {
		const char *text =
			(const char *)(const void *)sqlite3_column_text(stmt,
									0);

		if (store_is_nomem(text))
			rc = hyp_error_nomem(err);
		else
			problem(ctx, text);
	}
	/* A fault so deep that it stops the search is one more fault. */
	if (rc != 0)
		code = SQLITE_DONE;
	if ((code & 0xff) == SQLITE_CORRUPT)
		problem(ctx, sqlite3_errmsg(c->db));
	else if (code != SQLITE_DONE)
		rc = store_error(s, c, code, "checking", err);
	sqlite3_reset(stmt);
	return rc;
}

int32_t op_check(void *instance, void (*problem)(void *ctx, const char *text),
		 void *ctx, struct hyp_error *err)
{
	struct store *s = instance;
	struct conn *c;
	int32_t rc = reader_take(s, &c, err);

	if (rc != 0)
		return rc;
	for (size_t i = 0; i < HYP_COUNT(questions) && rc == 0; i++)
		rc = ask(s, c, questions[i], problem, ctx, err);
	reader_put(s, c, 1); /* and what it has cached */
	return rc;
}
