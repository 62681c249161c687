/* SPDX-License-Identifier: Apache-2.0 */
/* A snapshot that cannot be removed when its job ends, with and without a
 * password that goes with that end. */
#include "core/engine/secrets.h"
#include "core/engine/telling.h"
#include "tests/unit/engine/engine-kit.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct engine_kit kit;
static char *id;

static void setup(void)
{
	engine_kit_init(&kit, "retry_min = \"1h\"; retry_max = \"2h\";",
			KIT_SOURCE("breaks", "power = \"on\";"
					     "fail_at = \"200KiB\";"
					     "fail_count = 99;"));
}

static void teardown(void)
{
	free(id);
	engine_kit_fini(&kit);
}

static unsigned records(void)
{
	return engine_kit_rows(&kit, HYP_TABLE_UNDO, id, NULL);
}

/* As if it had come with a password. The provider takes none: with it, what is
 * left cannot be undone. */
static void seal(void)
{
	HYP_AUTO_DRAFT struct hyp_draft draft = {.count = 0};

	ck_ok(hyp_secret_add(kit.engine, &draft, id, "canary-5150", &kit.err),
	      &kit.err);
	ck_ok(hyp_engine_apply(kit.engine, &draft, &kit.err), &kit.err);
}

static const char *snapshot(uint32_t attempt)
{
	char name[256];

	snprintf(name, sizeof(name), "snap/hypersdk-%s-%u-vm-1", id, attempt);
	return tree_path(&kit.tree, name);
}

/* What is a folder with something in it cannot be removed as a file. */
static void stick(void)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s", snapshot(1));
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	strcat(path, "/x");
	ck_assert_int_eq(mkdir(path, 0700), 0);
}

static void unstick(void)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/x", snapshot(1));
	ck_assert_int_eq(rmdir(path), 0);
	ck_assert_int_eq(rmdir(snapshot(1)), 0);
}

static void begin(void)
{
	engine_kit_start(&kit);
	id = engine_kit_submit(&kit, "stall", "synthetic-1", "a");
	hyp_job_free(
		engine_kit_wait(&kit, id, HYP_JOB_BIT(HYP_JOB_TRANSFERRING)));
}

static void cancel(void)
{
	ck_ok(hyp_engine_cancel(kit.engine, NULL, id, &kit.err), &kit.err);
	engine_kit_expect(&kit, id, HYP_JOB_CANCELLED);
}

static int result_says(const char *text)
{
	struct hyp_job *job = engine_kit_job(&kit, id);
	int says = strstr(job->row.result_json, text) != NULL;

	hyp_job_free(job);
	return says;
}

#define SAYS(attempt)                                                          \
	"\"warnings\":[\"left_behind: provider/synthetic snapshot @" attempt   \
	": it could not be removed before the job ended"

/* Nothing is lost with the job's end: it is kept, and tried again. */
START_TEST(without_a_password)
{
	begin();
	stick();
	cancel();
	ck_assert_uint_eq(records(), 1);
	ck_assert(!result_says("left_behind"));
}
END_TEST

/* The job's record goes with what it left, not before. */
START_TEST(deleted)
{
	begin();
	stick();
	cancel();
	ck_fails(hyp_engine_delete(kit.engine, NULL, id, &kit.err), &kit.err,
		 HYP_E_CONFLICT, "left_behind");
	ck_assert_ptr_nonnull(
		strstr(kit.err.text, "provider/synthetic snapshot @1"));
	ck_assert_uint_eq(records(), 1);
	unstick();
	hyp_keeper_undo(kit.engine);
	ck_assert_uint_eq(records(), 0);
	ck_ok(hyp_engine_delete(kit.engine, NULL, id, &kit.err), &kit.err);
}
END_TEST

START_TEST(cancelled)
{
	begin();
	stick();
	seal();
	cancel();
	ck_assert_uint_eq(records(), 0);
	ck_assert_uint_eq(engine_kit_rows(&kit, HYP_TABLE_SECRET, id, NULL), 0);
	ck_assert(result_says(SAYS("1")));
	ck_assert(result_says("\"error\":\"cancelled\""));
}
END_TEST

/* It waited for another attempt. */
START_TEST(cancelled_while_pending)
{
	engine_kit_conf(&kit, "retry_min = \"1h\"; retry_max = \"2h\";", "");
	begin();
	stick();
	hyp_engine_hurry(kit.engine);
	hyp_engine_stop(kit.engine);
	engine_kit_expect(&kit, id, HYP_JOB_QUEUED);
	ck_assert_uint_eq(records(), 1);
	seal();
	engine_kit_close(&kit);
	engine_kit_conf(&kit, "max_per_endpoint = 1; max_running = 1;", "");
	ck_ok(engine_kit_open(&kit), &kit.err);
	kit.engine->life = HYP_LIFE_RUNNING; /* but nothing is claimed */
	cancel();
	ck_assert_uint_eq(records(), 0);
	ck_assert(result_says(SAYS("1")));
}
END_TEST

/* Between the abort and the end it can be removed again. */
START_TEST(undone_at_last)
{
	const char *text = "{\"warnings\":[\"other: stays\","
			   "\"left_behind: snapshot x\"],\"success\":true}";
	HYP_AUTO_BUF struct hyp_buf out = HYP_BUF_INIT(4096);

	ck_ok(hyp_result_left(text, "", NULL, 0, &out, &kit.err), &kit.err);
	ck_assert_str_eq(hyp_buf_str(&out), "{\"warnings\":[\"other: stays\"],"
					    "\"success\":true}");
}
END_TEST

static Suite *leftovers_suite(void)
{
	Suite *suite = suite_create("leftovers");
	TCase *tc = tcase_create("leftovers");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, without_a_password);
	tcase_add_test(tc, deleted);
	tcase_add_test(tc, cancelled);
	tcase_add_test(tc, cancelled_while_pending);
	tcase_add_test(tc, undone_at_last);
	suite_add_tcase(suite, tc);
	return suite;
}

int main(void)
{
	return unit_main(leftovers_suite());
}
