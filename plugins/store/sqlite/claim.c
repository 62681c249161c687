/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The choice of the next job. What runs is counted once. Then each line, that
 * is what waits for one endpoint with one user's name, is walked in the order
 * of waiting, along an index that holds all that is looked at, until a job
 * fits; of those the longest waiting is it. A line in which no job may start
 * is passed over, however long it is.
 */
#include "core/base/cleanup.h"
#include "plugins/store/sqlite/sqlite.h"
#include "plugins/store/sqlite/tally.h"

#include <stddef.h>
#include <stdlib.h>

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

/* The index is named, as SQLite would choose another. */
#define LINE " FROM jobs INDEXED BY idx_jobs_line WHERE state IN (2, 3)"
static const char first_line_sql[] =
	"SELECT endpoint, user" LINE " ORDER BY endpoint, user LIMIT 1";
/* Two, as for (endpoint, user) > (?1, ?2) SQLite walks what is equal. */
static const char next_user_sql[] =
	"SELECT endpoint, user" LINE " AND endpoint = ?1 AND user > ?2"
	" ORDER BY user LIMIT 1";
static const char next_endpoint_sql[] =
	"SELECT endpoint, user" LINE " AND endpoint > ?1"
	" ORDER BY endpoint, user LIMIT 1";
/* due_at is text, and its order that of time. */
static const char walk_sql[] =
	"SELECT rowid, created_at, id, host, vm_path" LINE
	" AND endpoint = ?1 AND user = ?2"
	" AND (+state = 2 OR due_at IS NULL OR due_at <= ?3)"
	" ORDER BY created_at, id";

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

/* One line, and what was found in those before. */
struct choice {
	char *endpoint, *user;
	char *created, *id; /* NULL: none was found */
	int64_t rowid;
};

static void choice_fini(struct choice *choice)
{
	free(choice->endpoint);
	free(choice->user);
	free(choice->created);
	free(choice->id);
}

static int is_open(const struct claim_run *run, const struct choice *line)
{
	uint32_t most = run->claim->max_per_endpoint;

	return (most == 0 ||
		tally_get(&run->endpoints, line->endpoint, "") < most) &&
	       tally_get(&run->blocked, line->endpoint, line->user) == 0;
}

static int fits(const struct claim_run *run, const struct choice *line,
		sqlite3_stmt *stmt)
{
	uint32_t most = run->claim->max_per_host;
	const char *host = text_at(stmt, 3);

	return (most == 0 || host[0] == '\0' ||
		tally_get(&run->hosts, host, "") < most) &&
	       tally_get(&run->vms, line->endpoint, text_at(stmt, 4)) == 0;
}

static int is_older(sqlite3_stmt *stmt, const struct choice *choice)
{
	int order = choice->id == NULL
			    ? -1
			    : strcmp(text_at(stmt, 1), choice->created);

	return order < 0 ||
	       (order == 0 && strcmp(text_at(stmt, 2), choice->id) < 0);
}

static int32_t keep_text(char **at, sqlite3_stmt *stmt, int column,
			 struct hyp_error *err)
{
	char *text;
	int32_t rc = hyp_strdup(text_at(stmt, column), &text, err);

	if (rc != 0)
		return rc;
	free(*at);
	*at = text;
	return 0;
}

static int32_t keep_row(struct choice *choice, sqlite3_stmt *stmt,
			struct hyp_error *err)
{
	int32_t rc = keep_text(&choice->created, stmt, 1, err);

	if (rc == 0)
		rc = keep_text(&choice->id, stmt, 2, err);
	choice->rowid = sqlite3_column_int64(stmt, 0);
	return rc;
}

static void release(sqlite3_stmt *stmt)
{
	sqlite3_reset(stmt);
	sqlite3_clear_bindings(stmt);
}

static int32_t walk(struct claim_run *run, struct choice *choice,
		    const char *now, struct hyp_error *err)
{
	sqlite3_stmt *stmt;
	int32_t rc = conn_prepare(run->s, run->c, walk_sql, &stmt, err);
	int code;

	if (rc != 0)
		return rc;
	sqlite3_bind_text(stmt, 1, choice->endpoint, -1, SQLITE_STATIC);
	sqlite3_bind_text(stmt, 2, choice->user, -1, SQLITE_STATIC);
	sqlite3_bind_text(stmt, 3, now, -1, SQLITE_STATIC);
	while ((code = sqlite3_step(stmt)) == SQLITE_ROW)
		if (!is_older(stmt, choice) || fits(run, choice, stmt))
			break;
	if (code == SQLITE_ROW && is_older(stmt, choice))
		rc = keep_row(choice, stmt, err);
	else if (code != SQLITE_ROW && code != SQLITE_DONE)
		rc = store_error(run->s, run->c, code, "claiming a job", err);
	release(stmt);
	return rc;
}

static int32_t find_line(struct claim_run *run, const char *sql,
			 struct choice *choice, struct hyp_error *err)
{
	sqlite3_stmt *stmt;
	int32_t rc = conn_prepare(run->s, run->c, sql, &stmt, err);
	int code;

	if (rc != 0)
		return rc;
	/* What the statement does not have is refused, which is right. */
	sqlite3_bind_text(stmt, 1, choice->endpoint, -1, SQLITE_STATIC);
	sqlite3_bind_text(stmt, 2, choice->user, -1, SQLITE_STATIC);
	code = sqlite3_step(stmt);
	if (code == SQLITE_DONE)
		rc = HYP_E_NOT_FOUND;
	else if (code != SQLITE_ROW)
		rc = store_error(run->s, run->c, code, "claiming a job", err);
	if (rc == 0)
		rc = keep_text(&choice->endpoint, stmt, 0, err);
	if (rc == 0)
		rc = keep_text(&choice->user, stmt, 1, err);
	release(stmt);
	return rc;
}

/* The line behind this one; HYP_E_NOT_FOUND if there is none. */
static int32_t next_line(struct claim_run *run, struct choice *choice,
			 struct hyp_error *err)
{
	int32_t rc;

	if (choice->endpoint == NULL)
		return find_line(run, first_line_sql, choice, err);
	rc = find_line(run, next_user_sql, choice, err);
	return rc != HYP_E_NOT_FOUND
		       ? rc
		       : find_line(run, next_endpoint_sql, choice, err);
}

static int32_t choose(struct claim_run *run, int64_t *rowid,
		      struct hyp_error *err)
{
	struct choice choice = {.rowid = 0};
	char now[TIME_TEXT];
	int32_t rc;

	time_to_text(run->claim->now_ms, now);
	while ((rc = next_line(run, &choice, err)) == 0) {
		if (is_open(run, &choice))
			rc = walk(run, &choice, now, err);
		if (rc != 0)
			break;
	}
	if (rc == HYP_E_NOT_FOUND)
		rc = choice.id != NULL
			     ? 0
			     : hyp_error_set(err, HYP_E_NOT_FOUND, "nothing", 0,
					     "no job may run now");
	*rowid = choice.rowid;
	choice_fini(&choice);
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
