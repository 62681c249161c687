/* SPDX-License-Identifier: Apache-2.0 */
/* Lists: from a query to a statement, and its rows to the sink. */
#include "core/base/cleanup.h"
#include "plugins/store/sqlite/sqlite.h"

#include <stddef.h>

#define T(table) (1u << HYP_TABLE_##table)
#define BY_TEXT 1u
#define BY_TIME 2u
#define BY_NUMBER 3u

/* A member of the query, the tables that have it, and what it asks for: the
 * parameter's number stands between the two. A second term lets SQLite see that
 * a partial index will do. */
struct filter {
	size_t offset;
	uint32_t type;
	uint32_t tables;
	uint32_t few; /* it leaves few rows: choose by it, not by state */
	const char *sql, *more;
	const char *name;
};
#define Q(m) offsetof(struct hyp_store_query, m)

static const struct filter filters[] = {
	{Q(id), BY_TEXT,
	 T(JOB) | T(EVENT) | T(TOKEN) | T(SCHEDULE) | T(ENDPOINT), 1, "id = ?",
	 "", "id"},
	{Q(job_id), BY_TEXT,
	 T(HISTORY) | T(LOG) | T(EVENT) | T(UNDO) | T(DELIVERY), 1,
	 "job_id = ?", " AND job_id <> ''", "job_id"},
	{Q(vm_path), BY_TEXT, T(JOB), 1, "vm_path = ?", "", "vm_path"},
	{Q(output_path), BY_TEXT, T(JOB), 0, "output_path = ?", "",
	 "output_path"},
	{Q(group_id), BY_TEXT, T(JOB), 1, "group_id = ?", " AND group_id <> ''",
	 "group_id"},
	{Q(schedule_id), BY_TEXT, T(JOB) | T(FIRE), 1, "schedule_id = ?",
	 " AND schedule_id <> ''", "schedule_id"},
	{Q(endpoint_id), BY_TEXT, T(DELIVERY), 0, "endpoint_id = ?", "",
	 "endpoint_id"},
	{Q(owner), BY_TEXT, T(SECRET) | T(SEEN), 1, "owner = ?", "", "owner"},
	{Q(key), BY_TEXT, T(IDEMPOTENCY), 1, "key = ?", "", "key"},
	{Q(sha256), BY_TEXT, T(TOKEN), 1, "sha256 = ?", "", "sha256"},
	{Q(since_ms), BY_TIME, T(JOB), 0, "created_at >= ?", "", "since_ms"},
	{Q(until_ms), BY_TIME, T(JOB), 0, "created_at < ?", "", "until_ms"},
};

/* Each table's order, and the condition for after_seq. */
static const struct {
	const char *order[2]; /* rising, falling; of JOB the reverse */
	const char *seq;
} orders[HYP_TABLES] = {
	[HYP_TABLE_JOB] = {{"created_at DESC, id DESC", "created_at, id"},
			   NULL},
	[HYP_TABLE_HISTORY] = {{"id", "id DESC"}, "id"},
	[HYP_TABLE_LOG] = {{"id", "id DESC"}, "id"},
	[HYP_TABLE_EVENT] = {{"seq", "seq DESC"}, "seq"},
	[HYP_TABLE_UNDO] = {{"job_id, name", "job_id DESC, name DESC"}, NULL},
	[HYP_TABLE_SECRET] = {{"owner", "owner DESC"}, NULL},
	[HYP_TABLE_TOKEN] = {{"id", "id DESC"}, NULL},
	[HYP_TABLE_IDEMPOTENCY] = {{"key", "key DESC"}, NULL},
	[HYP_TABLE_AUDIT] = {{"id", "id DESC"}, "id"},
	[HYP_TABLE_SCHEDULE] = {{"id", "id DESC"}, NULL},
	[HYP_TABLE_FIRE] = {{"id", "id DESC"}, "id"},
	[HYP_TABLE_ENDPOINT] = {{"id", "id DESC"}, NULL},
	[HYP_TABLE_DELIVERY] = {{"event_seq, endpoint_id",
				 "event_seq DESC, endpoint_id DESC"},
				"event_seq"},
	[HYP_TABLE_SEEN] = {{"owner, id", "owner DESC, id DESC"}, NULL},
};

struct query_run {
	uint32_t table;
	const struct hyp_store_query *q;
	struct sql sql;
	const char *columns;
	const char *and;
	uint32_t few;
	int reverse;
};

/* Parameters: filter i is i + 1, and then these. */
#define P_DUE ((int)HYP_COUNT(filters) + 1)
#define P_AFTER (P_DUE + 1)
#define P_AFTER_ID (P_DUE + 2)
#define P_LIMIT (P_DUE + 3)
#define P_OFFSET (P_DUE + 4)

