/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/client-command.h"
#include "core/base/cleanup.h"

static const struct hyp_table_column columns[] = {
	{"ID", 0},
	{"STATE", 0},
	{"OWNER", 0},
	{"SIGNED", 0},
	{"EVENTS", HYP_TABLE_SHRINK},
	{"URL", HYP_TABLE_SHRINK},
};

static void join(struct json_object *events, char *out, size_t max)
{
	size_t n = 0, count = 0;

	if (json_object_is_type(events, json_type_array))
		count = json_object_array_length(events);
	snprintf(out, max, "%s", count == 0 ? "all" : "");
	for (size_t i = 0; i < count && n < max; i++)
		n += (size_t)snprintf(
			out + n, max - n, "%s%s", i > 0 ? "," : "",
			json_object_get_string(
				json_object_array_get_idx(events, i)));
}

static int32_t add_row(struct hyp_table *table, struct json_object *webhook,
		       struct hyp_error *err)
{
	char events[256];
	int enabled =
		json_object_get_boolean(hyp_reply_member(webhook, "enabled"));
	int is_signed =
		json_object_get_boolean(hyp_reply_member(webhook, "signed"));
	const char *const cells[HYP_COUNT(columns)] = {
		hyp_reply_text(webhook, "id"),
		enabled ? "enabled" : "disabled",
		hyp_reply_text(webhook, "owner"),
		is_signed ? "yes" : "no",
		events,
		hyp_reply_text(webhook, "url")};

	join(hyp_reply_member(webhook, "events"), events, sizeof(events));
	return hyp_table_add_line(table, cells, HYP_COUNT(cells), err);
}

static const struct hyp_listing listing = {"webhooks", columns,
					   HYP_COUNT(columns), add_row};

static int32_t list(struct hyp_client *client, const struct hyp_args *args,
		    int *code, struct hyp_error *err)
{
	struct json_object *reply;
	int32_t rc = hyp_client_get(client, "/webhooks", &reply, err);

	(void)code;
	return rc != 0 ? rc : hyp_listing_show(&listing, args, reply, err);
}

static int run(struct hyp_app *app, const struct hyp_args *args)
{
	return hyp_client_run(app, args, list);
}

const struct hyp_command hyp_cmd_webhooks_list = {
	.name = "webhooks list",
	.summary = "Lists the webhooks that are told of events",
	.groups = {&hyp_client_json_options, &hyp_client_options},
	.run = run,
};
