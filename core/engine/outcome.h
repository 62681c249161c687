/* SPDX-License-Identifier: Apache-2.0 */
/* What becomes of a job whose attempt ended with an error. */
#ifndef HYP_ENGINE_OUTCOME_H
#define HYP_ENGINE_OUTCOME_H

#include "core/config/config.h"

struct hyp_verdict {
	uint32_t state;	  /* HYP_JOB_QUEUED, RETRY_WAIT or FAILED */
	uint32_t charged; /* 1: the attempt counts */
	uint64_t wait_ms; /* of RETRY_WAIT */
};

/* failures: attempts charged before this one. */
struct hyp_verdict hyp_outcome_judge(const struct hyp_error *error,
				     uint32_t failures,
				     const struct hyp_job_settings *settings);

/* Doubling from retry_min to retry_max with the number of failures (from 1),
 * half of it random. */
uint64_t hyp_outcome_wait_ms(uint32_t failures,
			     const struct hyp_job_settings *settings);

#endif
