/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/client-command.h"
#include "core/base/cleanup.h"

static const struct hyp_table_column columns[] = {
	{"TIME", 0},
	{"STATUS", 0},
	{"PHASE", 0},
	{"ATTEMPT", HYP_TABLE_RIGHT},
	{"DETAILS", HYP_TABLE_SHRINK},
};

static int32_t add_row(struct hyp_table *table, struct json_object *row,
		       struct hyp_error *err)
{
	char attempt[24] = "";
	const char *const cells[HYP_COUNT(columns)] = {
		hyp_reply_text(row, "timestamp"), hyp_reply_text(row, "status"),
		hyp_reply_text(row, "phase"), attempt,
		hyp_reply_text(row, "details")};
	int64_t n = hyp_reply_number(row, "attempt");

	if (n > 0)
		snprintf(attempt, sizeof(attempt), "%d", (int)n);
	return hyp_table_add_line(table, cells, HYP_COUNT(cells), err);
}

static const struct hyp_listing listing = {"history", columns,
					   HYP_COUNT(columns), add_row};

static int32_t history(struct hyp_client *client, const struct hyp_args *args,
		       int *code, struct hyp_error *err)
{
	struct json_object *reply;
	int32_t rc = hyp_client_get_of(client, "/jobs/%s/history",
				       args->operands[0], &reply, err);

	(void)code;
	return rc != 0 ? rc : hyp_listing_show(&listing, args, reply, err);
}

static int run(struct hyp_app *app, const struct hyp_args *args)
{
	return hyp_client_run(app, args, history);
}

const struct hyp_command hyp_cmd_jobs_history = {
	.name = "jobs history",
	.operands = "ID",
	.summary = "Shows every state a job was in, and why it left",
	.min = 1,
	.max = 1,
	.groups = {&hyp_client_json_options, &hyp_client_options},
	.run = run,
};
