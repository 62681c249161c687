/* SPDX-License-Identifier: Apache-2.0 */
/* How many at once, who waits for whom; settings, the state directory, the
 * job's log, the listeners. */
#include "core/base/log.h"
#include "core/engine/joblog.h"
#include "tests/unit/engine/engine-kit.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct engine_kit kit;

static void setup(void)
{
	engine_kit_init(&kit, "max_running = 4;", "");
}

static void teardown(void)
{
	engine_kit_fini(&kit);
}

static void cancel(const char *id)
{
	ck_ok(hyp_engine_cancel(kit.engine, NULL, id, &kit.err), &kit.err);
}

static char *stalled(const char *vm, const char *dir)
{
	char *id = engine_kit_submit(&kit, "stall", vm, dir);

	hyp_job_free(
		engine_kit_wait(&kit, id, HYP_JOB_BIT(HYP_JOB_TRANSFERRING)));
	return id;
}

/* The dispatcher has looked, and left that job alone. */
static void expect_waiting(const char *id)
{
	struct hyp_job *job;

	for (int i = 0; i < 3; i++) {
		hyp_engine_kick(kit.engine);
		engine_kit_breathe();
	}
	job = engine_kit_job(&kit, id);
	ck_assert_uint_eq(job->row.state, HYP_JOB_QUEUED);
	ck_assert_uint_eq(job->row.attempt, 0);
	hyp_job_free(job);
}

START_TEST(one_per_vm)
{
	char *first, *second, *other;

	engine_kit_start(&kit);
	first = stalled("synthetic-1", "a");
	second = engine_kit_submit(&kit, "stall", "synthetic-1", "b");
	other = stalled("synthetic-2", "a");
	expect_waiting(second);
	cancel(first);
	hyp_job_free(engine_kit_wait(&kit, second,
				     HYP_JOB_BIT(HYP_JOB_TRANSFERRING)));
	cancel(second);
	cancel(other);
	free(first);
	free(second);
	free(other);
}
END_TEST

/* By another name it is the same VM: found out when it is looked up. */
START_TEST(one_per_vm_by_another_name)
{
	char *first, *second;
	struct hyp_job *job;

	engine_kit_start(&kit);
	first = stalled("synthetic-1", "a");
	second = engine_kit_submit(&kit, "stall", "/synthetic/vm/synthetic-1",
				   "b");
	engine_kit_expect(&kit, second, HYP_JOB_RETRY_WAIT);
	job = engine_kit_job(&kit, second);
	ck_assert_str_eq(job->row.error_kind, "vm_in_use");
	ck_assert_uint_eq(job->row.failures, 0);
	hyp_job_free(job);
	cancel(first);
	cancel(second);
	free(first);
	free(second);
}
END_TEST

START_TEST(per_endpoint)
{
	char *first, *second;

	engine_kit_conf(&kit, "max_running = 4; max_per_endpoint = 1;", "");
	engine_kit_start(&kit);
	first = stalled("synthetic-1", "a");
	second = engine_kit_submit(&kit, "fast", "synthetic-2", "a");
	expect_waiting(second);
	cancel(first);
	engine_kit_expect(&kit, second, HYP_JOB_COMPLETED);
	free(first);
	free(second);
}
END_TEST

/* A host is known once the VM was found: then the job waits again. */
START_TEST(per_host)
{
	char *first, *second;
	struct hyp_job *job;

	engine_kit_conf(&kit, "max_running = 4; max_per_host = 1;", "");
	engine_kit_start(&kit);
	first = stalled("synthetic-1", "a");
	second = engine_kit_submit(&kit, "fast", "synthetic-2", "a");
	do {
		engine_kit_breathe();
		job = engine_kit_job(&kit, second);
	} while ((job->row.attempt == 0 || job->row.state != HYP_JOB_QUEUED) &&
		 (hyp_job_free(job), 1));
	ck_assert_uint_eq(job->row.attempt, 1);
	ck_assert_uint_eq(job->row.failures, 0);
	ck_assert_str_eq(job->row.host, "synthetic-host");
	ck_assert_str_eq(job->row.error, "");
	hyp_job_free(job);
	for (int i = 0; i < 5; i++) {
		hyp_engine_kick(kit.engine);
		engine_kit_breathe();
	}
	job = engine_kit_job(&kit, second);
	ck_assert_uint_eq(job->row.attempt, 1); /* not asked again */
	hyp_job_free(job);
	cancel(first);
	engine_kit_expect(&kit, second, HYP_JOB_COMPLETED);
	free(first);
	free(second);
}
END_TEST

