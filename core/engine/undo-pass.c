/* SPDX-License-Identifier: Apache-2.0 */
/* All that was left behind, several at once: servers may be slow. */
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/engine/runner.h"
#include "core/engine/undo.h"
#include "core/pipeline/place-record.h"

#include <string.h>

#define THREADS_MAX 8

struct hyp_undo_pass {
	struct hyp_engine *engine;
	struct hyp_undo_items items;
	pthread_t threads[THREADS_MAX];
	size_t thread_count;

	pthread_mutex_t lock; /* over what follows */
	pthread_cond_t changed;
	size_t next, at_work;
	uint32_t left;
};

/* Nobody knows any more how to reach what a job without a row has left. */
static int32_t give_up(struct hyp_engine *engine,
		       const struct hyp_undo_item *item, struct hyp_error *err)
{
	hyp_log(HYP_LOG_WARNING, item->job_id, HYP_ENGINE_ORIGIN,
		"left behind, and its job is gone: %s", item->name);
	return hyp_undo_forget(engine, item->job_id, item->attempt,
			       item->origin, item->key, err);
}

static int32_t undo_item(struct hyp_engine *engine,
			 const struct hyp_undo_item *item,
			 struct hyp_error *err)
{
	struct hyp_job *job;
	uint32_t state = 0;
	int32_t rc = hyp_engine_job(engine, item->job_id, &job, err);

	if (rc == HYP_E_NOT_FOUND)
		return give_up(engine, item, err);
	if (rc < 0)
		return rc;
	hyp_job_free(job);
	rc = hyp_undo_one(engine, item, 0, &state, err);
	return rc < 0 ? rc
		      : hyp_undo_forget(engine, item->job_id, item->attempt,
					item->origin, item->key, err);
}

static void undo(struct hyp_undo_pass *pass, struct hyp_undo_item *item)
{
	struct hyp_engine *engine = pass->engine;
	struct hyp_error err;

	if (item->done ||
	    hyp_runner_is_live(engine, item->job_id, item->attempt) ||
	    undo_item(engine, item, &err) == 0)
		return;
	hyp_redact(err.text);
	hyp_log(HYP_LOG_WARNING, item->job_id, HYP_ENGINE_ORIGIN,
		"left behind by an interruption, tried again later: %s",
		err.text);
	pthread_mutex_lock(&pass->lock);
	pass->left++;
	pthread_mutex_unlock(&pass->lock);
}

static int is_stopping(struct hyp_engine *engine)
{
	int stopping;

	pthread_mutex_lock(&engine->lock);
	stopping = engine->life == HYP_LIFE_STOPPING;
	pthread_mutex_unlock(&engine->lock);
	return stopping;
}

/* A stop waits for what is under way; the rest is for the next start. */
static void *pass_main(void *arg)
{
	struct hyp_undo_pass *pass = arg;

	pthread_mutex_lock(&pass->lock);
	while (pass->next < pass->items.count && !is_stopping(pass->engine)) {
		struct hyp_undo_item *item = &pass->items.at[pass->next++];

		pthread_mutex_unlock(&pass->lock);
		undo(pass, item);
		pthread_mutex_lock(&pass->lock);
	}
	pass->at_work--;
	pthread_cond_broadcast(&pass->changed);
	pthread_mutex_unlock(&pass->lock);
	return NULL;
}

static void start(struct hyp_undo_pass *pass)
{
	struct hyp_error err;
	size_t n = 0;

	pthread_mutex_lock(&pass->lock);
	while (n < THREADS_MAX && n < pass->items.count &&
	       hyp_thread_start(&pass->threads[n], "hyp-undo", pass_main, pass,
				&err) == 0)
		n++;
	pass->thread_count = pass->at_work = n;
	pthread_mutex_unlock(&pass->lock);
}

static void wait(struct hyp_undo_pass *pass, uint32_t limit_ms)
{
	uint64_t end = hyp_clock_boot_ms() + limit_ms, now;

	pthread_mutex_lock(&pass->lock);
	while (pass->at_work > 0 && (now = hyp_clock_boot_ms()) < end)
		hyp_cond_wait_ms(&pass->changed, &pass->lock,
				 (uint32_t)(end - now));
	pthread_mutex_unlock(&pass->lock);
}

static void set_leftovers(struct hyp_engine *engine, uint32_t leftovers)
{
	pthread_mutex_lock(&engine->lock);
	engine->leftovers = leftovers;
	pthread_mutex_unlock(&engine->lock);
}

void hyp_undo_pass_end(struct hyp_engine *engine)
{
	struct hyp_undo_pass *pass = engine->undo;

	if (pass == NULL)
		return;
	engine->undo = NULL;
	while (pass->thread_count > 0)
		pthread_join(pass->threads[--pass->thread_count], NULL);
	pthread_mutex_lock(&engine->lock);
	engine->leftovers |= pass->left > 0 || pass->next < pass->items.count;
	pthread_mutex_unlock(&engine->lock);
	hyp_undo_items_fini(&pass->items);
	pthread_cond_destroy(&pass->changed);
	pthread_mutex_destroy(&pass->lock);
	free(pass);
}

/* The places of jobs that are publishing. */
static int32_t leave_alone(struct hyp_engine *engine,
			   struct hyp_undo_items *items, struct hyp_error *err)
{
	const struct hyp_store_query query = {
		.size = sizeof(query),
		.states = HYP_JOB_BIT(HYP_JOB_PUBLISHING)};
	struct hyp_job_list jobs;
	int32_t rc = hyp_engine_jobs(engine, &query, &jobs, err);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < items->count; i++)
		for (size_t k = 0; k < jobs.count; k++)
			if (strcmp(items->at[i].key, HYP_PLACE_KEY) == 0 &&
			    strcmp(items->at[i].job_id, jobs.at[k]->row.id) ==
				    0)
				items->at[i].done = 1;
	hyp_job_list_fini(&jobs);
	return 0;
}

int32_t hyp_undo_pass(struct hyp_engine *engine, uint32_t limit_ms,
		      struct hyp_error *err)
{
	struct hyp_undo_pass *pass;
	int32_t rc;

	hyp_undo_pass_end(engine);
	pass = calloc(1, sizeof(*pass));
	if (pass == NULL)
		return hyp_error_nomem(err);
	/* What is left from here on is not in the list, or counted again. */
	set_leftovers(engine, 0);
	pass->engine = engine;
	pthread_mutex_init(&pass->lock, NULL);
	hyp_cond_init(&pass->changed);
	engine->undo = pass;
	rc = hyp_undo_list(engine, NULL, &pass->items, err);
	if (rc == 0)
		rc = leave_alone(engine, &pass->items, err);
	if (rc < 0) {
		hyp_engine_left(engine);
		return rc;
	}
	start(pass);
	wait(pass, limit_ms);
	/* until it has ended, what is not done yet counts as left */
	pthread_mutex_lock(&pass->lock);
	rc = pass->at_work > 0;
	pthread_mutex_unlock(&pass->lock);
	if (rc == 0) {
		hyp_undo_pass_end(engine);
		return 0;
	}
	hyp_engine_left(engine);
	return 0;
}
