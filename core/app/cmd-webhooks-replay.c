/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/client-command.h"
#include "core/app/json.h"

static int32_t replay(struct hyp_client *client, const struct hyp_args *args,
		      int *code, struct hyp_error *err)
{
	struct json_object *body = json_object_new_object(), *reply = NULL;
	int32_t rc;

	(void)code;
	if (args->operand_count > 1)
		hyp_json_string(body, "event_id", args->operands[1]);
	rc = hyp_client_send_of(client, "POST", "/webhooks/%s/replay",
				args->operands[0], body, &reply, err);
	json_object_put(body);
	if (rc < 0)
		return rc;
	hyp_reply_tell(args, reply, "%s: %lld to be sent again\n",
		       args->operands[0],
		       (long long)hyp_reply_number(reply, "replayed"));
	return 0;
}

static int run(struct hyp_app *app, const struct hyp_args *args)
{
	return hyp_client_run(app, args, replay);
}

const struct hyp_command hyp_cmd_webhooks_replay = {
	.name = "webhooks replay",
	.operands = "ID [EVENT]",
	.summary = "Sends an event again, or all that were given up",
	.min = 1,
	.max = 2,
	.groups = {&hyp_client_json_options, &hyp_client_options},
	.run = run,
};
