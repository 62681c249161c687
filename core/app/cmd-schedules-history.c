/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/client-command.h"
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
	return hyp_table_add_line(table, cells, HYP_COUNT(cells), err);
}

static const struct hyp_listing listing = {"history", columns,
					   HYP_COUNT(columns), add_row};

static int32_t history(struct hyp_client *client, const struct hyp_args *args,
		       int *code, struct hyp_error *err)
{
	HYP_AUTO_FREE char *encoded = NULL, *path = NULL;
	const char *limit = hyp_args_get(args, "limit");
	struct json_object *reply;
	int64_t n = 20;

	(void)code;
	if (limit != NULL && hyp_parse_integer(limit, 1, 1000, &n, err) != 0)
		return hyp_error_prefix(err, "--limit: ");
	if (hyp_client_encode(args->operands[0], &encoded, err) != 0 ||
	    hyp_asprintf(&path, err, "/schedules/%s/history?limit=%d", encoded,
			 (int)n) != 0 ||
	    hyp_client_get(client, path, &reply, err) != 0)
		return err->code;
	return hyp_listing_show(&listing, args, reply, err);
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
