/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Idempotency-Key: the answer to a change is kept with it for 48 hours (by
 * the engine, in the same transaction); the same key again gets that answer.
 * Any thread.
 */
#ifndef HYP_API_IDEMPOTENCY_H
#define HYP_API_IDEMPOTENCY_H

#include "core/api/request.h"

#define HYP_IDEMPOTENCY_MS (48 * 3600 * 1000LL)

struct hyp_keys; /* those whose requests are under way */

int32_t hyp_keys_new(struct hyp_keys **out, struct hyp_error *err);
void hyp_keys_free(struct hyp_keys *keys);

/*
 * For a request with the header: *replayed = 1 and its reply filled, or 0 and
 * the key is held until leave. "idempotency_reused" (422) with another body;
 * "idempotency_running" (409) while the first is under way.
 */
int32_t hyp_idempotency_enter(struct hyp_keys *keys,
			      struct hyp_request *request, int *replayed,
			      struct hyp_error *err);
void hyp_idempotency_leave(struct hyp_keys *keys, struct hyp_request *request);

#endif
