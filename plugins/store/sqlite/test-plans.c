/* SPDX-License-Identifier: Apache-2.0 */
/* What must not cost more the more jobs there are. SQLite itself is the judge:
 * its plan for the statement that was run, and the steps that this took. */
#include "core/base/cleanup.h"
#include "plugins/store/sqlite/sqlite.h"
#include "tests/lib/fake-host.h"
#include "tests/lib/unit.h"

#include <unistd.h>

#define MANY 2000
#define FEW_STEPS 1000
#define LINE " FROM jobs INDEXED BY idx_jobs_line WHERE state IN (2, 3)"
#define NOW INT64_C(1764106680000)

static char dir[] = "/tmp/hyp-plans-XXXXXX";
static char path[64];
static struct fake_host host;
static struct sqlite_options options;
static const struct hyp_store_ops *ops;
static struct store *store;
static struct hyp_error err;

static void setup(void)
{
	void *made;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/jobs.db", dir);
	options.path = path;
	ops = sqlite_plugin.ops;
	fake_host_init(&host);
	ck_ok(ops->create(&host.table, &options, &made, &err), &err);
	store = made;
}

static void teardown(void)
{
	ops->destroy(store);
	fake_host_fini(&host);
	unlink(path);
	rmdir(dir);
}

/* n jobs of one VM, each to a place of its own. */
static void fill(const char *prefix, uint32_t state, uint32_t n)
{
	static struct hyp_store_op list[MANY];
	static struct hyp_job_row rows[MANY];
	static char ids[MANY][32];
	const struct hyp_change change = {.size = sizeof(change),
					  .ops = list,
					  .op_stride = sizeof(list[0]),
					  .op_count = n};

	for (uint32_t i = 0; i < n; i++) {
		snprintf(ids[i], sizeof(ids[i]), "%s-%u", prefix, i);
		rows[i] = (struct hyp_job_row){.size = sizeof(rows[i]),
					       .state = state,
					       .created_ms = NOW + i,
					       .updated_ms = NOW + i,
					       .id = ids[i],
					       .name = "web",
					       .vm_path = "/DC0/vm/web",
					       .output_path = ids[i],
					       .endpoint = "vcenter:443",
					       .user = "backup",
					       .definition_json = "{}"};
		list[i] = (struct hyp_store_op){.size = sizeof(list[i]),
						.verb = HYP_OP_PUT,
						.table = HYP_TABLE_JOB,
						.row = &rows[i]};
	}
	ck_ok(ops->apply(store, &change, &err), &err);
}

static int32_t count_row(void *ctx, const void *row, struct hyp_error *e)
{
	(void)row;
	(void)e;
	++*(unsigned *)ctx;
	return 0;
}

static unsigned count(const struct hyp_store_query *query)
{
	unsigned n = 0;
	const struct hyp_row_sink sink = {sizeof(sink), 0, &n, count_row};

	ck_ok(ops->list(store, HYP_TABLE_JOB, query, &sink, &err), &err);
	return n;
}

/* The steps of all statements that were run since this was last asked. */
static int steps(sqlite3 *db)
{
	int n = 0;

	for (sqlite3_stmt *stmt = sqlite3_next_stmt(db, NULL); stmt != NULL;
	     stmt = sqlite3_next_stmt(db, stmt))
		n += sqlite3_stmt_status(stmt, SQLITE_STMTSTATUS_VM_STEP, 1);
	return n;
}

/* How SQLite runs the statement that begins so. */
static void plan(sqlite3 *db, const char *begins, char *out, size_t max)
{
	sqlite3_stmt *stmt = NULL, *explain;
	HYP_AUTO_FREE char *sql = NULL;

	while ((stmt = sqlite3_next_stmt(db, stmt)) != NULL)
		if (strncmp(sqlite3_sql(stmt), begins, strlen(begins)) == 0)
			break;
	ck_assert_ptr_nonnull(stmt);
	ck_ok(hyp_asprintf(&sql, &err, "EXPLAIN QUERY PLAN %s",
			   sqlite3_sql(stmt)),
	      &err);
	ck_assert_int_eq(sqlite3_prepare_v2(db, sql, -1, &explain, NULL),
			 SQLITE_OK);
	*out = '\0';
	while (sqlite3_step(explain) == SQLITE_ROW) {
		size_t n = strlen(out);

		snprintf(out + n, max - n, "%s; ",
			 (const char *)(const void *)sqlite3_column_text(
				 explain, 3));
	}
	sqlite3_finalize(explain);
}

