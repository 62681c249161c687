/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/client-command.h"
#include "core/app/watch-jobs.h"

static const struct hyp_cli_option options[] = {
	{"json", 'j', NULL,
	 "shows nothing on the way; the jobs as one JSON document at the end"},
	{NULL, 0, NULL, NULL},
};
static const struct hyp_cli_group group = {"Options", options};

static int32_t watch(struct hyp_client *client, const struct hyp_args *args,
		     int *code, struct hyp_error *err)
{
	return hyp_watch_jobs(client, args->operands, args->operand_count,
			      hyp_args_has(args, "json"), code, err);
}

static int run(struct hyp_app *app, const struct hyp_args *args)
{
	return hyp_client_run(app, args, watch);
}

const struct hyp_command hyp_cmd_jobs_watch = {
	.name = "jobs watch",
	.operands = "ID...",
	.summary = "Watches jobs to their end",
	.details = "With a bar for each on a terminal, else a line now and "
		   "then. A daemon that is\nrestarted meanwhile is waited for. "
		   "Ctrl-C ends the watching and no job.\nThe exit code is "
		   "that of the first job, in the order given, that was not\n"
		   "completed.",
	.min = 1,
	.max = 1000,
	.groups = {&group, &hyp_client_options},
	.run = run,
};
