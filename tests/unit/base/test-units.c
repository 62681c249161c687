/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/cleanup.h"
#include "core/base/units.h"
#include "tests/lib/unit.h"

#include <string.h>

static struct hyp_error err;

static const struct {
	const char *text;
	uint64_t bytes;
} sizes[] = {
	{"0", 0},
	{"512", 512},
	{"10B", 10},
	{"1K", 1024},
	{"1k", 1024},
	{"1KiB", 1024},
	{"1kiB", 1024},
	{"1KB", 1000},
	{"64KiB", 65536},
	{"5GiB", 5368709120},
	{"5GB", 5000000000},
	{"1.5GiB", 1610612736},
	{"1.5GB", 1500000000},
	{"1.4 GiB", 1503238553},
	{"0.5K", 512},
	{"2T", 2199023255552},
	{"3PB", 3000000000000000},
	{"15E", 17293822569102704640u},
	{"15.999999999999999999EiB", 18446744073709551614u},
	{"18446744073709551615", UINT64_MAX},
	{"18446744073709551615B", UINT64_MAX},
	{"0000000000000000000000007", 7},
	{"1.50000000000000000000000000009K", 1536},
};

START_TEST(test_bytes)
{
	uint64_t n = 0;

	ck_ok(hyp_parse_bytes(sizes[_i].text, &n, &err), &err);
	ck_assert_uint_eq(n, sizes[_i].bytes);
}
END_TEST

static const char *const bad_sizes[] = {
	"",
	" ",
	"B",
	"GiB",
	"-1",
	"+1",
	" 1",
	"1 ",
	"1.5",
	"1.5B",
	"1.",
	".5G",
	"1.G",
	"1,5G",
	"0x10",
	"1e3",
	"1Gb",
	"1gib",
	"1GBs",
	"1 GiB ",
	"1  GiB",
	"1GiB/s",
	"1X",
	"1Ki",
	"18446744073709551616",
	"16EiB",
	"18.5EB",
	"99999999999999999999G",
	"1\n",
	"1K\x01",
	"nan",
	"inf",
	"1K1K",
};

START_TEST(test_bad_bytes)
{
	uint64_t n = 77;

	ck_fails(hyp_parse_bytes(bad_sizes[_i], &n, &err), &err, HYP_E_USAGE,
		 "bad_value");
	ck_assert_uint_eq(n, 77);
	ck_assert_ptr_nonnull(strstr(err.text, "\"1.5GiB\""));
	ck_assert_ptr_null(strchr(err.text, '\n'));
}
END_TEST

START_TEST(test_rate)
{
	static const char *const bad[] = {
		"", "/s", "50MiB/", "50MiB/h", "50MiB/s/s", "50Mb/s", "-5/s"};
	uint64_t n = 0;

	ck_ok(hyp_parse_rate("50MiB/s", &n, &err), &err);
	ck_assert_uint_eq(n, 52428800);
	ck_ok(hyp_parse_rate("50MiB", &n, &err), &err);
	ck_assert_uint_eq(n, 52428800);
	ck_ok(hyp_parse_rate("1/s", &n, &err), &err);
	ck_assert_uint_eq(n, 1);
	ck_ok(hyp_parse_rate("1.5 GB/s", &n, &err), &err);
	ck_assert_uint_eq(n, 1500000000);
	for (size_t i = 0; i < HYP_COUNT(bad); i++)
		ck_fails(hyp_parse_rate(bad[i], &n, &err), &err, HYP_E_USAGE,
			 "bad_value");
}
END_TEST

static const struct {
	const char *text;
	uint64_t ms;
} durations[] = {
	{"250ms", 250},
	{"0s", 0},
	{"30s", 30000},
	{"1m", 60000},
	{"1h30m", 5400000},
	{"1h02m", 3720000},
	{"2m05s", 125000},
	{"2d", 172800000},
	{"1d1h1m1s1ms", 90061001},
	{"0.4s", 400},
	{"1.5h", 5400000},
	{"1m0.5s", 60500},
	{"18446744073709551615ms", UINT64_MAX},
};

START_TEST(test_duration)
{
	uint64_t ms = 77;

	ck_ok(hyp_parse_duration(durations[_i].text, &ms, &err), &err);
	ck_assert_uint_eq(ms, durations[_i].ms);
}
END_TEST

static const char *const bad_durations[] = {
	"",
	"30",
	"0",
	"s",
	"-1s",
	"30 s",
	"30S",
	"1h30",
	"30m1h",
	"1s1s",
	"1.5h3m",
	"1.5ms",
	"1ms2s",
	"1y",
	"1w",
	" 1s",
	"1s ",
	"18446744073709551616ms",
	"213503982335d",
	"18446744073709551s616ms",
	"1e3s",
};

START_TEST(test_bad_duration)
{
	uint64_t ms = 77;

	ck_fails(hyp_parse_duration(bad_durations[_i], &ms, &err), &err,
		 HYP_E_USAGE, "bad_value");
	ck_assert_uint_eq(ms, 77);
}
END_TEST

