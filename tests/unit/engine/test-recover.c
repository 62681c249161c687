/* SPDX-License-Identifier: Apache-2.0 */
/* An engine is killed wherever a job may be, and the next one goes on. */
#include "tests/unit/engine/engine-kit.h"

#include <signal.h>
#include <spawn.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

extern char **environ;

static struct engine_kit kit;

/* The same names as slow as it takes to be killed in time, and fast. */
#define SLOW(name, op) KIT_FAULT(name, op, "action = \"pass\"; delay = \"3s\";")
#define QUICK(name) KIT_FAULT(name, "none", "")
#define SLOWS                                                                  \
	SLOW("preparing", "place_open")                                        \
	SLOW("packaging", "seal") SLOW("publishing", "publish") QUICK("plain")
#define QUICKS                                                                 \
	QUICK("preparing")                                                     \
	QUICK("packaging") QUICK("publishing") QUICK("plain")

static void setup(void)
{
	engine_kit_init(&kit, "", SLOWS);
}

static void teardown(void)
{
	engine_kit_fini(&kit);
}

static void crash(const char *pipeline, const char *where)
{
	char conf[2048], out[2048], program[2048];
	char *argv[] = {program,
			conf,
			(char *)(uintptr_t)pipeline,
			out,
			(char *)(uintptr_t)where,
			(char[]){"job-1"},
			NULL};
	int status;
	pid_t pid;

	snprintf(program, sizeof(program), "%s/tests/unit/engine/crash-engine",
		 getenv("top_builddir"));
	snprintf(conf, sizeof(conf), "%s/hypersdk.conf", kit.tree.root);
	snprintf(out, sizeof(out), "%s/out/a", kit.tree.root);
	ck_assert_int_eq(posix_spawn(&pid, program, NULL, NULL, argv, environ),
			 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL,
		      "status %d",
		      WIFEXITED(status) ? WEXITSTATUS(status) : -1);
}

static void expect_files(const char *dir, const char *names)
{
	char *files = engine_kit_files(&kit, dir);

	ck_assert_str_eq(files, names);
	free(files);
}

static int has_file(const char *dir, const char *part)
{
	char *files = engine_kit_files(&kit, dir);
	int has = strstr(files, part) != NULL;

	free(files);
	return has;
}

static unsigned events(const char *type)
{
	return engine_kit_rows(&kit, HYP_TABLE_EVENT, "job-1", type);
}

/* It completed, once, and nothing else is left of it. */
static void expect_completed(void)
{
	engine_kit_expect(&kit, "job-1", HYP_JOB_COMPLETED);
	expect_files("out/a", "synthetic-1.ova synthetic-1.ova.receipt.json");
	expect_files("snap", "");
	ck_assert_uint_eq(events("job.created"), 1);
	ck_assert_uint_le(events("job.started"), 1);
	ck_assert_uint_eq(events("job.completed"), 1);
	ck_assert_uint_eq(events("job.failed"), 0);
	ck_assert_uint_eq(engine_kit_rows(&kit, HYP_TABLE_UNDO, NULL, NULL), 0);
}

static void go_on(uint32_t attempts, uint32_t failures)
{
	struct hyp_job *job;

	engine_kit_conf(&kit, "", QUICKS);
	engine_kit_start(&kit);
	job = engine_kit_wait(&kit, "job-1", HYP_JOBS_ENDED);
	ck_assert_uint_eq(job->row.attempt, attempts);
	ck_assert_uint_eq(job->row.failures, failures);
	hyp_job_free(job);
	expect_completed();
}

START_TEST(queued)
{
	crash("plain", "queued");
	engine_kit_conf(&kit, "", QUICKS);
	engine_kit_start(&kit);
	expect_completed();
}
END_TEST

START_TEST(preparing)
{
	crash("preparing", "preparing");
	go_on(2, 0);
}
END_TEST

/* With a snapshot at the source, a half-written temporary, and a byte. */
START_TEST(transferring)
{
	struct hyp_job *job;

	crash("stall", "moved");
	ck_assert(has_file("snap", "job-1-1"));
	ck_assert(has_file("out/a", ".hyp-"));
	engine_kit_conf(&kit, "max_running = 1;", "");
	ck_ok(engine_kit_open(&kit), &kit.err);
	job = engine_kit_job(&kit, "job-1");
	ck_assert_uint_eq(job->row.state, HYP_JOB_TRANSFERRING);
	ck_assert_uint_eq(job->row.moved, 1);
	hyp_job_free(job);
	ck_ok(hyp_engine_start(kit.engine, &kit.err), &kit.err);
	ck_assert_uint_eq(
		engine_kit_rows(&kit, HYP_TABLE_HISTORY, "job-1", "queued"), 2);
	/* it stalls again; the second attempt's snapshot alone is there */
	job = engine_kit_wait(&kit, "job-1", HYP_JOB_BIT(HYP_JOB_TRANSFERRING));
	ck_assert_uint_eq(job->row.attempt, 2);
	ck_assert_uint_eq(job->row.failures, 0);
	ck_assert_uint_eq(job->row.interruptions, 0); /* a byte had come */
	hyp_job_free(job);
	ck_assert(!has_file("snap", " "));
	ck_assert(!has_file("out/a", " "));
	ck_ok(hyp_engine_cancel(kit.engine, NULL, "job-1", &kit.err), &kit.err);
	engine_kit_expect(&kit, "job-1", HYP_JOB_CANCELLED);
	expect_files("snap", "");
	expect_files("out/a", "");
}
END_TEST

