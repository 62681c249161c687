/* SPDX-License-Identifier: Apache-2.0 */
/* Lists: what matches, in which order, and page after page. */
#include "tests/contract/store.h"

#define T0 INT64_C(1764106680000)

static struct hyp_store_query query(void)
{
	return (struct hyp_store_query){.size = sizeof(struct hyp_store_query)};
}

/* The ids told, in order: "c b a". */
static void expect(uint32_t table, const struct hyp_store_query *q,
		   const char *want)
{
	const struct hyp_store_table *t = hyp_store_table(table);
	struct db_rows rows;
	char got[1024] = "";
	uint32_t id = 0;

	while (strcmp(t->columns[id].name, "id") != 0 ||
	       t->columns[id].type != HYP_COL_TEXT)
		id++;
	ck_ok(db_list(table, q, &rows), &db_err);
	for (size_t i = 0; i < rows.count; i++) {
		size_t n = strlen(got);

		snprintf(got + n, sizeof(got) - n, "%s%s", i > 0 ? " " : "",
			 hyp_row_text(rows.at[i], &t->columns[id]));
	}
	ck_assert_str_eq(got, want);
	db_rows_fini(&rows);
}

/* a..f: made one after the other, but e and f at once; states differ. */
static void make_jobs(void)
{
	static const uint32_t states[] = {
		HYP_JOB_COMPLETED, HYP_JOB_QUEUED, HYP_JOB_FAILED,
		HYP_JOB_COMPLETED, HYP_JOB_QUEUED, HYP_JOB_TRANSFERRING};
	struct hyp_job_row job;
	char id[2] = "a";

	for (int i = 0; i < 6; i++, id[0]++) {
		job = db_job(id, states[i]);
		job.created_ms = T0 + 10 * (i == 5 ? 4 : i);
		job.vm_path = i % 2 ? "/dc/vm/odd" : "/dc/vm/even";
		job.output_path = id;
		job.group_id = i < 2 ? "g1" : "";
		job.schedule_id = i > 3 ? "nightly" : "";
		db_put(HYP_TABLE_JOB, &job);
	}
}

START_TEST(jobs_newest_first)
{
	struct hyp_store_query q = query();

	make_jobs();
	expect(HYP_TABLE_JOB, &q, "f e d c b a");
	q.flags = HYP_QUERY_REVERSE;
	expect(HYP_TABLE_JOB, &q, "a b c d e f");
	q.limit = 2;
	q.offset = 1;
	expect(HYP_TABLE_JOB, &q, "b c");
	q.limit = 0;
	expect(HYP_TABLE_JOB, &q, "b c d e f");
}
END_TEST

START_TEST(jobs_by_state)
{
	struct hyp_store_query q = query();

	make_jobs();
	q.states = HYP_JOB_BIT(HYP_JOB_COMPLETED);
	expect(HYP_TABLE_JOB, &q, "d a");
	q.states = HYP_JOBS_ENDED;
	expect(HYP_TABLE_JOB, &q, "d c a");
	q.states = HYP_JOBS_ACTIVE;
	expect(HYP_TABLE_JOB, &q, "f e b");
	q.flags = HYP_QUERY_REVERSE;
	q.limit = 2;
	expect(HYP_TABLE_JOB, &q, "b e");
	q.states = HYP_JOB_BIT(HYP_JOB_CANCELLED);
	expect(HYP_TABLE_JOB, &q, "");
}
END_TEST

START_TEST(jobs_by_everything)
{
	struct hyp_store_query q = query();

	make_jobs();
	q.vm_path = "/dc/vm/odd";
	expect(HYP_TABLE_JOB, &q, "f d b");
	q.states = HYP_JOBS_ACTIVE;
	expect(HYP_TABLE_JOB, &q, "f b");
	q.output_path = "b";
	expect(HYP_TABLE_JOB, &q, "b");
	q = query();
	q.group_id = "g1";
	expect(HYP_TABLE_JOB, &q, "b a");
	q = query();
	q.schedule_id = "nightly";
	expect(HYP_TABLE_JOB, &q, "f e");
	q.states = HYP_JOB_BIT(HYP_JOB_QUEUED);
	expect(HYP_TABLE_JOB, &q, "e");
	q = query();
	q.id = "c";
	expect(HYP_TABLE_JOB, &q, "c");
	q = query();
	q.since_ms = T0 + 10;
	q.until_ms = T0 + 30;
	expect(HYP_TABLE_JOB, &q, "c b");
	q.vm_path = "' OR 1=1 --";
	expect(HYP_TABLE_JOB, &q, "");
}
END_TEST

