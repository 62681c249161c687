/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/client-command.h"
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
	return hyp_table_add_line(table, cells, HYP_COUNT(cells), err);
}

static const struct hyp_listing listing = {"schedules", columns,
					   HYP_COUNT(columns), add_row};

static int32_t list(struct hyp_client *client, const struct hyp_args *args,
		    int *code, struct hyp_error *err)
{
	struct json_object *reply;
	int32_t rc = hyp_client_get(client, "/schedules", &reply, err);

	(void)code;
	return rc != 0 ? rc : hyp_listing_show(&listing, args, reply, err);
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
