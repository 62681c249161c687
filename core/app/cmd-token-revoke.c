/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/client-command.h"

static int32_t revoke(struct hyp_client *client, const struct hyp_args *args,
		      int *code, struct hyp_error *err)
{
	struct json_object *reply;

	(void)code;
	if (hyp_client_send_of(client, "DELETE", "/tokens/%s",
			       args->operands[0], NULL, &reply, err) != 0)
		return err->code;
	hyp_reply_tell(args, reply, "%s: revoked\n", args->operands[0]);
	return 0;
}

static int run(struct hyp_app *app, const struct hyp_args *args)
{
	return hyp_client_run(app, args, revoke);
}

const struct hyp_command hyp_cmd_token_revoke = {
	.name = "token revoke",
	.operands = "ID",
	.summary = "Makes a token worthless, at once and for ever",
	.min = 1,
	.max = 1,
	.groups = {&hyp_client_json_options, &hyp_client_options},
	.run = run,
};
