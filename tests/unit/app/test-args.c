/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/args.h"
#include "core/app/exit-code.h"
#include "tests/lib/unit.h"

static const struct hyp_cli_option list_options[] = {
	{"filter", 'f', "GLOB", "only these"},
	{"json", 'j', NULL, "as JSON"},
	{NULL, 0, NULL, NULL},
};
static const struct hyp_cli_group list_group = {"Options", list_options};
static const struct hyp_command list = {
	.name = "vms list",
	.summary = "lists",
	.groups = {&list_group},
};
static const struct hyp_command export = {
	.name = "export",
	.operands = "PATH...",
	.summary = "exports",
	.min = 1,
	.max = 2,
	.groups = {&list_group},
};
const struct hyp_command *const hyp_commands[] = {&list, &export, NULL};

static const struct hyp_cli_option global_options[] = {
	{"set", 'o', "KEY=VALUE", "sets"},
	{"help", 'h', NULL, "helps"},
	{"version", 0, NULL, "version"},
	{NULL, 0, NULL, NULL},
};
const struct hyp_cli_group hyp_global_options = {"Common", global_options};

static struct hyp_args args;
static struct hyp_error err;

#define PARSE(...) parse((const char *[]){"hypersdk", ##__VA_ARGS__, NULL})
#define MAX 16

/* A copy of words, since main gets its own to write to; kept until the next
 * one, since args points to it. */
static int32_t parse(const char *const *words)
{
	static char *argv[MAX + 1];
	int argc = 0;

	hyp_args_fini(&args);
	for (int i = 0; i < MAX; i++) {
		free(argv[i]);
		argv[i] = NULL;
	}
	for (; words[argc] != NULL && argc < MAX; argc++)
		argv[argc] = strdup(words[argc]);
	return hyp_args_parse(argc, argv, &args, &err);
}

#define ck_usage(call, want)                                                   \
	do {                                                                   \
		ck_fails(call, &err, HYP_E_USAGE, "usage");                    \
		ck_assert_str_eq(err.text, want);                              \
	} while (0)

START_TEST(takes_every_form_of_an_option)
{
	ck_ok(PARSE("vms", "list", "--filter=a", "-j"), &err);
	ck_assert_ptr_eq(args.command, &list);
	ck_assert_str_eq(hyp_args_get(&args, "filter"), "a");
	ck_assert(hyp_args_has(&args, "json"));
	ck_ok(PARSE("vms", "list", "--filter", "--json"), &err);
	ck_assert_str_eq(hyp_args_get(&args, "filter"), "--json");
	ck_assert(!hyp_args_has(&args, "json"));
	ck_ok(PARSE("vms", "list", "-fx", "-f", "y"), &err);
	ck_assert_str_eq(hyp_args_get(&args, "filter"), "y");
	ck_ok(PARSE("vms", "list", "--filter="), &err);
	ck_assert_str_eq(hyp_args_get(&args, "filter"), "");
}
END_TEST

START_TEST(global_options_stand_anywhere)
{
	size_t at = 0;

	ck_ok(PARSE("-o", "a=1", "export", "x", "--set=b=2"), &err);
	ck_assert_ptr_eq(args.command, &export);
	ck_assert_str_eq(hyp_args_next(&args, "set", &at), "a=1");
	ck_assert_str_eq(hyp_args_next(&args, "set", &at), "b=2");
	ck_assert_ptr_null(hyp_args_next(&args, "set", &at));
}
END_TEST

START_TEST(two_dashes_end_the_options)
{
	ck_ok(PARSE("export", "--", "--output", "-"), &err);
	ck_assert_uint_eq(args.operand_count, 2);
	ck_assert_str_eq(args.operands[0], "--output");
	ck_assert_str_eq(args.operands[1], "-");
}
END_TEST