START_TEST(refused_users_wait)
{
	char *id;

	engine_kit_start(&kit);
	for (int i = 0; i < 2; i++)
		hyp_breaker_refused(kit.engine->breaker, "synthetic", "",
				    900000);
	id = engine_kit_submit(&kit, "fast", "synthetic-1", "a");
	expect_waiting(id);
	engine_kit_advance(900000);
	hyp_engine_kick(kit.engine);
	engine_kit_expect(&kit, id, HYP_JOB_COMPLETED);
	free(id);
}
END_TEST

START_TEST(reload)
{
	const struct hyp_config *old;
	struct hyp_config *config;
	char *first, *second;

	engine_kit_conf(&kit, "max_running = 1;", "");
	engine_kit_start(&kit);
	first = stalled("synthetic-1", "a");
	second = engine_kit_submit(&kit, "fast", "synthetic-2", "a");
	expect_waiting(second);
	old = hyp_engine_config_get(kit.engine);
	engine_kit_conf(&kit, "max_running = 2;", "");
	ck_ok(hyp_engine_reload(kit.engine, engine_kit_load(&kit), &kit.err),
	      &kit.err);
	engine_kit_expect(&kit, second, HYP_JOB_COMPLETED);
	ck_assert_int_eq(old->settings->jobs.max_running, 1);
	hyp_engine_config_put(kit.engine, old);
	engine_kit_conf(&kit,
			"};\ndatabase = { plugin = \"sqlite\"; "
			"path = \"/tmp/x.db\";",
			"");
	config = engine_kit_load(&kit);
	ck_fails(hyp_engine_reload(kit.engine, config, &kit.err), &kit.err,
		 HYP_E_USAGE, "needs_restart");
	hyp_config_free(config);
	cancel(first);
	free(first);
	free(second);
}
END_TEST

START_TEST(second_daemon)
{
	struct hyp_config *config;
	struct hyp_engine *second;
	char pid[32];

	engine_kit_start(&kit);
	config = engine_kit_load(&kit);
	ck_fails(hyp_engine_open(config, kit.registry, &second, &kit.err),
		 &kit.err, HYP_E_CONFLICT, "already_running");
	snprintf(pid, sizeof(pid), "process %ld", (long)getpid());
	ck_assert_ptr_nonnull(strstr(kit.err.text, pid));
	hyp_config_free(config);
	/* still locked, although the other has opened and closed the file */
	config = engine_kit_load(&kit);
	ck_fails(hyp_engine_open(config, kit.registry, &second, &kit.err),
		 &kit.err, HYP_E_CONFLICT, "already_running");
	hyp_config_free(config);
	engine_kit_close(&kit);
	engine_kit_start(&kit);
}
END_TEST

