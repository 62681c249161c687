/* SPDX-License-Identifier: Apache-2.0 */
/* @include, and the numbers that libconfig 1.5 would change in silence. */
#include "core/config/source.h"
#include "tests/lib/tree.h"
#include "tests/unit/config/problems.h"

#include <sys/stat.h>

static struct tree tree;
static struct hyp_source source;
static struct hyp_problems problems;

static void setup(void)
{
	tree_init(&tree);
	memset(&problems, 0, sizeof(problems));
}

static void teardown(void)
{
	hyp_problems_fini(&problems);
	tree_fini(&tree);
}

static int32_t read_main(const char *text)
{
	tree_write(&tree, "main.conf", text, 0644);
	return hyp_source_read(tree_path(&tree, "main.conf"), &source,
			       &problems);
}

static const struct {
	const char *text;
	uint32_t bad; /* 1: there is a problem, in line 2 */
} numbers[] = {
	{"a = 2147483647;", 0},
	{"a = -2147483648;", 0},
	{"a = 2147483648;", 1},
	{"a = -2147483649;", 1},
	{"a = 5000000000;", 1},
	{"a=5000000000;", 1},
	{"a = +5000000000;", 1},
	{"a = 5000000000L;", 1},
	{"a = 1L;", 1},
	{"a = 1LL;", 1},
	{"a = 99999999999999999999999;", 1},
	{"a = 0x7fffffff;", 0},
	{"a = 0xFFFFFFFF;", 1},
	{"a = 0x1ffffffffL;", 1},
	{"a = [1, 2, 5000000000];", 1},
	{"a = ( { b = 5000000000; } );", 1},
	{"a = 010;", 1},
	{"a = 0;", 0},
	{"a = 0.5;", 0},
	{"a = 1e20;", 0},
	{"a = 5000000000.0;", 0},
	{"a = \"5000000000\";", 0},
	{"a = \"\\\"5000000000\";", 0},
	{"a5000000000 = 1;", 0},
	{"a-5000000000 = 1;", 0},
	{"# 5000000000", 0},
	{"// 5000000000", 0},
	{"a = 1; /* 5000000000 */", 0},
	{"/* \" */ a = 5000000000; /* \" */", 1},
	{"a = \"/*\"; b = 5000000000; c = \"*/\";", 1},
	{"a = \"#\"; b = 5000000000;", 1},
	{"a = \"x\\x00y\";", 1},
	{"a = \"x\\x01\\x0a\";", 0},
	{"a = \"\\\\x00\";", 0},
};

START_TEST(number)
{
	char text[256];

	snprintf(text, sizeof(text), "# first\n%s\n", numbers[_i].text);
	ck_assert_int_eq(read_main(text), 0);
	ck_assert_msg(problems.count == numbers[_i].bad, "%s", text);
	if (numbers[_i].bad)
		ck_problem(&problems, "main.conf:2: ");
	hyp_source_fini(&source);
}
END_TEST

START_TEST(include)
{
	tree_write(&tree, "sub/a.inc", "a1\na2\n@include \"b.inc\"\na4", 0644);
	tree_write(&tree, "sub/b.inc", "b1\n", 0644);
	ck_assert_int_eq(read_main("m1\n  @include\t\"sub/a.inc\"  \nm3\n"
				   "s = \"\n@include \\\"x\\\"\n\";\n/*\n"
				   "@include \"nothing\"\n*/\n"),
			 0);
	ck_assert_uint_eq(problems.count, 0);
	ck_assert_str_eq(hyp_buf_str(&source.text),
			 "m1\na1\na2\nb1\na4\nm3\n"
			 "s = \"\n@include \\\"x\\\"\n\";\n/*\n"
			 "@include \"nothing\"\n*/\n");
	ck_assert_uint_eq(hyp_source_at(&source, 3).line, 2);
	ck_assert_ptr_nonnull(
		strstr(hyp_source_at(&source, 3).file, "/sub/a.inc"));
	ck_assert_ptr_nonnull(
		strstr(hyp_source_at(&source, 4).file, "/sub/b.inc"));
	ck_assert_uint_eq(hyp_source_at(&source, 5).line, 4);
	ck_assert_uint_eq(hyp_source_at(&source, 6).line, 3);
	ck_assert_ptr_nonnull(
		strstr(hyp_source_at(&source, 6).file, "/main.conf"));
	ck_assert_uint_eq(hyp_source_at(&source, 999).line, 9);
	hyp_source_fini(&source);
}
END_TEST

/* Fault 126. */
START_TEST(include_loop)
{
	tree_write(&tree, "a.inc", "\n@include \"main.conf\"\n", 0644);
	ck_assert_int_eq(read_main("# x\n@include \"a.inc\"\n"), HYP_E_USAGE);
	ck_problem(&problems, "a.inc:2: @include names a file that is being "
			      "read already");
	hyp_problems_fini(&problems);
	ck_assert_int_eq(read_main("@include \"main.conf\"\n"), HYP_E_USAGE);
	ck_problem(&problems, "main.conf:1: @include names");
}
END_TEST

