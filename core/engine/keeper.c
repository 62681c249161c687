/* SPDX-License-Identifier: Apache-2.0 */
/* The thread for what returns with time: what is too old goes, what could not
 * be undone is tried again, a store in trouble is looked at. */
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/engine/recover.h"
#include "core/engine/undo.h"

#define TICK_MS 1000
#define HOUR_MS 3600000u
#define AGAIN_MIN_MS 60000u /* what could not be undone: doubling */
#define AGAIN_MAX_MS HOUR_MS
#define UNDO_MS 5000
#define BATCH 1000 /* rows of one call of prune */
#define DAY_MS INT64_C(86400000)
#define KEEP_EVENTS_MS (30 * DAY_MS)
#define KEEP_DELIVERIES_MS (30 * DAY_MS)
#define KEEP_IDEMPOTENCY_MS (2 * DAY_MS)
#define KEEP_FIRES_MS (90 * DAY_MS)
#define KEEP_AUDIT_MS (365 * DAY_MS)

static int is_running(struct hyp_engine *engine)
{
	int running;

	pthread_mutex_lock(&engine->lock);
	running = engine->life == HYP_LIFE_RUNNING;
	pthread_mutex_unlock(&engine->lock);
	return running;
}

static struct hyp_prune what_is_old(struct hyp_engine *engine)
{
	const struct hyp_config *config = hyp_settings_get(engine->book);
	const struct hyp_job_settings *jobs = &config->settings->jobs;
	int64_t now = hyp_clock_wall_ms();
	struct hyp_prune prune = {
		.size = sizeof(prune),
		.limit = BATCH,
		.completed_ms = now - (int64_t)jobs->keep_completed,
		.failed_ms = now - (int64_t)jobs->keep_failed,
		.events_ms = now - KEEP_EVENTS_MS,
		.idempotency_ms = now - KEEP_IDEMPOTENCY_MS,
		.audit_ms = now - KEEP_AUDIT_MS,
		.deliveries_ms = now - KEEP_DELIVERIES_MS,
		.fires_ms = now - KEEP_FIRES_MS,
	};

	hyp_settings_put(engine->book, config);
	return prune;
}

/* In batches, between which others get their turn. */
static void prune(struct hyp_engine *engine)
{
	const struct hyp_prune old = what_is_old(engine);
	uint64_t removed, sum = 0;
	struct hyp_error err;
	int32_t rc;

	do {
		removed = 0;
		rc = hyp_store_calls.prune(engine->store.instance, &old,
					   &removed, &err);
		sum += removed;
	} while (rc == 0 && removed > 0 && is_running(engine));
	hyp_engine_note(engine, rc, &err);
	if (rc < 0)
		hyp_log(HYP_LOG_WARNING, "", HYP_ENGINE_ORIGIN,
			"old records stay for now: %s", err.text);
	else if (sum > 0)
		hyp_log(HYP_LOG_INFO, "", HYP_ENGINE_ORIGIN,
			"removed %llu old records", (unsigned long long)sum);
}

struct times { /* of the boot clock, when to do it next */
	uint64_t hourly, undo;
	uint32_t wait_ms; /* until the next undo */
	int64_t ahead_ms; /* wall clock less boot clock */
};

static void undo_again(struct hyp_engine *engine, struct times *times,
		       uint32_t leftovers, uint32_t unsettled)
{
	struct hyp_error err;

	if (unsettled)
		hyp_recover_publishing(engine);
	if (leftovers && hyp_undo_pass(engine, UNDO_MS, &err) < 0)
		hyp_log(HYP_LOG_WARNING, "", HYP_ENGINE_ORIGIN, "%s", err.text);
	pthread_mutex_lock(&engine->lock);
	engine->undo_wanted = 0;
	engine->undo_passes++;
	pthread_cond_broadcast(&engine->changed);
	pthread_mutex_unlock(&engine->lock);
	if (!leftovers && !unsettled)
		times->wait_ms = AGAIN_MIN_MS;
	else if (times->wait_ms < AGAIN_MAX_MS)
		times->wait_ms *= 2;
	times->undo = hyp_clock_boot_ms() + times->wait_ms;
}

/* At first it may have been set back while nobody looked. One that has gone
 * ahead may be wrong: nothing is too old by it for an hour. */
static void watch_clock(struct hyp_engine *engine, struct times *times)
{
	uint64_t now = hyp_clock_boot_ms();
	int64_t ahead_ms = hyp_clock_wall_ms() - (int64_t)now;
	struct hyp_error err;

	if (ahead_ms - HOUR_MS > times->ahead_ms)
		times->hourly = now + HOUR_MS;
	if (ahead_ms < times->ahead_ms - HYP_CLOCK_STEP_MS &&
	    hyp_recover_waiting(engine, &err) < 0)
		return; /* looked at again with the next tick */
	times->ahead_ms = ahead_ms;
}

static void keep(struct hyp_engine *engine, struct times *times)
{
	uint64_t now = hyp_clock_boot_ms();
	uint32_t leftovers, unsettled, trouble, wanted;

	pthread_mutex_lock(&engine->lock);
	wanted = engine->undo_wanted;
	leftovers = engine->leftovers;
	unsettled = engine->unsettled;
	trouble = engine->trouble != NULL;
	pthread_mutex_unlock(&engine->lock);
	if (trouble)
		hyp_engine_probe(engine);
	watch_clock(engine, times);
	if (wanted || now >= times->undo)
		undo_again(engine, times, leftovers, unsettled);
	if (now >= times->hourly) {
		prune(engine);
		hyp_sweep(engine);
		times->hourly = hyp_clock_boot_ms() + HOUR_MS;
	}
}

void hyp_keeper_undo(struct hyp_engine *engine)
{
	uint64_t end = hyp_clock_boot_ms() + UNDO_MS, now;
	uint32_t seen;

	pthread_mutex_lock(&engine->lock);
	seen = engine->undo_passes;
	engine->undo_wanted = engine->has_keeper;
	pthread_cond_broadcast(&engine->changed);
	while (engine->undo_wanted && engine->undo_passes == seen &&
	       engine->life == HYP_LIFE_RUNNING &&
	       (now = hyp_clock_boot_ms()) < end)
		hyp_cond_wait_ms(&engine->changed, &engine->lock,
				 (uint32_t)(end - now));
	pthread_mutex_unlock(&engine->lock);
}

/* A start has swept, and its clock may still be set. */
void *hyp_keeper_main(void *arg)
{
	struct hyp_engine *engine = arg;
	struct times times = {.hourly = hyp_clock_boot_ms() + HOUR_MS,
			      .undo = hyp_clock_boot_ms() + AGAIN_MIN_MS,
			      .wait_ms = AGAIN_MIN_MS,
			      .ahead_ms = INT64_MAX};

	while (is_running(engine)) {
		keep(engine, &times);
		pthread_mutex_lock(&engine->lock);
		if (engine->life == HYP_LIFE_RUNNING && !engine->undo_wanted)
			hyp_cond_wait_ms(&engine->changed, &engine->lock,
					 TICK_MS);
		pthread_mutex_unlock(&engine->lock);
	}
	return NULL;
}
