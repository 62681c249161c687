/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/client-command.h"
#include "core/app/watch-jobs.h"

static const struct hyp_cli_option options[] = {
	{"wait", 'w', NULL, "watches the jobs to their end"},
	{"json", 'j', NULL,
	 "the server's answer, one JSON document; with --wait the jobs"},
	{NULL, 0, NULL, NULL},
};
static const struct hyp_cli_group group = {"Options", options};

static int32_t trigger(struct hyp_client *client, const struct hyp_args *args,
		       int *code, struct hyp_error *err)
{
	struct json_object *reply;
	int32_t rc;

	if (hyp_client_make_of(client, "/schedules/%s/trigger",
			       args->operands[0], &reply, err) != 0)
		return err->code;
	rc = hyp_submitted_tell(client, args, reply, NULL, 0, code, err);
	json_object_put(reply);
	return rc;
}

static int run(struct hyp_app *app, const struct hyp_args *args)
{
	return hyp_client_run(app, args, trigger);
}

const struct hyp_command hyp_cmd_schedules_trigger = {
	.name = "schedules trigger",
	.operands = "ID",
	.summary = "Runs a schedule now, besides its instants",
	.details = "Prints the ID of each job. Works for a disabled one too; "
		   "while an earlier run is not\nover, the schedule's overlap "
		   "says whether it may.",
	.min = 1,
	.max = 1,
	.groups = {&group, &hyp_client_options},
	.run = run,
};
