/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/client-command.h"
#include "core/app/json.h"

/* "kind: text" in two; without a kind it is all text. */
static int tell_error(const char *id, const char *why)
{
	char kind[HYP_ERROR_KIND_MAX];
	size_t n = strspn(why, "abcdefghijklmnopqrstuvwxyz0123456789_");

	if (n == 0 || n >= sizeof(kind) || strncmp(why + n, ": ", 2) != 0)
		return hyp_client_tell(id, why, "conflict", HYP_E_CONFLICT);
	snprintf(kind, sizeof(kind), "%.*s", (int)n, why);
	return hyp_client_tell(id, why + n + 2, kind, HYP_E_CONFLICT);
}

/* errors{id: "kind: text"}; the exit code of the first. */
static int tell_errors(struct json_object *reply)
{
	struct json_object *errors = hyp_reply_member(reply, "errors");
	int first = HYP_EXIT_DONE;

	if (!json_object_is_type(errors, json_type_object))
		return first;
	json_object_object_foreach(errors, id, why)
	{
		const char *text = json_object_get_string(why);
		int code = tell_error(id, text != NULL ? text : "");

		if (first == HYP_EXIT_DONE)
			first = code;
	}
	return first;
}

static void print_cancelled(struct json_object *reply)
{
	struct json_object *ids = hyp_reply_member(reply, "cancelled");

	if (!json_object_is_type(ids, json_type_array))
		return;
	for (size_t i = 0; i < json_object_array_length(ids); i++)
		printf("%s: cancelled\n",
		       json_object_get_string(
			       json_object_array_get_idx(ids, i)));
	fflush(stdout);
}

static int32_t cancel(struct hyp_client *client, const struct hyp_args *args,
		      int *code, struct hyp_error *err)
{
	struct json_object *body = json_object_new_object(), *reply;
	struct json_object *ids = json_object_new_array();
	int32_t rc;

	for (size_t i = 0; i < args->operand_count; i++)
		json_object_array_add(
			ids, json_object_new_string(args->operands[i]));
	json_object_object_add(body, "job_ids", ids);
	rc = hyp_client_send(client, "POST", "/jobs/cancel", body, &reply, err);
	json_object_put(body);
	if (rc != 0)
		return rc;
	if (hyp_args_has(args, "json"))
		hyp_reply_print(reply);
	else
		print_cancelled(reply);
	*code = tell_errors(reply);
	json_object_put(reply);
	return 0;
}

static int run(struct hyp_app *app, const struct hyp_args *args)
{
	return hyp_client_run(app, args, cancel);
}

const struct hyp_command hyp_cmd_jobs_cancel = {
	.name = "jobs cancel",
	.operands = "ID...",
	.summary = "Cancels jobs that have not ended",
	.details =
		"A job that waits is cancelled at once. One that runs stops "
		"within a second or so:\nits lease and snapshot are given up, "
		"and nothing of it stays. One that publishes\nits package, or "
		"has ended, cannot be cancelled any more.",
	.min = 1,
	.max = 1000,
	.groups = {&hyp_client_json_options, &hyp_client_options},
	.run = run,
};
