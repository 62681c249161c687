/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/client-command.h"
#include "core/app/table.h"
#include "core/app/terminal.h"
#include "core/base/buf.h"
#include "core/base/cleanup.h"
#include "core/base/units.h"

static const struct hyp_cli_option options[] = {
	{"limit", 'n', "N", "the newest N, 1 to 1000 (default: 20)"},
	{"json", 'j', NULL, "the server's answer, one JSON document"},
	{NULL, 0, NULL, NULL},
};
static const struct hyp_cli_group group = {"Options", options};

static const struct hyp_table_column columns[] = {
	{"INSTANT", 0},
	{"STATUS", 0},
	{"TIME", HYP_TABLE_RIGHT},
	{"JOB", 0},
	{"WHY", HYP_TABLE_SHRINK},
};

static int32_t add_row(struct hyp_table *table, struct json_object *row,
		       struct hyp_error *err)
{
	struct json_object *seconds = hyp_reply_member(row, "duration_seconds");
	char time[HYP_UNITS_TEXT_MAX] = "";
	const char *const cells[HYP_COUNT(columns)] = {
		hyp_reply_text(row, "instant"), hyp_reply_text(row, "status"),
		time, hyp_reply_text(row, "job_id"),
		hyp_reply_text(row, "error")};

	if (seconds != NULL)
		hyp_format_duration(
			(uint64_t)(json_object_get_double(seconds) * 1000),
			time);
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
	HYP_AUTO_FREE char *encoded = NULL, *path = NULL;
	const char *limit = hyp_args_get(args, "limit");
	struct json_object *reply;
	int64_t n = 20;
	int32_t rc;

	(void)code;
	if (limit != NULL && hyp_parse_integer(limit, 1, 1000, &n, err) != 0)
		return hyp_error_prefix(err, "--limit: ");
	if (hyp_client_encode(args->operands[0], &encoded, err) != 0 ||
	    hyp_asprintf(&path, err, "/schedules/%s/history?limit=%d", encoded,
			 (int)n) != 0 ||
	    hyp_client_get(client, path, &reply, err) != 0)
		return err->code;
	rc = 0;
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

const struct hyp_command hyp_cmd_schedules_history = {
	.name = "schedules history",
	.operands = "ID",
	.summary = "Shows what became of a schedule's instants, newest first",
	.min = 1,
	.max = 1,
	.groups = {&group, &hyp_client_options},
	.run = run,
};
