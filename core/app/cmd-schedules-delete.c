/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/client-command.h"

static int32_t delete (struct hyp_client *client, const struct hyp_args *args,
		       int *code, struct hyp_error *err)
{
	struct json_object *reply;

	(void)code;
	if (hyp_client_send_of(client, "DELETE", "/schedules/%s",
			       args->operands[0], NULL, &reply, err) != 0)
		return err->code;
	hyp_reply_tell(args, reply, "%s: deleted\n", args->operands[0]);
	return 0;
}

static int run(struct hyp_app *app, const struct hyp_args *args)
{
	return hyp_client_run(app, args, delete);
}

const struct hyp_command hyp_cmd_schedules_delete = {
	.name = "schedules delete",
	.operands = "ID",
	.summary = "Deletes a schedule with its history; its jobs go on",
	.min = 1,
	.max = 1,
	.groups = {&hyp_client_json_options, &hyp_client_options},
	.run = run,
};
