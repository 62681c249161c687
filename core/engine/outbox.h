/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events on their way to webhooks. A change that writes events writes with
 * them one delivery for each endpoint that wants them; a thread per endpoint
 * sends these, in order per job, until the endpoint has taken them or they are
 * dead. What is in the store is the truth, and threads may end at any time.
 */
#ifndef HYP_ENGINE_OUTBOX_H
#define HYP_ENGINE_OUTBOX_H

#include "core/engine/endpoint.h"

struct hyp_outbox {
	struct hyp_engine *engine;
	pthread_mutex_t changing; /* one change of the endpoints at a time */
	pthread_mutex_t lock;	  /* over what follows; taken last */
	pthread_cond_t rung;
	struct hyp_endpoint *endpoints;
	uint32_t started, stopping;
	uint64_t changes; /* so often one went, or was disabled */
};

int32_t hyp_outbox_new(struct hyp_engine *engine, struct hyp_outbox **out,
		       struct hyp_error *err);
void hyp_outbox_free(struct hyp_outbox *outbox); /* takes NULL */
/* The endpoints, as settings and store name them now. again: by a reload,
 * which gives those that were disabled by an answer another chance. */
int32_t hyp_outbox_load(struct hyp_outbox *outbox, int again,
			struct hyp_error *err);
int32_t hyp_outbox_start(struct hyp_outbox *outbox, struct hyp_error *err);
void hyp_outbox_stop(struct hyp_outbox *outbox);
/* There are new deliveries. */
void hyp_outbox_ring(struct hyp_outbox *outbox);
/* Old ones of that endpoint are pending again. */
void hyp_outbox_again(struct hyp_outbox *outbox, const char *id);

/* Adds to the draft the deliveries of its events, once. */
int32_t hyp_outbox_route(struct hyp_engine *engine, struct hyp_draft *draft,
			 struct hyp_error *err);
/* The draft is committed: they are sent; or abandoned, if their endpoint went
 * in between, be there another of its name by now or not. */
void hyp_outbox_committed(struct hyp_engine *engine,
			  const struct hyp_draft *draft);

/* With changing held: endpoint joins the others, or is taken out, its thread
 * having ended, and freed. */
int32_t hyp_outbox_add(struct hyp_outbox *outbox, struct hyp_endpoint *endpoint,
		       struct hyp_error *err);
void hyp_outbox_drop(struct hyp_outbox *outbox, const char *id);
/* In the place of the one that has its name, which is freed. The endpoint is
 * taken in every case. */
int32_t hyp_outbox_replace(struct hyp_outbox *outbox,
			   struct hyp_endpoint *endpoint,
			   struct hyp_error *err);
/* The endpoint's thread. With changing held. */
int32_t hyp_outbox_begin(struct hyp_endpoint *endpoint, struct hyp_error *err);
void hyp_outbox_end(struct hyp_outbox *outbox, struct hyp_endpoint *endpoint);
/* With lock held; NULL if there is none. */
struct hyp_endpoint *hyp_outbox_find(struct hyp_outbox *outbox, const char *id);
/* outbox-sweep.c */

/* What waits for that endpoint will not be sent. */
int32_t hyp_outbox_abandon(struct hyp_engine *engine, const char *id,
			   const char *why, struct hyp_error *err);
/* The same where it is disabled; else nothing. */
int32_t hyp_outbox_settle(struct hyp_endpoint *endpoint, struct hyp_error *err);
/* With changing held: what waits for one that is not there. */
int32_t hyp_outbox_abandon_orphans(struct hyp_outbox *outbox,
				   struct hyp_error *err);
/* While no thread sends: what was being sent when an earlier process ended, or
 * could not be written down, may have arrived, or not. It is sent again, with
 * its id; that try is not charged. */
int32_t hyp_outbox_send_again(struct hyp_outbox *outbox, struct hyp_error *err);

/* outbox-worker.c: the endpoint's thread. */
void *hyp_outbox_main(void *endpoint);

/* outbox-try.c: one delivery, tried and written down. */
#define HYP_TRIED_ENDED 1u   /* it is not pending any more */
#define HYP_TRIED_LATER 2u   /* again, by its due_ms */
#define HYP_TRIED_UNKNOWN 3u /* only the store knows */
struct hyp_waiting;
uint32_t hyp_outbox_try(struct hyp_endpoint *endpoint, struct hyp_waiting *due);

#endif