START_TEST(state_directory)
{
	struct stat st;

	engine_kit_start(&kit);
	ck_assert_int_eq(stat(tree_path(&kit.tree, "state"), &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0700);
	ck_assert_int_eq(stat(tree_path(&kit.tree, "state/seal.key"), &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	ck_assert_int_eq(st.st_size, 32);
	engine_kit_close(&kit);
	chmod(tree_path(&kit.tree, "state"), 0770);
	ck_fails(engine_kit_open(&kit), &kit.err, HYP_E_USAGE,
		 "unsafe_state_dir");
	chmod(tree_path(&kit.tree, "state"), 0700);
	chmod(tree_path(&kit.tree, "state/seal.key"), 0640);
	ck_fails(engine_kit_open(&kit), &kit.err, HYP_E_USAGE,
		 "unsafe_state_dir");
	chmod(tree_path(&kit.tree, "state/seal.key"), 0600);
	ck_ok(engine_kit_open(&kit), &kit.err);
	/* before it has started, nothing is accepted */
	ck_assert_str_eq(hyp_engine_unready(kit.engine), "starting");
	ck_fails(hyp_engine_cancel(kit.engine, NULL, "x", &kit.err), &kit.err,
		 HYP_E_BUSY, "not_ready");
}
END_TEST

START_TEST(job_log)
{
	char *id;

	engine_kit_conf(&kit, "log_lines = 20;", "");
	engine_kit_start(&kit);
	id = engine_kit_submit(&kit, "fast", "synthetic-1", "a");
	engine_kit_expect(&kit, id, HYP_JOB_COMPLETED);
	while (engine_kit_rows(&kit, HYP_TABLE_LOG, id, "completed: ") == 0)
		engine_kit_breathe();
	ck_assert_uint_eq(
		engine_kit_rows(&kit, HYP_TABLE_LOG, id, "attempt 1 begins"),
		1);
	ck_assert_uint_eq(
		engine_kit_rows(&kit, HYP_TABLE_LOG, id, "transferring"), 1);
	for (int i = 0; i < 700; i++)
		hyp_log(HYP_LOG_INFO, id, "test", "line %d.", i);
	hyp_log(HYP_LOG_INFO, "no-such-job", "test", "x");
	hyp_joblog_end(kit.engine->joblog, id);
	engine_kit_close(&kit);
	ck_ok(engine_kit_open(&kit), &kit.err);
	ck_assert_uint_eq(engine_kit_rows(&kit, HYP_TABLE_LOG, id, NULL), 20);
	ck_assert_uint_eq(engine_kit_rows(&kit, HYP_TABLE_LOG, id, "line 699."),
			  1);
	ck_assert_uint_eq(engine_kit_rows(&kit, HYP_TABLE_LOG, id, "line 680."),
			  1);
	free(id);
}
END_TEST

static _Atomic unsigned rings;

static void ring(void *ctx)
{
	(void)ctx;
	rings++;
}

START_TEST(listeners)
{
	struct hyp_subscription *first, *second;
	unsigned before;
	char *id;

	engine_kit_start(&kit);
	rings = 0;
	ck_ok(hyp_engine_subscribe(kit.engine, ring, NULL, &first, &kit.err),
	      &kit.err);
	ck_ok(hyp_engine_subscribe(kit.engine, ring, NULL, &second, &kit.err),
	      &kit.err);
	id = engine_kit_submit(&kit, "fast", "synthetic-1", "a");
	engine_kit_expect(&kit, id, HYP_JOB_COMPLETED);
	while (rings < 4)
		engine_kit_breathe();
	hyp_engine_unsubscribe(first);
	hyp_engine_unsubscribe(second);
	before = rings;
	free(id);
	id = engine_kit_submit(&kit, "fast", "synthetic-2", "a");
	engine_kit_expect(&kit, id, HYP_JOB_COMPLETED);
	ck_assert_uint_eq(rings, before);
	free(id);
}
END_TEST

static int32_t see_vm(void *ctx, const struct hyp_vm *vm, struct hyp_error *err)
{
	(void)vm;
	(void)err;
	(*(unsigned *)ctx)++;
	return 0;
}

START_TEST(inventory)
{
	const struct hyp_vm_filter filter = {.size = sizeof(filter)};
	unsigned count = 0;
	const struct hyp_vm_sink sink = {
		.size = sizeof(sink), .ctx = &count, .add = see_vm};

	engine_kit_start(&kit);
	ck_ok(hyp_engine_vms(kit.engine, NULL, &filter, &sink, &kit.err),
	      &kit.err);
	ck_assert_uint_eq(count, 9);
	ck_ok(hyp_engine_vm(kit.engine, "hot", "synthetic-3", &sink, NULL,
			    &kit.err),
	      &kit.err);
	ck_assert_uint_eq(count, 10);
	ck_fails(hyp_engine_vm(kit.engine, "hot", "nobody", &sink, NULL,
			       &kit.err),
		 &kit.err, HYP_E_NOT_FOUND, "not_found");
	ck_fails(hyp_engine_vms(kit.engine, "none", &filter, &sink, &kit.err),
		 &kit.err, HYP_E_USAGE, "no_pipeline");
}
END_TEST

/* What is older than its time goes hourly. */
START_TEST(retention)
{
	struct hyp_job *job;
	char *id, *young;
	int32_t rc;

	engine_kit_conf(&kit, "keep_completed = \"1d\";", "");
	engine_kit_start(&kit);
	id = engine_kit_submit(&kit, "fast", "synthetic-1", "a");
	engine_kit_expect(&kit, id, HYP_JOB_COMPLETED);
	engine_kit_advance(INT64_C(23) * 3600000);
	young = engine_kit_submit(&kit, "fast", "synthetic-2", "a");
	engine_kit_expect(&kit, young, HYP_JOB_COMPLETED);
	engine_kit_advance(INT64_C(2) * 3600000);
	do {
		engine_kit_breathe();
		rc = hyp_engine_job(kit.engine, id, &job, &kit.err);
		if (rc == 0)
			hyp_job_free(job);
	} while (rc == 0);
	ck_assert_int_eq(rc, HYP_E_NOT_FOUND);
	hyp_job_free(engine_kit_job(&kit, young));
	free(id);
	free(young);
}
END_TEST

/* Two passes: what came before the first is over. */
static int is_there(const char *id)
{
	struct hyp_job *job;
	int32_t rc;

	hyp_keeper_undo(kit.engine);
	hyp_keeper_undo(kit.engine);
	rc = hyp_engine_job(kit.engine, id, &job, &kit.err);
	if (rc == 0)
		hyp_job_free(job);
	return rc == 0;
}

/* A clock that is ahead, until somebody sets it right, takes nothing along. */
START_TEST(retention_by_a_clock_that_is_ahead)
{
	const int64_t year = INT64_C(365) * 24 * 3600000, hour = 3600000;
	char *id;

	engine_kit_conf(&kit, "keep_completed = \"1d\";", "");
	engine_kit_start(&kit);
	id = engine_kit_submit(&kit, "fast", "synthetic-1", "a");
	engine_kit_expect(&kit, id, HYP_JOB_COMPLETED);
	engine_kit_close(&kit);
	engine_kit_set_clock(year);
	engine_kit_start(&kit);
	ck_assert(is_there(id));
	engine_kit_set_clock(-year);
	engine_kit_advance(2 * hour);
	ck_assert(is_there(id));
	engine_kit_set_clock(year);
	ck_assert(is_there(id));
	engine_kit_set_clock(-year);
	ck_assert(is_there(id));
	/* right or not, it is what there is to go by */
	engine_kit_set_clock(year);
	ck_assert(is_there(id));
	engine_kit_advance(2 * hour);
	while (is_there(id))
		engine_kit_breathe();
	free(id);
}
END_TEST

static Suite *limits_suite(void)
{
	Suite *suite = suite_create("limits");
	TCase *tc = tcase_create("limits");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, one_per_vm);
	tcase_add_test(tc, one_per_vm_by_another_name);
	tcase_add_test(tc, per_endpoint);
	tcase_add_test(tc, per_host);
	tcase_add_test(tc, refused_users_wait);
	tcase_add_test(tc, reload);
	tcase_add_test(tc, second_daemon);
	tcase_add_test(tc, state_directory);
	tcase_add_test(tc, job_log);
	tcase_add_test(tc, listeners);
	tcase_add_test(tc, inventory);
	tcase_add_test(tc, retention);
	tcase_add_test(tc, retention_by_a_clock_that_is_ahead);
	suite_add_tcase(suite, tc);
	return suite;
}

int main(void)
{
	return unit_main(limits_suite());
}
