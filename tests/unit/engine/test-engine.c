/* SPDX-License-Identifier: Apache-2.0 */
/* A job's way from its submission to its end. */
#include "tests/unit/engine/engine-kit.h"

#include <stdlib.h>
#include <string.h>

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
	free(id);
}
END_TEST

static Suite *engine_suite(void)
{
	Suite *suite = suite_create("engine");
	TCase *tc = tcase_create("jobs");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, completes);
	suite_add_tcase(suite, tc);
	return suite;
}

int main(void)
{
	return unit_main(engine_suite());
}
