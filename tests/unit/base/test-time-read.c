/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/cleanup.h"
#include "core/base/clock.h"
#include "tests/lib/unit.h"

static struct hyp_error err;

static const struct {
	const char *text;
	int64_t ms;
} good[] = {
	{"1970-01-01T00:00:00Z", 0},
	{"2026-03-28T12:00:00Z", 1774699200000},
	{"2026-03-28t12:00:00z", 1774699200000},
	{"2026-03-28T13:00:00+01:00", 1774699200000},
	{"2026-03-28T02:30:00-09:30", 1774699200000},
	{"2026-03-28T12:00:00.250Z", 1774699200250},
	{"2026-03-28T12:00:00.2509999999999Z", 1774699200250},
	{"2016-12-31T23:59:60Z", 1483228800000},
	{"2000-02-29T00:00:00Z", 951782400000},
	{"1969-12-31T23:59:59.5Z", -500},
	{"2038-01-19T03:14:08Z", 2147483648000},
	{"9999-12-31T23:59:59Z", 253402300799000},
	{"0001-01-01T00:00:00Z", -62135596800000},
};

START_TEST(test_good)
{
	int64_t ms = 1;

	ck_ok(hyp_time_read(good[_i].text, &ms, &err), &err);
	ck_assert_int_eq(ms, good[_i].ms);
}
END_TEST

static const char *const bad[] = {
	"",
	"now",
	"2026-03-28",
	"2026-03-28T12:00Z",
	"2026-03-28T12:00:00",
	"2026-03-28 12:00:00Z",
	"2026-03-28T12:00:00ZZ",
	"2026-03-28T12:00:00.Z",
	"2026-03-28T12:00:00+0100",
	"2026-03-28T12:00:00+24:00",
	"2026-03-28T24:00:00Z",
	"2026-03-28T12:60:00Z",
	"2026-03-28T12:00:61Z",
	"2026-02-29T12:00:00Z",
	"1900-02-29T12:00:00Z",
	"2026-04-31T12:00:00Z",
	"2026-09-31T12:00:00Z",
	"2026-13-01T12:00:00Z",
	"2026-00-01T12:00:00Z",
	"2026-01-00T12:00:00Z",
	"0000-01-01T12:00:00Z",
	"-026-01-01T12:00:00Z",
	"10000-01-01T00:00:00Z",
	" 2026-03-28T12:00:00Z",
};

START_TEST(test_bad)
{
	int64_t ms = 7;

	ck_fails(hyp_time_read(bad[_i], &ms, &err), &err, HYP_E_USAGE,
		 "bad_value");
	ck_assert_int_eq(ms, 7);
}
END_TEST

START_TEST(test_every_day)
{
	/* What is written, day by day through 400 years, is read again. */
	for (int64_t ms = 0; ms < INT64_C(146097) * 86400000; ms += 86400000) {
		char text[HYP_TIME_TEXT_MAX];
		int64_t again;

		hyp_time_format(ms, text);
		ck_ok(hyp_time_read(text, &again, &err), &err);
		if (again != ms)
			ck_abort_msg("%s", text);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("time-read");
	TCase *tcase = tcase_create("parse");

	tcase_add_loop_test(tcase, test_good, 0, (int)HYP_COUNT(good));
	tcase_add_loop_test(tcase, test_bad, 0, (int)HYP_COUNT(bad));
	tcase_add_test(tcase, test_every_day);
	suite_add_tcase(suite, tcase);
	return unit_main(suite);
}
