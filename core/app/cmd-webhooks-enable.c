/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/client-command.h"

static int32_t set(struct hyp_client *client, const struct hyp_args *args,
		   int enabled, struct hyp_error *err)
{
	struct json_object *reply;
	int32_t rc;

	rc = enabled ? hyp_client_send_of(client, "POST", "/webhooks/%s/enable",
					  args->operands[0], NULL, &reply, err)
		     : hyp_client_send_of(client, "POST",
					  "/webhooks/%s/disable",
					  args->operands[0], NULL, &reply, err);
	if (rc != 0)
		return rc;
	printf("%s: %s\n",
	       hyp_reply_text(hyp_reply_member(reply, "webhook"), "id"),
	       enabled ? "enabled" : "disabled");
	json_object_put(reply);
	return 0;
}

static int32_t enable(struct hyp_client *client, const struct hyp_args *args,
		      int *code, struct hyp_error *err)
{
	(void)code;
	return set(client, args, 1, err);
}

static int32_t disable(struct hyp_client *client, const struct hyp_args *args,
		       int *code, struct hyp_error *err)
{
	(void)code;
	return set(client, args, 0, err);
}

static int run_enable(struct hyp_app *app, const struct hyp_args *args)
{
	return hyp_client_run(app, args, enable);
}

static int run_disable(struct hyp_app *app, const struct hyp_args *args)
{
	return hyp_client_run(app, args, disable);
}

const struct hyp_command hyp_cmd_webhooks_enable = {
	.name = "webhooks enable",
	.operands = "ID",
	.summary = "Tells a web server again of events, from now on",
	.min = 1,
	.max = 1,
	.groups = {&hyp_client_options},
	.run = run_enable,
};

const struct hyp_command hyp_cmd_webhooks_disable = {
	.name = "webhooks disable",
	.operands = "ID",
	.summary = "Sends nothing until it is enabled; what waits is not sent",
	.min = 1,
	.max = 1,
	.groups = {&hyp_client_options},
	.run = run_disable,
};