START_TEST(pages_of_jobs)
{
	struct hyp_store_query q = query();

	make_jobs();
	q.limit = 2;
	expect(HYP_TABLE_JOB, &q, "f e");
	q.after_ms = T0 + 40;
	q.after_id = "f"; /* between two of one moment */
	expect(HYP_TABLE_JOB, &q, "e d");
	q.after_id = "e";
	expect(HYP_TABLE_JOB, &q, "d c");
	q.states = HYP_JOBS_ENDED;
	q.after_ms = T0 + 30;
	q.after_id = "d";
	expect(HYP_TABLE_JOB, &q, "c a");
	q.flags = HYP_QUERY_REVERSE;
	expect(HYP_TABLE_JOB, &q, "");
	q.after_ms = T0;
	q.after_id = "a";
	expect(HYP_TABLE_JOB, &q, "c d");
}
END_TEST

static void make_events(void)
{
	struct hyp_delivery_row d = {.size = sizeof(d)};
	struct hyp_event_row e = {.size = sizeof(e), .type = "t"};
	char id[3] = "z0";

	for (int i = 0; i < 5; i++) {
		id[0]--; /* the order is that of commit, not of ids */
		e.id = id;
		e.job_id = i % 2 ? "odd" : "even";
		db_put(HYP_TABLE_EVENT, &e);
		d.event_id = id;
		d.job_id = e.job_id;
		d.endpoint_id = "one";
		d.state = HYP_DELIVERY_PENDING;
		d.due_ms = T0 + i;
		db_put(HYP_TABLE_DELIVERY, &d);
		d.endpoint_id = "two";
		d.state = HYP_DELIVERY_DONE;
		db_put(HYP_TABLE_DELIVERY, &d);
	}
}

START_TEST(events_in_order_of_commit)
{
	struct hyp_store_query q = query();
	struct db_rows rows;

	make_events();
	expect(HYP_TABLE_EVENT, &q, "y0 x0 w0 v0 u0");
	q.job_id = "odd";
	expect(HYP_TABLE_EVENT, &q, "x0 v0");
	q = query();
	ck_ok(db_list(HYP_TABLE_EVENT, &q, &rows), &db_err);
	q.after_seq = ((struct hyp_event_row *)(void *)rows.at[1])->seq;
	db_rows_fini(&rows);
	q.limit = 2;
	expect(HYP_TABLE_EVENT, &q, "w0 v0");
	q.flags = HYP_QUERY_REVERSE;
	expect(HYP_TABLE_EVENT, &q, "y0");
}
END_TEST

START_TEST(deliveries)
{
	struct hyp_store_query q = query();

	make_events();
	ck_assert_uint_eq(db_count(HYP_TABLE_DELIVERY, &q), 10);
	q.endpoint_id = "one";
	ck_assert_uint_eq(db_count(HYP_TABLE_DELIVERY, &q), 5);
	q.due_ms = T0 + 2;
	ck_assert_uint_eq(db_count(HYP_TABLE_DELIVERY, &q), 3);
	q.states = 1u << HYP_DELIVERY_DONE;
	ck_assert_uint_eq(db_count(HYP_TABLE_DELIVERY, &q), 0);
	q.endpoint_id = NULL;
	ck_assert_uint_eq(db_count(HYP_TABLE_DELIVERY, &q), 3);
	q.states |= 1u << HYP_DELIVERY_PENDING;
	q.job_id = "odd";
	ck_assert_uint_eq(db_count(HYP_TABLE_DELIVERY, &q), 2);
}
END_TEST

