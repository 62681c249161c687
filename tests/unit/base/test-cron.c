/* SPDX-License-Identifier: Apache-2.0 */
/* What is refused and why, words, and the far ends of time. Which instants
 * come next is tests/cron's. */
#include "core/base/cleanup.h"
#include "core/base/clock.h"
#include "core/base/cron.h"
#include "tests/lib/unit.h"

#include <string.h>

static struct hyp_error err;

static const struct {
	const char *expression, *kind, *text; /* text: its beginning */
} refused[] = {
	{"60 * * * *", "bad_cron", "minute: 60 is outside 0-59"},
	{"0 25 * * *", "bad_cron", "hour: 25 is outside 0-23"},
	{"0 0 0 * *", "bad_cron", "day of month: 0 is outside 1-31"},
	{"0 0 32 * *", "bad_cron", "day of month: 32 is outside 1-31"},
	{"0 0 * 13 *", "bad_cron", "month: 13 is outside 1-12"},
	{"0 0 * 0 *", "bad_cron", "month: 0 is outside 1-12"},
	{"0 0 * * 8", "bad_cron", "day of week: 8 is outside 0-7"},
	{"0 0 * * 99999999999999999999", "bad_cron", "day of week: 9999"},
	{"*/0 * * * *", "bad_cron", "minute: */0: a step is at least 1"},
	{"5-1 * * * *", "bad_cron", "minute: 5-1 runs backwards"},
	{"0 0 * * FRI-SUN", "bad_cron", "day of week: FRI-SUN runs backw"},
	{"*/x * * * *", "bad_cron", "minute: \"x\" is no number to step by"},
	{"*/ * * * *", "bad_cron", "minute: \"\" is no number to step by"},
	{"1,,2 * * * *", "bad_cron", "minute: a list has an empty entry"},
	{", * * * *", "bad_cron", "minute: a list has an empty entry"},
	{"-1 * * * *", "bad_cron", "minute: \"\" is no number"},
	{"+1 * * * *", "bad_cron", "minute: \"+1\" is no number"},
	{"1- * * * *", "bad_cron", "minute: \"\" is no number"},
	{"1-2-3 * * * *", "bad_cron", "minute: \"2-3\" is no number"},
	{"*-5 * * * *", "bad_cron", "minute: \"*\" is no number"},
	{"** * * * *", "bad_cron", "minute: \"**\" is no number"},
	{"1/2/3 * * * *", "bad_cron", "minute: \"2/3\" is no number to"},
	{"0 0 * JANUARY *", "bad_cron", "month: \"JANUARY\" is neither"},
	{"0 0 * MON *", "bad_cron", "month: \"MON\" is neither"},
	{"MON 0 * * *", "bad_cron", "minute: \"MON\" is no number"},
	{"0x1 * * * *", "bad_cron", "minute: \"0x1\" is no number"},
	{"\033[2J * * * *", "bad_cron", "minute: \"\\x1b[2J\" is no number"},
	{"* * * *", "bad_cron", "4 fields instead of 5"},
	{"0 * * * * *", "bad_cron", "6 fields instead of 5"},
	{"* * * * *\n", "bad_cron", "day of week: \"*\\x0a\" is neither"},
	{"", "bad_cron", "0 fields instead of 5"},
	{"TZ=UTC", "bad_cron", "0 fields instead of 5"},
	{"@reboot", "bad_cron", "expression: \"@reboot\" is none of @hourly"},
	{"@Daily", "bad_cron", "expression: \"@Daily\" is none of"},
	{"@daily 5", "bad_cron", "expression: \"@daily 5\" is none of"},
	{"@every", "bad_cron", "expression: \"@every\" is none of"},
	{"@every 1ns", "bad_cron", "@every: \"1ns\" is no duration"},
	{"@every 999ms", "bad_cron", "@every: \"999ms\" is not a number of"},
	{"@every 1500ms", "bad_cron", "@every: \"1500ms\" is not a number"},
	{"@every 0s", "bad_cron", "@every: \"0s\" is not a number of"},
	{"@every 1d", "bad_cron", "@every: \"1d\" is in days"},
	{"@every -1h", "bad_cron", "@every: \"-1h\" is no duration"},
	{"@every 9999999h", "bad_cron", "@every: \"9999999h\" is not"},
	{"@every 99999999999999999999h", "bad_cron", "@every: \"999999999"},
	{"0 0 30 2 *", "never_fires", "it never fires: the month given has"},
	{"0 0 31 4,6,9,11 *", "never_fires", "it never fires: the months"},
	{"0 0 30,31 2 ?", "never_fires", "it never fires"},
	{"CRON_TZ=Europe/Berlim @daily", "bad_zone",
	 "there is no time zone \"Europe/Berlim\": did you mean Europe/Berlin"},
	{"TZ=../../etc/passwd @daily", "bad_zone", "there is no time zone"},
	{"TZ=/usr/share/zoneinfo/Europe/Berlin @daily", "bad_zone", "there"},
	{"TZ=posix/Europe/Berlin @daily", "bad_zone", "there is no time zone"},
	{"TZ=localtime @daily", "bad_zone", "there is no time zone"},
	{"TZ=tzdata.zi @daily", "bad_zone", "there is no time zone"},
	{"TZ=Europe @daily", "bad_zone", "there is no time zone"},
	{"TZ=europe/berlin @daily", "bad_zone", "there is no time zone"},
	{"TZ=CET-1CEST @daily", "bad_zone", "there is no time zone"},
	{"TZ=+01:00 @daily", "bad_zone", "there is no time zone"},
	{"TZ= 0 0 * * *", "bad_zone", "there is no time zone \"\""},
};

