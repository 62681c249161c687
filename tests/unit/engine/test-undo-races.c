/* SPDX-License-Identifier: Apache-2.0 */
/* What is left behind is undone while the engine stops, or while its attempt
 * has not ended. The calls of the source, and the end of an attempt, are held
 * until the other side is where it is to be (ld --wrap). */
#include "core/engine/runner.h"
#include "core/engine/undo.h"
#include "tests/unit/engine/engine-kit.h"

#include <stdio.h>

#define THREADS 8 /* of a pass */
#define RECORDS 12

static struct engine_kit kit;
static _Atomic unsigned calls, returned;
static _Atomic int holds_calls, holds_end, settled, released;

static int is_stopping(void)
{
	int stopping;

	pthread_mutex_lock(&kit.engine->lock);
	stopping = kit.engine->life == HYP_LIFE_STOPPING;
	pthread_mutex_unlock(&kit.engine->lock);
	return stopping;
}

int32_t __wrap_hyp_undo_one(struct hyp_engine *engine,
			    const struct hyp_undo_item *item,
			    uint32_t may_publish, uint32_t *state,
			    struct hyp_error *err);
int32_t __wrap_hyp_undo_one(struct hyp_engine *engine,
			    const struct hyp_undo_item *item,
			    uint32_t may_publish, uint32_t *state,
			    struct hyp_error *err)
{
	(void)engine, (void)item, (void)may_publish, (void)state, (void)err;
	calls++;
	while (holds_calls && !is_stopping())
		engine_kit_breathe();
	/* long enough for who does not wait for it to be seen */
	for (int i = 0; holds_calls && i < 50; i++)
		engine_kit_breathe();
	returned++;
	return 0;
}

uint32_t __real_hyp_runner_settle(struct hyp_runner *runner, int32_t rc,
				  const struct hyp_result *result,
				  struct hyp_error *why);
uint32_t __wrap_hyp_runner_settle(struct hyp_runner *runner, int32_t rc,
				  const struct hyp_result *result,
				  struct hyp_error *why);
uint32_t __wrap_hyp_runner_settle(struct hyp_runner *runner, int32_t rc,
				  const struct hyp_result *result,
				  struct hyp_error *why)
{
	uint32_t left = __real_hyp_runner_settle(runner, rc, result, why);

	settled = 1;
	while (holds_end && !released)
		engine_kit_breathe();
	return left;
}

static void setup(void)
{
	engine_kit_init(&kit, "", "");
	engine_kit_start(&kit);
}

static void teardown(void)
{
	engine_kit_fini(&kit);
}

static void remember(const char *id, const char *key)
{
	ck_ok(hyp_undo_remember(kit.engine, id, 1, "provider/synthetic", key,
				"x", 1, &kit.err),
	      &kit.err);
}

static unsigned records(void)
{
	return engine_kit_rows(&kit, HYP_TABLE_UNDO, NULL, NULL);
}

/* What is at the source is waited for and forgotten, before the store closes
 * and where the daemon can still end by itself; the rest is not begun, and is
 * for the next start. */
START_TEST(stop_between_claim_and_call)
{
	char *id = engine_kit_submit(&kit, "fast", "synthetic-1", "a");
	char key[16];

	engine_kit_expect(&kit, id, HYP_JOB_COMPLETED);
	for (unsigned i = 0; i < RECORDS; i++) {
		snprintf(key, sizeof(key), "key-%u", i);
		remember(id, key);
	}
	holds_calls = 1;
	ck_ok(hyp_undo_pass(kit.engine, 0, &kit.err), &kit.err);
	while (calls < THREADS)
		engine_kit_breathe();
	hyp_engine_stop(kit.engine);
	ck_assert_uint_eq(returned, THREADS);
	ck_assert_uint_eq(calls, THREADS);
	ck_assert_uint_eq(records(), RECORDS - THREADS);
	engine_kit_close(&kit);
	holds_calls = 0;
	engine_kit_start(&kit);
	ck_assert_uint_eq(calls, RECORDS);
	ck_assert_uint_eq(records(), 0);
	free(id);
}
END_TEST

static void *stop_main(void *arg)
{
	hyp_engine_hurry(kit.engine);
	hyp_engine_stop(kit.engine);
	return arg;
}

/* Its row says that it has ended, but it has not gone yet: what is recorded
 * under its name is still its own. Nor is it lost that something is left. */
static void pass_while_it_settles(const char *id, uint32_t state)
{
	while (!settled)
		engine_kit_breathe();
	engine_kit_expect(&kit, id, state);
	ck_ok(hyp_undo_pass(kit.engine, 60000, &kit.err), &kit.err);
	ck_assert_uint_eq(calls, 0);
	ck_assert_uint_eq(records(), 1);
	released = 1;
}

static char *begin(void)
{
	char *id = engine_kit_submit(&kit, "stall", "synthetic-1", "a");

	hyp_job_free(
		engine_kit_wait(&kit, id, HYP_JOB_BIT(HYP_JOB_TRANSFERRING)));
	remember(id, "key");
	holds_end = 1;
	return id;
}

static int has_leftovers(void)
{
	int has;

	pthread_mutex_lock(&kit.engine->lock);
	has = kit.engine->running == 0 && kit.engine->leftovers;
	pthread_mutex_unlock(&kit.engine->lock);
	return has;
}

START_TEST(pass_while_a_stop_settles)
{
	char *id = begin();
	pthread_t stopper;

	ck_assert_int_eq(pthread_create(&stopper, NULL, stop_main, NULL), 0);
	pass_while_it_settles(id, HYP_JOB_QUEUED);
	ck_assert_int_eq(pthread_join(stopper, NULL), 0);
	ck_assert(has_leftovers());
	ck_assert_uint_eq(calls, 0);
	free(id);
}
END_TEST

START_TEST(pass_while_a_cancellation_settles)
{
	char *id = begin();

	ck_ok(hyp_engine_cancel(kit.engine, NULL, id, &kit.err), &kit.err);
	pass_while_it_settles(id, HYP_JOB_CANCELLED);
	while (!has_leftovers())
		engine_kit_breathe();
	ck_ok(hyp_undo_pass(kit.engine, 60000, &kit.err), &kit.err);
	ck_assert_uint_eq(calls, 1);
	ck_assert_uint_eq(records(), 0);
	ck_assert(!has_leftovers());
	free(id);
}
END_TEST

static Suite *undo_races_suite(void)
{
	Suite *suite = suite_create("undo-races");
	TCase *tc = tcase_create("undo-races");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, stop_between_claim_and_call);
	tcase_add_test(tc, pass_while_a_stop_settles);
	tcase_add_test(tc, pass_while_a_cancellation_settles);
	suite_add_tcase(suite, tc);
	return suite;
}

int main(void)
{
	return unit_main(undo_races_suite());
}
