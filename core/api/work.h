/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Threads for what waits: a request that writes, or asks an endpoint, must not
 * hold up the others of its connection's thread. Threads are made when all
 * are busy, up to the limit, and end when idle. Any thread.
 */
#ifndef HYP_API_WORK_H
#define HYP_API_WORK_H

#include <hypersdk/error.h>
#include <stddef.h>

/* Embed it; the queue holds no memory of its own. */
struct hyp_work_item {
	struct hyp_work_item *next;
	void (*run)(struct hyp_work_item *item);
};

struct hyp_work;

/* backlog: items that may wait while all threads are busy. */
int32_t hyp_work_new(size_t threads, size_t backlog, struct hyp_work **out,
		     struct hyp_error *err);
/* Takes no more; returns when all that was taken is done. */
void hyp_work_end(struct hyp_work *work);
/* Ends and frees. Takes NULL. */
void hyp_work_free(struct hyp_work *work);
/* HYP_E_BUSY "busy": too many wait already; HYP_E_TRANSIENT "no_threads". */
int32_t hyp_work_push(struct hyp_work *work, struct hyp_work_item *item,
		      struct hyp_error *err);

#endif
