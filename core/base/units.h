/* SPDX-License-Identifier: Apache-2.0 */
/* Sizes, durations and rates between text and numbers; checked arithmetic. */
#ifndef HYP_BASE_UNITS_H
#define HYP_BASE_UNITS_H

#include <hypersdk/error.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Parsers take the whole text or fail with HYP_E_USAGE "bad_value" and a
 * text that shows a right example. Overflow and negative numbers fail.
 *   bytes:    "512", "64KiB", "1.5GiB", "5GB", "10B" (KiB/K 1024, KB 1000);
 *             one blank before the unit is taken; "Kb" could mean bits and
 *             is not; rates may end in "/s"
 *   duration: "250ms", "30s", "1h30m", "2d"; a bare number is refused
 *   integer:  decimal with optional sign
 */
int32_t hyp_parse_bytes(const char *text, uint64_t *out, struct hyp_error *err);
int32_t hyp_parse_rate(const char *text, uint64_t *bytes_per_s,
		       struct hyp_error *err);
int32_t hyp_parse_duration(const char *text, uint64_t *ms,
			   struct hyp_error *err);
int32_t hyp_parse_integer(const char *text, int64_t lo, int64_t hi,
			  int64_t *out, struct hyp_error *err);

#define HYP_UNITS_TEXT_MAX 32
/* "1.4 GiB", "512 B"; "1.4 GiB/s"; "2m05s", "1h02m", "0.4s". */
void hyp_format_bytes(uint64_t bytes, char *out);
void hyp_format_rate(uint64_t bytes_per_s, char *out);
void hyp_format_duration(uint64_t ms, char *out);

/* Sum and product that stop at UINT64_MAX instead of wrapping. */
static inline uint64_t hyp_add_sat(uint64_t a, uint64_t b)
{
	uint64_t r;

	return __builtin_add_overflow(a, b, &r) ? UINT64_MAX : r;
}

static inline uint64_t hyp_mul_sat(uint64_t a, uint64_t b)
{
	uint64_t r;

	return __builtin_mul_overflow(a, b, &r) ? UINT64_MAX : r;
}

#endif
