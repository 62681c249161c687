/* SPDX-License-Identifier: Apache-2.0 */
/* A clock that tests set: every look at it moves it on by a step. */
#ifndef HYP_TEST_PIPELINE_FAKE_CLOCK_H
#define HYP_TEST_PIPELINE_FAKE_CLOCK_H

#include "core/base/clock.h"

static uint64_t fake_now_ns = UINT64_C(1000000000000);
static uint64_t fake_step_ns;

static inline uint64_t fake_boot_ns(void *ctx)
{
	(void)ctx;
	return __atomic_add_fetch(
		&fake_now_ns, __atomic_load_n(&fake_step_ns, __ATOMIC_RELAXED),
		__ATOMIC_RELAXED);
}

static inline int64_t fake_wall_ms(void *ctx)
{
	(void)ctx;
	return INT64_C(1795642680000); /* 2026-11-25T21:38:00Z */
}

static inline void fake_clock_start(uint64_t step_ns)
{
	static struct hyp_clock clock = {.boot_ns = fake_boot_ns,
					 .wall_ms = fake_wall_ms};

	fake_step_ns = step_ns;
	hyp_clock_set(&clock);
}

static inline void fake_clock_advance(uint64_t ns)
{
	__atomic_add_fetch(&fake_now_ns, ns, __ATOMIC_RELAXED);
}

#endif
