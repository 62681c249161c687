/* SPDX-License-Identifier: Apache-2.0 */
/* Schedules under clock steps, restarts and threads: each instant once,
 * whatever happens. Numbers are those of faults.md. */
#include "tests/unit/engine/scheduler-kit.h"

#include <pthread.h>

/* --- once, whatever happens ---------------------------------------------- */

static const struct {
	const char *id, *expression;
} many[] = {
	{"a", "*/7 * * * *"},
	{"b", "0 * * * *"},
	{"c", "30 2 * * *"},
};
#define MANY 3

/* Each fire has one job, each job an output of its own. */
static void check_once(const char *id)
{
	struct hyp_job_list jobs = jobs_of(id);

	list_fires(id);
	for (size_t i = 0; i < jobs.count; i++)
		for (size_t k = 0; k < i; k++)
			ck_assert_str_ne(jobs.at[i]->row.output_path,
					 jobs.at[k]->row.output_path);
	ck_assert_uint_eq(jobs.count, fired(id));
	hyp_job_list_fini(&jobs);
}

/* The latest instant that time went over has fired, unless it is too old. */
static void check_latest(int64_t before)
{
	for (size_t i = 0; i < MANY; i++) {
		const struct hyp_entry *e =
			hyp_scheduler_find(kit.engine->scheduler, many[i].id);
		struct hyp_due due;
		int64_t first = hyp_schedule_next(e->schedule, before);

		ck_assert_int_gt(e->next_ms, wall);
		if (first == 0 || first > wall)
			continue;
		hyp_schedule_due(e->schedule, first, wall, 1, &due);
		if (!due.late)
			ck_assert_msg(fired_at(many[i].id, due.instant_ms),
				      "%s at %lld, from %lld to %lld",
				      many[i].id, (long long)due.instant_ms,
				      (long long)before, (long long)wall);
	}
}

START_TEST(f104_two_thousand_steps)
{
	static const int64_t steps[] = {
		-365 * DAY, -DAY,	 -3 * HOUR, -10 * MINUTE, -2 * SECOND,
		2 * SECOND, 10 * MINUTE, 2 * HOUR,  DAY,	  365 * DAY};

	for (size_t i = 0; i < MANY; i++)
		create(many[i].id, many[i].expression, ",'overlap':'allow'");
	srand(104);
	for (int i = 0; i < 2000; i++) {
		int64_t before = wall, after;
		int64_t ms = (1 + rand() % 20) * MINUTE;
		int64_t step = rand() % 3 == 0 ? steps[rand() % 10] : 0;

		/* not away for good from where it began */
		if (wall + step > at("2028-01-01T00:00:00Z") ||
		    wall + step < at("2025-01-01T00:00:00Z"))
			step = 0;
		after = wall + ms + step;
		if (rand() % 20 == 0) {
			engine_kit_close(&kit);
			boot = rand() % 2 ? 1000 : boot + ms;
			wall = after;
			open_engine();
		} else {
			pass(ms, step);
		}
		if (after > before)
			check_latest(before);
	}
	for (size_t i = 0; i < MANY; i++)
		check_once(many[i].id);
}
END_TEST

/* --- threads ------------------------------------------------------------- */

static _Atomic int stop;

static void *trigger_main(void *arg)
{
	struct hyp_submitted out;
	struct hyp_error err;

	(void)arg;
	while (!stop) {
		if (hyp_engine_schedule_trigger(kit.engine, NULL, "s", &out,
						&err) == 0)
			hyp_submitted_fini(&out);
	}
	return NULL;
}

static void *delete_main(void *arg)
{
	struct hyp_schedule *s;
	struct hyp_error err;
	json_object *json = arg;

	while (!stop) {
		hyp_engine_schedule_delete(kit.engine, NULL, "s", &err);
		if (hyp_engine_schedule_create(kit.engine, NULL, json, &s,
					       &err) == 0)
			hyp_schedule_put(s);
		if (hyp_engine_schedule_enable(kit.engine, NULL, "s", 0, &s,
					       &err) == 0)
			hyp_schedule_put(s);
		if (hyp_engine_schedule_enable(kit.engine, NULL, "s", 1, &s,
					       &err) == 0)
			hyp_schedule_put(s);
	}
	return NULL;
}

/* At most one run at a time, whoever asks for it. */
static void check_one_run(const char *id)
{
	const struct hyp_store_query query = {.size = sizeof(query),
					      .states = HYP_JOBS_ACTIVE,
					      .schedule_id = id};
	struct hyp_job_list jobs;

	ck_ok(hyp_engine_jobs(kit.engine, &query, &jobs, &kit.err), &kit.err);
	ck_assert_uint_le(jobs.count, 1);
	if (jobs.count == 1)
		step_to(jobs.at[0], HYP_JOB_CANCELLED);
	hyp_job_list_fini(&jobs);
}

START_TEST(f108_races)
{
	json_object *json;
	pthread_t triggers, deletes;
	char *text = strdup(of("s", "@every 1s", "synthetic-1", ""));

	for (char *c = text; *c != '\0'; c++)
		if (*c == '\'')
			*c = '"';
	json = json_tokener_parse(text);
	free(text);
	stop = 0;
	ck_ok(hyp_scheduler_start(kit.engine->scheduler, &kit.err), &kit.err);
	pthread_create(&triggers, NULL, trigger_main, NULL);
	pthread_create(&deletes, NULL, delete_main, json);
	for (int i = 0; i < 300; i++) {
		boot += SECOND;
		wall += SECOND;
		tick();
		check_one_run("s");
	}
	stop = 1;
	pthread_join(triggers, NULL);
	pthread_join(deletes, NULL);
	json_object_put(json);
	hyp_engine_schedule_delete(kit.engine, NULL, "s", &kit.err);
	check_one_run("s");
	pass(MINUTE, 0);
	check_one_run("s");
}
END_TEST

static Suite *races_suite(void)
{
	Suite *suite = suite_create("scheduler-races");
	TCase *tc = tcase_create("races");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 300);
	tcase_add_test(tc, f108_races);
	tcase_add_test(tc, f104_two_thousand_steps);
	suite_add_tcase(suite, tc);
	return suite;
}

int main(void)
{
	return unit_main(races_suite());
}
