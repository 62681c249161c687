/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/client-command.h"
#include "core/base/units.h"

#define NS_PER_MS 1000000

static int is_true(struct json_object *webhook, const char *name)
{
	return json_object_get_boolean(hyp_reply_member(webhook, name));
}

/* The API's are nanoseconds. */
static void print_timeout(struct json_object *webhook)
{
	int64_t ns = hyp_reply_number(webhook, "timeout");
	char text[HYP_UNITS_TEXT_MAX];

	hyp_format_duration((uint64_t)ns / NS_PER_MS, text);
	hyp_field_print("timeout", text);
}

static void print(struct json_object *webhook)
{
	struct json_object *events = hyp_reply_member(webhook, "events");

	hyp_field_print("id", hyp_reply_text(webhook, "id"));
	hyp_field_print("url", hyp_reply_text(webhook, "url"));
	hyp_field_print("enabled", is_true(webhook, "enabled") ? "yes" : "no");
	hyp_field_print("why", hyp_reply_text(webhook, "disabled_why"));
	hyp_field_print("owner", hyp_reply_text(webhook, "owner"));
	hyp_field_print("signed", is_true(webhook, "signed") ? "yes" : "no");
	if (json_object_array_length(events) == 0)
		hyp_field_print("events", "all");
	hyp_fields_print("events", events);
	hyp_fields_print("headers", hyp_reply_member(webhook, "header_names"));
	print_timeout(webhook);
	hyp_field_print("retry", json_object_get_string(
					 hyp_reply_member(webhook, "retry")));
	hyp_field_print("format", hyp_reply_text(webhook, "format"));
	hyp_fields_print("allow cidrs",
			 hyp_reply_member(webhook, "allow_cidrs"));
	hyp_field_print("created", hyp_reply_text(webhook, "created_at"));
}

static int32_t show(struct hyp_client *client, const struct hyp_args *args,
		    int *code, struct hyp_error *err)
{
	(void)code;
	return hyp_client_show(client, args, "/webhooks/%s", print, err);
}

static int run(struct hyp_app *app, const struct hyp_args *args)
{
	return hyp_client_run(app, args, show);
}

const struct hyp_command hyp_cmd_webhooks_show = {
	.name = "webhooks show",
	.operands = "ID",
	.summary = "Shows one webhook, without its secrets",
	.min = 1,
	.max = 1,
	.groups = {&hyp_client_json_options, &hyp_client_options},
	.run = run,
};
