/* SPDX-License-Identifier: Apache-2.0 */
/* The end: what may end by itself does, the rest is interrupted. */
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/engine/outbox.h"
#include "core/engine/runner.h"
#include "core/engine/scheduler.h"
#include "core/engine/undo.h"

#define INTERRUPT_MS 5000 /* for what was interrupted to end and be written */
#define PATIENCE_MS 200	  /* with who is writing just then */
#define AGAIN_MS 250	  /* then it is asked again */

/* One that publishes is left to it: its end is near. */
static void interrupt(struct hyp_runner *runner)
{
	if (!hyp_runner_lock(runner, PATIENCE_MS))
		return;
	if (hyp_job_is(runner->job, HYP_JOBS_RUNNING) &&
	    runner->job->row.state != HYP_JOB_PUBLISHING &&
	    runner->why == HYP_WHY_NOT) {
		runner->why = HYP_WHY_STOP;
		hyp_cancel_set(runner->cancel);
	}
	pthread_mutex_unlock(&runner->lock);
}

/* Every runner there is, one after the other, without the engine's lock. */
static void interrupt_all(struct hyp_engine *engine)
{
	struct hyp_runner *runner, *all = NULL;

	pthread_mutex_lock(&engine->lock);
	for (runner = engine->runners; runner != NULL; runner = runner->next) {
		runner->refs++;
		runner->also = all;
		all = runner;
	}
	pthread_mutex_unlock(&engine->lock);
	while ((runner = all) != NULL) {
		all = runner->also;
		interrupt(runner);
		hyp_runner_put(runner);
	}
}

/* Until none runs, or the time is over; with the lock held. */
static void wait_for_none(struct hyp_engine *engine, uint64_t limit_ms,
			  int can_hurry)
{
	uint64_t end = hyp_clock_boot_ms() + limit_ms, now;

	while (engine->running > 0 && !(can_hurry && engine->hurried) &&
	       (now = hyp_clock_boot_ms()) < end) {
		uint64_t left = end - now;

		hyp_cond_wait_ms(&engine->changed, &engine->lock,
				 left < 100 ? (uint32_t)left : 100);
	}
}

/* Again and again: who was writing just then has not heard it. */
static void interrupt_until_none(struct hyp_engine *engine, uint64_t limit_ms)
{
	uint64_t begin = hyp_clock_boot_ms();

	while (engine->running > 0 && hyp_clock_boot_ms() - begin < limit_ms) {
		pthread_mutex_unlock(&engine->lock);
		interrupt_all(engine);
		pthread_mutex_lock(&engine->lock);
		wait_for_none(engine, AGAIN_MS, 0);
	}
}

static void end_runners(struct hyp_engine *engine)
{
	const struct hyp_config *config = hyp_settings_get(engine->book);
	uint64_t grace = config->settings->jobs.stop_grace;

	hyp_settings_put(engine->book, config);
	pthread_mutex_lock(&engine->lock);
	wait_for_none(engine, grace, 1);
	interrupt_until_none(engine, INTERRUPT_MS);
	engine->giving_up = 1;
	pthread_cond_broadcast(&engine->changed);
	interrupt_until_none(engine, UINT64_MAX);
	hyp_engine_reap(engine);
	pthread_mutex_unlock(&engine->lock);
}

/* And the undo pass that it, or the start, has begun: here, where the daemon
 * still ends by itself should a source not answer. */
static void end_keeper(struct hyp_engine *engine)
{
	if (engine->has_keeper)
		pthread_join(engine->keeper, NULL);
	engine->has_keeper = 0;
	hyp_undo_pass_end(engine);
	pthread_mutex_lock(&engine->lock);
	engine->life = HYP_LIFE_STOPPED;
	pthread_cond_broadcast(&engine->changed);
	pthread_mutex_unlock(&engine->lock);
}

void hyp_engine_stop(struct hyp_engine *engine)
{
	pthread_mutex_lock(&engine->lock);
	if (engine->life == HYP_LIFE_STOPPED) {
		pthread_mutex_unlock(&engine->lock);
		return;
	}
	engine->life = HYP_LIFE_STOPPING;
	pthread_cond_broadcast(&engine->changed);
	pthread_cond_broadcast(&engine->work);
	pthread_mutex_unlock(&engine->lock);
	hyp_scheduler_stop(engine->scheduler);
	if (engine->has_dispatcher)
		pthread_join(engine->dispatcher, NULL);
	engine->has_dispatcher = 0;
	end_runners(engine);
	hyp_outbox_stop(engine->outbox);
	/* it may be waiting for a source to answer */
	end_keeper(engine);
}

void hyp_engine_hurry(struct hyp_engine *engine)
{
	pthread_mutex_lock(&engine->lock);
	engine->hurried = 1;
	if (engine->life == HYP_LIFE_STARTING)
		engine->giving_up = 1;
	pthread_cond_broadcast(&engine->changed);
	pthread_mutex_unlock(&engine->lock);
}
