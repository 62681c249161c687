/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/log.h"
#include "core/config/options.h"
#include "tests/lib/tree.h"
#include "tests/unit/config/problems.h"

#include <sys/stat.h>

struct sample {
	const char *path;
	int64_t count;
	uint32_t on;
	uint64_t limit;
	uint64_t wait;
	struct hyp_secret password;
	struct hyp_list names;
	uint32_t mode;
	int64_t free_number;
};

static const char *const modes[] = {"cold", "hot", NULL};
static const struct hyp_option options[] = {
	HYP_OPT_STRING(struct sample, path, "path", "/x", 0, "a folder"),
	HYP_OPT_INTEGER(struct sample, count, "count", "3", 1, 16, 0, "count"),
	HYP_OPT_BOOL(struct sample, on, "on", "true", 0, "on"),
	HYP_OPT_BYTES(struct sample, limit, "limit", "64MiB", 0, "limit"),
	HYP_OPT_DURATION(struct sample, wait, "wait", "30s", 0, "wait"),
	HYP_OPT_SECRET(struct sample, password, "password", 0, "password"),
	HYP_OPT_LIST(struct sample, names, "names", 0, "names"),
	HYP_OPT_ENUM(struct sample, mode, "mode", modes, "hot", 0, "mode"),
	HYP_OPT_INTEGER(struct sample, free_number, "free_number", NULL, 0, 0,
			0, "any number"),
};
static const struct hyp_option_table table =
	HYP_OPTION_TABLE(options, struct sample);

static struct hyp_values values;
static struct hyp_problems problems;
static struct hyp_options *filled;
static struct hyp_error err;

static void setup(void)
{
	memset(&values, 0, sizeof(values));
	memset(&problems, 0, sizeof(problems));
	filled = NULL;
}

static void teardown(void)
{
	hyp_values_fini(&values);
	hyp_problems_fini(&problems);
	hyp_options_free(filled);
	hyp_redact_clear();
}

static void set(const char *name, uint32_t form, const char *text)
{
	ck_ok(hyp_values_set(&values, name, form, text, "t.conf", 7, &err),
	      &err);
}

static int32_t fill(void)
{
	return hyp_options_fill(&table, &values, "storage/x", 0, &filled,
				&problems);
}

static const struct sample *good(void)
{
	int32_t rc = fill();

	if (rc != 0)
		show_problems(&problems);
	ck_assert_int_eq(rc, 0);
	return hyp_options_struct(filled);
}

START_TEST(defaults)
{
	const struct sample *s = good();

	ck_assert_str_eq(s->path, "/x");
	ck_assert_int_eq(s->count, 3);
	ck_assert_uint_eq(s->on, 1);
	ck_assert_uint_eq(s->limit, 64u << 20);
	ck_assert_uint_eq(s->wait, 30000);
	ck_assert_str_eq(s->password.value, "");
	ck_assert_uint_eq(s->password.length, 0);
	ck_assert_uint_eq(s->names.count, 0);
	ck_assert_uint_eq(s->mode, 1);
	ck_assert_int_eq(s->free_number, 0);
}
END_TEST

START_TEST(given)
{
	static const char *const names[] = {"a", "b"};
	const struct sample *s;

	set("path", HYP_VALUE_TEXT, "/y");
	set("count", HYP_VALUE_NUMBER, "16");
	set("on", HYP_VALUE_BOOL, "false");
	set("limit", HYP_VALUE_TEXT, "5GiB");
	set("wait", HYP_VALUE_TEXT, "1h30m");
	set("mode", HYP_VALUE_TEXT, "cold");
	set("free_number", HYP_VALUE_TEXT, "-9000000000");
	ck_ok(hyp_values_set_list(&values, "names", names, 2, "f", 1, &err),
	      &err);
	s = good();
	ck_assert_str_eq(s->path, "/y");
	ck_assert_int_eq(s->count, 16);
	ck_assert_uint_eq(s->on, 0);
	ck_assert_uint_eq(s->limit, 5ull << 30);
	ck_assert_uint_eq(s->wait, 5400000);
	ck_assert_uint_eq(s->mode, 0);
	ck_assert_int_eq(s->free_number, -9000000000ll);
	ck_assert_uint_eq(s->names.count, 2);
	ck_assert_str_eq(s->names.items[0], "a");
	ck_assert_str_eq(s->names.items[1], "b");
}
END_TEST

/* What a command line says is all text. */
START_TEST(from_a_command_line)
{
	const struct sample *s;

	set("count", HYP_VALUE_TEXT, "2");
	set("on", HYP_VALUE_TEXT, "false");
	set("names", HYP_VALUE_TEXT, "only one");
	s = good();
	ck_assert_int_eq(s->count, 2);
	ck_assert_uint_eq(s->on, 0);
	ck_assert_uint_eq(s->names.count, 1);
	ck_assert_str_eq(s->names.items[0], "only one");
}
END_TEST

