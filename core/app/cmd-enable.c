/* SPDX-License-Identifier: Apache-2.0 */
/* What can be enabled and disabled. */
#include "core/app/client-command.h"
#include "core/base/buf.h"
#include "core/base/cleanup.h"

static const struct way {
	const struct hyp_command *command;
	const char *collection, *verb;
	const char *member, *done; /* of the answer */
} ways[] = {
	{&hyp_cmd_schedules_enable, "schedules", "enable", "schedule",
	 "enabled"},
	{&hyp_cmd_schedules_disable, "schedules", "disable", "schedule",
	 "disabled"},
	{&hyp_cmd_webhooks_enable, "webhooks", "enable", "webhook", "enabled"},
	{&hyp_cmd_webhooks_disable, "webhooks", "disable", "webhook",
	 "disabled"},
};

static void tell(const struct way *way, const struct hyp_args *args,
		 struct json_object *reply)
{
	struct json_object *member = hyp_reply_member(reply, way->member);
	const char *next = hyp_reply_text(member, "next_run");

	hyp_reply_tell(args, reply, "%s: %s%s%s\n",
		       hyp_reply_text(member, "id"), way->done,
		       next[0] ? ", next run " : "", next);
}

static int32_t set(struct hyp_client *client, const struct hyp_args *args,
		   int *code, struct hyp_error *err)
{
	HYP_AUTO_FREE char *id = NULL, *path = NULL;
	const struct way *way = ways;
	struct json_object *reply;

	(void)code;
	while (way->command != args->command)
		way++;
	if (hyp_client_encode(args->operands[0], &id, err) != 0 ||
	    hyp_asprintf(&path, err, "/%s/%s/%s", way->collection, id,
			 way->verb) != 0 ||
	    hyp_client_send(client, "POST", path, NULL, &reply, err) != 0)
		return err->code;
	tell(way, args, reply);
	return 0;
}

static int run(struct hyp_app *app, const struct hyp_args *args)
{
	return hyp_client_run(app, args, set);
}

const struct hyp_command hyp_cmd_schedules_enable = {
	.name = "schedules enable",
	.operands = "ID",
	.summary = "Lets a schedule run again, from its next instant on",
	.min = 1,
	.max = 1,
	.groups = {&hyp_client_json_options, &hyp_client_options},
	.run = run,
};

const struct hyp_command hyp_cmd_schedules_disable = {
	.name = "schedules disable",
	.operands = "ID",
	.summary = "Keeps a schedule from running until it is enabled",
	.min = 1,
	.max = 1,
	.groups = {&hyp_client_json_options, &hyp_client_options},
	.run = run,
};

const struct hyp_command hyp_cmd_webhooks_enable = {
	.name = "webhooks enable",
	.operands = "ID",
	.summary = "Tells a web server again of events, from now on",
	.min = 1,
	.max = 1,
	.groups = {&hyp_client_json_options, &hyp_client_options},
	.run = run,
};

const struct hyp_command hyp_cmd_webhooks_disable = {
	.name = "webhooks disable",
	.operands = "ID",
	.summary = "Sends nothing until it is enabled; what waits is not sent",
	.min = 1,
	.max = 1,
	.groups = {&hyp_client_json_options, &hyp_client_options},
	.run = run,
};
