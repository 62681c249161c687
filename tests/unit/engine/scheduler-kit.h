/* SPDX-License-Identifier: Apache-2.0 */
/* An engine whose schedules follow a clock that the test sets. */
#ifndef HYP_TEST_SCHEDULER_KIT_H
#define HYP_TEST_SCHEDULER_KIT_H

#include "core/base/clock.h"
#include "core/engine/scheduler.h"
#include "core/engine/transition.h"
#include "tests/unit/engine/engine-kit.h"

#include <stdatomic.h>
#include <string.h>

#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

static struct engine_kit kit;
static _Atomic int64_t wall, boot;

static inline int64_t wall_ms(void *ctx)
{
	(void)ctx;
	return wall;
}

static inline uint64_t boot_ns(void *ctx)
{
	(void)ctx;
	return (uint64_t)boot * 1000000;
}

static const struct hyp_clock clock_of_test = {boot_ns, wall_ms, NULL};

static inline int64_t at(const char *text)
{
	int64_t ms;

	ck_ok(hyp_time_read(text, &ms, &kit.err), &kit.err);
	return ms;
}

/* As the daemon's start does it; no job is claimed, no thread runs. */
static inline void open_engine(void)
{
	ck_ok(engine_kit_open(&kit), &kit.err);
	ck_ok(hyp_scheduler_load(kit.engine->scheduler, &kit.err), &kit.err);
	ck_ok(hyp_scheduler_catch_up(kit.engine->scheduler, &kit.err),
	      &kit.err);
	kit.engine->life = HYP_LIFE_RUNNING;
}

static inline void reopen(void)
{
	engine_kit_close(&kit);
	open_engine();
}

static inline void setup(void)
{
	setenv("TMPDIR", "/dev/shm", 1);
	engine_kit_init(&kit, "", "");
	wall = at("2026-11-26T12:00:00Z");
	boot = 1000000;
	hyp_clock_set(&clock_of_test);
	open_engine();
}

static inline void teardown(void)
{
	engine_kit_fini(&kit);
}

static inline void tick(void)
{
	hyp_scheduler_tick(kit.engine->scheduler);
}

/* Time passes; by step_ms too much or too little on the wall. */
static inline void pass(int64_t ms, int64_t step_ms)
{
	boot += ms;
	wall += ms + step_ms;
	tick();
}

static inline int32_t change(const char *id, const char *text,
			     struct hyp_schedule **out)
{
	char *copy = strdup(text);
	json_object *json;
	int32_t rc;

	for (char *c = copy; *c != '\0'; c++)
		if (*c == '\'')
			*c = '"';
	json = json_tokener_parse(copy);
	ck_assert_msg(json != NULL, "no JSON: %s", copy);
	rc = id == NULL ? hyp_engine_schedule_create(kit.engine, NULL, json,
						     out, &kit.err)
			: hyp_engine_schedule_update(kit.engine, NULL, id, json,
						     out, &kit.err);
	json_object_put(json);
	free(copy);
	return rc;
}

static inline const char *of(const char *id, const char *expression,
			     const char *vm, const char *more)
{
	static char text[4096];

	snprintf(text, sizeof(text),
		 "{'id':'%s','schedule':'%s','zone':'UTC','job_template':"
		 "{'vm_path':'%s','output_path':'%s/out/{schedule}'}%s}",
		 id, expression, vm, kit.tree.root, more);
	return text;
}

static inline void create(const char *id, const char *expression,
			  const char *more)
{
	struct hyp_schedule *s;

	ck_ok(change(NULL, of(id, expression, "synthetic-1", more), &s),
	      &kit.err);
	hyp_schedule_put(s);
}

/* --- what happened ------------------------------------------------------- */

#define FIRES_MAX 20000
static struct fire {
	int64_t instant, duration;
	char status[16], job[129], error[512];
} fires[FIRES_MAX];
static size_t fire_count;

static inline int32_t take_fire(void *ctx, const void *row,
				struct hyp_error *err)
{
	const struct hyp_fire_row *f = row;
	struct fire *to = &fires[fire_count++];