static const struct {
	const char *name;
	uint32_t form;
	const char *text, *problem;
} wrong[] = {
	{"pth", HYP_VALUE_TEXT, "x",
	 "t.conf:7: storage/x has no option \"pth\"; did you mean \"path\"?"},
	{"nothing_like_it", HYP_VALUE_TEXT, "x",
	 "storage/x has no option \"nothing_like_it\""},
	{"path", HYP_VALUE_NUMBER, "1", "path must be a string, not a number"},
	{"path", HYP_VALUE_TEXT, "\xff", "path is not valid UTF-8"},
	{"count", HYP_VALUE_BOOL, "true",
	 "count must be a whole number, not a bool"},
	{"count", HYP_VALUE_NUMBER, "17", "count: \"17\""},
	{"count", HYP_VALUE_NUMBER, "0", "count: \"0\""},
	{"count", HYP_VALUE_TEXT, "three", "count: \"three\""},
	{"count", HYP_VALUE_TEXT, "99999999999999999999", "count: \"9999"},
	{"on", HYP_VALUE_TEXT, "yes", "\"yes\" is neither true nor false"},
	{"on", HYP_VALUE_NUMBER, "1", "on must be true or false, not a number"},
	{"limit", HYP_VALUE_NUMBER, "512",
	 "limit must be a size as a string, such as"},
	{"limit", HYP_VALUE_TEXT, "5 parsecs", "limit: \"5 parsecs\""},
	{"wait", HYP_VALUE_NUMBER, "30",
	 "wait must be a time as a string, such as"},
	{"wait", HYP_VALUE_TEXT, "30", "wait: \"30\""},
	{"mode", HYP_VALUE_TEXT, "hott", "did you mean \"hot\"?"},
	{"mode", HYP_VALUE_TEXT, "boiling",
	 "\"boiling\" is not one of: cold, hot"},
	{"names", HYP_VALUE_OTHER, "",
	 "names must be a list of strings, such as"},
	{"path", HYP_VALUE_LIST, NULL, "path must be a string, not a list"},
};

START_TEST(wrong_values)
{
	if (wrong[_i].form == HYP_VALUE_LIST)
		ck_ok(hyp_values_set_list(&values, wrong[_i].name, NULL, 0,
					  "t.conf", 7, &err),
		      &err);
	else
		set(wrong[_i].name, wrong[_i].form, wrong[_i].text);
	ck_assert_int_eq(fill(), HYP_E_USAGE);
	ck_assert_ptr_null(filled);
	ck_assert_uint_eq(problems.count, 1);
	ck_problem(&problems, wrong[_i].problem);
	ck_problem(&problems, "t.conf:7: ");
}
END_TEST

START_TEST(all_problems_at_once)
{
	set("pth", HYP_VALUE_TEXT, "x");
	set("count", HYP_VALUE_NUMBER, "17");
	set("wait", HYP_VALUE_TEXT, "soon");
	ck_assert_int_eq(fill(), HYP_E_USAGE);
	ck_assert_uint_eq(problems.count, 3);
	ck_fails(hyp_problems_error(&problems, &err), &err, HYP_E_USAGE,
		 "bad_config");
	ck_assert_ptr_nonnull(strstr(err.text, "(and 2 more)"));
}
END_TEST

START_TEST(required)
{
	static const struct hyp_option must[] = {
		HYP_OPT_STRING(struct sample, path, "path", NULL,
			       HYP_OPT_REQUIRED, "folder to read"),
	};
	const struct hyp_option_table t = HYP_OPTION_TABLE(must, struct sample);

	ck_ok(hyp_values_set_origin(&values, "p.conf", 3, &err), &err);
	ck_assert_int_eq(hyp_options_fill(&t, &values, "storage/x",
					  HYP_OPTIONS_CHECK_ONLY, NULL,
					  &problems),
			 HYP_E_USAGE);
	ck_problem(&problems, "p.conf:3: storage/x: the option \"path\" must "
			      "be given (folder to read)");
}
END_TEST

START_TEST(secret_from_file)
{
	struct tree tree;
	char reference[1100], line[] = "token is hunter22!";
	const struct sample *s;

	tree_init(&tree);
	tree_write(&tree, "pw", "hunter22\n", 0600);
	snprintf(reference, sizeof(reference), "file:%s",
		 tree_path(&tree, "pw"));
	set("password", HYP_VALUE_TEXT, reference);
	s = good();
	ck_assert_str_eq(s->password.value, "hunter22");
	ck_assert_uint_eq(s->password.length, 8);
	hyp_redact(line);
	ck_assert_str_eq(line, "token is ***!");
	tree_fini(&tree);
}
END_TEST

