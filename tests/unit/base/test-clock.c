/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/clock.h"
#include "tests/lib/unit.h"

#include <limits.h>
#include <time.h>

static uint64_t seven_s(void *ctx)
{
	return *(uint64_t *)ctx;
}

static int64_t long_ago(void *ctx)
{
	(void)ctx;
	return 1234;
}

START_TEST(test_set)
{
	uint64_t now = 7000999999u;
	struct hyp_clock clock = {seven_s, long_ago, &now};

	hyp_clock_set(&clock);
	ck_assert_uint_eq(hyp_clock_boot_ns(), 7000999999u);
	ck_assert_uint_eq(hyp_clock_boot_ms(), 7000);
	ck_assert_int_eq(hyp_clock_wall_ms(), 1234);
	hyp_clock_set(NULL);
	ck_assert_int_gt(hyp_clock_wall_ms(), 1500000000000);
}
END_TEST

START_TEST(test_system)
{
	uint64_t a = hyp_clock_boot_ns(), b = hyp_clock_boot_ns();

	ck_assert_uint_gt(a, 0);
	ck_assert_uint_le(a, b);
}
END_TEST

static const struct {
	int64_t ms;
	const char *text;
} times[] = {
	{0, "1970-01-01T00:00:00Z"},
	{999, "1970-01-01T00:00:00Z"},
	{-1, "1969-12-31T23:59:59Z"},
	{-1000, "1969-12-31T23:59:59Z"},
	{1795642680000, "2026-11-25T21:38:00Z"},
	{951782400000, "2000-02-29T00:00:00Z"},
	{2147483647999, "2038-01-19T03:14:07Z"},
	{2147483648000, "2038-01-19T03:14:08Z"},
	{253402300799999, "9999-12-31T23:59:59Z"},
	{253402300800000, "10000-01-01T00:00:00Z"},
	{INT64_MAX, "292278994-08-17T07:12:55Z"},
	{INT64_MIN, "-292275055-05-16T16:47:04Z"},
};

START_TEST(test_format)
{
	char out[HYP_TIME_TEXT_MAX];

	hyp_time_format(times[_i].ms, out);
	ck_assert_str_eq(out, times[_i].text);
}
END_TEST

/* Every day until 2100, and then some: the C library is the judge. */
START_TEST(test_days)
{
	int64_t step = 86400 + 1;
	char out[HYP_TIME_TEXT_MAX], want[HYP_TIME_TEXT_MAX];
	struct tm tm;

	for (time_t at = 0; at <= INT64_C(253402300799); at += step) {
		hyp_time_format(at * 1000 + 999, out);
		gmtime_r(&at, &tm);
		strftime(want, sizeof(want), "%Y-%m-%dT%H:%M:%SZ", &tm);
		ck_assert_str_eq(out, want);
		if (at > INT64_C(4102444800))
			step = 86400 * 29 + 61;
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("clock");
	TCase *t = tcase_create("clock");

	tcase_add_test(t, test_set);
	tcase_add_test(t, test_system);
	tcase_add_loop_test(t, test_format, 0,
			    (int)(sizeof(times) / sizeof(times[0])));
	tcase_add_test(t, test_days);
	suite_add_tcase(suite, t);
	return unit_main(suite);
}
