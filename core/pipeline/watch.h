/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The thread that watches a run: hands the job's cancellation on to the
 * attempt's own (which other failures set too), and ticks ten times a second.
 */
#ifndef HYP_PIPELINE_WATCH_H
#define HYP_PIPELINE_WATCH_H

#include "core/plugin/host-table.h"

struct hyp_watch;

/* job may be NULL; both cancellations must outlive the watch. */
int32_t hyp_watch_start(const struct hyp_cancel *job,
			struct hyp_cancel *attempt, struct hyp_watch **out,
			struct hyp_error *err);
/* tick NULL: none. Returns when no call of the former one is running. */
void hyp_watch_set_tick(struct hyp_watch *watch, void (*tick)(void *ctx),
			void *ctx);
/* Ends and frees it; a cancellation is not handed on after this returned.
 * watch may be NULL. */
void hyp_watch_stop(struct hyp_watch *watch);

#endif