	(void)ctx;
	(void)err;
	ck_assert_uint_lt(fire_count, FIRES_MAX);
	to->instant = f->instant_ms;
	to->duration = f->duration_ms;
	snprintf(to->status, sizeof(to->status), "%s", f->status);
	snprintf(to->job, sizeof(to->job), "%s", f->job_id);
	snprintf(to->error, sizeof(to->error), "%s", f->error);
	return 0;
}

static inline void list_fires(const char *id)
{
	const struct hyp_store_query query = {.size = sizeof(query),
					      .schedule_id = id};
	const struct hyp_row_sink sink = {.size = sizeof(sink),
					  .row = take_fire};

	fire_count = 0;
	ck_ok(hyp_store_calls.list(hyp_engine_store(kit.engine), HYP_TABLE_FIRE,
				   &query, &sink, &kit.err),
	      &kit.err);
}

static inline struct hyp_job_list jobs_of(const char *id)
{
	const struct hyp_store_query query = {.size = sizeof(query),
					      .flags = HYP_QUERY_REVERSE,
					      .schedule_id = id};
	struct hyp_job_list jobs;

	ck_ok(hyp_engine_jobs(kit.engine, &query, &jobs, &kit.err), &kit.err);
	return jobs;
}

static inline size_t job_count(const char *id)
{
	struct hyp_job_list jobs = jobs_of(id);
	size_t n = jobs.count;

	hyp_job_list_fini(&jobs);
	return n;
}

/* Fires with a job, and that there is one job for each. */
static inline size_t fired(const char *id)
{
	size_t n = 0;

	list_fires(id);
	for (size_t i = 0; i < fire_count; i++)
		n += fires[i].job[0] != '\0';
	ck_assert_uint_eq(n, job_count(id));
	return n;
}

static inline int32_t look_for(void *ctx, const void *row,
			       struct hyp_error *err)
{
	const struct hyp_fire_row *f = row;
	int64_t *instant = ctx;

	if (f->instant_ms != *instant || f->job_id[0] == '\0')
		return 0;
	*instant = 0;
	return hyp_error_set(err, HYP_E_CANCELLED, "found", 0, "enough");
}

static inline int fired_at(const char *id, int64_t instant)
{
	const struct hyp_store_query query = {.size = sizeof(query),
					      .flags = HYP_QUERY_REVERSE,
					      .schedule_id = id};
	const struct hyp_row_sink sink = {
		.size = sizeof(sink), .ctx = &instant, .row = look_for};

	hyp_store_calls.list(hyp_engine_store(kit.engine), HYP_TABLE_FIRE,
			     &query, &sink, &kit.err);
	return instant == 0;
}

/* The last fire; the list is read. */
static inline const struct fire *last(const char *id)
{
	list_fires(id);
	ck_assert_uint_gt(fire_count, 0);
	return &fires[fire_count - 1];
}

static inline void step_to(struct hyp_job *job, uint32_t state)
{
	struct hyp_draft draft = {.count = 0};
	uint32_t from = HYP_JOB_BIT(job->row.state);
	uint32_t attempt = job->row.attempt;

	job->row.state = state;
	job->row.attempt += state == HYP_JOB_PREPARING;
	ck_ok(hyp_transition(&draft, &job->row, from, attempt, "", &kit.err),
	      &kit.err);
	ck_ok(hyp_engine_apply(kit.engine, &draft, &kit.err), &kit.err);
	hyp_draft_fini(&draft);
}

/* Runs job i, and ends it so. */
static inline void end(const char *id, size_t i, uint32_t state)
{
	struct hyp_job_list jobs = jobs_of(id);
	struct hyp_job *job = jobs.at[i];

	step_to(job, HYP_JOB_PREPARING);
	if (state == HYP_JOB_FAILED)
		ck_ok(hyp_job_set_error(job, "net", "it broke", &kit.err),
		      &kit.err);
	if (state == HYP_JOB_COMPLETED)
		step_to(job, HYP_JOB_PUBLISHING);
	step_to(job, state);
	hyp_job_list_fini(&jobs);
}

#endif
