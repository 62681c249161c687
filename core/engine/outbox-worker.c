/* SPDX-License-Identifier: Apache-2.0 */
/* The thread of one endpoint. */
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/engine/outbox-queue.h"
#include "core/engine/outbox.h"

#include <string.h>

#define LOOK_MS 1000  /* so that a clock that was set is seen */
#define AGAIN_MS 2000 /* when the store cannot be read */
#define LONG_LOOK 5000

static int is_stopped(struct hyp_endpoint *e)
{
	int stopped;

	pthread_mutex_lock(&e->outbox->lock);
	stopped = e->stop || !e->active;
	pthread_mutex_unlock(&e->outbox->lock);
	return stopped;
}

/* An event waits for the earlier ones of its job. */
static void put_off(struct hyp_pending_list *list, size_t from)
{
	const char *job = list->at[from].job_id;

	for (size_t i = from + 1; job[0] != '\0' && i < list->count; i++)
		if (strcmp(list->at[i].job_id, job) == 0)
			list->at[i].tries = UINT32_MAX;
}

static void send_all(struct hyp_endpoint *e, struct hyp_pending_list *list)
{
	for (size_t i = 0; i < list->count && !is_stopped(e); i++) {
		int again = 0;

		if (list->at[i].tries == UINT32_MAX)
			continue;
		hyp_outbox_try(e, &list->at[i], &again);
		if (again)
			put_off(list, i);
	}
}

/* When to look again, of the wall clock. */
static int64_t work(struct hyp_endpoint *e, struct hyp_pending_list *list,
		    int *long_look)
{
	int64_t now = hyp_clock_wall_ms(), next;
	struct hyp_error err;

	if (hyp_pending_list(e->engine, e->webhook.name, now, list, &err) < 0) {
		hyp_log(HYP_LOG_WARNING, "", HYP_ENGINE_ORIGIN,
			"webhook %s: what is due cannot be read now: %s",
			e->webhook.name, err.text);
		return now + AGAIN_MS;
	}
	*long_look = list->looked_at > LONG_LOOK;
	next = list->count > 0 ? now : list->next_ms;
	send_all(e, list);
	hyp_pending_list_fini(list);
	return next;
}

/* Until it is rung for, or the time has come; after a long look not at once.
 * With the lock held. */
static void wait(struct hyp_endpoint *e, int64_t until, int long_look)
{
	struct hyp_outbox *outbox = e->outbox;

	if (long_look && !e->stop && until > hyp_clock_wall_ms())
		hyp_cond_wait_ms(&outbox->rung, &outbox->lock, LOOK_MS);
	while (!e->stop && !e->rung) {
		int64_t now = hyp_clock_wall_ms();

		if (e->active && now >= until)
			return;
		hyp_cond_wait_ms(&outbox->rung, &outbox->lock,
				 e->active && until - now < LOOK_MS
					 ? (uint32_t)(until - now)
					 : LOOK_MS);
	}
}

void *hyp_outbox_main(void *arg)
{
	struct hyp_pending_list *list = calloc(1, sizeof(*list));
	struct hyp_endpoint *e = arg;
	struct hyp_outbox *outbox = e->outbox;
	int64_t until = 0;
	int long_look = 0;

	if (list == NULL) {
		hyp_log(HYP_LOG_ERROR, "", HYP_ENGINE_ORIGIN,
			"webhook %s: out of memory, nothing is sent",
			e->webhook.name);
		return NULL;
	}
	pthread_mutex_lock(&outbox->lock);
	while (!e->stop) {
		wait(e, until, long_look);
		e->rung = 0;
		if (e->stop || !e->active)
			continue;
		pthread_mutex_unlock(&outbox->lock);
		until = work(e, list, &long_look);
		pthread_mutex_lock(&outbox->lock);
	}
	pthread_mutex_unlock(&outbox->lock);
	free(list);
	return NULL;
}
