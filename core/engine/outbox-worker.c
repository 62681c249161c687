/* SPDX-License-Identifier: Apache-2.0 */
/* The thread of one endpoint. */
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/engine/outbox-queue.h"
#include "core/engine/outbox.h"

#define LOOK_MS 1000 /* so that a clock that was set is seen */
#define AGAIN_MS 500 /* when the store cannot be read or written */

/* The one that is due first. *until: when to look again, of the wall clock. */
static int32_t send_first(struct hyp_endpoint *e, struct hyp_backlog *b,
			  int64_t *until, struct hyp_error *err)
{
	struct hyp_waiting *due;
	int32_t rc = hyp_backlog_due(b, &due, err);

	*until = 0;
	if (rc < 0)
		return rc;
	if (due == NULL) {
		*until = hyp_backlog_next_ms(b);
		return 0;
	}
	switch (hyp_outbox_try(e, due)) {
	case HYP_TRIED_LATER:
		hyp_backlog_later(b, due);
		return 0;
	case HYP_TRIED_ENDED:
		return hyp_backlog_done(b, due, err);
	default:
		hyp_backlog_forget(b);
		hyp_wait_ns(e->cancel, AGAIN_MS * UINT64_C(1000000));
		return 0;
	}
}

static int64_t work(struct hyp_endpoint *e, struct hyp_backlog *b)
{
	struct hyp_error err;
	int64_t until;

	if (send_first(e, b, &until, &err) == 0)
		return until;
	hyp_log(HYP_LOG_WARNING, "", HYP_ENGINE_ORIGIN,
		"webhook %s: what is due cannot be read now: %s",
		e->webhook.name, err.text);
	hyp_backlog_forget(b);
	hyp_wait_ns(e->cancel, 4 * AGAIN_MS * UINT64_C(1000000));
	return 0;
}

/* Until it is rung for, or the time has come, or is another. With the lock
 * held. */
static void wait(struct hyp_endpoint *e, struct hyp_backlog *b, int64_t until)
{
	struct hyp_outbox *outbox = e->outbox;

	while (!e->stop && !e->rung) {
		int64_t now = hyp_clock_wall_ms();

		if (e->active && (now >= until || hyp_backlog_stepped(b)))
			return;
		hyp_cond_wait_ms(&outbox->rung, &outbox->lock,
				 e->active && until - now < LOOK_MS
					 ? (uint32_t)(until - now)
					 : LOOK_MS);
	}
}

/* What it was rung for. With the lock held. */
static void answer(struct hyp_endpoint *e, struct hyp_backlog *b)
{
	if (e->rung)
		b->all_read = 0;
	if (e->again || !e->active)
		hyp_backlog_forget(b);
	e->rung = e->again = 0;
}

void *hyp_outbox_main(void *arg)
{
	struct hyp_endpoint *e = arg;
	struct hyp_outbox *outbox = e->outbox;
	struct hyp_backlog backlog;
	int64_t until = 0;

	hyp_backlog_init(&backlog, e->engine, e->webhook.name);
	pthread_mutex_lock(&outbox->lock);
	while (!e->stop) {
		wait(e, &backlog, until);
		answer(e, &backlog);
		if (e->stop || !e->active)
			continue;
		pthread_mutex_unlock(&outbox->lock);
		until = work(e, &backlog);
		pthread_mutex_lock(&outbox->lock);
	}
	pthread_mutex_unlock(&outbox->lock);
	hyp_backlog_forget(&backlog);
	return NULL;
}