/* A literal is refused, and repeated nowhere. */
START_TEST(secret_as_literal)
{
	struct tree tree;
	const char *file;

	tree_init(&tree);
	tree_write(&tree, "x.conf", "", 0644);
	file = tree_path(&tree, "x.conf");
	ck_ok(hyp_values_set(&values, "password", HYP_VALUE_TEXT, "hunter22",
			     file, 4, &err),
	      &err);
	ck_assert_int_eq(fill(), HYP_E_USAGE);
	ck_problem(&problems, "x.conf:4: storage/x: password is a secret and "
			      "given by reference only");
	ck_problem(&problems, "this file can be read by others");
	ck_assert(!has_problem(&problems, "hunter22"));
	hyp_problems_fini(&problems);
	ck_assert_int_eq(chmod(file, 0600), 0);
	ck_assert_int_eq(fill(), HYP_E_USAGE);
	ck_assert(!has_problem(&problems, "read by others"));
	tree_fini(&tree);
}
END_TEST

/* The core's own word for a secret: for secrets only, and shown nowhere. */
START_TEST(secret_from_the_core)
{
	char line[] = "token is hunter22!";
	const struct sample *s;

	set("password", HYP_VALUE_LITERAL, "hunter22");
	s = good();
	ck_assert_str_eq(s->password.value, "hunter22");
	ck_assert_uint_eq(s->password.length, 8);
	hyp_redact(line);
	ck_assert_str_eq(line, "token is ***!");
	set("path", HYP_VALUE_LITERAL, "file:/x");
	ck_assert_int_eq(
		hyp_options_fill(&table, &values, "x", 0, NULL, &problems),
		HYP_E_USAGE);
	ck_problem(&problems, "path must be a string, not a secret");
	ck_assert(!has_problem(&problems, "file:/x"));
}
END_TEST

START_TEST(check_only_reads_no_secret)
{
	set("password", HYP_VALUE_TEXT, "file:/no/such/file");
	ck_assert_int_eq(hyp_options_fill(&table, &values, "x",
					  HYP_OPTIONS_CHECK_ONLY, NULL,
					  &problems),
			 0);
	ck_assert_int_eq(fill(), HYP_E_USAGE);
	ck_problem(&problems, "password: file:/no/such/file: cannot be opened");
}
END_TEST

START_TEST(overlay_replaces)
{
	struct hyp_values over = HYP_VALUES_INIT;
	static const char *const names[] = {"z"};
	const struct sample *s;

	set("path", HYP_VALUE_TEXT, "/old");
	set("count", HYP_VALUE_NUMBER, "2");
	ck_ok(hyp_values_set(&over, "path", HYP_VALUE_TEXT, "/new", "cli", 0,
			     &err),
	      &err);
	ck_ok(hyp_values_set_list(&over, "names", names, 1, "cli", 0, &err),
	      &err);
	ck_ok(hyp_values_overlay(&values, &over, &err), &err);
	hyp_values_fini(&over);
	ck_assert_uint_eq(values.count, 3);
	ck_assert_str_eq(hyp_values_get(&values, "path")->file, "cli");
	s = good();
	ck_assert_str_eq(s->path, "/new");
	ck_assert_int_eq(s->count, 2);
	ck_assert_str_eq(s->names.items[0], "z");
}
END_TEST

/* A plugin built with a longer struct hyp_option. */
START_TEST(longer_elements)
{
	struct {
		struct hyp_option option;
		uint64_t later[3];
	} longer[] = {{options[0], {1, 2, 3}}, {options[1], {4, 5, 6}}};
	const struct hyp_option_table t = {&longer[0].option, sizeof(longer[0]),
					   2, sizeof(struct sample)};
	const struct sample *s;

	set("count", HYP_VALUE_NUMBER, "9");
	ck_assert_int_eq(
		hyp_options_fill(&t, &values, "x", 0, &filled, &problems), 0);
	s = hyp_options_struct(filled);
	ck_assert_str_eq(s->path, "/x");
	ck_assert_int_eq(s->count, 9);
}
END_TEST

START_TEST(type_names)
{
	ck_assert_str_eq(hyp_option_type_name(HYP_OPT_T_STRING), "string");
	ck_assert_str_eq(hyp_option_type_name(HYP_OPT_T_ENUM), "enum");
	ck_assert_str_eq(hyp_option_type_name(0), "unknown");
	ck_assert_str_eq(hyp_option_type_name(99), "unknown");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("options");
	TCase *c = tcase_create("options");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, defaults);
	tcase_add_test(c, given);
	tcase_add_test(c, from_a_command_line);
	tcase_add_loop_test(c, wrong_values, 0,
			    (int)(sizeof(wrong) / sizeof(wrong[0])));
	tcase_add_test(c, all_problems_at_once);
	tcase_add_test(c, required);
	tcase_add_test(c, secret_from_file);
	tcase_add_test(c, secret_as_literal);
	tcase_add_test(c, secret_from_the_core);
	tcase_add_test(c, check_only_reads_no_secret);
	tcase_add_test(c, overlay_replaces);
	tcase_add_test(c, longer_elements);
	tcase_add_test(c, type_names);
	suite_add_tcase(suite, c);
	return unit_main(suite);
}
