/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/client-command.h"
#include "core/app/table.h"
#include "core/app/terminal.h"
#include "core/base/cleanup.h"

static const struct hyp_table_column columns[] = {
	{"ID", 0},	 {"SCHEDULE", 0},	   {"ZONE", 0},
	{"NEXT RUN", 0}, {"LAST RUN", 0},	   {"RUNS", HYP_TABLE_RIGHT},
	{"OWNER", 0},	 {"VM", HYP_TABLE_SHRINK},
};

static int32_t add_row(struct hyp_table *table, struct json_object *row,
		       struct hyp_error *err)
{
	struct json_object *template = hyp_reply_member(row, "job_template");
	int enabled = json_object_get_boolean(hyp_reply_member(row, "enabled"));
	char runs[24];
	const char *const cells[HYP_COUNT(columns)] = {
		hyp_reply_text(row, "id"),
		hyp_reply_text(row, "schedule"),
		hyp_reply_text(row, "zone"),
		enabled ? hyp_reply_text(row, "next_run") : "disabled",
		hyp_reply_text(row, "last_run"),
		runs,
		hyp_reply_text(row, "owner"),
		hyp_reply_text(template, "vm_path")};

	snprintf(runs, sizeof(runs), "%lld",
		 (long long)hyp_reply_number(row, "run_count"));
	for (size_t i = 0; i < HYP_COUNT(cells); i++)
		if (hyp_table_add(table, cells[i], err) != 0)
			return err->code;
	return 0;
}

static int32_t print_table(struct json_object *reply, struct hyp_error *err)
{
	struct json_object *rows = hyp_reply_member(reply, "schedules");
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

static int32_t list(struct hyp_client *client, const struct hyp_args *args,
		    int *code, struct hyp_error *err)
{
	struct json_object *reply;
	int32_t rc = hyp_client_get(client, "/schedules", &reply, err);

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
	return hyp_client_run(app, args, list);
}

const struct hyp_command hyp_cmd_schedules_list = {
	.name = "schedules list",
	.summary = "Shows the daemon's schedules and their next runs",
	.groups = {&hyp_client_json_options, &hyp_client_options},
	.run = run,
};