START_TEST(schedules_that_are_due)
{
	struct hyp_schedule_row s = {.size = sizeof(s), .id = "never"};
	struct hyp_store_query q = query();

	db_put(HYP_TABLE_SCHEDULE, &s);
	s.id = "soon";
	s.next_run_ms = T0;
	db_put(HYP_TABLE_SCHEDULE, &s);
	s.id = "later";
	s.next_run_ms = T0 + 1;
	db_put(HYP_TABLE_SCHEDULE, &s);
	expect(HYP_TABLE_SCHEDULE, &q, "later never soon");
	q.due_ms = T0;
	expect(HYP_TABLE_SCHEDULE, &q, "soon");
}
END_TEST

START_TEST(tokens_by_digest)
{
	struct hyp_token_row t = {.size = sizeof(t), .id = "t", .sha256 = "aa"};
	struct hyp_store_query q = query();

	db_put(HYP_TABLE_TOKEN, &t);
	t.id = "u";
	ck_fails(db_do(HYP_OP_PUT, HYP_TABLE_TOKEN, &t), &db_err,
		 HYP_E_CONFLICT, "conflict");
	t.sha256 = "bb";
	db_put(HYP_TABLE_TOKEN, &t);
	q.sha256 = "bb";
	expect(HYP_TABLE_TOKEN, &q, "u");
}
END_TEST

/* Asking a table for what it does not have is a mistake, not no answer. */
START_TEST(wrong_questions)
{
	struct hyp_store_query q = query();
	struct db_rows rows;

	q.vm_path = "/dc";
	ck_fails(db_list(HYP_TABLE_EVENT, &q, &rows), &db_err, HYP_E_USAGE,
		 "bad_request");
	q = query();
	q.states = 2;
	ck_fails(db_list(HYP_TABLE_AUDIT, &q, &rows), &db_err, HYP_E_USAGE,
		 "bad_request");
	q = query();
	q.after_seq = 1;
	ck_fails(db_list(HYP_TABLE_JOB, &q, &rows), &db_err, HYP_E_USAGE,
		 "bad_request");
	q = query();
	q.due_ms = 1;
	ck_fails(db_list(HYP_TABLE_JOB, &q, &rows), &db_err, HYP_E_USAGE,
		 "bad_request");
	q = query();
	q.offset = 1;
	ck_fails(db_list(HYP_TABLE_TOKEN, &q, &rows), &db_err, HYP_E_USAGE,
		 "bad_request");
}
END_TEST

static int32_t stop(void *ctx, const void *row, struct hyp_error *err)
{
	(void)row;
	++*(int *)ctx;
	return hyp_error_set(err, HYP_E_CANCELLED, "enough", 0, "enough");
}

START_TEST(a_sink_stops)
{
	const struct hyp_store_query q = query();
	int n = 0;
	const struct hyp_row_sink sink = {sizeof(sink), 0, &n, stop};

	make_jobs();
	ck_fails(calls->list(db->checked, HYP_TABLE_JOB, &q, &sink, &db_err),
		 &db_err, HYP_E_CANCELLED, "enough");
	ck_assert_int_eq(n, 1);
	ck_fails(calls->get(db->checked, "a", &sink, &db_err), &db_err,
		 HYP_E_CANCELLED, "enough");
	ck_fails(calls->get(db->checked, "no", &sink, &db_err), &db_err,
		 HYP_E_NOT_FOUND, "not_found");
	ck_assert_int_eq(n, 2);
}
END_TEST

TCase *store_queries(void)
{
	TCase *tc = tcase_create("queries");

	tcase_add_test(tc, jobs_newest_first);
	tcase_add_test(tc, jobs_by_state);
	tcase_add_test(tc, jobs_by_everything);
	tcase_add_test(tc, pages_of_jobs);
	tcase_add_test(tc, events_in_order_of_commit);
	tcase_add_test(tc, deliveries);
	tcase_add_test(tc, schedules_that_are_due);
	tcase_add_test(tc, tokens_by_digest);
	tcase_add_test(tc, wrong_questions);
	tcase_add_test(tc, a_sink_stops);
	return tc;
}