static void expect_plan(sqlite3 *db, const char *begins, const char *part)
{
	char text[1024];

	plan(db, begins, text, sizeof(text));
	ck_assert_msg(strstr(text, part) != NULL, "%s", text);
	ck_assert_msg(strstr(text, "SCAN") == NULL, "%s", text);
}

START_TEST(a_submission_looks_for_its_like)
{
	const struct hyp_store_query query = {.size = sizeof(query),
					      .states = HYP_JOBS_ACTIVE,
					      .vm_path = "/DC0/vm/web",
					      .output_path = "queue-0"};
	sqlite3 *reads;

	fill("old", HYP_JOB_COMPLETED, MANY);
	fill("queue", HYP_JOB_QUEUED, 1);
	ck_assert_uint_eq(count(&query), 1);
	reads = store->readers.idle->db;
	expect_plan(reads, "SELECT id, ",
		    "USING INDEX idx_jobs_active (vm_path=? AND "
		    "output_path=?)");
	ck_assert_int_lt(steps(reads), FEW_STEPS);
}
END_TEST

START_TEST(of_these_states_only)
{
	struct hyp_store_query query = {.size = sizeof(query),
					.vm_path = "/DC0/vm/web"};

	fill("old", HYP_JOB_COMPLETED, 3);
	fill("bad", HYP_JOB_FAILED, 2);
	fill("queue", HYP_JOB_QUEUED, 1);
	ck_assert_uint_eq(count(&query), 6);
	query.states = HYP_JOB_BIT(HYP_JOB_FAILED) | HYP_JOBS_PENDING;
	ck_assert_uint_eq(count(&query), 3);
	query.states = HYP_JOBS_RUNNING;
	ck_assert_uint_eq(count(&query), 0);
}
END_TEST

static int32_t refuse(void *ctx, const struct hyp_job_row *chosen,
		      struct hyp_change *change, struct hyp_error *e)
{
	(void)ctx;
	(void)chosen;
	(void)change;
	return hyp_error_set(e, HYP_E_CANCELLED, "no", 0, "no");
}

/* Returns the steps that it took. */
static int claim(uint32_t per_endpoint, const char *blocked, int32_t code)
{
	const struct hyp_claim c = {.size = sizeof(c),
				    .max_per_endpoint = per_endpoint,
				    .blocked_count = blocked != NULL,
				    .blocked = &blocked,
				    .now_ms = NOW};

	steps(store->writer.conn.db);
	ck_assert_int_eq(ops->claim(store, &c, refuse, NULL, &err), code);
	return steps(store->writer.conn.db);
}

START_TEST(who_may_not_start_is_passed_over)
{
	sqlite3 *writes = store->writer.conn.db;

	fill("queue", HYP_JOB_QUEUED, MANY);
	ck_assert_int_lt(claim(1, NULL, HYP_E_CANCELLED), FEW_STEPS);
	ck_assert_int_lt(claim(1, "vcenter:443\nbackup", HYP_E_NOT_FOUND),
			 FEW_STEPS);
	fill("run", HYP_JOB_TRANSFERRING, 1);
	ck_assert_int_lt(claim(1, NULL, HYP_E_NOT_FOUND), FEW_STEPS);
	expect_plan(writes, "SELECT endpoint, user" LINE " AND endpoint =",
		    "USING COVERING INDEX idx_jobs_line (endpoint=? AND "
		    "user>?)");
	expect_plan(writes, "SELECT endpoint, user" LINE " AND endpoint >",
		    "USING COVERING INDEX idx_jobs_line (endpoint>?)");
	/* Not full, but the VM of all of them is being exported. */
	claim(2, NULL, HYP_E_NOT_FOUND);
	expect_plan(writes, "SELECT rowid, created_at",
		    "USING COVERING INDEX idx_jobs_line (endpoint=? AND "
		    "user=?)");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("store/sqlite: plans");
	TCase *tc = tcase_create("plans");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_submission_looks_for_its_like);
	tcase_add_test(tc, of_these_states_only);
	tcase_add_test(tc, who_may_not_start_is_passed_over);
	suite_add_tcase(suite, tc);
	return unit_main(suite);
}