START_TEST(packaging)
{
	crash("packaging", "packaging");
	go_on(2, 0);
}
END_TEST

/* Sealed, and "publishing" is written: published, not exported again. */
START_TEST(publishing)
{
	crash("publishing", "publishing");
	ck_assert(has_file("out/a", ".hyp-"));
	go_on(1, 0);
}
END_TEST

/* Sealed, but nothing says that it may be published: exported again. */
START_TEST(sealed)
{
	crash("packaging", "sealed");
	go_on(2, 0);
}
END_TEST

static void drop_trigger(void)
{
	sqlite3 *db;

	ck_assert_int_eq(
		sqlite3_open(tree_path(&kit.tree, "state/jobs.db"), &db),
		SQLITE_OK);
	ck_assert_int_eq(
		sqlite3_exec(db, "DROP TRIGGER hold", NULL, NULL, NULL),
		SQLITE_OK);
	sqlite3_close(db);
}

START_TEST(published)
{
	crash("plain", "published");
	drop_trigger();
	expect_files("out/a", "synthetic-1.ova synthetic-1.ova.receipt.json");
	go_on(1, 0);
}
END_TEST

START_TEST(cancelling)
{
	crash("stall", "cancelling");
	engine_kit_conf(&kit, "", "");
	engine_kit_start(&kit);
	engine_kit_expect(&kit, "job-1", HYP_JOB_CANCELLED);
	expect_files("snap", "");
	ck_assert_uint_eq(events("job.cancelled"), 1);
	ck_assert_uint_eq(engine_kit_rows(&kit, HYP_TABLE_UNDO, NULL, NULL), 0);
}
END_TEST

/* Sets the row as a crash in "preparing" leaves it. */
static void leave_preparing(uint32_t attempt, uint32_t interruptions)
{
	struct hyp_job *job;
	struct hyp_change change;
	struct hyp_store_op op = {.size = sizeof(op),
				  .verb = HYP_OP_UPDATE,
				  .table = HYP_TABLE_JOB};

	ck_ok(engine_kit_open(&kit), &kit.err);
	job = engine_kit_job(&kit, "job-1");
	job->row.state = HYP_JOB_PREPARING;
	job->row.attempt = attempt;
	job->row.interruptions = interruptions;
	op.row = &job->row;
	change = (struct hyp_change){.size = sizeof(change),
				     .ops = &op,
				     .op_stride = sizeof(op),
				     .op_count = 1};
	ck_ok(hyp_store_calls.apply(hyp_engine_store(kit.engine), &change,
				    &kit.err),
	      &kit.err);
	hyp_job_free(job);
}

START_TEST(crash_loop)
{
	struct hyp_job *job;

	crash("preparing", "preparing");
	engine_kit_conf(&kit, "max_interruptions = 3;", SLOWS);
	leave_preparing(2, 1);
	ck_ok(hyp_engine_start(kit.engine, &kit.err), &kit.err);
	job = engine_kit_wait(&kit, "job-1", HYP_JOBS_RUNNING);
	ck_assert_uint_eq(job->row.interruptions, 2);
	hyp_job_free(job);
	engine_kit_close(&kit);
	leave_preparing(3, 2);
	ck_ok(hyp_engine_start(kit.engine, &kit.err), &kit.err);
	engine_kit_expect(&kit, "job-1", HYP_JOB_FAILED);
	job = engine_kit_job(&kit, "job-1");
	ck_assert_str_eq(job->row.error_kind, "crash_loop");
	ck_assert_uint_eq(job->row.interruptions, 3);
	hyp_job_free(job);
	ck_assert_uint_eq(events("job.failed"), 1);
}
END_TEST

static Suite *recover_suite(void)
{
	Suite *suite = suite_create("recover");
	TCase *tc = tcase_create("recover");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, queued);
	tcase_add_test(tc, preparing);
	tcase_add_test(tc, transferring);
	tcase_add_test(tc, packaging);
	tcase_add_test(tc, publishing);
	tcase_add_test(tc, sealed);
	tcase_add_test(tc, published);
	tcase_add_test(tc, cancelling);
	tcase_add_test(tc, crash_loop);
	suite_add_tcase(suite, tc);
	return suite;
}

int main(void)
{
	return unit_main(recover_suite());
}
