/* SPDX-License-Identifier: Apache-2.0 */
/* One job, and how many there are. (Many rows: query.c.) */
#include "plugins/store/sqlite/sqlite.h"

static int32_t get(struct store *s, struct conn *c, const char *job_id,
		   const struct hyp_row_sink *sink, struct hyp_error *err)
{
	const struct hyp_store_table *table = hyp_store_table(HYP_TABLE_JOB);
	struct hyp_job_row row;
	sqlite3_stmt *stmt;
	int32_t rc = conn_prepare(s, c, s->get_sql, &stmt, err);
	int code;

	if (rc != 0)
		return rc;
	sqlite3_bind_text(stmt, 1, job_id, -1, SQLITE_STATIC);
	code = sqlite3_step(stmt);
	if (code == SQLITE_ROW) {
		read_row(stmt, table, &row);
		rc = sink->row(sink->ctx, &row, err);
	} else if (code == SQLITE_DONE) {
		rc = hyp_error_set(err, HYP_E_NOT_FOUND, "not_found", 0,
				   "there is no job %.128s", job_id);
	} else {
		rc = store_error(s, c, code, "reading a job", err);
	}
	sqlite3_reset(stmt);
	sqlite3_clear_bindings(stmt);
	return rc;
}

int32_t op_get(void *instance, const char *job_id,
	       const struct hyp_row_sink *sink, struct hyp_error *err)
{
	struct store *s = instance;
	struct conn *c;
	int32_t rc = reader_take(s, &c, err);

	if (rc != 0)
		return rc;
	rc = get(s, c, job_id, sink, err);
	reader_put(s, c, rc == HYP_E_TRANSIENT || rc == HYP_E_PERMANENT);
	return rc;
}

static int32_t counts(struct store *s, struct conn *c, uint64_t *jobs,
		      struct hyp_error *err)
{
	sqlite3_stmt *stmt;
	int32_t rc = conn_prepare(s, c, "SELECT state, n FROM job_counts",
				  &stmt, err);
	int code;

	if (rc != 0)
		return rc;
	while ((code = sqlite3_step(stmt)) == SQLITE_ROW) {
		int64_t state = sqlite3_column_int64(stmt, 0);

		if (state >= 0 && state < HYP_JOB_STATES)
			jobs[state] = (uint64_t)sqlite3_column_int64(stmt, 1);
	}
	if (code != SQLITE_DONE)
		rc = store_error(s, c, code, "counting jobs", err);
	sqlite3_reset(stmt);
	return rc;
}

int32_t op_counts(void *instance, struct hyp_store_counts *out,
		  struct hyp_error *err)
{
	uint64_t jobs[HYP_JOB_STATES] = {0};
	struct store *s = instance;
	struct conn *c;
	int32_t rc = reader_take(s, &c, err);

	if (rc != 0)
		return rc;
	rc = counts(s, c, jobs, err);
	reader_put(s, c, rc != 0);
	if (rc == 0)
		memcpy(out->jobs, jobs, sizeof(jobs));
	return rc;
}
