/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an endpoint is to be sent, and when: in memory, of each job the event
 * that is next; behind it what is in the store. A row is read once, when it is
 * new or comes next, so that what waits costs nothing however much it is. Of
 * the endpoint's thread.
 */
#ifndef HYP_ENGINE_OUTBOX_QUEUE_H
#define HYP_ENGINE_OUTBOX_QUEUE_H

#include "core/engine/inside.h"

#define HYP_WAITING_MAX 100000 /* more stay in the store meanwhile */

struct hyp_waiting {
	struct hyp_waiting *next; /* of its bucket */
	size_t at;		  /* its place in the heap */
	uint64_t seq;
	int64_t due_ms;
	uint32_t tries;
	uint32_t behind; /* later events of its job, seen and passed over */
	const char *event_id, *job_id; /* "": of no job, waits for none */
	char texts[];
};

struct hyp_backlog {
	struct hyp_engine *engine;
	const char *endpoint_id;
	struct hyp_waiting **heap; /* the one that is due first is the first */
	size_t count, room;
	struct hyp_waiting **buckets; /* by job */
	size_t bucket_count;	      /* a power of 2 */
	uint64_t seen_seq;	      /* up to this all rows have been read */
	int64_t ahead_ms;	      /* wall clock less boot clock */
	uint32_t all_read;	      /* there was none after seen_seq */
	uint64_t rows, lists;	      /* read in all */
};

void hyp_backlog_init(struct hyp_backlog *backlog, struct hyp_engine *engine,
		      const char *endpoint_id);
/* Nothing is known any more: all that is pending is read again. */
void hyp_backlog_forget(struct hyp_backlog *backlog);
/* 1 if the clock was set back since this or the next was called. */
int hyp_backlog_stepped(struct hyp_backlog *backlog);
/* The one that is due first, by now; *out NULL: none is. There are new rows if
 * all_read is 0. */
int32_t hyp_backlog_due(struct hyp_backlog *backlog, struct hyp_waiting **out,
			struct hyp_error *err);
/* When one will be due; INT64_MAX: never. */
int64_t hyp_backlog_next_ms(const struct hyp_backlog *backlog);
/* Its due_ms is another. */
void hyp_backlog_later(struct hyp_backlog *backlog, struct hyp_waiting *w);
/* It is not pending any more, and freed: the next of its job follows. */
int32_t hyp_backlog_done(struct hyp_backlog *backlog, struct hyp_waiting *w,
			 struct hyp_error *err);

#endif
