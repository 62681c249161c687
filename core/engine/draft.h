/* SPDX-License-Identifier: Apache-2.0 */
/* A change for the store while it is being composed: it owns copies of its
 * rows, and of the texts that are given to it to keep. One owner. */
#ifndef HYP_ENGINE_DRAFT_H
#define HYP_ENGINE_DRAFT_H

#include "core/pipeline/keep.h"
#include <hypersdk/store.h>

struct hyp_measured;

/* Of a change: 1,000 jobs, and the event of each to 128 webhooks. */
#define HYP_DRAFT_OPS_MAX 200000

struct hyp_draft { /* all zero: empty */
	struct hyp_keep keep;
	struct hyp_store_op *ops;
	size_t count, room;
	uint32_t flags;	    /* HYP_CHANGE_* */
	uint32_t events;    /* there are event rows in it */
	uint32_t queued;    /* a job in it may be claimed */
	uint32_t routed;    /* its events have their deliveries */
	uint64_t routed_at; /* hyp_outbox.changes then */
	/* Of the one job in it, for the metrics; NULL: what its row says. */
	const struct hyp_measured *measured;
	uint32_t observed; /* by tally.c, once however often it is applied */
};

/* Copies op and the row of n bytes that it points to; the row's strings must
 * live as long as the draft. HYP_E_PERMANENT "too_large". */
int32_t hyp_draft_op(struct hyp_draft *draft, const struct hyp_store_op *op,
		     const void *row, size_t n, struct hyp_error *err);
/* One without conditions; row: the table's struct. */
#define hyp_draft_add(draft, verb_, table_, row_, err)                         \
	hyp_draft_op(draft,                                                    \
		     &(const struct hyp_store_op){                             \
			     .size = sizeof(struct hyp_store_op),              \
			     .verb = (verb_),                                  \
			     .table = (table_)},                               \
		     row_, sizeof(*(row_)), err)
/* *s becomes a copy that lives as long as the draft. */
int32_t hyp_draft_keep(struct hyp_draft *draft, const char **s,
		       struct hyp_error *err);
struct hyp_change hyp_draft_change(const struct hyp_draft *draft);
void hyp_draft_fini(struct hyp_draft *draft);

static inline void hyp_cleanup_draft(struct hyp_draft *draft)
{
	hyp_draft_fini(draft);
}
#define HYP_AUTO_DRAFT __attribute__((cleanup(hyp_cleanup_draft)))

#endif
