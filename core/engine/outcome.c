/* SPDX-License-Identifier: Apache-2.0 */
#include "core/engine/outcome.h"
#include "core/base/random.h"
#include <hypersdk/store.h>

#include <string.h>

uint64_t hyp_outcome_wait_ms(uint32_t failures,
			     const struct hyp_job_settings *settings)
{
	uint64_t wait = settings->retry_min, half, random;

	for (uint32_t i = 1; i < failures && wait < settings->retry_max; i++)
		wait *= 2;
	if (wait > settings->retry_max)
		wait = settings->retry_max;
	half = wait / 2;
	if (hyp_random_bytes(&random, sizeof(random), NULL) != 0)
		return wait;
	return wait - half + random % (half + 1);
}

static uint64_t longer(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* The attempt met something that passes, or may pass: space may be made, and
 * other exports give their leases back. */
static struct hyp_verdict charge(const struct hyp_error *error,
				 uint32_t failures,
				 const struct hyp_job_settings *settings)
{
	struct hyp_verdict verdict = {HYP_JOB_FAILED, 1, 0};

	if ((int64_t)failures + 1 >= settings->attempts)
		return verdict;
	verdict.state = HYP_JOB_RETRY_WAIT;
	verdict.wait_ms = longer(hyp_outcome_wait_ms(failures + 1, settings),
				 error->retry_after_ms);
	return verdict;
}

static struct hyp_verdict wait_for(const struct hyp_error *error,
				   const struct hyp_job_settings *settings)
{
	return (struct hyp_verdict){HYP_JOB_RETRY_WAIT, 0,
				    longer(hyp_outcome_wait_ms(1, settings),
					   error->retry_after_ms)};
}

struct hyp_verdict hyp_outcome_judge(const struct hyp_error *error,
				     uint32_t failures,
				     const struct hyp_job_settings *settings)
{
	/* our own store's troubles are not the job's fault */
	if (strncmp(error->kind, "db_", 3) == 0)
		return wait_for(error, settings);
	switch (error->code) {
	case HYP_E_TRANSIENT:
	case HYP_E_RESOURCE:
		return charge(error, failures, settings);
	case HYP_E_BUSY:
		return wait_for(error, settings);
	default:
		return (struct hyp_verdict){HYP_JOB_FAILED, 1, 0};
	}
}
