/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/client-command.h"
#include "core/base/cleanup.h"

static const char *const names[] = {"total",	 "pending", "running",
				    "completed", "failed",  "cancelled"};

static int32_t stats(struct hyp_client *client, const struct hyp_args *args,
		     int *code, struct hyp_error *err)
{
	struct json_object *reply;

	(void)code;
	if (hyp_client_get(client, "/jobs/stats", &reply, err) != 0)
		return err->code;
	if (hyp_args_has(args, "json"))
		hyp_reply_print(reply);
	else
		for (size_t i = 0; i < HYP_COUNT(names); i++)
			printf("%-10s  %lld\n", names[i],
			       (long long)hyp_reply_number(reply, names[i]));
	json_object_put(reply);
	return 0;
}

static int run(struct hyp_app *app, const struct hyp_args *args)
{
	return hyp_client_run(app, args, stats);
}

const struct hyp_command hyp_cmd_jobs_stats = {
	.name = "jobs stats",
	.summary = "Counts the daemon's jobs by status",
	.groups = {&hyp_client_json_options, &hyp_client_options},
	.run = run,
};
