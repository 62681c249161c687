/* SPDX-License-Identifier: Apache-2.0 */
/* What an endpoint may be sent now. */
#ifndef HYP_ENGINE_OUTBOX_QUEUE_H
#define HYP_ENGINE_OUTBOX_QUEUE_H

#include "core/engine/inside.h"

#define HYP_PENDING_MAX 256

struct hyp_pending {
	char *event_id, *job_id;
	uint32_t tries;
	int64_t due_ms;
};

struct hyp_pending_list {
	struct hyp_pending at[HYP_PENDING_MAX];
	size_t count;
	int64_t next_ms;  /* when more will be due; INT64_MAX: never */
	size_t looked_at; /* rows */
};

/* In order of events: those that are due and have before them none of the same
 * job that is not. */
int32_t hyp_pending_list(struct hyp_engine *engine, const char *endpoint_id,
			 int64_t now_ms, struct hyp_pending_list *out,
			 struct hyp_error *err);
void hyp_pending_list_fini(struct hyp_pending_list *list);

#endif
