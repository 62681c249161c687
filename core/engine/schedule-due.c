/* SPDX-License-Identifier: Apache-2.0 */
/* Which instant it is the turn of, when some may have been missed. */
#include "core/engine/schedule.h"

static int64_t next_of(const struct hyp_cron *cron, int64_t after_ms)
{
	int64_t next;

	return hyp_cron_next(cron, after_ms, &next) ? next : INT64_MAX;
}

/* The latest instant up to until, where from is one and not after it. Whether
 * the next of a moment is still before until changes once: at the instant that
 * is looked for. */
static int64_t latest(const struct hyp_cron *cron, int64_t from, int64_t until)
{
	int64_t period = 1000 * hyp_cron_period(cron);
	int64_t before = from / 1000 - 1, behind = until / 1000;

	if (period > 0)
		return from + (until - from) / period * period;
	while (behind - before > 1) {
		int64_t middle = before + (behind - before) / 2;

		if (next_of(cron, 1000 * middle) <= until)
			before = middle;
		else
			behind = middle;
	}
	return 1000 * behind;
}

/* Of those from first to last, the earliest that is one of the last few and
 * not older than since. */
static int64_t earliest(const struct hyp_cron *cron, int64_t first,
			int64_t last, int64_t since)
{
	int64_t at = last;

	for (int i = 1; i < HYP_CATCH_UP_MOST && at > first; i++) {
		int64_t before = latest(cron, first, at - 1000);

		if (before < since)
			break;
		at = before;
	}
	return at;
}

static uint64_t count(const struct hyp_cron *cron, int64_t first, int64_t until)
{
	int64_t period = 1000 * hyp_cron_period(cron);
	uint64_t n = 0;

	if (period > 0)
		n = (uint64_t)((until - first) / period);
	for (int64_t at = first; period == 0 && at < until; n++) {
		if (n == HYP_DUE_COUNT_MAX)
			break;
		at = next_of(cron, at);
	}
	return n < HYP_DUE_COUNT_MAX ? n : HYP_DUE_COUNT_MAX;
}

static int64_t most(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

void hyp_schedule_due(const struct hyp_schedule *schedule, int64_t next_ms,
		      int64_t now_ms, uint32_t stepped, struct hyp_due *out)
{
	const struct hyp_schedule_policy *policy = &schedule->policy;
	int64_t patience =
		policy->catch_up == HYP_CATCH_UP_SKIP
			? HYP_SCHEDULE_LATE_MS
			: most(policy->deadline_ms, HYP_SCHEDULE_LATE_MS);
	int64_t at = latest(schedule->cron, next_ms, now_ms);

	out->late = now_ms - at > patience;
	if (policy->catch_up == HYP_CATCH_UP_ALL && !stepped && !out->late)
		at = earliest(schedule->cron, next_ms, at, now_ms - patience);
	out->instant_ms = at;
	out->missed = count(schedule->cron, next_ms, at);
	out->next_ms = next_of(schedule->cron, at);
	if (out->next_ms == INT64_MAX)
		out->next_ms = 0;
}