START_TEST(test_integer)
{
	static const char *const bad[] = {"",
					  "-",
					  "+",
					  "1 ",
					  " 1",
					  "1.0",
					  "0x1",
					  "1e1",
					  "--1",
					  "+-1",
					  "9223372036854775808",
					  "-9223372036854775809",
					  "ten"};
	int64_t n = 77;

	for (size_t i = 0; i < HYP_COUNT(bad); i++)
		ck_fails(hyp_parse_integer(bad[i], INT64_MIN, INT64_MAX, &n,
					   &err),
			 &err, HYP_E_USAGE, "bad_value");
	ck_assert_int_eq(n, 77);
	ck_ok(hyp_parse_integer("9223372036854775807", INT64_MIN, INT64_MAX, &n,
				&err),
	      &err);
	ck_assert_int_eq(n, INT64_MAX);
	ck_ok(hyp_parse_integer("-9223372036854775808", INT64_MIN, INT64_MAX,
				&n, &err),
	      &err);
	ck_assert_int_eq(n, INT64_MIN);
	ck_ok(hyp_parse_integer("+007", 1, 8, &n, &err), &err);
	ck_assert_int_eq(n, 7);
	ck_fails(hyp_parse_integer("0", 1, 8, &n, &err), &err, HYP_E_USAGE,
		 "bad_value");
	ck_fails(hyp_parse_integer("9", 1, 8, &n, &err), &err, HYP_E_USAGE,
		 "bad_value");
	ck_assert_ptr_nonnull(strstr(err.text, "from 1 to 8"));
}
END_TEST

static const struct {
	uint64_t bytes;
	const char *text;
} shown_sizes[] = {
	{0, "0 B"},
	{512, "512 B"},
	{1023, "1023 B"},
	{1024, "1.0 KiB"},
	{1536, "1.5 KiB"},
	{1048575, "1.0 MiB"},
	{1500000000, "1.4 GiB"},
	{1099511627776, "1.0 TiB"},
	{UINT64_MAX, "16.0 EiB"},
};

START_TEST(test_show_bytes)
{
	char out[HYP_UNITS_TEXT_MAX], rate[HYP_UNITS_TEXT_MAX + 2];

	hyp_format_bytes(shown_sizes[_i].bytes, out);
	ck_assert_str_eq(out, shown_sizes[_i].text);
	snprintf(rate, sizeof(rate), "%s/s", out);
	hyp_format_rate(shown_sizes[_i].bytes, out);
	ck_assert_str_eq(out, rate);
}
END_TEST

static const struct {
	uint64_t ms;
	const char *text;
} shown_times[] = {
	{0, "0.0s"},	     {449, "0.4s"},
	{9999, "9.9s"},	     {10000, "10s"},
	{59999, "59s"},	     {60000, "1m00s"},
	{125000, "2m05s"},   {3599999, "59m59s"},
	{3720000, "1h02m"},  {86399999, "23h59m"},
	{93600000, "1d02h"}, {UINT64_MAX, "213503982334d14h"},
};

START_TEST(test_show_duration)
{
	char out[HYP_UNITS_TEXT_MAX];
	uint64_t back;

	hyp_format_duration(shown_times[_i].ms, out);
	ck_assert_str_eq(out, shown_times[_i].text);
	ck_ok(hyp_parse_duration(out, &back, &err), &err);
	ck_assert_uint_le(back, shown_times[_i].ms);
}
END_TEST

START_TEST(test_saturate)
{
	ck_assert_uint_eq(hyp_add_sat(1, 2), 3);
	ck_assert_uint_eq(hyp_add_sat(UINT64_MAX, 0), UINT64_MAX);
	ck_assert_uint_eq(hyp_add_sat(UINT64_MAX, 1), UINT64_MAX);
	ck_assert_uint_eq(hyp_mul_sat(3, 4), 12);
	ck_assert_uint_eq(hyp_mul_sat(1ull << 32, 1ull << 32), UINT64_MAX);
	ck_assert_uint_eq(hyp_mul_sat(0, UINT64_MAX), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("units");
	TCase *t = tcase_create("units");

	tcase_add_loop_test(t, test_bytes, 0, (int)HYP_COUNT(sizes));
	tcase_add_loop_test(t, test_bad_bytes, 0, (int)HYP_COUNT(bad_sizes));
	tcase_add_test(t, test_rate);
	tcase_add_loop_test(t, test_duration, 0, (int)HYP_COUNT(durations));
	tcase_add_loop_test(t, test_bad_duration, 0,
			    (int)HYP_COUNT(bad_durations));
	tcase_add_test(t, test_integer);
	tcase_add_loop_test(t, test_show_bytes, 0, (int)HYP_COUNT(shown_sizes));
	tcase_add_loop_test(t, test_show_duration, 0,
			    (int)HYP_COUNT(shown_times));
	tcase_add_test(t, test_saturate);
	suite_add_tcase(suite, t);
	return unit_main(suite);
}
