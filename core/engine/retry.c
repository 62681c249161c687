/* SPDX-License-Identifier: Apache-2.0 */
#include "core/engine/retry.h"
#include "core/base/cleanup.h"

#define LONGEST_MS 60000u
#define HOUR_MS 3600000u

static uint64_t own_wait(uint32_t retries, uint32_t tries)
{
	static const uint32_t durable[] = {5,	  300,	 1800,	3600, 7200,
					   10800, 18000, 21600, 36000};

	if (retries == HYP_WEBHOOK_DURABLE)
		return tries <= HYP_COUNT(durable)
			       ? durable[tries - 1] * UINT64_C(1000)
			       : 0;
	if (tries > retries)
		return 0;
	return tries > 6 ? LONGEST_MS : UINT64_C(1000) << (tries - 1);
}

int hyp_retry_next(uint32_t retries, uint32_t tries, uint32_t status,
		   uint32_t retry_after_ms, uint64_t *wait_ms)
{
	uint64_t wait = own_wait(retries, tries), wish = retry_after_ms;

	if (wait == 0)
		return 0;
	if (wish > HOUR_MS)
		wish = HOUR_MS;
	if ((status == 408 || status == 425 || status == 429 ||
	     status == 503) &&
	    wish > wait)
		wait = wish;
	*wait_ms = wait;
	return 1;
}
