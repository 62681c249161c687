/* SPDX-License-Identifier: Apache-2.0 */
/* Texts that do not fit are cut between two characters, wherever that is. */
#include "core/base/cleanup.h"
#include "core/base/text.h"
#include "tests/lib/unit.h"

#include <hypersdk/error.h>

static struct hyp_error err;

/* So many bytes, then as many of the character as there is room for. */
static char *text_of(size_t before, const char *character)
{
	static char text[2 * HYP_ERROR_TEXT_MAX];
	size_t n = before;

	memset(text, 'a', before);
	while (n < HYP_ERROR_TEXT_MAX + 8) {
		strcpy(text + n, character);
		n += strlen(character);
	}
	return text;
}

static const char *const characters[] = {"e", "\xc3\xa9", "\xe4\xb8\xad",
					 "\xf0\x9f\x98\x80"};

static void is_whole(size_t most)
{
	size_t n = strlen(err.text);

	ck_assert(hyp_text_is_utf8(err.text, n));
	ck_assert_uint_le(n, most);
	ck_assert_uint_gt(n, most - 4);
}

START_TEST(set)
{
	for (size_t before = 0; before < 4; before++) {
		hyp_error_set(&err, HYP_E_PERMANENT, "x", 0, "%s",
			      text_of(before, characters[_i]));
		is_whole(HYP_ERROR_TEXT_MAX - 1);
	}
}
END_TEST

START_TEST(prefix)
{
	for (size_t before = 0; before < 4; before++) {
		hyp_error_set(&err, HYP_E_PERMANENT, "x", 0, "%s",
			      text_of(before, characters[_i]));
		ck_assert_int_eq(hyp_error_prefix(&err, "%s: ",
						  "\xe4\xb8\xad\xe6\x96\x87"),
				 HYP_E_PERMANENT);
		is_whole(HYP_ERROR_TEXT_MAX - 1);
	}
}
END_TEST

/* Nothing of what fits goes, and what never was UTF-8 stays. */
START_TEST(kept)
{
	static const char *const texts[] = {"",		 "a",	 "\xc3\xa9",
					    "a\x80\x80", "\x80", "\xff\x80 b"};

	for (size_t i = 0; i < HYP_COUNT(texts); i++) {
		hyp_error_set(&err, HYP_E_PERMANENT, "x", 0, "%s", texts[i]);
		ck_assert_str_eq(err.text, texts[i]);
	}
}
END_TEST

static Suite *error_suite(void)
{
	Suite *suite = suite_create("error");
	TCase *tc = tcase_create("cut");

	tcase_add_loop_test(tc, set, 0, (int)HYP_COUNT(characters));
	tcase_add_loop_test(tc, prefix, 0, (int)HYP_COUNT(characters));
	tcase_add_test(tc, kept);
	suite_add_tcase(suite, tc);
	return suite;
}

int main(void)
{
	return unit_main(error_suite());
}
