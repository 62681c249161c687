/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/client-command.h"
#include "core/app/watch-jobs.h"

static const struct hyp_cli_option options[] = {
	{"wait", 'w', NULL, "watches the new job to its end"},
	{"json", 'j', NULL, "the server's answer, one JSON document"},
	{NULL, 0, NULL, NULL},
};
static const struct hyp_cli_group group = {"Options", options};

static int32_t retry(struct hyp_client *client, const struct hyp_args *args,
		     int *code, struct hyp_error *err)
{
	struct json_object *reply;
	int32_t rc;

	if (hyp_client_make_of(client, "/jobs/%s/retry", args->operands[0],
			       &reply, err) != 0)
		return err->code;
	rc = hyp_submitted_tell(client, args, reply, NULL, 0, code, err);
	json_object_put(reply);
	return rc;
}

static int run(struct hyp_app *app, const struct hyp_args *args)
{
	return hyp_client_run(app, args, retry);
}

const struct hyp_command hyp_cmd_jobs_retry = {
	.name = "jobs retry",
	.operands = "ID",
	.summary = "Does an ended job again, as a new job",
	.details = "Prints the new job's ID. A password that was given with "
		   "the old one was deleted\nwhen that ended: then submit it "
		   "anew.",
	.min = 1,
	.max = 1,
	.groups = {&group, &hyp_client_options},
	.run = run,
};
