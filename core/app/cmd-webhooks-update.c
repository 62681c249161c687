/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/client-command.h"
#include "core/app/json.h"
#include "core/app/webhook-body.h"

static const struct hyp_cli_option options[] = {
	{"url", 0, "URL", "where it is told"},
	{"unsigned", 0, NULL, "does not sign any more"},
	{"json", 'j', NULL, "the server's answer, one JSON document"},
	{NULL, 0, NULL, NULL},
};
static const struct hyp_cli_group group = {"Options", options};

static int32_t make_body(const struct hyp_args *args, struct json_object *body,
			 struct hyp_error *err)
{
	const char *url = hyp_args_get(args, "url");

	if (url != NULL)
		hyp_json_string(body, "url", url);
	if (hyp_args_has(args, "unsigned"))
		hyp_json_string(body, "secret", "");
	if (hyp_webhook_body_fill(args, body, err) != 0)
		return err->code;
	return json_object_object_length(body) > 0
		       ? 0
		       : hyp_error_set(err, HYP_E_USAGE, "usage", 0,
				       "nothing is to be changed: say what");
}

static int32_t update(struct hyp_client *client, const struct hyp_args *args,
		      int *code, struct hyp_error *err)
{
	struct json_object *body = json_object_new_object(), *reply = NULL;
	int32_t rc = make_body(args, body, err);

	(void)code;
	if (rc == 0)
		rc = hyp_client_send_of(client, "PUT", "/webhooks/%s",
					args->operands[0], body, &reply, err);
	json_object_put(body);
	if (rc == 0)
		hyp_webhook_told(args, reply, "updated");
	return rc;
}

static int run(struct hyp_app *app, const struct hyp_args *args)
{
	return hyp_client_run(app, args, update);
}

const struct hyp_command hyp_cmd_webhooks_update = {
	.name = "webhooks update",
	.operands = "ID",
	.summary = "Changes a webhook; what is not said stays",
	.details =
		"A change that is wrong changes nothing; headers are then "
		"those that are given. The key\nbefore a new one signs beside "
		"it for a day. What a configuration file says is changed\n"
		"there.",
	.min = 1,
	.max = 1,
	.groups = {&group, &hyp_webhook_options, &hyp_client_options},
	.run = run,
};
