/* SPDX-License-Identifier: Apache-2.0 */
/* A subscription: a thread that reads the table of events as it grows. */
#include "core/api/rows.h"
#include "core/base/buf.h"
#include "core/lib/inside.h"
#include "core/pipeline/thread.h"

#include <stdlib.h>

#define BATCH 64u
#define WAIT_MS 60000
#define AGAIN_MS 1000 /* after the store has failed */

/* A copy: a slow reader holds up no reading of the store. */
struct copy {
	struct copy *next;
	struct hypersdk_event event;
	char *id, *type, *job, *data;
};

struct hypersdk_subscription {
	struct hypersdk *h;
	struct hypersdk_subscription *next; /* under the handle's lock */
	hypersdk_event_fn *event;
	void *ctx;
	char *job; /* NULL: all */
	uint64_t seq;
	struct copy *first, **last;
	size_t count;
	pthread_t thread;
	/* under the handle's lock */
	uint32_t stop;
	uint64_t until; /* the newest event when it was to stop */
};

static void copy_free(struct copy *copy)
{
	free(copy->id);
	free(copy->type);
	free(copy->job);
	free(copy->data);
	free(copy);
}

static int32_t copy_of(const struct hyp_event_row *row, struct copy **out,
		       struct hyp_error *err)
{
	struct copy *copy = calloc(1, sizeof(*copy));

	if (copy == NULL)
		return hyp_error_nomem(err);
	if (hyp_strdup(row->id, &copy->id, err) != 0 ||
	    hyp_strdup(row->type, &copy->type, err) != 0 ||
	    hyp_strdup(row->job_id, &copy->job, err) != 0 ||
	    hyp_strdup(row->data_json, &copy->data, err) != 0) {
		copy_free(copy);
		return err->code;
	}
	copy->event = (struct hypersdk_event){.size = sizeof(copy->event),
					      .seq = row->seq,
					      .time_ms = row->time_ms,
					      .id = copy->id,
					      .type = copy->type,
					      .job = copy->job,
					      .data = copy->data};
	*out = copy;
	return 0;
}

static int32_t take(void *ctx, const void *row, struct hyp_error *err)
{
	struct hypersdk_subscription *s = ctx;
	struct copy *copy = NULL;

	if (copy_of(row, &copy, err) != 0)
		return err->code;
	*s->last = copy;
	s->last = &copy->next;
	s->count++;
	return 0;
}

/* Who makes events while it handles them would never come to an end. */
static int is_beyond(struct hypersdk_subscription *s, uint64_t seq)
{
	int beyond;

	pthread_mutex_lock(&s->h->lock);
	beyond = s->stop && seq > s->until;
	pthread_mutex_unlock(&s->h->lock);
	return beyond;
}

/* Tells what was read, as long as somebody listens. */
static int tell(struct hypersdk_subscription *s)
{
	int goes_on = 1;

	for (struct copy *copy; (copy = s->first) != NULL; copy_free(copy)) {
		s->first = copy->next;
		if (!goes_on || is_beyond(s, copy->event.seq)) {
			goes_on = 0;
			continue;
		}
		s->seq = copy->event.seq;
		goes_on = s->event(s->ctx, &copy->event) == 0;
	}
	s->last = &s->first;
	return goes_on;
}

/* 0: nobody listens any more. */
static int tell_all(struct hypersdk_subscription *s, uint32_t *wait_ms)
{
	struct hyp_error err;
	int32_t rc;

	do {
		const struct hyp_store_query query = {.size = sizeof(query),
						      .limit = BATCH,
						      .job_id = s->job,
						      .after_seq = s->seq};

		s->count = 0;
		rc = hyp_rows_list(s->h->engine, HYP_TABLE_EVENT, &query, take,
				   s, &err);
		/* what came before it failed is right, and told */
		if (!tell(s))
			return 0;
	} while (rc == 0 && s->count == BATCH);
	*wait_ms = rc == 0 ? WAIT_MS : AGAIN_MS;
	return 1;
}

static void *listen_main(void *arg)
{
	struct hypersdk_subscription *s = arg;
	uint32_t wait_ms = 0;
	uint64_t rings = 0;
	uint32_t stop;

	do {
		stop = hyp_await_bell(s->h, &rings, &s->stop, wait_ms);
		/* what is there by now is told still */
	} while (tell_all(s, &wait_ms) && !stop);
	return NULL;
}

