/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/client-command.h"
#include "core/app/table.h"
#include "core/app/terminal.h"
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
	for (size_t i = 0; i < HYP_COUNT(cells); i++)
		if (hyp_table_add(table, cells[i], err) != 0)
			return err->code;
	return 0;
}

static int32_t print_table(struct json_object *reply, struct hyp_error *err)
{
	struct json_object *rows = hyp_reply_member(reply, "history");
	struct hyp_table *table;
	size_t count = 0;
	int32_t rc = 0;

	if (json_object_is_type(rows, json_type_array))
		count = json_object_array_length(rows);
	if (hyp_table_new(columns, HYP_COUNT(columns), &table, err) != 0)
		return err->code;
	for (size_t i = 0; rc == 0 && i < count; i++)
		rc = add_row(table, json_object_array_get_idx(rows, i), err);
	if (rc == 0)
		hyp_table_print(table, stdout,
				hyp_terminal_columns(STDOUT_FILENO));
	hyp_table_free(table);
	return rc;
}

static int32_t history(struct hyp_client *client, const struct hyp_args *args,
		       int *code, struct hyp_error *err)
{
	struct json_object *reply;
	int32_t rc = hyp_client_get_of(client, "/jobs/%s/history",
				       args->operands[0], &reply, err);

	(void)code;
	if (rc != 0)
		return rc;
	if (hyp_args_has(args, "json"))
		hyp_reply_print(reply);
	else
		rc = print_table(reply, err);
	json_object_put(reply);
	return rc;
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
