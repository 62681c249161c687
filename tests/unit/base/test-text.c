/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/cleanup.h"
#include "core/base/text.h"
#include "tests/lib/unit.h"

#include <string.h>

static const struct {
	const char *text, *name;
} names[] = {
	{"web01", "web01"},
	{"Web_01.prod-x", "Web_01.prod-x"},
	{"", "vm"},
	{"...", "vm"},
	{"---", "vm"},
	{"\xe4\xb8\xad\xe6\x96\x87", "vm"},
	{".hidden", "hidden"},
	{"-rf", "rf"},
	{"--output=/etc/x", "output-etc-x"},
	{"../../etc/passwd", "etc-passwd"},
	{"a  b", "a-b"},
	{"a - b", "a-b"},
	{"a--b", "a--b"},
	{"a/b\\c:d*e?f", "a-b-c-d-e-f"},
	{"gr\xc3\xb6\xc3\x9f"
	 "e",
	 "gr-e"},
	{"web (old)", "web-old"},
	{"a\nb\x1b[1m", "a-b-1m"},
	{"a;rm -rf $HOME", "a-rm-rf-HOME"},
	{" x ", "x"},
	{"\xff\xfe", "vm"},
	{"a.", "a."},
};

START_TEST(test_file_name)
{
	char out[64];

	hyp_text_file_name(names[_i].text, out, sizeof(out));
	ck_assert_str_eq(out, names[_i].name);
	ck_assert(hyp_text_is_file_name(out, 63));
}
END_TEST

START_TEST(test_file_name_limit)
{
	static const char text[] = "abc def ghi";
	char out[16];

	for (size_t max = 1; max <= sizeof(out); max++) {
		memset(out, '#', sizeof(out));
		hyp_text_file_name(text, out, max);
		ck_assert_uint_lt(strlen(out), max);
		if (max > 1)
			ck_assert(hyp_text_is_file_name(out, max - 1));
		for (size_t i = max; i < sizeof(out); i++)
			ck_assert_int_eq(out[i], '#');
	}
	ck_assert_str_eq(out, "abc-def-ghi");
	hyp_text_file_name("\xe4\xb8\xad", out, 3);
	ck_assert_str_eq(out, "vm");
	out[0] = '#';
	hyp_text_file_name("x", out, 0);
	ck_assert_int_eq(out[0], '#');
}
END_TEST

START_TEST(test_is_file_name)
{
	static const char *const bad[] = {"",	 ".",	"..",	    ".a",
					  "a/b", "a b", "a\n",	    "a\\b",
					  "a:b", "*",	"\xc3\xa4", "12345"};

	ck_assert(hyp_text_is_file_name("a", 4));
	ck_assert(hyp_text_is_file_name("a.-_", 4));
	ck_assert(hyp_text_is_file_name("-a", 4));
	for (size_t i = 0; i < HYP_COUNT(bad); i++)
		ck_assert_msg(!hyp_text_is_file_name(bad[i], 4), "%s", bad[i]);
}
END_TEST

static const struct {
	const char *text;
	int good;
} utf8[] = {
	{"", 1},
	{"abc", 1},
	{"\xc2\x80", 1},
	{"\xdf\xbf", 1},
	{"\xe0\xa0\x80", 1},
	{"\xed\x9f\xbf", 1},
	{"\xee\x80\x80", 1},
	{"\xef\xbf\xbf", 1},
	{"\xf0\x90\x80\x80", 1},
	{"\xf4\x8f\xbf\xbf", 1},
	{"\x80", 0}, /* no beginning */
	{"\xc3", 0}, /* cut */
	{"\xe2\x82", 0},
	{"\xf0\x9f\x98", 0},
	{"\xc3(", 0},
	{"\xc0\xaf", 0}, /* too long a form */
	{"\xc1\xbf", 0},
	{"\xe0\x9f\xbf", 0},
	{"\xf0\x8f\xbf\xbf", 0},
	{"\xed\xa0\x80", 0}, /* surrogates */
	{"\xed\xbf\xbf", 0},
	{"\xf4\x90\x80\x80", 0}, /* beyond Unicode */
	{"\xf5\x80\x80\x80", 0},
	{"\xff", 0},
	{"ok\xfe", 0},
};

START_TEST(test_utf8)
{
	ck_assert_int_eq(hyp_text_is_utf8(utf8[_i].text, strlen(utf8[_i].text)),
			 utf8[_i].good);
}
END_TEST

