/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/client-command.h"

static int32_t remove_one(struct hyp_client *client,
			  const struct hyp_args *args, int *code,
			  struct hyp_error *err)
{
	struct json_object *reply;

	(void)code;
	if (hyp_client_send_of(client, "DELETE", "/webhooks/%s",
			       args->operands[0], NULL, &reply, err) != 0)
		return err->code;
	hyp_reply_tell(args, reply, "%s: removed\n",
		       hyp_reply_text(reply, "id"));
	return 0;
}

static int run(struct hyp_app *app, const struct hyp_args *args)
{
	return hyp_client_run(app, args, remove_one);
}

const struct hyp_command hyp_cmd_webhooks_remove = {
	.name = "webhooks remove",
	.operands = "ID",
	.summary = "Removes a webhook; what waits for it is not sent",
	.min = 1,
	.max = 1,
	.groups = {&hyp_client_json_options, &hyp_client_options},
	.run = run,
};