static const char *text_of(const struct hyp_store_query *q,
			   const struct filter *f)
{
	const char *text;

	memcpy(&text, (const char *)q + f->offset, sizeof(text));
	return text != NULL ? text : "";
}

static int64_t number_of(const struct hyp_store_query *q,
			 const struct filter *f)
{
	int64_t n;

	memcpy(&n, (const char *)q + f->offset, sizeof(n));
	return n;
}

static int is_set(const struct hyp_store_query *q, const struct filter *f)
{
	return f->type == BY_TEXT ? text_of(q, f)[0] != '\0'
				  : number_of(q, f) != 0;
}

static int32_t not_of(uint32_t table, const char *name, struct hyp_error *err)
{
	return hyp_error_set(err, HYP_E_USAGE, "bad_request", 0,
			     "%ss cannot be asked for by %s",
			     hyp_store_table(table)->what, name);
}

static int32_t check_query(struct query_run *run, struct hyp_error *err)
{
	const struct hyp_store_query *q = run->q;
	uint32_t bit = 1u << run->table;

	for (size_t i = 0; i < HYP_COUNT(filters); i++) {
		if (!is_set(q, &filters[i]))
			continue;
		if (!(filters[i].tables & bit))
			return not_of(run->table, filters[i].name, err);
		run->few |= filters[i].few;
	}
	if (q->states != 0 && !(bit & (T(JOB) | T(DELIVERY))))
		return not_of(run->table, "state", err);
	if (q->due_ms != 0 && !(bit & (T(SCHEDULE) | T(DELIVERY))))
		return not_of(run->table, "due_ms", err);
	if (q->offset != 0 && run->table != HYP_TABLE_JOB)
		return not_of(run->table, "offset", err);
	if (q->after_seq != 0 && orders[run->table].seq == NULL)
		return not_of(run->table, "after_seq", err);
	if ((q->after_ms != 0 || (q->after_id != NULL && q->after_id[0])) &&
	    run->table != HYP_TABLE_JOB)
		return not_of(run->table, "after_id", err);
	return 0;
}

/* "AND created_at < ?12": what stands before the number, and after it. */
static void term(struct query_run *run, const char *before, int number,
		 const char *after)
{
	sql_add(&run->sql, "%s%s%d%s", run->and, before, number, after);
	run->and = " AND ";
}

/* In one of these states. That none has ended lets SQLite take the index of
 * active jobs. */
static void add_states(struct query_run *run, uint32_t states)
{
	const char *comma = "";

	sql_add(&run->sql, "%s+state IN (", run->and);
	for (uint32_t i = 0; i < 32; i++) {
		if (!(states & (1u << i)))
			continue;
		sql_add(&run->sql, "%s%u", comma, i);
		comma = ", ";
	}
	sql_add(&run->sql, ")");
	run->and = " AND ";
	if (run->table == HYP_TABLE_JOB && (states & ~HYP_JOBS_ACTIVE) == 0)
		term(run, "state <= ", HYP_JOB_CANCELLING, "");
}

/* Of one state, or of any: -1; or, where few rows are left, of all asked for.
 */
static void add_select(struct query_run *run, int state)
{
	const struct hyp_store_query *q = run->q;

	sql_add(&run->sql, "SELECT ");
	sql_long(&run->sql, run->columns);
	sql_add(&run->sql, " FROM %s", hyp_store_table(run->table)->name);
	run->and = " WHERE ";
	for (size_t i = 0; i < HYP_COUNT(filters); i++)
		if (is_set(q, &filters[i]))
			term(run, filters[i].sql, (int)i + 1, filters[i].more);
	if (run->few && q->states != 0)
		add_states(run, q->states);
	else if (state >= 0)
		term(run, "state = ", state, "");
	if (q->due_ms != 0)
		term(run,
		     run->table == HYP_TABLE_SCHEDULE
			     ? "next_run <= ?"
			     : "ifnull(due_at, '') <= ?",
		     P_DUE, "");
	if (q->after_seq != 0) {
		sql_add(&run->sql, "%s%s %s ?%d", run->and,
			orders[run->table].seq, run->reverse ? "<" : ">",
			P_AFTER);
	} else if (q->after_ms != 0) {
		sql_add(&run->sql, "%s(created_at, id) %s (?%d, ?%d)", run->and,
			run->reverse ? ">" : "<", P_AFTER, P_AFTER_ID);
	}
}

/* Each state by its own index, and SQLite merges them in order: so the first
 * page does not depend on how many rows there are. */
