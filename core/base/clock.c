/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/clock.h"

#include <stdio.h>
#include <time.h>

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

void hyp_time_format(int64_t wall_ms, char *out)
{
	/* Rounded down, also before 1970. Any int64_t of milliseconds is a
	 * year that fits an int, so gmtime_r cannot fail. */
	time_t seconds = wall_ms / 1000 - (wall_ms % 1000 < 0);
	struct tm tm = {0};

	gmtime_r(&seconds, &tm);
	snprintf(out, HYP_TIME_TEXT_MAX, "%04ld-%02u-%02uT%02u:%02u:%02uZ",
		 tm.tm_year + 1900L, (unsigned)(tm.tm_mon + 1) % 100,
		 (unsigned)tm.tm_mday % 100, (unsigned)tm.tm_hour % 100,
		 (unsigned)tm.tm_min % 100, (unsigned)tm.tm_sec % 100);
}
