/* SPDX-License-Identifier: Apache-2.0 */
/* All files: who copies which, and how many at once. */
#include "core/pipeline/copy.h"
#include "core/base/buf.h"
#include "core/base/cleanup.h"
#include "core/base/clock.h"
#include "core/base/units.h"
#include "core/pipeline/thread.h"

#include <stdlib.h>

#define LOOK_MS 500 /* whether one more is needed */

struct copies {
	const struct hyp_copy_args *args;
	pthread_mutex_t lock; /* over what follows */
	pthread_cond_t changed;
	size_t next;		  /* first file that nobody took */
	size_t running;		  /* threads */
	struct hyp_error failure; /* code 0: none yet */
};

static void fail(struct copies *copies, const struct hyp_error *error)
{
	pthread_mutex_lock(&copies->lock);
	if (copies->failure.code == 0)
		copies->failure = *error;
	pthread_cond_broadcast(&copies->changed);
	pthread_mutex_unlock(&copies->lock);
	hyp_cancel_set(copies->args->cancel);
}

/* Nothing to take any more. With the lock held. */
static int is_exhausted(const struct copies *copies)
{
	return copies->failure.code != 0 ||
	       copies->next >= copies->args->files->count ||
	       hyp_cancel_is_set(copies->args->cancel);
}

static int take(struct copies *copies, size_t *index)
{
	int got;

	pthread_mutex_lock(&copies->lock);
	got = !is_exhausted(copies);
	if (got)
		*index = copies->next++;
	pthread_cond_broadcast(&copies->changed);
	pthread_mutex_unlock(&copies->lock);
	return got;
}

static int32_t work(struct copies *copies, struct hyp_error *err)
{
	const struct hyp_copy_args *args = copies->args;
	struct hyp_pump_args pump_args = {
		.digest = args->digest,
		.other = args->other,
		.limiter = args->limiter,
		.cancel = args->cancel,
	};
	struct hyp_pump *pump = NULL;
	size_t index;
	int32_t rc = hyp_pump_new(&pump_args, &pump, err);

	while (rc == 0 && take(copies, &index))
		rc = hyp_copy_file(args, pump, index, err);
	hyp_pump_free(pump);
	return rc;
}

static void *work_main(void *arg)
{
	struct copies *copies = arg;
	struct hyp_error error;

	if (work(copies, &error) < 0)
		fail(copies, &error);
	pthread_mutex_lock(&copies->lock);
	copies->running--;
	pthread_mutex_unlock(&copies->lock);
	return NULL;
}

static void tick(void *arg)
{
	struct copies *copies = arg;
	const char *name = "";
	struct hyp_error error;
	uint64_t ms;

	hyp_progress_tick(copies->args->progress);
	ms = hyp_progress_silence_ms(copies->args->progress, &name);
	if (ms < HYP_COPY_SILENCE_MS)
		return;
	hyp_error_set(&error, HYP_E_TRANSIENT, "stalled", 0,
		      "%s: not a byte came from the source for %u minutes",
		      name, HYP_COPY_SILENCE_MS / 60000);
	fail(copies, &error);
}

static uint64_t transferred(const struct copies *copies)
{
	uint64_t bytes;
	uint32_t restarts;

	hyp_progress_totals(copies->args->progress, &bytes, &restarts);
	return bytes;
}

/* A moment, or until nothing is left to take: then 0. */
static int wait_a_moment(struct copies *copies)
{
	int left;

	pthread_mutex_lock(&copies->lock);
	if (!is_exhausted(copies))
		hyp_cond_wait_ms(&copies->changed, &copies->lock, LOOK_MS);
	left = !is_exhausted(copies);
	pthread_mutex_unlock(&copies->lock);
	return left;
}

int hyp_copy_wants_another(uint64_t rate, uint64_t running, uint64_t limit)
{
	if (limit > 0 && rate >= limit - limit / 10)
		return 0;
	return rate < running * HYP_COPY_ENOUGH;
}

static int is_slow(struct copies *copies, uint64_t bytes, uint64_t ms)
{
	uint64_t running;

	if (ms < LOOK_MS)
		return 0;
	pthread_mutex_lock(&copies->lock);
	running = copies->running;
	pthread_mutex_unlock(&copies->lock);
	return hyp_copy_wants_another(hyp_mul_sat(bytes, 1000) / ms, running,
				      copies->args->bandwidth);
}

/* 1 once another thread should be started, 0 when that will not be. */
static int wait_for_need(struct copies *copies)
{
	uint64_t begin = hyp_clock_boot_ms(), bytes = transferred(copies);

	while (wait_a_moment(copies)) {
		uint64_t ms = hyp_clock_boot_ms() - begin;

		if (is_slow(copies, transferred(copies) - bytes, ms))
			return 1;
		if (ms < LOOK_MS)
			continue;
		begin += ms;
		bytes = transferred(copies);
	}
	return 0;
}

static int start(struct copies *copies, pthread_t *thread)
{
	struct hyp_error error;

	pthread_mutex_lock(&copies->lock);
	copies->running++;
	pthread_mutex_unlock(&copies->lock);
	if (hyp_thread_start(thread, "hyp-copy", work_main, copies, &error) ==
	    0)
		return 1;
	fail(copies, &error);
	return 0;
}

static void run_threads(struct copies *copies, pthread_t *threads, size_t n)
{
	size_t started = 0;

	while (started < n && (started == 0 || wait_for_need(copies)) &&
	       start(copies, &threads[started]))
		started++;
	while (started > 0)
		pthread_join(threads[--started], NULL);
}

int32_t hyp_copy_run(const struct hyp_copy_args *args, struct hyp_error *err)
{
	struct copies copies = {.args = args};
	size_t n = args->files->count < args->parallel ? args->files->count
						       : args->parallel;
	HYP_AUTO_FREE pthread_t *threads = calloc(n + 1, sizeof(*threads));

	if (threads == NULL)
		return hyp_error_nomem(err);
	pthread_mutex_init(&copies.lock, NULL);
	hyp_cond_init(&copies.changed);
	hyp_watch_set_tick(args->watch, tick, &copies);
	run_threads(&copies, threads, n);
	hyp_watch_set_tick(args->watch, NULL, NULL);
	pthread_cond_destroy(&copies.changed);
	pthread_mutex_destroy(&copies.lock);
	if (copies.failure.code < 0) {
		*err = copies.failure;
		return copies.failure.code;
	}
	if (hyp_cancel_is_set(args->cancel))
		return hyp_error_cancelled(err);
	return 0;
}
