/* SPDX-License-Identifier: Apache-2.0 */
/* When a delivery that failed is tried again. */
#ifndef HYP_ENGINE_RETRY_H
#define HYP_ENGINE_RETRY_H

#include "core/config/webhook.h"

/*
 * retries: of the webhook; tries: made so far, at least 1; status and
 * retry_after_ms: of the last answer, or 0. 1 and the wait, or 0: it is dead.
 * N retries: 1 s, 2 s, 4 s ... at most 60 s. Durable: nine, over 28 hours. An
 * answer of 408, 425, 429 or 503 may ask for more, an hour at the most.
 */
int hyp_retry_next(uint32_t retries, uint32_t tries, uint32_t status,
		   uint32_t retry_after_ms, uint64_t *wait_ms);

#endif
