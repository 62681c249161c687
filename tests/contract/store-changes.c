/* SPDX-License-Identifier: Apache-2.0 */
/* A change is whole or not at all, and a row that is not as expected fences
 * whoever expected it. */
#include "tests/contract/store.h"

static void put_job(const char *id, uint32_t state)
{
	struct hyp_job_row job = db_job(id, state);

	db_put(HYP_TABLE_JOB, &job);
}

START_TEST(all_or_nothing)
{
	struct hyp_job_row a = db_job("a", HYP_JOB_QUEUED), b = a;
	struct hyp_history_row h = {.size = sizeof(h),
				    .time_ms = 1,
				    .job_id = "a",
				    .status = "pending"};
	struct hyp_store_op ops[3];

	b.id = "b"; /* the same VM and output: refused */
	ops[0] = db_op(HYP_OP_PUT, HYP_TABLE_JOB, &a);
	ops[1] = db_op(HYP_OP_PUT, HYP_TABLE_HISTORY, &h);
	ops[2] = db_op(HYP_OP_PUT, HYP_TABLE_JOB, &b);
	ck_fails(db_change(ops, 3, 0), &db_err, HYP_E_CONFLICT, "conflict");
	ck_assert_ptr_nonnull(strstr(db_err.text, "job a is active"));
	ck_assert_uint_eq(db_count(HYP_TABLE_JOB, NULL), 0);
	ck_assert_uint_eq(db_count(HYP_TABLE_HISTORY, NULL), 0);
	ck_ok(db_change(ops, 2, 0), &db_err);
	ck_assert_uint_eq(db_count(HYP_TABLE_JOB, NULL), 1);
	ck_assert_uint_eq(db_count(HYP_TABLE_HISTORY, NULL), 1);
}
END_TEST

START_TEST(one_active_job_per_output)
{
	struct hyp_job_row job = db_job("old", HYP_JOB_COMPLETED);

	job.vm_path = "/dc/vm/web";
	db_put(HYP_TABLE_JOB, &job);
	job.id = "older";
	db_put(HYP_TABLE_JOB, &job);
	job.id = "now";
	job.state = HYP_JOB_PUBLISHING;
	db_put(HYP_TABLE_JOB, &job);
	job.id = "again";
	for (job.state = HYP_JOB_SCHEDULED; job.state <= HYP_JOB_CANCELLING;
	     job.state++)
		ck_fails(db_do(HYP_OP_PUT, HYP_TABLE_JOB, &job), &db_err,
			 HYP_E_CONFLICT, "conflict");
	job.state = HYP_JOB_QUEUED;
	job.endpoint = "other:443";
	db_put(HYP_TABLE_JOB, &job);
}
END_TEST

START_TEST(expects_state_and_attempt)
{
	struct hyp_job_row job = db_job("j", HYP_JOB_TRANSFERRING);
	struct hyp_store_op op = db_op(HYP_OP_UPDATE, HYP_TABLE_JOB, &job);

	job.attempt = 3;
	db_put(HYP_TABLE_JOB, &job);
	op.states = HYP_JOBS_PENDING | HYP_JOBS_ENDED;
	ck_fails(db_change(&op, 1, 0), &db_err, HYP_E_FENCED, "fenced");
	op.states = HYP_JOBS_RUNNING;
	op.attempt = 2;
	ck_fails(db_change(&op, 1, 0), &db_err, HYP_E_FENCED, "fenced");
	op.attempt = 3;
	job.state = HYP_JOB_COMPLETED;
	ck_ok(db_change(&op, 1, 0), &db_err);
	ck_assert_uint_eq(db_get("j").state, HYP_JOB_COMPLETED);
	ck_fails(db_change(&op, 1, 0), &db_err, HYP_E_FENCED, "fenced");
	op.verb = HYP_OP_DELETE;
	ck_fails(db_change(&op, 1, 0), &db_err, HYP_E_FENCED, "fenced");
	op.states = HYP_JOBS_ENDED;
	ck_ok(db_change(&op, 1, 0), &db_err);
	ck_assert_uint_eq(db_count(HYP_TABLE_JOB, NULL), 0);
}
END_TEST

START_TEST(a_fence_stops_the_whole_change)
{
	struct hyp_job_row job = db_job("j", HYP_JOB_PREPARING), next;
	struct hyp_event_row e = {.size = sizeof(e), .id = "e", .type = "t"};
	struct hyp_store_op ops[2];

	job.attempt = 2;
	db_put(HYP_TABLE_JOB, &job);
	next = job;
	next.state = HYP_JOB_FAILED;
	ops[0] = db_op(HYP_OP_PUT, HYP_TABLE_EVENT, &e);
	ops[1] = db_op(HYP_OP_UPDATE, HYP_TABLE_JOB, &next);
	ops[1].attempt = 1;
	ck_fails(db_change(ops, 2, 0), &db_err, HYP_E_FENCED, "fenced");
	ck_assert_uint_eq(db_count(HYP_TABLE_EVENT, NULL), 0);
	ck_assert_uint_eq(db_get("j").state, HYP_JOB_PREPARING);
}
END_TEST