static int32_t build(struct query_run *run, char **out, struct hyp_error *err)
{
	const struct hyp_store_query *q = run->q;
	const char *all = "";

	sql_init(&run->sql, err);
	if (q->states == 0 || run->few)
		add_select(run, -1);
	for (int state = 0; state < 32 && !run->few; state++) {
		if (!(q->states & (1u << state)))
			continue;
		sql_add(&run->sql, "%s", all);
		add_select(run, state);
		all = " UNION ALL ";
	}
	sql_add(&run->sql, " ORDER BY %s",
		orders[run->table].order[run->reverse]);
	if (q->limit != 0 || q->offset != 0)
		sql_add(&run->sql, " LIMIT ?%d OFFSET ?%d", P_LIMIT, P_OFFSET);
	return sql_take(&run->sql, out);
}

static int bind_time(sqlite3_stmt *stmt, int at, int64_t ms)
{
	char text[TIME_TEXT];

	time_to_text(ms, text);
	return sqlite3_bind_text(stmt, at, text, -1, SQLITE_TRANSIENT);
}

static void bind_query(const struct query_run *run, sqlite3_stmt *stmt)
{
	const struct hyp_store_query *q = run->q;

	/* What the statement does not have is refused, which is right. */
	for (size_t i = 0; i < HYP_COUNT(filters); i++) {
		const struct filter *f = &filters[i];

		if (is_set(q, f) && f->type == BY_TEXT)
			sqlite3_bind_text(stmt, (int)i + 1, text_of(q, f), -1,
					  SQLITE_STATIC);
		else if (is_set(q, f))
			bind_time(stmt, (int)i + 1, number_of(q, f));
	}
	bind_time(stmt, P_DUE, q->due_ms);
	if (q->after_seq != 0)
		sqlite3_bind_int64(stmt, P_AFTER, (int64_t)q->after_seq);
	else
		bind_time(stmt, P_AFTER, q->after_ms);
	sqlite3_bind_text(stmt, P_AFTER_ID, q->after_id ? q->after_id : "", -1,
			  SQLITE_STATIC);
	sqlite3_bind_int64(stmt, P_LIMIT,
			   q->limit != 0 ? (int64_t)q->limit : -1);
	sqlite3_bind_int64(stmt, P_OFFSET, q->offset);
}

static int32_t tell_rows(struct store *s, struct conn *c, uint32_t table,
			 sqlite3_stmt *stmt, const struct hyp_row_sink *sink,
			 struct hyp_error *err)
{
	const struct hyp_store_table *t = hyp_store_table(table);
	_Alignas(8) unsigned char row[HYP_ROW_MAX];
	int32_t rc = 0;
	int code = SQLITE_DONE;

	while (rc == 0 && (code = sqlite3_step(stmt)) == SQLITE_ROW) {
		read_row(stmt, t, row);
		rc = sink->row(sink->ctx, row, err);
	}
	if (rc == 0 && code != SQLITE_DONE)
		rc = store_error(s, c, code, "listing", err);
	return rc;
}

static int32_t list(struct store *s, struct query_run *run,
		    const struct hyp_row_sink *sink, struct hyp_error *err)
{
	HYP_AUTO_FREE char *columns = NULL, *sql = NULL;
	sqlite3_stmt *stmt;
	struct conn *c;
	int32_t rc = sql_columns(hyp_store_table(run->table), &columns, err);

	run->columns = columns;
	if (rc == 0)
		rc = build(run, &sql, err);
	if (rc == 0)
		rc = reader_take(s, &c, err);
	if (rc != 0)
		return rc;
	rc = conn_prepare(s, c, sql, &stmt, err);
	if (rc == 0) {
		bind_query(run, stmt);
		rc = tell_rows(s, c, run->table, stmt, sink, err);
		sqlite3_reset(stmt);
		sqlite3_clear_bindings(stmt);
	}
	reader_put(s, c, rc == HYP_E_TRANSIENT || rc == HYP_E_PERMANENT);
	return rc;
}

int32_t op_list(void *instance, uint32_t table,
		const struct hyp_store_query *query,
		const struct hyp_row_sink *sink, struct hyp_error *err)
{
	struct hyp_store_query q = {.size = 0};
	struct query_run run = {.table = table, .q = &q};
	int32_t rc;

	if (hyp_store_table(table) == NULL || table == HYP_TABLE_PROGRESS)
		return hyp_error_set(err, HYP_E_USAGE, "bad_request", 0,
				     "there is no table %u to list", table);
	memcpy(&q, query, query->size < sizeof(q) ? query->size : sizeof(q));
	run.reverse = (q.flags & HYP_QUERY_REVERSE) != 0;
	rc = check_query(&run, err);
	return rc == 0 ? list(instance, &run, sink, err) : rc;
}