START_TEST(test_refused)
{
	struct hyp_cron *cron = NULL;

	ck_fails(hyp_cron_parse(refused[_i].expression, "UTC", &cron, &err),
		 &err, HYP_E_USAGE, refused[_i].kind);
	ck_assert_ptr_null(cron);
	ck_assert_msg(strncmp(err.text, refused[_i].text,
			      strlen(refused[_i].text)) == 0,
		      "%s: got: %s", refused[_i].expression, err.text);
}
END_TEST

START_TEST(test_long)
{
	struct hyp_cron *cron = NULL;
	char text[4097], last[257];

	memset(text, '1', 4096);
	text[4096] = '\0';
	ck_fails(hyp_cron_parse(text, "UTC", &cron, &err), &err, HYP_E_USAGE,
		 "bad_cron");
	memset(last, ' ', 256);
	memcpy(last, "* * * * *", 9);
	last[256] = '\0';
	ck_fails(hyp_cron_parse(last, "UTC", &cron, &err), &err, HYP_E_USAGE,
		 "bad_cron");
	last[255] = '\0';
	ck_ok(hyp_cron_parse(last, "UTC", &cron, &err), &err);
	hyp_cron_free(cron);
}
END_TEST

static const struct {
	const char *expression, *words;
} described[] = {
	{"* * * * *", "every minute"},
	{"*/15 * * * *", "every 15 minutes"},
	{"0 2 * * *", "at 02:00 every day"},
	{"0 */6 * * *", "at 00:00, 06:00, 12:00 and 18:00 every day"},
	{"0 */2 * * *", "at minute 0 of every 2 hours from 0"},
	{"0 0 * * 7", "at 00:00, on Sunday"},
	{"0 3 1 * *", "at 03:00, on day 1 of the month"},
	{"0 9-17 * * 1-5", "at minute 0 of hours 9 to 17, on Monday to Friday"},
	{"30 4 1,15 * 5",
	 "at 04:30, on day 1 and 15 of the month or on Friday"},
	{"5 0 * JAN,jul *", "at 00:05 every day, in January and July"},
	{"7 * * * *", "at minute 7 of every hour"},
	{"*/7 5 * * *",
	 "at minute 0, 7, 14, 21, 28, 35, 42, 49 and 56 of hour 5"},
	{"0 0 ? * *", "at 00:00 every day"},
	{"0 0 1 * 0-6", "at 00:00 every day"},
	{"@every 90m", "every 1h30m, counted from the start"},
	{"@every 61s", "every 1m1s, counted from the start"},
};

START_TEST(test_words)
{
	HYP_AUTO_BUF struct hyp_buf out = HYP_BUF_INIT(1024);
	struct hyp_cron *cron = NULL;

	ck_ok(hyp_cron_parse(described[_i].expression, "UTC", &cron, &err),
	      &err);
	ck_ok(hyp_cron_describe(cron, &out, &err), &err);
	ck_assert_str_eq(hyp_buf_str(&out), described[_i].words);
	hyp_cron_free(cron);
}
END_TEST

