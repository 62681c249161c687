/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/client-command.h"

static int32_t set(struct hyp_client *client, const struct hyp_args *args,
		   int enabled, struct hyp_error *err)
{
	struct json_object *reply, *schedule;
	const char *next;
	int32_t rc;

	rc = enabled ? hyp_client_send_of(client, "POST",
					  "/schedules/%s/enable",
					  args->operands[0], NULL, &reply, err)
		     : hyp_client_send_of(client, "POST",
					  "/schedules/%s/disable",
					  args->operands[0], NULL, &reply, err);
	if (rc != 0)
		return rc;
	schedule = hyp_reply_member(reply, "schedule");
	next = hyp_reply_text(schedule, "next_run");
	printf("%s: %s%s%s\n", args->operands[0],
	       enabled ? "enabled" : "disabled", next[0] ? ", next run " : "",
	       next);
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

const struct hyp_command hyp_cmd_schedules_enable = {
	.name = "schedules enable",
	.operands = "ID",
	.summary = "Lets a schedule run again, from its next instant on",
	.min = 1,
	.max = 1,
	.groups = {&hyp_client_options},
	.run = run_enable,
};

const struct hyp_command hyp_cmd_schedules_disable = {
	.name = "schedules disable",
	.operands = "ID",
	.summary = "Keeps a schedule from running until it is enabled",
	.min = 1,
	.max = 1,
	.groups = {&hyp_client_options},
	.run = run_disable,
};