START_TEST(include_depth)
{
	char name[16], text[64];

	for (int i = 0; i < 12; i++) {
		snprintf(name, sizeof(name), "%d.inc", i);
		snprintf(text, sizeof(text), "@include \"%d.inc\"\n", i + 1);
		tree_write(&tree, name, text, 0644);
	}
	ck_assert_int_eq(read_main("@include \"0.inc\"\n"), HYP_E_USAGE);
	ck_problem(&problems, "deeper than 10 files");
}
END_TEST

/* The same file twice, but not within itself, is no loop. */
START_TEST(include_twice)
{
	tree_write(&tree, "a.inc", "a", 0644);
	ck_assert_int_eq(read_main("@include \"a.inc\"\n@include \"a.inc\"\n"),
			 0);
	ck_assert_str_eq(hyp_buf_str(&source.text), "a\na\n");
	hyp_source_fini(&source);
}
END_TEST

static const struct {
	const char *text, *problem;
} broken[] = {
	{"\n@include \"none.inc\"\n", "main.conf:2: cannot be opened: No such"},
	{"\n@include none.inc\n", "main.conf:2: write @include \"PATH\""},
	{"\n@include \"\"\n", "main.conf:2: write @include \"PATH\""},
	{"\n@include \"/\"\n", "/: is not a regular file"},
	{"a = 1;\nb = \"never\n\n", "main.conf:2: a string that begins here"},
	{"a = 1; /* never\n\n", "main.conf:1: a comment that begins here"},
};

START_TEST(broken_text)
{
	ck_assert_int_eq(read_main(broken[_i].text), HYP_E_USAGE);
	ck_problem(&problems, broken[_i].problem);
}
END_TEST

START_TEST(broken_bytes)
{
	FILE *out;

	ck_assert_int_eq(read_main("a\n\xc3\x28\nb\n"), 0);
	ck_problem(&problems, "main.conf:2: is not valid UTF-8");
	hyp_source_fini(&source);
	out = fopen(tree_path(&tree, "main.conf"), "w");
	ck_assert_uint_eq(fwrite("a\0b", 1, 3, out), 3);
	fclose(out);
	ck_assert_int_eq(hyp_source_read(tree.path, &source, &problems),
			 HYP_E_USAGE);
	ck_problem(&problems, "holds a NUL byte");
}
END_TEST

START_TEST(broken_file)
{
	tree_write(&tree, "w.conf", "a = 1;", 0646);
	ck_assert_int_eq(
		hyp_source_read(tree_path(&tree, "w.conf"), &source, &problems),
		HYP_E_USAGE);
	ck_problem(&problems, "w.conf: can be written by anyone");
	ck_assert_int_eq(mkfifo(tree_path(&tree, "fifo"), 0600), 0);
	ck_assert_int_eq(hyp_source_read(tree.path, &source, &problems),
			 HYP_E_USAGE);
	ck_problem(&problems, "fifo: is not a regular file");
	ck_assert_int_eq(
		hyp_source_read(tree_path(&tree, "none"), &source, &problems),
		HYP_E_USAGE);
	ck_problem(&problems, "none: cannot be opened: No such file");
}
END_TEST

START_TEST(too_long)
{
	size_t n = (1u << 20) + 1;
	char *text = malloc(n + 1);

	memset(text, '\n', n);
	text[n] = '\0';
	ck_assert_int_eq(read_main(text), HYP_E_USAGE);
	ck_problem(&problems, "is longer than 1 MiB");
	free(text);
}
END_TEST

/* Small files can still include one another into a large text. */
START_TEST(too_long_in_all)
{
	size_t n = 1u << 20;
	char *text = malloc(n + 1);

	memset(text, ' ', n);
	text[n] = '\0';
	tree_write(&tree, "a.inc", text, 0644);
	free(text);
	ck_assert_int_eq(read_main("@include \"a.inc\"\n@include \"a.inc\"\n"
				   "@include \"a.inc\"\n@include \"a.inc\"\n"),
			 HYP_E_USAGE);
	ck_problem(&problems, "more than 4 MiB");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("source");
	TCase *c = tcase_create("source");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_loop_test(c, number, 0,
			    (int)(sizeof(numbers) / sizeof(numbers[0])));
	tcase_add_test(c, include);
	tcase_add_test(c, include_loop);
	tcase_add_test(c, include_depth);
	tcase_add_test(c, include_twice);
	tcase_add_loop_test(c, broken_text, 0,
			    (int)(sizeof(broken) / sizeof(broken[0])));
	tcase_add_test(c, broken_bytes);
	tcase_add_test(c, broken_file);
	tcase_add_test(c, too_long);
	tcase_add_test(c, too_long_in_all);
	suite_add_tcase(suite, c);
	return unit_main(suite);
}