START_TEST(progress)
{
	struct hyp_progress_row p = {.size = sizeof(p),
				     .moved = 1,
				     .updated_ms = 1764106690000,
				     .job_id = "j",
				     .progress_json = "{\"percent\":7}"};
	struct hyp_store_op op = db_op(HYP_OP_UPDATE, HYP_TABLE_PROGRESS, &p);
	struct hyp_job_row job = db_job("j", HYP_JOB_TRANSFERRING), got;

	job.attempt = 1;
	db_put(HYP_TABLE_JOB, &job);
	op.states = HYP_JOBS_RUNNING;
	op.attempt = 2;
	ck_fails(db_change(&op, 1, HYP_CHANGE_LAZY), &db_err, HYP_E_FENCED,
		 "fenced");
	op.attempt = 1;
	ck_ok(db_change(&op, 1, HYP_CHANGE_LAZY), &db_err);
	got = db_get("j");
	job.moved = 1;
	job.updated_ms = p.updated_ms;
	job.progress_json = p.progress_json;
	db_same(HYP_TABLE_JOB, &got, &job);
}
END_TEST

START_TEST(what_goes_with_a_job)
{
	struct hyp_history_row h = {.size = sizeof(h), .job_id = "j"};
	struct hyp_log_row l = {.size = sizeof(l), .job_id = "j"};
	struct hyp_undo_row u = {.size = sizeof(u), .job_id = "j", .name = "n"};
	struct hyp_job_row job = db_job("j", HYP_JOB_FAILED);

	ck_fails(db_do(HYP_OP_PUT, HYP_TABLE_HISTORY, &h), &db_err,
		 HYP_E_FENCED, "fenced");
	ck_fails(db_do(HYP_OP_PUT, HYP_TABLE_LOG, &l), &db_err, HYP_E_FENCED,
		 "fenced");
	db_put(HYP_TABLE_JOB, &job);
	db_put(HYP_TABLE_HISTORY, &h);
	db_put(HYP_TABLE_LOG, &l);
	db_put(HYP_TABLE_UNDO, &u);
	ck_ok(db_do(HYP_OP_DELETE, HYP_TABLE_JOB, &job), &db_err);
	ck_assert_uint_eq(db_count(HYP_TABLE_HISTORY, NULL), 0);
	ck_assert_uint_eq(db_count(HYP_TABLE_LOG, NULL), 0);
	ck_assert_uint_eq(db_count(HYP_TABLE_UNDO, NULL), 1);
}
END_TEST

START_TEST(groups_of_undo_and_log)
{
	struct hyp_undo_row u = {.size = sizeof(u), .job_id = "j", .name = "1"};
	struct hyp_log_row l = {.size = sizeof(l), .job_id = "j"};
	struct db_rows rows;

	put_job("j", HYP_JOB_QUEUED);
	put_job("k", HYP_JOB_QUEUED);
	db_put(HYP_TABLE_UNDO, &u);
	u.name = "2";
	db_put(HYP_TABLE_UNDO, &u);
	u.job_id = "k";
	db_put(HYP_TABLE_UNDO, &u);
	u = (struct hyp_undo_row){.size = sizeof(u), .job_id = "j", .name = ""};
	ck_ok(db_do(HYP_OP_DELETE, HYP_TABLE_UNDO, &u), &db_err);
	ck_assert_uint_eq(db_count(HYP_TABLE_UNDO, NULL), 1);
	for (int i = 0; i < 3; i++)
		db_put(HYP_TABLE_LOG, &l);
	l.job_id = "k";
	db_put(HYP_TABLE_LOG, &l);
	l.job_id = "j";
	ck_ok(db_list(HYP_TABLE_LOG, NULL, &rows), &db_err);
	l.seq = ((struct hyp_log_row *)(void *)rows.at[1])->seq;
	db_rows_fini(&rows);
	ck_ok(db_do(HYP_OP_DELETE, HYP_TABLE_LOG, &l), &db_err);
	ck_assert_uint_eq(db_count(HYP_TABLE_LOG, NULL), 2);
	l.seq = 0;
	ck_ok(db_do(HYP_OP_DELETE, HYP_TABLE_LOG, &l), &db_err);
	ck_assert_uint_eq(db_count(HYP_TABLE_LOG, NULL), 1);
}
END_TEST

