/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define YEAR_9999 INT64_C(253402300799999) /* its last millisecond */

static uint64_t system_boot_ns(void *ctx)
{
	struct timespec ts;

	(void)ctx;
	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static int64_t system_wall_ms(void *ctx)
{
	struct timespec ts;

	(void)ctx;
	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static const struct hyp_clock system_clock = {system_boot_ns, system_wall_ms,
					      NULL};
static struct hyp_clock current = {system_boot_ns, system_wall_ms, NULL};

void hyp_clock_set(const struct hyp_clock *clock)
{
	current = clock == NULL ? system_clock : *clock;
}

uint64_t hyp_clock_boot_ns(void)
{
	return current.boot_ns(current.ctx);
}

uint64_t hyp_clock_boot_ms(void)
{
	return hyp_clock_boot_ns() / 1000000u;
}

int64_t hyp_clock_wall_ms(void)
{
	return current.wall_ms(current.ctx);
}

/* n digits. */
static void put(char *out, size_t n, unsigned value)
{
	for (; n > 0; value /= 10)
		out[--n] = (char)('0' + value % 10);
}

/* Of 1970 to 9999: it is in every answer, several times. The date is by
 * H. Hinnant's civil calendar, whose years begin in March. */
static void format_usual(int64_t seconds, char *out)
{
	unsigned rest = (unsigned)(seconds % 86400);
	unsigned days = (unsigned)(seconds / 86400) + 719468;
	unsigned era = days / 146097, doe = days % 146097;
	unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	unsigned mp = (5 * doy + 2) / 153;

	memcpy(out, "0000-00-00T00:00:00Z", sizeof("0000-00-00T00:00:00Z"));
	put(out, 4, era * 400 + yoe + (mp >= 10));
	put(out + 5, 2, mp < 10 ? mp + 3 : mp - 9);
	put(out + 8, 2, doy - (153 * mp + 2) / 5 + 1);
	put(out + 11, 2, rest / 3600);
	put(out + 14, 2, rest / 60 % 60);
	put(out + 17, 2, rest % 60);
}

void hyp_time_format(int64_t wall_ms, char *out)
{
	/* Rounded down, also before 1970. Any int64_t of milliseconds is a
	 * year that fits an int, so gmtime_r cannot fail. */
	time_t seconds = wall_ms / 1000 - (wall_ms % 1000 < 0);
	struct tm tm = {0};

	if (wall_ms >= 0 && wall_ms <= YEAR_9999) {
		format_usual(seconds, out);
		return;
	}
	gmtime_r(&seconds, &tm);
	snprintf(out, HYP_TIME_TEXT_MAX, "%04ld-%02u-%02uT%02u:%02u:%02uZ",
		 tm.tm_year + 1900L, (unsigned)(tm.tm_mon + 1) % 100,
		 (unsigned)tm.tm_mday % 100, (unsigned)tm.tm_hour % 100,
		 (unsigned)tm.tm_min % 100, (unsigned)tm.tm_sec % 100);
}