static const struct {
	const char *expression, *zone, *after, *next; /* NULL: none */
} instants[] = {
	/* faults.md 102 */
	{"30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z",
	 "2026-03-29T01:00:00Z"},
	{"30 2 * * *", "Europe/Berlin", "2026-03-29T01:00:00Z",
	 "2026-03-30T00:30:00Z"},
	{"30 1 * * *", "America/New_York", "2026-11-01T06:10:00Z",
	 "2026-11-02T06:30:00Z"},
	{"*/15 * * * *", "Europe/Berlin", "2026-10-25T00:59:59Z",
	 "2026-10-25T01:00:00Z"},
	/* A day that was none. */
	{"0 12 30 12 *", "Pacific/Apia", "2011-12-01T00:00:00Z",
	 "2011-12-30T10:00:00Z"},
	{"* 12 30 12 *", "Pacific/Apia", "2011-12-01T00:00:00Z",
	 "2012-12-29T22:00:00Z"},
	/* faults.md 109 */
	{"@yearly", "UTC", "2038-01-19T03:14:07Z", "2039-01-01T00:00:00Z"},
	{"0 2 28 3 *", "Europe/Berlin", "2038-01-19T03:14:08Z",
	 "2038-03-28T01:00:00Z"},
	{"0 12 1 1 *", "Europe/Dublin", "2050-02-01T00:00:00Z",
	 "2051-01-01T12:00:00Z"},
	{"0 2 * * *", "Europe/Berlin", "9999-03-27T12:00:00Z",
	 "9999-03-28T01:00:00Z"},
	{"0 12 1 7 *", "Eire", "9998-12-31T00:00:00Z", "9999-07-01T11:00:00Z"},
	{"* * * * *", "UTC", "9999-12-31T23:58:59Z", "9999-12-31T23:59:00Z"},
	{"* * * * *", "UTC", "9999-12-31T23:59:00Z", NULL},
	{"0 0 29 2 *", "UTC", "9996-03-01T00:00:00Z", NULL},
	{"@every 1h", "UTC", "9999-12-31T23:00:00Z", NULL},
	{"0 0 29 2 *", "UTC", "2096-03-01T00:00:00Z", "2104-02-29T00:00:00Z"},
	{"0 0 1 1 *", "UTC", "2016-12-31T23:59:60Z", "2018-01-01T00:00:00Z"},
	{"0 0 1 1 *", "UTC", "2016-12-31T23:59:59Z", "2017-01-01T00:00:00Z"},
	{"@every 648h", "UTC", "2026-01-01T00:00:00.999Z",
	 "2026-01-28T00:00:00Z"},
	{"0 0 * * *", "Europe/Berlin", "0001-01-01T00:00:00Z",
	 "0001-01-01T23:06:32Z"},
	/* It says 31 April to June; May has one. */
	{"0 0 31 4-6 *", "UTC", "2026-01-01T00:00:00Z", "2026-05-31T00:00:00Z"},
	/* Its own zone. */
	{"CRON_TZ=Asia/Tokyo \t@daily ", "Europe/Berlin",
	 "2026-01-01T00:00:00Z", "2026-01-01T15:00:00Z"},
	{" TZ=UTC 0 0 * * * ", "Asia/Tokyo", "2026-01-01T00:00:00Z",
	 "2026-01-02T00:00:00Z"},
	{"0 0 * * fri-7", "UTC", "2026-01-03T00:00:00Z",
	 "2026-01-04T00:00:00Z"},
};

START_TEST(test_instants)
{
	struct hyp_cron *cron = NULL;
	int64_t after, next = 0;
	char text[HYP_TIME_TEXT_MAX];

	ck_ok(hyp_time_read(instants[_i].after, &after, &err), &err);
	ck_ok(hyp_cron_parse(instants[_i].expression, instants[_i].zone, &cron,
			     &err),
	      &err);
	if (hyp_cron_next(cron, after, &next)) {
		hyp_time_format(next, text);
		ck_assert_msg(instants[_i].next != NULL, "got %s", text);
		ck_assert_str_eq(text, instants[_i].next);
	} else {
		ck_assert_ptr_null(instants[_i].next);
		ck_assert_int_eq(next, 0);
	}
	hyp_cron_free(cron);
}
END_TEST

START_TEST(test_extremes)
{
	struct hyp_cron *cron = NULL;
	int64_t next = 7;

	ck_ok(hyp_cron_parse("* * * * *", "Europe/Berlin", &cron, &err), &err);
	ck_assert(!hyp_cron_next(cron, INT64_MAX, &next));
	ck_assert(!hyp_cron_next(cron, INT64_MIN, &next));
	ck_assert_int_eq(next, 7);
	ck_assert(hyp_cron_next(cron, -1, &next));
	ck_assert_int_eq(next, 0);
	ck_assert(hyp_cron_next(cron, 0, &next));
	ck_assert_int_eq(next, 60000);
	hyp_cron_free(cron);
	hyp_cron_free(NULL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("cron");
	TCase *tcase = tcase_create("cron");

	tcase_add_loop_test(tcase, test_refused, 0, (int)HYP_COUNT(refused));
	tcase_add_test(tcase, test_long);
	tcase_add_loop_test(tcase, test_words, 0, (int)HYP_COUNT(described));
	tcase_add_loop_test(tcase, test_instants, 0, (int)HYP_COUNT(instants));
	tcase_add_test(tcase, test_extremes);
	suite_add_tcase(suite, tcase);
	return unit_main(suite);
}
