/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/client-command.h"
#include "core/app/schedule-body.h"

static int32_t show(struct hyp_client *client, const struct hyp_args *args,
		    int *code, struct hyp_error *err)
{
	struct json_object *schedule;

	(void)code;
	if (hyp_client_get_of(client, "/schedules/%s", args->operands[0],
			      &schedule, err) != 0)
		return err->code;
	if (hyp_args_has(args, "json"))
		hyp_reply_print(schedule);
	else
		hyp_schedule_print(schedule);
	json_object_put(schedule);
	return 0;
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
