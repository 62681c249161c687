/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/table.h"
#include "tests/lib/unit.h"

#include <locale.h>

static const struct hyp_table_column columns[] = {
	{"NAME", 0},
	{"N", HYP_TABLE_RIGHT},
	{"GUEST", HYP_TABLE_SHRINK},
};

static char *print(unsigned width, const char *const *cells)
{
	struct hyp_table *table;
	struct hyp_error err;
	char *text = NULL;
	size_t n;
	FILE *out = open_memstream(&text, &n);

	ck_ok(hyp_table_new(columns, 3, &table, &err), &err);
	for (size_t i = 0; cells[i] != NULL; i++)
		ck_ok(hyp_table_add(table, cells[i], &err), &err);
	hyp_table_print(table, out, width);
	hyp_table_free(table);
	fclose(out);
	return text;
}

static void check(unsigned width, const char *const *cells, const char *want)
{
	char *text = print(width, cells);

	ck_assert_str_eq(text, want);
	free(text);
}

START_TEST(aligns_by_what_is_seen)
{
	const char *const cells[] = {
		"a",  "1",	   "Linux", "\xe4\xb8\xad\xe6\x96\x87",
		"10", "e\xcc\x81", NULL};

	check(0, cells,
	      "NAME   N  GUEST\n"
	      "a      1  Linux\n"
	      "\xe4\xb8\xad\xe6\x96\x87  10  e\xcc\x81\n");
}
END_TEST

START_TEST(escapes_what_would_harm)
{
	const char *const cells[] = {"a\033[2Jb\n", "1", "x", NULL};
	char *text = print(0, cells);

	ck_assert_ptr_null(strchr(text, '\033'));
	ck_assert_ptr_nonnull(strstr(text, "a\\x1b[2Jb\\x0a"));
	free(text);
}
END_TEST

START_TEST(fits_the_terminal)
{
	const char *const cells[] = {"0123456789", "1",
				     "a guest with a long name", NULL};

	check(30, cells,
	      "NAME        N  GUEST\n"
	      "0123456789  1  a guest with a.\n");
	/* First the one that may shrink, then the others. */
	check(21, cells,
	      "NAME      N  GUEST\n"
	      "0123456.  1  a guest.\n");
}
END_TEST

START_TEST(cuts_with_an_ellipsis_where_there_is_one)
{
	const char *const cells[] = {"\xe4\xb8\xad\xe6\x96\x87", "1",
				     "\xe4\xb8\xad\xe6\x96\x87\xe4\xb8\xad"
				     "\xe6\x96\x87\xe4\xb8\xad\xe6\x96\x87",
				     NULL};
	char *text;

	ck_assert_ptr_nonnull(setlocale(LC_CTYPE, "C.UTF-8"));
	text = print(15, cells);
	ck_assert_ptr_nonnull(strstr(text, "\xe4\xb8\xad\xe6\x96\x87\xe4\xb8"
					   "\xad\xe2\x80\xa6\n"));
	free(text);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("table");
	TCase *tc = tcase_create("table");

	tcase_add_test(tc, aligns_by_what_is_seen);
	tcase_add_test(tc, escapes_what_would_harm);
	tcase_add_test(tc, fits_the_terminal);
	tcase_add_test(tc, cuts_with_an_ellipsis_where_there_is_one);
	suite_add_tcase(suite, tc);
	return unit_main(suite);
}
