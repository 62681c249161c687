/* SPDX-License-Identifier: Apache-2.0 */
#include "core/pipeline/watch.h"
#include "core/base/buf.h"
#include "core/pipeline/thread.h"

#include <poll.h>
#include <stdlib.h>

#define TICK_MS 100

struct hyp_watch {
	pthread_t thread;
	pthread_mutex_t lock; /* over tick and ctx, and held during a tick */
	const struct hyp_cancel *job;
	struct hyp_cancel *attempt;
	struct hyp_cancel *stop;
	void (*tick)(void *ctx);
	void *ctx;
};

static void tick(struct hyp_watch *watch)
{
	pthread_mutex_lock(&watch->lock);
	if (watch->tick != NULL)
		watch->tick(watch->ctx);
	pthread_mutex_unlock(&watch->lock);
}

static void *watch_main(void *arg)
{
	struct hyp_watch *watch = arg;
	struct pollfd fds[2] = {
		{.fd = hyp_cancel_fd(watch->stop), .events = POLLIN},
		{.fd = -1, .events = POLLIN},
	};

	if (watch->job != NULL)
		fds[1].fd = hyp_cancel_fd(watch->job);
	while (!hyp_cancel_is_set(watch->stop)) {
		poll(fds, 2, TICK_MS);
		if (fds[1].fd >= 0 && hyp_cancel_is_set(watch->job) &&
		    !hyp_cancel_is_set(watch->stop)) {
			hyp_cancel_set(watch->attempt);
			fds[1].fd = -1; /* stays readable */
		}
		tick(watch);
	}
	return NULL;
}

static void free_watch(struct hyp_watch *watch)
{
	hyp_cancel_free(watch->stop);
	pthread_mutex_destroy(&watch->lock);
	free(watch);
}

int32_t hyp_watch_start(const struct hyp_cancel *job,
			struct hyp_cancel *attempt, struct hyp_watch **out,
			struct hyp_error *err)
{
	struct hyp_watch *watch = calloc(1, sizeof(*watch));
	int32_t rc;

	if (watch == NULL)
		return hyp_error_nomem(err);
	pthread_mutex_init(&watch->lock, NULL);
	watch->job = job;
	watch->attempt = attempt;
	if (job != NULL && hyp_cancel_is_set(job)) /* not a moment later */
		hyp_cancel_set(attempt);
	rc = hyp_cancel_new(&watch->stop, err);
	if (rc == 0)
		rc = hyp_thread_start(&watch->thread, "hyp-watch", watch_main,
				      watch, err);
	if (rc < 0) {
		free_watch(watch);
		return rc;
	}
	*out = watch;
	return 0;
}

void hyp_watch_set_tick(struct hyp_watch *watch, void (*fn)(void *ctx),
			void *ctx)
{
	pthread_mutex_lock(&watch->lock);
	watch->tick = fn;
	watch->ctx = ctx;
	pthread_mutex_unlock(&watch->lock);
}

void hyp_watch_stop(struct hyp_watch *watch)
{
	if (watch == NULL)
		return;
	hyp_cancel_set(watch->stop);
	pthread_join(watch->thread, NULL);
	free_watch(watch);
}
