/* SPDX-License-Identifier: Apache-2.0 */
/* The thread that takes jobs from the store and starts their runners. */
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/engine/outbox.h"
#include "core/engine/runner.h"
#include "core/engine/transition.h"

#include <string.h>

#define LOOK_MS 1000 /* again for jobs whose time has come */

struct claim {
	struct hyp_engine *engine;
	struct hyp_draft draft;
	struct hyp_runner *runner;
};

static int32_t compose(void *ctx, const struct hyp_job_row *chosen,
		       struct hyp_change *change, struct hyp_error *err)
{
	struct claim *claim = ctx;
	struct hyp_job_row next = *chosen;
	struct hyp_job *job;
	int32_t rc;

	next.state = HYP_JOB_PREPARING;
	next.attempt++;
	next.moved = 0;
	next.progress_json = next.result_json = "";
	next.error = next.error_kind = "";
	rc = hyp_job_new(&next, &job, err);
	if (rc < 0)
		return rc;
	rc = hyp_transition(&claim->draft, &job->row,
			    HYP_JOB_BIT(chosen->state), chosen->attempt, "",
			    err);
	if (rc == 0)
		rc = hyp_outbox_route(claim->engine, &claim->draft, err);
	if (rc == 0)
		rc = hyp_runner_new(claim->engine, job, &claim->runner, err);
	if (rc < 0) {
		hyp_job_free(job);
		return rc;
	}
	*change = hyp_draft_change(&claim->draft);
	return 0;
}

static int32_t take(struct claim *claim, struct hyp_error *err)
{
	struct hyp_engine *engine = claim->engine;
	const struct hyp_config *config = hyp_settings_get(engine->book);
	const struct hyp_job_settings *jobs = &config->settings->jobs;
	struct hyp_claim limits = {
		.size = sizeof(limits),
		.max_per_endpoint = (uint32_t)jobs->max_per_endpoint,
		.max_per_host = (uint32_t)jobs->max_per_host,
		.now_ms = hyp_clock_wall_ms(),
	};
	size_t count = 0;
	char **blocked = NULL;
	int32_t rc;

	rc = hyp_breaker_list(engine->breaker, &blocked, &count, err);
	limits.blocked = (const char *const *)blocked;
	limits.blocked_count = (uint32_t)count;
	if (rc == 0)
		rc = hyp_store_calls.claim(engine->store.instance, &limits,
					   compose, claim, err);
	hyp_breaker_list_free(blocked, count);
	hyp_settings_put(engine->book, config);
	return rc;
}

static void list_runner(struct hyp_engine *engine, struct hyp_runner *runner)
{
	pthread_mutex_lock(&engine->lock);
	runner->next = engine->runners;
	engine->runners = runner;
	engine->running++;
	pthread_mutex_unlock(&engine->lock);
}

/* Without a thread of its own it runs in this one: slow, but nothing hangs. */
static void start_runner(struct claim *claim)
{
	struct hyp_runner *runner = claim->runner;
	struct hyp_error err;

	/* while nobody else knows it */
	hyp_log(HYP_LOG_INFO, runner->id, HYP_ENGINE_ORIGIN,
		"attempt %u begins: %s to %s", runner->attempt,
		runner->job->row.vm_path, runner->job->row.output_path);
	hyp_tally_done(claim->engine, &claim->draft);
	hyp_tally_begun(claim->engine, &runner->job->row);
	list_runner(claim->engine, runner);
	if (claim->draft.events) {
		hyp_bus_ring(claim->engine->bus);
		hyp_outbox_committed(claim->engine, &claim->draft);
	}
	if (hyp_thread_start(&runner->thread, "hyp-job", hyp_runner_main,
			     runner, &err) == 0)
		return;
	hyp_log(HYP_LOG_ERROR, runner->id, HYP_ENGINE_ORIGIN, "%s", err.text);
	runner->no_thread = 1;
	hyp_runner_main(runner);
}

/* 1 if a job was started. */
static int claim_one(struct hyp_engine *engine)
{
	struct claim claim = {.engine = engine};
	struct hyp_error err;
	int32_t rc;

	rc = take(&claim, &err);
	if (rc == 0)
		start_runner(&claim);
	else
		hyp_runner_free(claim.runner);
	hyp_draft_fini(&claim.draft);
	if (rc == 0 || rc == HYP_E_NOT_FOUND)
		return rc == 0;
	hyp_engine_note(engine, rc, &err);
	hyp_log(HYP_LOG_DEBUG, "", HYP_ENGINE_ORIGIN, "no claim: %s", err.text);
	return 0;
}

static size_t most_at_once(struct hyp_engine *engine)
{
	const struct hyp_config *config = hyp_settings_get(engine->book);
	size_t most = (size_t)config->settings->jobs.max_running;

	hyp_settings_put(engine->book, config);
	return most;
}

void hyp_engine_reap(struct hyp_engine *engine)
{
	struct hyp_runner *runner;

	while ((runner = engine->ended) != NULL) {
		while (runner->refs > 0)
			pthread_cond_wait(&engine->changed, &engine->lock);
		/* put at the front while we waited? then that one first */
		if (engine->ended != runner)
			continue;
		engine->ended = runner->next;
		pthread_mutex_unlock(&engine->lock);
		if (!runner->no_thread)
			pthread_join(runner->thread, NULL);
		hyp_runner_free(runner);
		pthread_mutex_lock(&engine->lock);
	}
}

/* Starts what may be started. With the lock held, as before. */
static void claim_all(struct hyp_engine *engine)
{
	int more = 1;

	engine->kicked = 0;
	while (more && engine->life == HYP_LIFE_RUNNING) {
		size_t running = engine->running;

		engine->claiming = 1;
		pthread_mutex_unlock(&engine->lock);
		more = running < most_at_once(engine) && claim_one(engine);
		pthread_mutex_lock(&engine->lock);
		engine->claiming = 0;
		pthread_cond_broadcast(&engine->changed);
	}
}

void *hyp_dispatch_main(void *arg)
{
	struct hyp_engine *engine = arg;

	pthread_mutex_lock(&engine->lock);
	while (engine->life == HYP_LIFE_RUNNING) {
		claim_all(engine);
		hyp_engine_reap(engine);
		if (engine->life == HYP_LIFE_RUNNING && !engine->kicked)
			hyp_cond_wait_ms(&engine->work, &engine->lock, LOOK_MS);
	}
	pthread_mutex_unlock(&engine->lock);
	return NULL;
}
