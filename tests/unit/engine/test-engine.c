/* SPDX-License-Identifier: Apache-2.0 */
/* A job's way from its submission to its end. */
#include "tests/unit/engine/engine-kit.h"

#include <stdlib.h>
#include <string.h>

#define CANCELS 30

static struct engine_kit kit;

static void setup(void)
{
	engine_kit_init(&kit, "retry_min = \"1s\"; retry_max = \"4s\";", "");
}

static void teardown(void)
{
	engine_kit_fini(&kit);
}

static void expect_files(const char *dir, const char *names)
{
	char *files = engine_kit_files(&kit, dir);

	ck_assert_str_eq(files, names);
	free(files);
}

START_TEST(completes)
{
	struct hyp_job *job;
	char *id;

	engine_kit_start(&kit);
	id = engine_kit_submit(&kit, "hot", "synthetic-1", "a");
	engine_kit_expect(&kit, id, HYP_JOB_COMPLETED);
	expect_files("out/a", "synthetic-1.ova synthetic-1.ova.receipt.json");
	expect_files("snap", "");
	job = engine_kit_job(&kit, id);
	ck_assert_uint_eq(job->row.attempt, 1);
	ck_assert_uint_eq(job->row.failures, 0);
	ck_assert_uint_eq(job->row.moved, 1);
	ck_assert_str_eq(job->row.host, "synthetic-host");
	/* an ended job is in no phase */
	ck_assert_ptr_nonnull(
		strstr(job->row.progress_json, "{\"phase\":\"\""));
	ck_assert_ptr_nonnull(
		strstr(job->row.progress_json, "\"percent_complete\":100"));
	ck_assert_ptr_nonnull(strstr(job->row.result_json, "\"success\":true"));
	ck_assert_ptr_nonnull(
		strstr(job->row.result_json, "/out/a/synthetic-1.ova\""));
	ck_assert_int_gt(job->row.started_ms, 0);
	ck_assert_int_ge(job->row.completed_ms, job->row.started_ms);
	hyp_job_free(job);
	ck_assert_uint_eq(engine_kit_rows(&kit, HYP_TABLE_HISTORY, id, NULL),
			  6);
	ck_assert_uint_eq(
		engine_kit_rows(&kit, HYP_TABLE_EVENT, id, "job.created"), 1);
	ck_assert_uint_eq(
		engine_kit_rows(&kit, HYP_TABLE_EVENT, id, "job.started"), 1);
	ck_assert_uint_eq(
		engine_kit_rows(&kit, HYP_TABLE_EVENT, id, "job.completed"), 1);
	ck_assert_uint_eq(engine_kit_rows(&kit, HYP_TABLE_UNDO, id, NULL), 0);
	ck_assert_uint_ge(
		engine_kit_rows(&kit, HYP_TABLE_EVENT, id, "job.progress"), 1);
	free(id);
}
END_TEST

#define YEAR_MS (INT64_C(365) * 86400000)
#define JOBS "retry_min = \"1s\"; retry_max = \"4s\"; attempts = 3;"

static struct hyp_job *job_of(const char *id)
{
	return engine_kit_job(&kit, id);
}

static void wait_for_attempt(const char *id, uint32_t attempt)
{
	uint32_t now = 0;

	while (now < attempt) {
		struct hyp_job *job = job_of(id);

		now = job->row.attempt;
		hyp_job_free(job);
		engine_kit_breathe();
	}
}

/* Transient to the end: tried again later each time, then failed. */
START_TEST(retries)
{
	struct hyp_job *job;
	char *id;

	engine_kit_conf(
		&kit, JOBS,
		KIT_SOURCE("bad", "fail_at = \"64KiB\"; fail_count = 99;"));
	engine_kit_start(&kit);
	id = engine_kit_submit(&kit, "bad", "synthetic-1", "a");
	for (uint32_t n = 1; n < 3; n++) {
		uint64_t whole = 1000u << (n - 1);
		int64_t wait;

		engine_kit_expect(&kit, id, HYP_JOB_RETRY_WAIT);
		job = job_of(id);
		wait = job->row.due_ms - job->row.updated_ms;
		ck_assert_int_ge(wait, (int64_t)whole / 2);
		ck_assert_int_le(wait, (int64_t)whole + 50);
		ck_assert_uint_eq(job->row.failures, n);
		ck_assert_uint_eq(job->row.attempt, n);
		ck_assert_str_ne(job->row.error, "");
		hyp_job_free(job);
		expect_files("out/a", "");
		engine_kit_advance(4000);
		hyp_engine_kick(kit.engine);
		wait_for_attempt(id, n + 1);
	}
	engine_kit_expect(&kit, id, HYP_JOB_FAILED);
	job = job_of(id);
	ck_assert_uint_eq(job->row.failures, 3);
	ck_assert_uint_eq(job->row.attempt, 3);
	hyp_job_free(job);
	ck_assert_uint_eq(
		engine_kit_rows(&kit, HYP_TABLE_EVENT, id, "job.failed"), 1);
	ck_assert_uint_eq(
		engine_kit_rows(&kit, HYP_TABLE_EVENT, id, "job.started"), 1);
	ck_assert_uint_eq(engine_kit_rows(&kit, HYP_TABLE_UNDO, id, NULL), 0);
	free(id);
}
END_TEST

