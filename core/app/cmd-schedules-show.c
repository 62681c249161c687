/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/client-command.h"
#include "core/app/schedule-body.h"

static int32_t show(struct hyp_client *client, const struct hyp_args *args,
		    int *code, struct hyp_error *err)
{
	(void)code;
	return hyp_client_show(client, args, "/schedules/%s",
			       hyp_schedule_print, err);
}

static int run(struct hyp_app *app, const struct hyp_args *args)
{
	return hyp_client_run(app, args, show);
}

const struct hyp_command hyp_cmd_schedules_show = {
	.name = "schedules show",
	.operands = "ID",
	.summary = "Shows one schedule",
	.min = 1,
	.max = 1,
	.groups = {&hyp_client_json_options, &hyp_client_options},
	.run = run,
};
