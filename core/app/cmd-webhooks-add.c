/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/client-command.h"
#include "core/app/json.h"
#include "core/app/webhook-body.h"

static const struct hyp_cli_option options[] = {
	{"name", 'n', "NAME", "what it is called (default: made from the URL)"},
	{"disabled", 0, NULL, "nothing is sent yet"},
	{"json", 'j', NULL, "the server's answer, one JSON document"},
	{NULL, 0, NULL, NULL},
};
static const struct hyp_cli_group group = {"Options", options};

static int32_t add(struct hyp_client *client, const struct hyp_args *args,
		   int *code, struct hyp_error *err)
{
	struct json_object *body = json_object_new_object(), *reply = NULL;
	const char *name = hyp_args_get(args, "name");
	int32_t rc = hyp_webhook_body_fill(args, body, err);

	(void)code;
	hyp_json_string(body, "url", args->operands[0]);
	if (name != NULL)
		hyp_json_string(body, "name", name);
	hyp_json_bool(body, "enabled", !hyp_args_has(args, "disabled"));
	if (rc == 0)
		rc = hyp_client_send(client, "POST", "/webhooks", body, &reply,
				     err);
	json_object_put(body);
	if (rc == 0)
		hyp_webhook_told(args, reply, "added");
	return rc;
}

static int run(struct hyp_app *app, const struct hyp_args *args)
{
	return hyp_client_run(app, args, add);
}

const struct hyp_command hyp_cmd_webhooks_add = {
	.name = "webhooks add",
	.operands = "URL",
	.summary = "Tells a web server of events from now on",
	.details =
		"All events are sent as JSON, each with a timeout of 10s and "
		"3 further tries, if not\nsaid otherwise. The key and the "
		"values of headers are kept sealed, and never shown again.",
	.min = 1,
	.max = 1,
	.groups = {&group, &hyp_webhook_options, &hyp_client_options},
	.run = run,
};
