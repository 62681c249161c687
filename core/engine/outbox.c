/* SPDX-License-Identifier: Apache-2.0 */
/* The endpoints, their threads, their end. */
#include "core/engine/outbox.h"
#include "core/base/cleanup.h"

#include <string.h>

int32_t hyp_outbox_new(struct hyp_engine *engine, struct hyp_outbox **out,
		       struct hyp_error *err)
{
	struct hyp_outbox *outbox = calloc(1, sizeof(*outbox));

	if (outbox == NULL)
		return hyp_error_nomem(err);
	outbox->engine = engine;
	pthread_mutex_init(&outbox->changing, NULL);
	pthread_mutex_init(&outbox->lock, NULL);
	hyp_cond_init(&outbox->rung);
	*out = outbox;
	return 0;
}

void hyp_outbox_free(struct hyp_outbox *outbox)
{
	struct hyp_endpoint *e;

	if (outbox == NULL)
		return;
	hyp_outbox_stop(outbox);
	while ((e = outbox->endpoints) != NULL) {
		outbox->endpoints = e->next;
		hyp_endpoint_free(e);
	}
	pthread_cond_destroy(&outbox->rung);
	pthread_mutex_destroy(&outbox->lock);
	pthread_mutex_destroy(&outbox->changing);
	free(outbox);
}

void hyp_outbox_ring(struct hyp_outbox *outbox)
{
	if (outbox == NULL)
		return;
	pthread_mutex_lock(&outbox->lock);
	for (struct hyp_endpoint *e = outbox->endpoints; e != NULL; e = e->next)
		e->rung = 1;
	pthread_cond_broadcast(&outbox->rung);
	pthread_mutex_unlock(&outbox->lock);
}

void hyp_outbox_again(struct hyp_outbox *outbox, const char *id)
{
	struct hyp_endpoint *e;

	pthread_mutex_lock(&outbox->lock);
	e = hyp_outbox_find(outbox, id);
	if (e != NULL)
		e->rung = e->again = 1;
	pthread_cond_broadcast(&outbox->rung);
	pthread_mutex_unlock(&outbox->lock);
}

struct hyp_endpoint *hyp_outbox_find(struct hyp_outbox *outbox, const char *id)
{
	return hyp_endpoint_find(outbox->endpoints, id);
}

void hyp_outbox_end(struct hyp_outbox *outbox, struct hyp_endpoint *e)
{
	pthread_mutex_lock(&outbox->lock);
	e->stop = 1;
	pthread_cond_broadcast(&outbox->rung);
	pthread_mutex_unlock(&outbox->lock);
	hyp_cancel_set(e->cancel);
	if (e->has_thread)
		pthread_join(e->thread, NULL);
	e->has_thread = 0;
}

int32_t hyp_outbox_begin(struct hyp_endpoint *e, struct hyp_error *err)
{
	int32_t rc = hyp_thread_start(&e->thread, "hyp-webhook",
				      hyp_outbox_main, e, err);

	e->has_thread = rc == 0;
	return rc;
}

int32_t hyp_outbox_add(struct hyp_outbox *outbox, struct hyp_endpoint *e,
		       struct hyp_error *err)
{
	struct hyp_endpoint **at = &outbox->endpoints;
	int32_t rc = 0;

	if (outbox->started && !outbox->stopping)
		rc = hyp_outbox_begin(e, err);
	if (rc < 0)
		return rc;
	pthread_mutex_lock(&outbox->lock);
	while (*at != NULL)
		at = &(*at)->next;
	*at = e;
	e->since = outbox->changes;
	pthread_mutex_unlock(&outbox->lock);
	return 0;
}

/* The one of this name gives way to e, or to nothing; its thread has ended. */
static void put_in_place(struct hyp_outbox *outbox, const char *id,
			 struct hyp_endpoint *e)
{
	struct hyp_endpoint **at = &outbox->endpoints, *old;

	pthread_mutex_lock(&outbox->lock);
	while (*at != NULL && strcmp((*at)->webhook.name, id) != 0)
		at = &(*at)->next;
	old = *at;
	if (old != NULL && e != NULL) {
		e->next = old->next;
		e->since = old->since;
	}
	if (old != NULL)
		*at = e != NULL ? e : old->next;
	outbox->changes++;
	pthread_mutex_unlock(&outbox->lock);
	if (old == NULL)
		return;
	hyp_outbox_end(outbox, old);
	hyp_endpoint_free(old);
}

void hyp_outbox_drop(struct hyp_outbox *outbox, const char *id)
{
	put_in_place(outbox, id, NULL);
}

int32_t hyp_outbox_replace(struct hyp_outbox *outbox, struct hyp_endpoint *e,
			   struct hyp_error *err)
{
	int32_t rc;

	put_in_place(outbox, e->webhook.name, e);
	rc = hyp_outbox_settle(e, err);
	if (rc == 0 && outbox->started && !outbox->stopping)
		rc = hyp_outbox_begin(e, err);
	return rc;
}

int32_t hyp_outbox_start(struct hyp_outbox *outbox, struct hyp_error *err)
{
	int32_t rc = 0;

	pthread_mutex_lock(&outbox->changing);
	outbox->started = 1;
	for (struct hyp_endpoint *e = outbox->endpoints; rc == 0 && e != NULL;
	     e = e->next)
		if (!e->has_thread)
			rc = hyp_outbox_begin(e, err);
	pthread_mutex_unlock(&outbox->changing);
	return rc;
}

/* All are told first, so that they end together. */
void hyp_outbox_stop(struct hyp_outbox *outbox)
{
	struct hyp_endpoint *e;

	pthread_mutex_lock(&outbox->changing);
	outbox->stopping = 1;
	pthread_mutex_lock(&outbox->lock);
	for (e = outbox->endpoints; e != NULL; e = e->next) {
		e->stop = 1;
		hyp_cancel_set(e->cancel);
	}
	pthread_cond_broadcast(&outbox->rung);
	pthread_mutex_unlock(&outbox->lock);
	for (e = outbox->endpoints; e != NULL; e = e->next)
		hyp_outbox_end(outbox, e);
	pthread_mutex_unlock(&outbox->changing);
}
