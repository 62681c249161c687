/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/client-command.h"
#include "core/base/buf.h"
#include "core/base/cleanup.h"

#include <string.h>

static const struct hyp_cli_option options[] = {
	{"state", 0, "STATE",
	 "only those: pending, sending, delivered, dead or abandoned"},
	{"limit", 0, "N", "how many, newest first (default: 100)"},
	{"body", 0, NULL, "with --json: what is sent, too"},
	{"json", 'j', NULL, "the server's answer, one JSON document"},
	{NULL, 0, NULL, NULL},
};
static const struct hyp_cli_group group = {"Options", options};

static const struct hyp_table_column columns[] = {
	{"EVENT", 0},
	{"STATE", 0},
	{"TRIES", HYP_TABLE_RIGHT},
	{"STATUS", HYP_TABLE_RIGHT},
	{"TOOK", HYP_TABLE_RIGHT},
	{"WHEN", 0},
	{"ERROR", HYP_TABLE_SHRINK},
};

static int32_t add_row(struct hyp_table *table, struct json_object *d,
		       struct hyp_error *err)
{
	char tries[24], status[24] = "", took[32] = "";
	const char *const cells[HYP_COUNT(columns)] = {
		hyp_reply_text(d, "event_id"),
		hyp_reply_text(d, "state"),
		tries,
		status,
		took,
		hyp_reply_text(d, "updated_at"),
		hyp_reply_text(d, "error")};

	snprintf(tries, sizeof(tries), "%lld",
		 (long long)hyp_reply_number(d, "attempts"));
	if (hyp_reply_number(d, "status") != 0)
		snprintf(status, sizeof(status), "%lld",
			 (long long)hyp_reply_number(d, "status"));
	if (hyp_reply_number(d, "attempts") != 0)
		snprintf(took, sizeof(took), "%lld ms",
			 (long long)hyp_reply_number(d, "latency_ms"));
	return hyp_table_add_line(table, cells, HYP_COUNT(cells), err);
}

static const struct hyp_listing listing = {"deliveries", columns,
					   HYP_COUNT(columns), add_row};

static int32_t make_path(const struct hyp_args *args, char **out,
			 struct hyp_error *err)
{
	HYP_AUTO_FREE char *id = NULL, *state = NULL, *limit = NULL;
	const char *which = hyp_args_get(args, "state");
	const char *most = hyp_args_get(args, "limit");
	int32_t rc = hyp_client_encode(args->operands[0], &id, err);

	if (rc == 0)
		rc = hyp_client_encode(which != NULL ? which : "", &state, err);
	if (rc == 0)
		rc = hyp_client_encode(most != NULL ? most : "100", &limit,
				       err);
	return rc < 0 ? rc
		      : hyp_asprintf(
				out, err,
				"/webhooks/%s/deliveries?limit=%s%s%s%s", id,
				limit, which != NULL ? "&state=" : "", state,
				hyp_args_has(args, "body") ? "&body=true" : "");
}

static int32_t list(struct hyp_client *client, const struct hyp_args *args,
		    int *code, struct hyp_error *err)
{
	HYP_AUTO_FREE char *path = NULL;
	struct json_object *reply;
	int32_t rc = make_path(args, &path, err);

	(void)code;
	if (rc == 0)
		rc = hyp_client_get(client, path, &reply, err);
	if (rc != 0)
		return rc;
	return hyp_listing_show(&listing, args, reply, err);
}

static int run(struct hyp_app *app, const struct hyp_args *args)
{
	return hyp_client_run(app, args, list);
}

const struct hyp_command hyp_cmd_webhooks_deliveries = {
	.name = "webhooks deliveries",
	.operands = "ID",
	.summary = "Shows what was sent there, and what came of it",
	.min = 1,
	.max = 1,
	.groups = {&group, &hyp_client_options},
	.run = run,
};
