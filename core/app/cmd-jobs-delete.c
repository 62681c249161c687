/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/client-command.h"

static int32_t delete (struct hyp_client *client, const struct hyp_args *args,
		       int *code, struct hyp_error *err)
{
	struct json_object *reply;

	for (size_t i = 0; i < args->operand_count; i++) {
		const char *id = args->operands[i];

		if (hyp_client_send_of(client, "DELETE", "/jobs/%s", id, NULL,
				       &reply, err) != 0) {
			int one = hyp_app_fail(err);

			*code = *code == HYP_EXIT_DONE ? one : *code;
			continue;
		}
		printf("%s: deleted\n", id);
		json_object_put(reply);
	}
	return 0;
}

static int run(struct hyp_app *app, const struct hyp_args *args)
{
	return hyp_client_run(app, args, delete);
}

const struct hyp_command hyp_cmd_jobs_delete = {
	.name = "jobs delete",
	.operands = "ID...",
	.summary = "Deletes ended jobs with their history and log",
	.details = "The package that a job has made stays where it is.",
	.min = 1,
	.max = 1000,
	.groups = {&hyp_client_options},
	.run = run,
};
