/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bandwidth limit of one export: a token bucket that all its files share.
 * Whoever takes n bytes waits until the limit allows them; what was not used
 * while the source was slow may be made up for, a quarter of a second at most,
 * so that short stalls do not lower the rate. From the first byte on the
 * average never exceeds the limit.
 */
#ifndef HYP_PIPELINE_LIMITER_H
#define HYP_PIPELINE_LIMITER_H

#include "core/plugin/host-table.h"

struct hyp_limiter;

/* rate: bytes per second; 0: no limit, and *out is NULL, which all functions
 * take. cancel may be NULL and must outlive the limiter. */
int32_t hyp_limiter_new(uint64_t rate, const struct hyp_cancel *cancel,
			struct hyp_limiter **out, struct hyp_error *err);
void hyp_limiter_free(struct hyp_limiter *limiter);

/* Any thread. 0, or HYP_E_CANCELLED at once when cancelled. */
int32_t hyp_limiter_take(struct hyp_limiter *limiter, uint64_t n,
			 struct hyp_error *err);

/* For tests: how to wait; returns 1 if cancelled. */
void hyp_limiter_set_wait(struct hyp_limiter *limiter,
			  int (*wait)(void *ctx, uint64_t ns), void *ctx);

#endif