START_TEST(fails_at_once)
{
	struct hyp_job *job;
	char *id;

	engine_kit_conf(&kit, JOBS,
			KIT_SOURCE("bad",
				   "fail_at = \"64KiB\"; fail_count = 99; "
				   "fail_with = \"permanent\";"));
	engine_kit_start(&kit);
	id = engine_kit_submit(&kit, "bad", "synthetic-1", "a");
	engine_kit_expect(&kit, id, HYP_JOB_FAILED);
	job = job_of(id);
	ck_assert_uint_eq(job->row.attempt, 1);
	ck_assert_str_ne(job->row.error_kind, "");
	ck_assert_ptr_nonnull(
		strstr(job->row.result_json, "\"success\":false"));
	ck_assert_ptr_nonnull(strstr(job->row.result_json, job->row.error));
	hyp_job_free(job);
	free(id);
	id = engine_kit_submit(&kit, "fast", "synthetic-99", "a");
	engine_kit_expect(&kit, id, HYP_JOB_FAILED);
	job = job_of(id);
	ck_assert_str_eq(job->row.error_kind, "not_found");
	hyp_job_free(job);
	free(id);
}
END_TEST

START_TEST(busy_is_not_charged)
{
	struct hyp_job *job;
	char *id;

	engine_kit_conf(&kit, "retry_min = \"1s\"; attempts = 1;",
			KIT_FAULT("busy", "place_open",
				  "code = \"busy\"; kind = \"vm_busy\";"));
	engine_kit_start(&kit);
	id = engine_kit_submit(&kit, "busy", "synthetic-1", "a");
	for (uint32_t n = 1; n < 4; n++) {
		engine_kit_expect(&kit, id, HYP_JOB_RETRY_WAIT);
		job = job_of(id);
		ck_assert_uint_eq(job->row.failures, 0);
		ck_assert_uint_eq(job->row.attempt, n);
		hyp_job_free(job);
		engine_kit_advance(2000);
		hyp_engine_kick(kit.engine);
		wait_for_attempt(id, n + 1);
	}
	free(id);
}
END_TEST

static void cancel(const char *id)
{
	ck_ok(hyp_engine_cancel(kit.engine, NULL, id, &kit.err), &kit.err);
}

START_TEST(cancel_pending)
{
	char *running, *id;

	engine_kit_conf(&kit, "max_running = 1;", "");
	engine_kit_start(&kit);
	running = engine_kit_submit(&kit, "stall", "synthetic-1", "a");
	hyp_job_free(engine_kit_wait(&kit, running, HYP_JOBS_RUNNING));
	id = engine_kit_submit(&kit, "fast", "synthetic-2", "a");
	cancel(id);
	engine_kit_expect(&kit, id, HYP_JOB_CANCELLED);
	cancel(id);
	ck_assert_uint_eq(
		engine_kit_rows(&kit, HYP_TABLE_EVENT, id, "job.cancelled"), 1);
	ck_fails(hyp_engine_cancel(kit.engine, NULL, "nobody", &kit.err),
		 &kit.err, HYP_E_NOT_FOUND, "not_found");
	cancel(running);
	engine_kit_expect(&kit, running, HYP_JOB_CANCELLED);
	free(running);
	free(id);
}
END_TEST

/* Whatever it is just doing: cancelled, and nothing is left of it. */
static void cancel_in(const char *pipeline, uint32_t state)
{
	struct hyp_job *job;
	char *id;

	engine_kit_start(&kit);
	id = engine_kit_submit(&kit, pipeline, "synthetic-2", "a");
	hyp_job_free(
		engine_kit_wait(&kit, id, HYP_JOB_BIT(state) | HYP_JOBS_ENDED));
	cancel(id);
	job = job_of(id);
	ck_assert(hyp_job_is(job, HYP_JOB_BIT(HYP_JOB_CANCELLING) |
					  HYP_JOB_BIT(HYP_JOB_CANCELLED)));
	hyp_job_free(job);
	cancel(id);
	engine_kit_expect(&kit, id, HYP_JOB_CANCELLED);
	expect_files("out", "");
	expect_files("snap", "");
	ck_assert_uint_eq(engine_kit_rows(&kit, HYP_TABLE_UNDO, id, NULL), 0);
	ck_assert_uint_eq(
		engine_kit_rows(&kit, HYP_TABLE_EVENT, id, "job.cancelled"), 1);
	free(id);
}

