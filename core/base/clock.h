/* SPDX-License-Identifier: Apache-2.0 */
/* The one clock. Tests replace it; nothing else reads time. Any thread. */
#ifndef HYP_BASE_CLOCK_H
#define HYP_BASE_CLOCK_H

#include <hypersdk/error.h>
#include <stddef.h>
#include <stdint.h>

struct hyp_clock {
	uint64_t (*boot_ns)(void *ctx); /* CLOCK_BOOTTIME, nanoseconds */
	int64_t (*wall_ms)(void *ctx);	/* Unix time, milliseconds */
	void *ctx;
};

/* NULL restores the system's. Only while no other thread runs. */
void hyp_clock_set(const struct hyp_clock *clock);

uint64_t hyp_clock_boot_ns(void);
uint64_t hyp_clock_boot_ms(void);
int64_t hyp_clock_wall_ms(void);
/* By less, forth or back, the wall clock was not set, only corrected. */
#define HYP_CLOCK_STEP_MS 1000

#define HYP_TIME_TEXT_MAX 32
/* RFC 3339 in UTC, "2026-11-25T21:38:00Z"; out holds HYP_TIME_TEXT_MAX. */
void hyp_time_format(int64_t wall_ms, char *out);
/* RFC 3339: "2026-11-25T21:38:00Z", ".250" after the seconds, "+01:00" instead
 * of Z; years 1 to 9999. A leap second is the second after it. HYP_E_USAGE
 * "bad_value". */
int32_t hyp_time_read(const char *text, int64_t *wall_ms,
		      struct hyp_error *err);

#endif
