/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/app.h"
#include "core/app/json.h"
#include "core/app/terminal.h"
#include "core/base/clock.h"
#include "core/base/text.h"
#include "core/base/units.h"
#include "core/lib/package-json.h"

#include <unistd.h>

#define DRAW_MS 100

static const struct hyp_cli_option options[] = {
	{"ca", 0, "FILE",
	 "trusted roots (PEM) for the certificate, instead of the system's"},
	{"deep", 0, NULL,
	 "inflates every grain of the disk images, not only a sample"},
	{"json", 'j', NULL, "one JSON object with every finding"},
	{NULL, 0, NULL, NULL},
};
static const struct hyp_cli_group group = {"Options", options};

struct report {
	struct hyp_app *app;
	struct json_object *findings; /* NULL: for a person */
	int shows;
	uint64_t shown_ms;
};

static void clear_line(struct report *r)
{
	if (r->shown_ms != 0)
		fputs("\r\033[K", stderr);
	r->shown_ms = 0;
}

static int is_cancelled(void *ctx)
{
	return hyp_cancel_is_set(((struct report *)ctx)->app->cancel);
}

static void on_progress(void *ctx, uint64_t done, uint64_t total)
{
	struct report *r = ctx;
	uint64_t now = hyp_clock_boot_ms();
	char have[HYP_UNITS_TEXT_MAX], all[HYP_UNITS_TEXT_MAX];

	if (!r->shows || now - r->shown_ms < DRAW_MS ||
	    !hyp_terminal_is_ours(STDERR_FILENO))
		return;
	r->shown_ms = now;
	hyp_format_bytes(done, have);
	hyp_format_bytes(total, all);
	fprintf(stderr, "\r\033[Kreading %s of %s", have, all);
	fflush(stderr);
}

static void print_finding(const struct hyp_judgement *j)
{
	char where[300], text[2048];

	hyp_text_printable(j->where, where, sizeof(where));
	hyp_text_printable(j->text, text, sizeof(text));
	printf("%-8s %s%s%s\n         %s; rule: %s\n",
	       hyp_severity_name(j->severity), where,
	       where[0] != '\0' ? ": " : "", text, j->kind, j->rule);
}

static void on_found(void *ctx, const struct hyp_judgement *j)
{
	struct report *r = ctx;

	clear_line(r);
	if (r->findings == NULL) {
		print_finding(j);
		return;
	}
	json_object_array_add(r->findings, hyp_package_finding_json(j));
}

static void print_verdict(const char *path,
			  const struct hyp_judge_counts *counts)
{
	char safe[1024];

	hyp_text_printable(path, safe, sizeof(safe));
	if (counts->errors > 0)
		printf("%s is NOT valid: %u error%s, %u warning%s\n", safe,
		       counts->errors, counts->errors == 1 ? "" : "s",
		       counts->warnings, counts->warnings == 1 ? "" : "s");
	else
		printf("%s is valid: 0 errors, %u warning%s\n", safe,
		       counts->warnings, counts->warnings == 1 ? "" : "s");
}

static int run(struct hyp_app *app, const struct hyp_args *args)
{
	const char *path = args->operands[0];
	int json = hyp_args_has(args, "json");
	struct report r = {
		.app = app,
		.findings = json ? json_object_new_array() : NULL,
		.shows = !json && hyp_terminal_is(STDERR_FILENO),
	};
	struct hyp_judge_args judge = {
		.cancelled = is_cancelled,
		.progress = on_progress,
		.found = on_found,
		.ctx = &r,
		.ca_file = hyp_args_get(args, "ca"),
		.deep = hyp_args_has(args, "deep") ? 1 : 0,
	};
	struct hyp_judge_counts counts;
	struct hyp_error err;
	int32_t rc = hyp_judge(path, &judge, &counts, &err);

	clear_line(&r);
	if (rc == 0 && json)
		hyp_json_print(hyp_package_verdict_json(
			path, &counts, json_object_get(r.findings)));
	else if (rc == 0)
		print_verdict(path, &counts);
	json_object_put(r.findings);
	if (rc != 0)
		return hyp_app_fail(&err);
	return counts.errors == 0 ? HYP_EXIT_DONE : HYP_EXIT_FAILED;
}

const struct hyp_command hyp_cmd_ova_validate = {
	.name = "ova validate",
	.operands = "IN.ova|DIR|FILE.ovf",
	.summary = "Reports whether a package is whole and right, and why not",
	.details = "Reads every byte. Exit code 0: no error was found, 1: the "
		   "package is not valid.",
	.min = 1,
	.max = 1,
	.groups = {&group},
	.run = run,
};
