/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cron expressions: what they mean, and when they fire next.
 *
 *	minute hour day-of-month month day-of-week
 *
 * Each field is a list of N, N-M, N/STEP (from N to the end), N-M/STEP, * and
 * * /STEP (without the blank); "?" is another way to write "*". Months and days
 * of the week have names of three letters in any case; 0 and 7 are Sunday. A
 * day field restricts unless it is exactly "*" or "?"; if both restrict, either
 * matches. Or one of @hourly @daily @midnight @weekly @monthly @yearly
 * @annually, or "@every 1h30m" (whole seconds, 1 s to 28 years). "CRON_TZ=Zone
 *" or "TZ=Zone " before any of them names its zone.
 *
 * Daylight saving, as Debian's cron(8):
 *  - An expression whose minute or hour begins with "*" follows elapsed time:
 *    it fires at every instant whose local time matches.
 *  - Any other names fixed times. It fires for each matching local time once,
 *    when the clock first shows it or jumps over it: at the first instant after
 *    a gap, the first time only where an hour is repeated.
 */
#ifndef HYP_BASE_CRON_H
#define HYP_BASE_CRON_H

#include "core/base/buf.h"
#include "core/base/zone.h"

/* Immutable; any thread. */
struct hyp_cron;

/*
 * zone: for an expression that names none; NULL is the system's. The new *out
 * is the caller's to free. HYP_E_USAGE:
 *   "bad_cron"    the text names the field and the reason:
 *		   "hour: 25 is outside 0-23"
 *   "never_fires" no such day: "0 0 30 2 *"
 *   "bad_zone"    of the expression or of zone, as hyp_zone_open
 */
int32_t hyp_cron_parse(const char *expression, const char *zone,
		       struct hyp_cron **out, struct hyp_error *err);
void hyp_cron_free(struct hyp_cron *cron);

/*
 * The first instant strictly after after_ms, in Unix milliseconds: 1 and
 * *next_ms. 0: none within 28 years, or not in the years 1 to 9999. "@every"
 * counts from after_ms, taken down to the whole second.
 */
int hyp_cron_next(const struct hyp_cron *cron, int64_t after_ms,
		  int64_t *next_ms);

/* The seconds between two instants of "@every", 0 of any other. */
int64_t hyp_cron_period(const struct hyp_cron *cron);

/* The zone that the times are in, which lives as long as cron. */
const struct hyp_zone *hyp_cron_zone(const struct hyp_cron *cron);

/* Append in words: "at 04:30, on day 1 and 15 of the month or on Friday". The
 * zone is not named. Errors as hyp_buf_add; 1 KiB is always enough. */
int32_t hyp_cron_describe(const struct hyp_cron *cron, struct hyp_buf *out,
			  struct hyp_error *err);

#endif
