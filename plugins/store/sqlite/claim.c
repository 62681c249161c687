/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The choice of the next job. What runs is counted once; then the queue is
 * walked in the order of waiting, along an index that holds all that is looked
 * at, until a job fits.
 */
#include "core/base/cleanup.h"
#include "plugins/store/sqlite/sqlite.h"
#include "plugins/store/sqlite/tally.h"

#include <stddef.h>

struct claim_run {
	struct store *s;
	struct conn *c;
	const struct hyp_claim *claim;
	struct tally endpoints, hosts, vms, blocked;
	int32_t (*compose)(void *ctx, const struct hyp_job_row *chosen,
			   struct hyp_change *change, struct hyp_error *err);
	void *ctx;
};

static const char running_sql[] =
	"SELECT endpoint, host, vm_path FROM jobs INDEXED BY idx_jobs_running"
	" WHERE state BETWEEN 4 AND 8";

/* Named, as SQLite would choose another: the order of the index; due_at is
 * text, and its order that of time. */
static const char queue_sql[] =
	"SELECT rowid, endpoint, host, vm_path, user FROM jobs"
	" INDEXED BY idx_jobs_queue WHERE state IN (2, 3) AND (+state = 2 OR "
	"due_at IS NULL"
	" OR due_at <= ?1) ORDER BY created_at, id";

static const char *text_at(sqlite3_stmt *stmt, int i)
{
	const char *text =
		(const char *)(const void *)sqlite3_column_text(stmt, i);

	return text != NULL ? text : "";
}

static int32_t count_running(struct claim_run *run, struct hyp_error *err)
{
	sqlite3_stmt *stmt;
	int32_t rc = conn_prepare(run->s, run->c, running_sql, &stmt, err);
	int code = SQLITE_DONE;

	if (rc != 0)
		return rc;
	while (rc == 0 && (code = sqlite3_step(stmt)) == SQLITE_ROW) {
		rc = tally_add(&run->endpoints, text_at(stmt, 0), "", err);
		if (rc == 0)
			rc = tally_add(&run->hosts, text_at(stmt, 1), "", err);
		if (rc == 0)
			rc = tally_add(&run->vms, text_at(stmt, 0),
				       text_at(stmt, 2), err);
	}
	if (rc == 0 && code != SQLITE_DONE)
		rc = store_error(run->s, run->c, code, "claiming a job", err);
	sqlite3_reset(stmt);
	return rc;
}

static int32_t note_blocked(struct claim_run *run, struct hyp_error *err)
{
	int32_t rc = 0;

	for (uint32_t i = 0; i < run->claim->blocked_count && rc == 0; i++) {
		HYP_AUTO_FREE char *pair = NULL;
		char *end;

		rc = hyp_strdup(run->claim->blocked[i], &pair, err);
		if (rc != 0)
			return rc;
		end = strchr(pair, '\n');
		if (end == NULL)
			continue;
		*end = '\0';
		rc = tally_add(&run->blocked, pair, end + 1, err);
	}
	return rc;
}

static int fits(const struct claim_run *run, sqlite3_stmt *stmt)
{
	const struct hyp_claim *claim = run->claim;
	const char *endpoint = text_at(stmt, 1), *host = text_at(stmt, 2);

	return (claim->max_per_endpoint == 0 ||
		tally_get(&run->endpoints, endpoint, "") <
			claim->max_per_endpoint) &&
	       (claim->max_per_host == 0 || host[0] == '\0' ||
		tally_get(&run->hosts, host, "") < claim->max_per_host) &&
	       tally_get(&run->vms, endpoint, text_at(stmt, 3)) == 0 &&
	       tally_get(&run->blocked, endpoint, text_at(stmt, 4)) == 0;
}

static int32_t choose(struct claim_run *run, int64_t *rowid,
		      struct hyp_error *err)
{
	char now[TIME_TEXT];
	sqlite3_stmt *stmt;
	int32_t rc = conn_prepare(run->s, run->c, queue_sql, &stmt, err);
	int code;

	if (rc != 0)
		return rc;
	time_to_text(run->claim->now_ms, now);
	sqlite3_bind_text(stmt, 1, now, -1, SQLITE_STATIC);
	do
		code = sqlite3_step(stmt);
	while (code == SQLITE_ROW && !fits(run, stmt));
	if (code == SQLITE_ROW)
		*rowid = sqlite3_column_int64(stmt, 0);
	else if (code == SQLITE_DONE)
		rc = hyp_error_set(err, HYP_E_NOT_FOUND, "nothing", 0,
				   "no job may run now");
	else
		rc = store_error(run->s, run->c, code, "claiming a job", err);
	sqlite3_reset(stmt);
	sqlite3_clear_bindings(stmt);
	return rc;
}

/* The change will speak in the row's own texts: *stmt, which has them, stays
 * open for it. */
static int32_t compose(struct claim_run *run, int64_t rowid,
		       sqlite3_stmt **open, struct hyp_change *change,
		       struct hyp_error *err)
{
	const struct hyp_store_table *table = hyp_store_table(HYP_TABLE_JOB);
	struct hyp_job_row row;
	sqlite3_stmt *stmt;
	int32_t rc = conn_prepare(run->s, run->c, run->s->row_sql, &stmt, err);
	int code;

	if (rc != 0)
		return rc;
	sqlite3_bind_int64(stmt, 1, rowid);
	code = sqlite3_step(stmt);
	if (code == SQLITE_ROW) {
		read_row(stmt, table, &row);
		rc = run->compose(run->ctx, &row, change, err);
	} else {
		rc = store_error(run->s, run->c, code, "claiming a job", err);
	}
	*open = stmt;
	return rc;
}

static int32_t run_claim(struct store *s, struct request *r,
			 struct hyp_error *err)
{
	struct hyp_change change = {.size = sizeof(change)};
	struct claim_run *run = r->out;
	sqlite3_stmt *stmt = NULL;
	int64_t rowid = 0;
	int32_t rc;

	run->s = s;
	run->c = &s->writer.conn;
	rc = count_running(run, err);
	if (rc == 0)
		rc = note_blocked(run, err);
	if (rc == 0)
		rc = choose(run, &rowid, err);
	if (rc == 0)
		rc = compose(run, rowid, &stmt, &change, err);
	if (rc == 0)
		rc = change_run(s, &change, err);
	sqlite3_reset(stmt);
	tally_fini(&run->endpoints);
	tally_fini(&run->hosts);
	tally_fini(&run->vms);
	tally_fini(&run->blocked);
	return rc;
}

int32_t
op_claim(void *instance, const struct hyp_claim *claim,
	 int32_t (*composer)(void *ctx, const struct hyp_job_row *chosen,
			     struct hyp_change *change, struct hyp_error *err),
	 void *ctx, struct hyp_error *err)
{
	struct claim_run run = {
		.claim = claim, .compose = composer, .ctx = ctx};
	struct request r = {.run = run_claim, .out = &run};

	return writer_do(instance, &r, err);
}