START_TEST(wrong_lines_are_told_with_what_was_meant)
{
	ck_usage(PARSE("exprot", "x"),
		 "unknown command exprot x: did you mean \"export\"");
	ck_usage(PARSE("vms", "lits"),
		 "unknown command vms lits: did you mean \"vms list\"");
	ck_usage(PARSE("frobnicate"),
		 "unknown command frobnicate: see hypersdk --help");
	ck_usage(PARSE("vms", "--json"),
		 "vms is not a command of its own; there is: vms list");
	ck_usage(PARSE("vms", "list", "--jsno"),
		 "unknown option --jsno of vms list: did you mean --json");
	ck_usage(PARSE("vms", "list", "--fliter=x"),
		 "unknown option --fliter of vms list: did you mean --filter");
	ck_usage(PARSE("--filter=x"), "unknown option --filter");
	ck_usage(PARSE("vms", "list", "-x"), "unknown option -x of vms list");
	ck_usage(PARSE("vms", "list", "--json=1"),
		 "option --json takes no value");
	ck_usage(PARSE("vms", "list", "-jf"), "option --json takes no value");
	ck_usage(PARSE("vms", "list", "--filter"),
		 "option --filter needs a value: --filter GLOB");
	ck_usage(PARSE("vms", "list", "--=x"), "unknown option -- of vms list");
}
END_TEST

START_TEST(operands_are_counted)
{
	ck_usage(PARSE("export"), "export needs PATH...");
	ck_usage(PARSE("export", "a", "b", "c"),
		 "export: unexpected argument \"c\"");
	ck_usage(PARSE("vms", "list", "x"),
		 "vms list: unexpected argument \"x\"");
	ck_ok(PARSE("export", "--help"), &err);
	ck_ok(PARSE("export", "--version"), &err);
	ck_ok(PARSE("--help"), &err);
	ck_assert_ptr_null(args.command);
	ck_ok(PARSE("vms", "--help"), &err);
	ck_assert_ptr_null(args.command);
	ck_assert_str_eq(args.topic, "vms");
}
END_TEST

START_TEST(every_error_has_its_exit_code)
{
	static const struct {
		int32_t code;
		const char *kind;
		int exit;
	} cases[] = {
		{HYP_E_TRANSIENT, "net_timeout", HYP_EXIT_FAILED},
		{HYP_E_BUSY, "vm_busy", HYP_EXIT_FAILED},
		{HYP_E_AUTH, "auth_failed", HYP_EXIT_AUTH},
		{HYP_E_PERMANENT, "digest_mismatch", HYP_EXIT_FAILED},
		{HYP_E_NOT_FOUND, "not_found", HYP_EXIT_NOT_FOUND},
		{HYP_E_USAGE, "bad_config", HYP_EXIT_USAGE},
		{HYP_E_UNSUPPORTED, "unsupported", HYP_EXIT_FAILED},
		{HYP_E_RESOURCE, "insufficient_space", HYP_EXIT_OUTPUT},
		{HYP_E_RESOURCE, "quota_exceeded", HYP_EXIT_OUTPUT},
		{HYP_E_RESOURCE, "db_full", HYP_EXIT_OUTPUT},
		{HYP_E_RESOURCE, "too_many_leases", HYP_EXIT_FAILED},
		{HYP_E_EXISTS, "output_exists", HYP_EXIT_OUTPUT},
		{HYP_E_CANCELLED, "cancelled", HYP_EXIT_CANCELLED},
		{HYP_E_FENCED, "fenced", HYP_EXIT_FAILED},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		hyp_error_set(&err, cases[i].code, cases[i].kind, 0, "x");
		ck_assert_int_eq(hyp_exit_code(&err), cases[i].exit);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("args");
	TCase *tc = tcase_create("args");

	tcase_add_test(tc, takes_every_form_of_an_option);
	tcase_add_test(tc, global_options_stand_anywhere);
	tcase_add_test(tc, two_dashes_end_the_options);
	tcase_add_test(tc, wrong_lines_are_told_with_what_was_meant);
	tcase_add_test(tc, operands_are_counted);
	tcase_add_test(tc, every_error_has_its_exit_code);
	suite_add_tcase(suite, tc);
	return unit_main(suite);
}
