/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/cleanup.h"
#include "core/base/text.h"
#include "tests/lib/unit.h"

#include <string.h>

static const struct {
	const char *pattern, *text;
	int match;
} globs[] = {
	{"", "", 1},
	{"", "a", 0},
	{"a", "", 0},
	{"web01", "web01", 1},
	{"web01", "web011", 0},
	{"web", "web01", 0},
	{"*", "", 1},
	{"*", "web01", 1},
	{"*", "a/b", 0},
	{"web*", "web01", 1},
	{"web*", "db01", 0},
	{"*01", "web01", 1},
	{"w*b*1", "web01", 1},
	{"*a*", "bab", 1},
	{"a*b", "axxbxx", 0},
	{"a*b", "axxbxxb", 1},
	{"/DC0/vm/*", "/DC0/vm/web", 1},
	{"/DC0/vm/*", "/DC0/vm/web/01", 0},
	{"/DC0/*/web*", "/DC0/vm/web01", 1},
	{"**", "", 1},
	{"**", "a/b/c", 1},
	{"/DC0/**", "/DC0/vm/web/01", 1},
	{"/DC0/**", "/DC1/vm", 0},
	{"**/web*", "web01", 1},
	{"**/web*", "a/b/web01", 1},
	{"**/web*", "a/b/xweb01", 0},
	{"a/**/b", "a/b", 1},
	{"a/**/b", "a/x/b", 1},
	{"a/**/b", "a/x/y/b", 1},
	{"a/**/b", "a/xb", 0},
	{"a/**/b", "ab", 0},
	{"a**b", "a/x/b", 1},
	{"a**/b", "ax/b", 1},
	{"a**/b", "ab", 0},
	{"/**/**/b", "/b", 1},
	{"/**/*/b", "/x/b", 1},
	{"/**/*/b", "/b", 0},
	{"***", "a/b", 1},
	{"?", "a", 1},
	{"?", "", 0},
	{"?", "/", 0},
	{"we?01", "web01", 1},
	{"??", "\xc3\xa4", 1},
	{"[abc]", "b", 1},
	{"[abc]", "d", 0},
	{"[a-c]x", "bx", 1},
	{"[!a-c]", "d", 1},
	{"[!a-c]", "b", 0},
	{"[^a]", "b", 1},
	{"[^a]", "/", 0},
	{"[/]", "/", 0},
	{"[]]", "]", 1},
	{"[]a]", "a", 1},
	{"[!]]", "a", 1},
	{"[a-]", "-", 1},
	{"[\\]]", "]", 1},
	{"[\\a-\\c]", "b", 1},
	{"[z-a]", "m", 0},
	{"[a", "[a", 1},
	{"[a", "a", 0},
	{"[", "[", 1},
	{"[]", "[]", 1},
	{"[\x80-\xff]", "\xc3", 1},
	{"\\*", "*", 1},
	{"\\*", "a", 0},
	{"\\[a]", "[a]", 1},
	{"a\\", "a\\", 1},
	{"\\\\", "\\", 1},
	{"web-[0-9][0-9]", "web-42", 1},
	{"Web", "web", 0},
};

START_TEST(test_glob)
{
	ck_assert_msg(hyp_text_glob(globs[_i].pattern, globs[_i].text) ==
			      globs[_i].match,
		      "\"%s\" on \"%s\": want %d", globs[_i].pattern,
		      globs[_i].text, globs[_i].match);
}
END_TEST

START_TEST(test_glob_long)
{
	char pattern[1026], text[5000];

	/* Backtracking would not end on these. */
	for (size_t i = 0; i < 1024; i += 2)
		memcpy(pattern + i, "*a", 2);
	pattern[1024] = '\0';
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	ck_assert(hyp_text_glob(pattern, text));
	text[sizeof(text) - 2] = 'b';
	ck_assert(!hyp_text_glob(pattern, text));
	for (size_t i = 0; i + 4 <= 1024; i += 4)
		memcpy(pattern + i, "**/a", 4);
	ck_assert(!hyp_text_glob(pattern, text));
	memset(pattern, 'a', 1024);
	ck_assert(!hyp_text_glob(pattern, "a"));
	memset(pattern, '*', 1025);
	pattern[1025] = '\0';
	ck_assert(!hyp_text_glob(pattern, "a"));
	pattern[1024] = '\0';
	ck_assert(hyp_text_glob(pattern, "a"));
}
END_TEST

static const char *nearest(const char *word)
{
	static const char *const words[] = {"output",	 "parallel", "digest",
					    "bandwidth", "ca",	     "url"};
	const char *found = hyp_text_nearest(word, words, HYP_COUNT(words));

	return found == NULL ? "" : found;
}

START_TEST(test_nearest)
{
	static const struct {
		const char *word, *want;
	} cases[] = {
		{"output", "output"},
		{"ouput", "output"},
		{"outptu", "output"},
		{"paralel", "parallel"},
		{"parralel", "parallel"},
		{"digset", "digest"},
		{"bandwith", "bandwidth"},
		{"cafile", ""},
		{"xyz", ""},
		{"", ""},
		{"c", "ca"},
		{"x", ""},
		{"urls", "url"},
		{"uotptu", "output"}, /* two swaps, not four changes */

		{"digestdigestdigest", ""},
	};

	for (size_t i = 0; i < HYP_COUNT(cases); i++)
		ck_assert_str_eq(nearest(cases[i].word), cases[i].want);
}
END_TEST

START_TEST(test_nearest_limits)
{
	char word[200];
	const char *words[] = {word, "abc"};

	memset(word, 'a', sizeof(word) - 1);
	word[sizeof(word) - 1] = '\0';
	ck_assert_ptr_null(hyp_text_nearest(word, words, 2));
	ck_assert_str_eq(hyp_text_nearest("abd", words, 2), "abc");
	ck_assert_ptr_null(hyp_text_nearest("abc", words, 0));
	word[64] = '\0';
	ck_assert_ptr_eq(hyp_text_nearest(word, words, 2), word);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("text-match");
	TCase *t = tcase_create("text-match");

	tcase_add_loop_test(t, test_glob, 0, (int)HYP_COUNT(globs));
	tcase_add_test(t, test_glob_long);
	tcase_add_test(t, test_nearest);
	tcase_add_test(t, test_nearest_limits);
	suite_add_tcase(suite, t);
	return unit_main(suite);
}
