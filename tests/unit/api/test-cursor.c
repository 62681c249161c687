/* SPDX-License-Identifier: Apache-2.0 */
/* Cursors, times and spans: texts that clients bring back. */
#include "core/api/cursor.h"
#include "core/api/times.h"
#include "tests/lib/unit.h"

START_TEST(cursors_come_back)
{
	static const char *const ids[] = {"a", "A.b_c-9", "x"};
	char text[HYP_CURSOR_TEXT_MAX], id[HYP_CURSOR_ID_MAX], longest[129];
	struct hyp_error err;
	int64_t ms;

	for (size_t i = 0; i < 3; i++) {
		ck_ok(hyp_cursor_write(1795642740123, ids[i], text, &err),
		      &err);
		ck_ok(hyp_cursor_read(text, &ms, id, &err), &err);
		ck_assert(ms == 1795642740123);
		ck_assert_str_eq(id, ids[i]);
	}
	memset(longest, 'i', 128);
	longest[128] = '\0';
	ck_ok(hyp_cursor_write(INT64_MAX, longest, text, &err), &err);
	ck_ok(hyp_cursor_read(text, &ms, id, &err), &err);
	ck_assert(ms == INT64_MAX);
	ck_assert_str_eq(id, longest);
}
END_TEST

START_TEST(any_change_is_seen)
{
	char text[HYP_CURSOR_TEXT_MAX], id[HYP_CURSOR_ID_MAX];
	struct hyp_error err;
	size_t n;
	int64_t ms;

	ck_ok(hyp_cursor_write(1795642740123, "job-1", text, &err), &err);
	n = strlen(text);
	for (size_t i = 0; i < n; i++) {
		char forged[HYP_CURSOR_TEXT_MAX];

		snprintf(forged, sizeof(forged), "%s", text);
		forged[i] ^= 1;
		ck_fails(hyp_cursor_read(forged, &ms, id, &err), &err,
			 HYP_E_USAGE, "bad_request");
		snprintf(forged, sizeof(forged), "%.*s", (int)i, text);
		ck_fails(hyp_cursor_read(forged, &ms, id, &err), &err,
			 HYP_E_USAGE, "bad_request");
	}
	ck_fails(hyp_cursor_read("", &ms, id, &err), &err, HYP_E_USAGE,
		 "bad_request");
}
END_TEST

static int64_t parsed(const char *text)
{
	struct hyp_error err;
	int64_t ms = 0;

	ck_ok(hyp_time_parse(text, &ms, &err), &err);
	return ms;
}

START_TEST(times_are_read)
{
	ck_assert(parsed("1970-01-01T00:00:00Z") == 0);
	ck_assert(parsed("1970-01-02") == 86400000);
	ck_assert(parsed("2026-11-25T21:38:00Z") == 1795642680000);
	ck_assert(parsed("2026-11-25t21:38:00z") == 1795642680000);
	ck_assert(parsed("2026-11-25T21:38:00.125Z") == 1795642680125);
	ck_assert(parsed("2026-11-25T21:38:00.1254567Z") == 1795642680125);
	ck_assert(parsed("2026-11-25T22:38:00+01:00") == 1795642680000);
	ck_assert(parsed("2026-11-25T16:08:00-05:30") == 1795642680000);
	ck_assert(parsed("2024-02-29T00:00:00Z") == 1709164800000);
	ck_assert(parsed("2016-12-31T23:59:60Z") == 1483228799000);
	ck_assert(parsed("9999-12-31T23:59:59Z") == 253402300799000);
}
END_TEST

START_TEST(other_texts_are_no_times)
{
	static const char *const bad[] = {
		"",
		"yesterday",
		"2026",
		"2026-11",
		"2026-11-25T",
		"2026-11-25T21:38:00",
		"2026-11-25 21:38:00Z",
		"2026-11-25T21:38Z",
		"2026-11-25T21:38:00+0100",
		"2026-11-25T21:38:00.Z",
		"2026-11-25T21:38:00Zx",
		"2026-13-01",
		"2026-00-01",
		"2026-02-30",
		"2025-02-29",
		"2026-04-31",
		"2026-11-25T24:00:00Z",
		"2026-11-25T21:60:00Z",
		"2026-11-25T21:38:61Z",
		"2026-11-25T21:38:00+24:00",
		"1969-12-31",
		"-026-11-25",
		"2026-1a-25",
		" 2026-11-25",
		"1795642680",
	};
	struct hyp_error err;
	int64_t ms;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_fails(hyp_time_parse(bad[i], &ms, &err), &err, HYP_E_USAGE,
			 "bad_request");
}
END_TEST

START_TEST(spans_are_as_go_prints_them)
{
	char text[HYP_SPAN_TEXT_MAX];

	hyp_span_format(0, text);
	ck_assert_str_eq(text, "0s");
	hyp_span_format(59999, text);
	ck_assert_str_eq(text, "59s");
	hyp_span_format(60000, text);
	ck_assert_str_eq(text, "1m0s");
	hyp_span_format(3723000, text);
	ck_assert_str_eq(text, "1h2m3s");
	hyp_span_format(UINT64_MAX, text);
	ck_assert_uint_lt(strlen(text), HYP_SPAN_TEXT_MAX);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("api/cursor");
	TCase *t = tcase_create("cursor");

	tcase_add_test(t, cursors_come_back);
	tcase_add_test(t, any_change_is_seen);
	tcase_add_test(t, times_are_read);
	tcase_add_test(t, other_texts_are_no_times);
	tcase_add_test(t, spans_are_as_go_prints_them);
	suite_add_tcase(suite, t);
	return unit_main(suite);
}