START_TEST(cancel_preparing)
{
	engine_kit_conf(&kit, JOBS,
			KIT_FAULT("slow", "place_open",
				  "action = \"pass\"; delay = \"1s\";"));
	cancel_in("slow", HYP_JOB_PREPARING);
}
END_TEST

START_TEST(cancel_transferring)
{
	cancel_in("stall", HYP_JOB_TRANSFERRING);
}
END_TEST

START_TEST(cancel_packaging)
{
	engine_kit_conf(&kit, JOBS,
			KIT_FAULT("slow", "seal",
				  "action = \"pass\"; delay = \"1s\";"));
	cancel_in("slow", HYP_JOB_PACKAGING);
}
END_TEST

START_TEST(cancel_publishing)
{
	char *id;

	engine_kit_conf(&kit, JOBS,
			KIT_FAULT("slow", "publish",
				  "action = \"pass\"; delay = \"1s\";"));
	engine_kit_start(&kit);
	id = engine_kit_submit(&kit, "slow", "synthetic-2", "a");
	hyp_job_free(
		engine_kit_wait(&kit, id, HYP_JOB_BIT(HYP_JOB_PUBLISHING)));
	ck_fails(hyp_engine_cancel(kit.engine, NULL, id, &kit.err), &kit.err,
		 HYP_E_CONFLICT, "too_late");
	engine_kit_expect(&kit, id, HYP_JOB_COMPLETED);
	ck_fails(hyp_engine_cancel(kit.engine, NULL, id, &kit.err), &kit.err,
		 HYP_E_CONFLICT, "too_late");
	free(id);
}
END_TEST

/* A cancellation exchanges the job that the attempt has: check-tsan sees what
 * the attempt's own thread reads of it without the lock. */
START_TEST(cancel_anywhere)
{
	char dir[16];

	engine_kit_start(&kit);
	for (int i = 0; i < CANCELS; i++) {
		struct hyp_job *job;
		int32_t rc;
		char *id;

		snprintf(dir, sizeof(dir), "a%d", i);
		id = engine_kit_submit(&kit, "fast", "synthetic-2", dir);
		hyp_job_free(engine_kit_wait(
			&kit, id, HYP_JOBS_RUNNING | HYP_JOBS_ENDED));
		rc = hyp_engine_cancel(kit.engine, NULL, id, &kit.err);
		if (rc != 0) /* before the wait, which has its own in err */
			ck_assert_str_eq(kit.err.kind, "too_late");
		job = engine_kit_wait(&kit, id, HYP_JOBS_ENDED);
		ck_assert_uint_eq(job->row.state, rc == 0 ? HYP_JOB_CANCELLED
							  : HYP_JOB_COMPLETED);
		hyp_job_free(job);
		free(id);
	}
}
END_TEST

/* A clock that was years ahead, and is put right under the daemon, or before
 * its next start. */
START_TEST(retries_after_the_clock_was_set_back)
{
	char *id;

	engine_kit_conf(&kit, JOBS,
			KIT_FAULT("bad", "publish",
				  "code = \"transient\"; times = 0;"));
	engine_kit_start(&kit);
	id = engine_kit_submit(&kit, "bad", "synthetic-1", "a");
	engine_kit_expect(&kit, id, HYP_JOB_RETRY_WAIT);
	engine_kit_set_clock(-YEAR_MS);
	wait_for_attempt(id, 2);
	engine_kit_expect(&kit, id, HYP_JOB_RETRY_WAIT);
	engine_kit_close(&kit);
	engine_kit_set_clock(-YEAR_MS);
	engine_kit_start(&kit);
	wait_for_attempt(id, 3);
	engine_kit_expect(&kit, id, HYP_JOB_FAILED);
	free(id);
}
END_TEST

/* Tried again from "publishing", too. */
START_TEST(publish_fails)
{
	struct hyp_job *job;
	char *id;

	engine_kit_conf(&kit, JOBS,
			KIT_FAULT("bad", "publish", "code = \"transient\";"));
	engine_kit_start(&kit);
	id = engine_kit_submit(&kit, "bad", "synthetic-2", "a");
	engine_kit_expect(&kit, id, HYP_JOB_RETRY_WAIT);
	job = job_of(id);
	ck_assert_str_eq(job->row.result_json, "");
	hyp_job_free(job);
	ck_assert_uint_eq(
		engine_kit_rows(&kit, HYP_TABLE_HISTORY, id, "publishing"), 1);
	ck_assert_uint_eq(engine_kit_rows(&kit, HYP_TABLE_UNDO, id, NULL), 0);
	expect_files("out", "");
	cancel(id);
	job = job_of(id);
	ck_assert_uint_eq(job->row.state, HYP_JOB_CANCELLED);
	hyp_job_free(job);
	free(id);
}
END_TEST