static void free_subscription(struct hypersdk_subscription *s)
{
	free(s->job);
	free(s);
}

/* With the lock held: a thread and its place in the list, or neither. */
static int32_t enter(struct hypersdk_subscription *s, struct hyp_error *err)
{
	int32_t rc;

	if (s->h->closing)
		return hyp_error_set(err, HYP_E_CANCELLED, "stopping", 0,
				     "the handle is being closed");
	rc = hyp_thread_start(&s->thread, "hyp-events", listen_main, s, err);
	if (rc != 0)
		return rc;
	s->next = s->h->subscriptions;
	s->h->subscriptions = s;
	return 0;
}

static int32_t begin(struct hypersdk_subscription *s, const char *job,
		     uint64_t after, struct hyp_error *err)
{
	int32_t rc;

	s->seq = after;
	s->last = &s->first;
	if (job != NULL && hyp_strdup(job, &s->job, err) != 0)
		return err->code;
	if (after == HYPERSDK_NEW_EVENTS &&
	    hyp_rows_newest_event(s->h->engine, &s->seq, err) != 0)
		return err->code;
	pthread_mutex_lock(&s->h->lock);
	rc = enter(s, err);
	pthread_mutex_unlock(&s->h->lock);
	return rc;
}

int32_t hypersdk_subscribe(struct hypersdk *h, const char *job, uint64_t after,
			   hypersdk_event_fn *event, void *ctx,
			   struct hypersdk_subscription **out,
			   struct hyp_error *err)
{
	struct hypersdk_subscription *s;
	HYP_VISIT(h, err);

	if (hyp_needs_engine(h, err) != 0 ||
	    hyp_needs((const void *)(uintptr_t)event, "event", err) != 0 ||
	    hyp_needs(out, "out", err) != 0)
		return err->code;
	if (after > INT64_MAX && after != HYPERSDK_NEW_EVENTS)
		return hyp_error_set(err, HYP_E_USAGE, "bad_argument", 0,
				     "after: no event has such a number");
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return hyp_error_nomem(err);
	s->h = h;
	s->event = event;
	s->ctx = ctx;
	if (begin(s, job, after, err) != 0) {
		free_subscription(s);
		return err->code;
	}
	*out = s;
	return 0;
}

/* With the lock held. */
static void stop(struct hypersdk_subscription *s, uint64_t until)
{
	if (!s->stop)
		s->until = until;
	s->stop = 1;
	pthread_cond_broadcast(&s->h->rung);
}

static uint64_t newest(struct hypersdk *h)
{
	struct hyp_error err;
	uint64_t seq = 0;

	return hyp_rows_newest_event(h->engine, &seq, &err) == 0 ? seq
								 : UINT64_MAX;
}

void hypersdk_unsubscribe(struct hypersdk_subscription *s)
{
	struct hypersdk_subscription **at;
	struct hyp_error *err = NULL;
	uint64_t until;

	if (s == NULL)
		return;
	HYP_VISIT(s->h, err);
	until = newest(s->h);
	pthread_mutex_lock(&s->h->lock);
	for (at = &s->h->subscriptions; *at != s;)
		at = &(*at)->next;
	*at = s->next;
	stop(s, until);
	pthread_mutex_unlock(&s->h->lock);
	pthread_join(s->thread, NULL);
	free_subscription(s);
}

/* All are told first: one that waits for another's callback then ends, too. */
void hyp_end_subscriptions(struct hypersdk *h)
{
	struct hypersdk_subscription *s;
	uint64_t until;

	if (h->subscriptions == NULL)
		return;
	until = newest(h);
	pthread_mutex_lock(&h->lock);
	h->closing = 1;
	for (s = h->subscriptions; s != NULL; s = s->next)
		stop(s, until);
	while ((s = h->subscriptions) != NULL) {
		h->subscriptions = s->next;
		pthread_mutex_unlock(&h->lock);
		pthread_join(s->thread, NULL);
		free_subscription(s);
		pthread_mutex_lock(&h->lock);
	}
	pthread_mutex_unlock(&h->lock);
}