/* Wherever it stands in a long text. */
START_TEST(test_utf8_anywhere)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz\x01\x7f";
	char text[sizeof(plain)];

	ck_assert(hyp_text_is_utf8(plain, sizeof(plain) - 1));
	for (size_t i = 0; i + 1 < sizeof(plain); i++) {
		memcpy(text, plain, sizeof(text));
		text[i] = '\0';
		ck_assert(!hyp_text_is_utf8(text, sizeof(text) - 1));
		text[i] = '\x80';
		ck_assert(!hyp_text_is_utf8(text, sizeof(text) - 1));
		text[i] = '\xc3';
		ck_assert(!hyp_text_is_utf8(text, sizeof(text) - 1));
		text[i + 1] = '\xa4';
		ck_assert(i + 2 == sizeof(plain) ||
			  hyp_text_is_utf8(text, sizeof(text) - 1));
	}
}
END_TEST

START_TEST(test_utf8_length)
{
	ck_assert(!hyp_text_is_utf8("a\0b", 3));
	ck_assert(hyp_text_is_utf8("\xc3\xa4", 0));
	ck_assert(!hyp_text_is_utf8("\xc3\xa4", 1));
	ck_assert(hyp_text_is_utf8("\xc3\xa4", 2));
}
END_TEST

static const struct {
	const char *text, *shown;
} printable[] = {
	{"", ""},
	{"plain text", "plain text"},
	{"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80",
	 "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"},
	{"a\tb\r\n\x1b[31m\x7f", "a\\x09b\\x0d\\x0a\\x1b[31m\\x7f"},
	{"\xc2\x85\xc2\x9b", "\\u0085\\u009b"},
	{"\xe2\x80\xae"
	 "gpj.exe",
	 "\\u202egpj.exe"},
	{"\xe2\x81\xa6\xe2\x81\xa9", "\\u2066\\u2069"},
	{"\xe2\x80\x8e\xe2\x80\x8f\xd8\x9c", "\\u200e\\u200f\\u061c"},
	{"\xe2\x80\xa8\xe2\x80\xa9", "\\u2028\\u2029"},
	{"\xef\xbb\xbf", "\\ufeff"},
	{"\xff\xc3(\xe2\x82", "\\xff\\xc3(\\xe2\\x82"},
	{"\xed\xa0\x80", "\\xed\\xa0\\x80"},
	{"e\xcc\x81", "e\xcc\x81"},
};

START_TEST(test_printable)
{
	char out[128];
	size_t n = hyp_text_printable(printable[_i].text, out, sizeof(out));

	ck_assert_str_eq(out, printable[_i].shown);
	ck_assert_uint_eq(n, strlen(out));
}
END_TEST

START_TEST(test_printable_cut)
{
	static const char text[] = "a\xe2\x82\xac\x01\xe2\x80\xaez";
	static const char whole[] = "a\xe2\x82\xac\\x01\\u202ez";
	static const size_t ends[] = {0, 1, 4, 8, 14, 15};
	char out[32];

	for (size_t max = 1; max < sizeof(out); max++) {
		size_t n, want = 0;

		memset(out, '#', sizeof(out));
		n = hyp_text_printable(text, out, max);
		for (size_t i = 0; i < HYP_COUNT(ends); i++)
			if (ends[i] < max)
				want = ends[i];
		ck_assert_uint_eq(n, want);
		ck_assert_int_eq(strncmp(out, whole, n), 0);
		ck_assert_int_eq(out[n], 0);
		ck_assert_int_eq(out[max], '#');
	}
	ck_assert_uint_eq(hyp_text_printable("x", out, 0), 0);
}
END_TEST

START_TEST(test_columns)
{
	ck_assert_uint_eq(hyp_text_columns(""), 0);
	ck_assert_uint_eq(hyp_text_columns("abc"), 3);
	ck_assert_uint_eq(hyp_text_columns("\xc3\xa4"), 1);
	ck_assert_uint_eq(hyp_text_columns("e\xcc\x81x"), 2);
	ck_assert_uint_eq(hyp_text_columns("\xe4\xb8\xad\xe6\x96\x87"), 4);
	ck_assert_uint_eq(hyp_text_columns("\xed\x95\x9c"), 2);
	ck_assert_uint_eq(hyp_text_columns("\xf0\x9f\x98\x80"), 2);
	ck_assert_uint_eq(hyp_text_columns("\xe2\x82\xac"), 1);
	ck_assert_uint_eq(hyp_text_columns("\xef\xbc\xa1"), 2);
	ck_assert_uint_eq(hyp_text_columns("a\xff"
					   "b"),
			  3);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("text");
	TCase *t = tcase_create("text");

	tcase_add_loop_test(t, test_file_name, 0, (int)HYP_COUNT(names));
	tcase_add_test(t, test_file_name_limit);
	tcase_add_test(t, test_is_file_name);
	tcase_add_test(t, test_utf8_anywhere);
	tcase_add_loop_test(t, test_utf8, 0, (int)HYP_COUNT(utf8));
	tcase_add_test(t, test_utf8_length);
	tcase_add_loop_test(t, test_printable, 0, (int)HYP_COUNT(printable));
	tcase_add_test(t, test_printable_cut);
	tcase_add_test(t, test_columns);
	suite_add_tcase(suite, t);
	return unit_main(suite);
}