START_TEST(stop_queues_again)
{
	char *id;
	struct hyp_job *job;

	engine_kit_start(&kit);
	id = engine_kit_submit(&kit, "stall", "synthetic-1", "a");
	hyp_job_free(
		engine_kit_wait(&kit, id, HYP_JOB_BIT(HYP_JOB_TRANSFERRING)));
	hyp_engine_hurry(kit.engine);
	hyp_engine_stop(kit.engine);
	ck_assert_str_eq(hyp_engine_unready(kit.engine), "stopping");
	job = job_of(id);
	ck_assert_uint_eq(job->row.state, HYP_JOB_QUEUED);
	ck_assert_uint_eq(job->row.failures, 0);
	ck_assert_uint_eq(job->row.interruptions, 0);
	hyp_job_free(job);
	expect_files("out", "");
	expect_files("snap", "");
	engine_kit_close(&kit);
	engine_kit_conf(&kit, JOBS, "");
	engine_kit_start(&kit);
	cancel(id);
	engine_kit_expect(&kit, id, HYP_JOB_CANCELLED);
	free(id);
}
END_TEST

/* Sealed while it stops: not published any more, however little is left. */
START_TEST(stop_before_publishing)
{
	struct hyp_job *job;
	char *id;

	engine_kit_conf(&kit, JOBS,
			KIT_FAULT("slow", "seal",
				  "action = \"pass\"; delay = \"1s\";"));
	engine_kit_start(&kit);
	id = engine_kit_submit(&kit, "slow", "synthetic-1", "a");
	hyp_job_free(engine_kit_wait(&kit, id, HYP_JOB_BIT(HYP_JOB_PACKAGING)));
	hyp_engine_hurry(kit.engine);
	hyp_engine_stop(kit.engine);
	job = job_of(id);
	ck_assert_uint_eq(job->row.state, HYP_JOB_QUEUED);
	ck_assert_str_eq(job->row.result_json, "");
	hyp_job_free(job);
	ck_assert_uint_eq(
		engine_kit_rows(&kit, HYP_TABLE_HISTORY, id, "publishing"), 0);
	expect_files("out", "");
	free(id);
}
END_TEST

/* What ends within the grace does; nothing new begins. */
START_TEST(stop_waits)
{
	struct hyp_job *job;
	char *id, *next;

	engine_kit_conf(&kit, "max_running = 1;",
			KIT_FAULT("slow", "seal",
				  "action = \"pass\"; delay = \"300ms\";"));
	engine_kit_start(&kit);
	id = engine_kit_submit(&kit, "slow", "synthetic-1", "a");
	next = engine_kit_submit(&kit, "slow", "synthetic-2", "a");
	hyp_job_free(engine_kit_wait(&kit, id, HYP_JOB_BIT(HYP_JOB_PACKAGING)));
	hyp_engine_stop(kit.engine);
	engine_kit_expect(&kit, id, HYP_JOB_COMPLETED);
	job = job_of(next);
	ck_assert_uint_eq(job->row.state, HYP_JOB_QUEUED);
	ck_assert_uint_eq(job->row.attempt, 0);
	hyp_job_free(job);
	free(id);
	free(next);
}
END_TEST

static Suite *engine_suite(void)
{
	Suite *suite = suite_create("engine");
	TCase *tc = tcase_create("jobs");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, completes);
	tcase_add_test(tc, retries);
	tcase_add_test(tc, fails_at_once);
	tcase_add_test(tc, busy_is_not_charged);
	tcase_add_test(tc, cancel_pending);
	tcase_add_test(tc, cancel_preparing);
	tcase_add_test(tc, cancel_transferring);
	tcase_add_test(tc, cancel_packaging);
	tcase_add_test(tc, cancel_publishing);
	tcase_add_test(tc, cancel_anywhere);
	tcase_add_test(tc, retries_after_the_clock_was_set_back);
	tcase_add_test(tc, publish_fails);
	tcase_add_test(tc, stop_queues_again);
	tcase_add_test(tc, stop_before_publishing);
	tcase_add_test(tc, stop_waits);
	suite_add_tcase(suite, tc);
	return suite;
}

int main(void)
{
	return unit_main(engine_suite());
}