START_TEST(deliveries_know_their_event)
{
	struct hyp_event_row e = {.size = sizeof(e), .id = "e1", .type = "t"};
	struct hyp_delivery_row d = {.size = sizeof(d),
				     .state = HYP_DELIVERY_PENDING,
				     .event_id = "e2",
				     .endpoint_id = "w"};
	struct hyp_store_op op = db_op(HYP_OP_UPDATE, HYP_TABLE_DELIVERY, &d);
	struct db_rows events, rows;

	ck_fails(db_do(HYP_OP_PUT, HYP_TABLE_DELIVERY, &d), &db_err,
		 HYP_E_FENCED, "fenced");
	db_put(HYP_TABLE_EVENT, &e);
	e.id = "e2";
	db_put(HYP_TABLE_EVENT, &e);
	db_put(HYP_TABLE_DELIVERY, &d);
	ck_ok(db_list(HYP_TABLE_EVENT, NULL, &events), &db_err);
	ck_ok(db_list(HYP_TABLE_DELIVERY, NULL, &rows), &db_err);
	ck_assert_uint_eq(
		((struct hyp_delivery_row *)(void *)rows.at[0])->event_seq,
		((struct hyp_event_row *)(void *)events.at[1])->seq);
	op.states = 1u << HYP_DELIVERY_SENDING;
	ck_fails(db_change(&op, 1, 0), &db_err, HYP_E_FENCED, "fenced");
	op.states = 1u << HYP_DELIVERY_PENDING;
	ck_ok(db_change(&op, 1, 0), &db_err);
	db_rows_fini(&events);
	db_rows_fini(&rows);
}
END_TEST

START_TEST(bad_changes)
{
	struct hyp_job_row job = db_job("j", HYP_JOB_QUEUED);
	struct hyp_store_op op = db_op(HYP_OP_PUT, HYP_TABLE_JOB, &job);

	ck_fails(db_change(&op, 0, 0), &db_err, HYP_E_USAGE, "bad_request");
	ck_fails(db_change(&op, 200001, 0), &db_err, HYP_E_USAGE,
		 "bad_request");
	op.states = HYP_JOBS_ACTIVE; /* of a row that is not there yet */
	ck_fails(db_change(&op, 1, 0), &db_err, HYP_E_USAGE, "bad_request");
	op.states = 0;
	job.name = "\xff";
	ck_fails(db_change(&op, 1, 0), &db_err, HYP_E_USAGE, "bad_request");
	job.name = "";
	job.id = "";
	ck_fails(db_change(&op, 1, 0), &db_err, HYP_E_USAGE, "bad_request");
	job.id = "j";
	job.state = HYP_JOB_STATES;
	ck_fails(db_change(&op, 1, 0), &db_err, HYP_E_USAGE, "bad_request");
	job.state = HYP_JOB_QUEUED;
	op.table = HYP_TABLES;
	ck_fails(db_change(&op, 1, 0), &db_err, HYP_E_USAGE, "bad_request");
}
END_TEST

START_TEST(counts)
{
	struct hyp_store_counts c = {.size = sizeof(c)};
	struct hyp_job_row job;

	ck_ok(calls->counts(db->checked, &c, &db_err), &db_err);
	for (uint32_t i = 0; i < HYP_JOB_STATES; i++)
		ck_assert_uint_eq(c.jobs[i], 0);
	put_job("a", HYP_JOB_QUEUED);
	put_job("b", HYP_JOB_QUEUED);
	put_job("c", HYP_JOB_FAILED);
	job = db_job("b", HYP_JOB_PREPARING);
	ck_ok(db_do(HYP_OP_UPDATE, HYP_TABLE_JOB, &job), &db_err);
	job = db_job("c", HYP_JOB_FAILED);
	ck_ok(db_do(HYP_OP_DELETE, HYP_TABLE_JOB, &job), &db_err);
	ck_ok(calls->counts(db->checked, &c, &db_err), &db_err);
	ck_assert_uint_eq(c.jobs[HYP_JOB_QUEUED], 1);
	ck_assert_uint_eq(c.jobs[HYP_JOB_PREPARING], 1);
	ck_assert_uint_eq(c.jobs[HYP_JOB_FAILED], 0);
}
END_TEST

TCase *store_changes(void)
{
	TCase *tc = tcase_create("changes");

	tcase_add_test(tc, all_or_nothing);
	tcase_add_test(tc, one_active_job_per_output);
	tcase_add_test(tc, expects_state_and_attempt);
	tcase_add_test(tc, a_fence_stops_the_whole_change);
	tcase_add_test(tc, progress);
	tcase_add_test(tc, what_goes_with_a_job);
	tcase_add_test(tc, groups_of_undo_and_log);
	tcase_add_test(tc, deliveries_know_their_event);
	tcase_add_test(tc, bad_changes);
	tcase_add_test(tc, counts);
	return tc;
}
