/* SPDX-License-Identifier: Apache-2.0 */
#include "core/api/work.h"
#include "core/base/buf.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#define IDLE_S 10
#define STACK (512u * 1024u)

struct hyp_work {
	pthread_mutex_t lock;
	pthread_cond_t more, fewer; /* items; threads */
	struct hyp_work_item *first, **last;
	size_t waiting, threads, idle, max_threads, backlog;
	int ending;
	pthread_attr_t attr;
};

int32_t hyp_work_new(size_t threads, size_t backlog, struct hyp_work **out,
		     struct hyp_error *err)
{
	struct hyp_work *work = calloc(1, sizeof(*work));
	pthread_condattr_t monotonic;

	if (work == NULL)
		return hyp_error_nomem(err);
	pthread_mutex_init(&work->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&work->more, &monotonic);
	pthread_condattr_destroy(&monotonic);
	pthread_cond_init(&work->fewer, NULL);
	pthread_attr_init(&work->attr);
	pthread_attr_setdetachstate(&work->attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&work->attr, STACK);
	work->last = &work->first;
	work->max_threads = threads;
	work->backlog = backlog;
	*out = work;
	return 0;
}

static struct hyp_work_item *pop(struct hyp_work *work)
{
	struct hyp_work_item *item = work->first;

	if (item == NULL)
		return NULL;
	work->first = item->next;
	if (work->first == NULL)
		work->last = &work->first;
	work->waiting--;
	return item;
}

/* The next item, or NULL when this thread is not needed any more. */
static struct hyp_work_item *await(struct hyp_work *work)
{
	struct hyp_work_item *item;
	struct timespec until;
	int late = 0;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += IDLE_S;
	while ((item = pop(work)) == NULL && !work->ending && !late) {
		work->idle++;
		late = pthread_cond_timedwait(&work->more, &work->lock,
					      &until) != 0;
		work->idle--;
	}
	return item != NULL ? item : pop(work);
}

static void *serve(void *ctx)
{
	struct hyp_work *work = ctx;
	struct hyp_work_item *item;

	pthread_mutex_lock(&work->lock);
	while ((item = await(work)) != NULL) {
		pthread_mutex_unlock(&work->lock);
		item->run(item);
		pthread_mutex_lock(&work->lock);
	}
	work->threads--;
	pthread_cond_signal(&work->fewer);
	pthread_mutex_unlock(&work->lock);
	return NULL;
}

/* Sees to it that there is, or will be, a thread that takes one item more. */
static int32_t staff(struct hyp_work *work, struct hyp_error *err)
{
	pthread_t thread;
	int rc;

	if (work->waiting < work->idle || work->threads == work->max_threads)
		return 0;
	rc = pthread_create(&thread, &work->attr, serve, work);
	if (rc == 0)
		work->threads++;
	if (work->threads > 0)
		return 0;
	return hyp_error_set(err, HYP_E_TRANSIENT, "no_threads", rc,
			     "no thread can be made for the request");
}

static int32_t push(struct hyp_work *work, struct hyp_work_item *item,
		    struct hyp_error *err)
{
	int32_t rc;

	if (work->waiting >= work->backlog || work->ending)
		return hyp_error_set(err, HYP_E_BUSY, "busy", 0,
				     "too many requests wait already");
	rc = staff(work, err);
	if (rc != 0)
		return rc;
	item->next = NULL;
	*work->last = item;
	work->last = &item->next;
	work->waiting++;
	pthread_cond_signal(&work->more);
	return 0;
}

int32_t hyp_work_push(struct hyp_work *work, struct hyp_work_item *item,
		      struct hyp_error *err)
{
	int32_t rc;

	pthread_mutex_lock(&work->lock);
	rc = push(work, item, err);
	pthread_mutex_unlock(&work->lock);
	return rc;
}

void hyp_work_end(struct hyp_work *work)
{
	pthread_mutex_lock(&work->lock);
	work->ending = 1;
	pthread_cond_broadcast(&work->more);
	while (work->threads > 0)
		pthread_cond_wait(&work->fewer, &work->lock);
	pthread_mutex_unlock(&work->lock);
}

void hyp_work_free(struct hyp_work *work)
{
	if (work == NULL)
		return;
	hyp_work_end(work);
	pthread_attr_destroy(&work->attr);
	pthread_cond_destroy(&work->more);
	pthread_cond_destroy(&work->fewer);
	pthread_mutex_destroy(&work->lock);
	free(work);
}
