/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/client-command.h"
#include "core/app/json.h"

static const struct hyp_cli_option options[] = {
	{"json", 'j', NULL, "one JSON object: deleted, failed and errors"},
	{NULL, 0, NULL, NULL},
};
static const struct hyp_cli_group group = {"Options", options};

/* What became of each, as POST /jobs/cancel has it. */
struct outcome {
	int json;
	struct json_object *deleted, *failed, *errors;
};

static void take_deleted(struct outcome *o, const char *id)
{
	json_object_array_add(o->deleted, json_object_new_string(id));
	if (!o->json)
		printf("%s: deleted\n", id);
}

static int take_failed(struct outcome *o, const char *id,
		       const struct hyp_error *err)
{
	char why[HYP_ERROR_KIND_MAX + HYP_ERROR_TEXT_MAX + 2];

	snprintf(why, sizeof(why), "%s: %s", err->kind, err->text);
	json_object_array_add(o->failed, json_object_new_string(id));
	hyp_json_string(o->errors, id, why);
	return hyp_app_fail(err);
}

static void print(struct outcome *o)
{
	struct json_object *all = json_object_new_object();

	json_object_object_add(all, "deleted", o->deleted);
	json_object_object_add(all, "failed", o->failed);
	json_object_object_add(all, "errors", o->errors);
	if (o->json)
		hyp_json_print(all);
	else
		json_object_put(all);
}

static int32_t delete (struct hyp_client *client, const struct hyp_args *args,
		       int *code, struct hyp_error *err)
{
	struct outcome outcome = {
		.json = hyp_args_has(args, "json"),
		.deleted = json_object_new_array(),
		.failed = json_object_new_array(),
		.errors = json_object_new_object(),
	};
	struct json_object *reply;

	for (size_t i = 0; i < args->operand_count; i++) {
		const char *id = args->operands[i];

		if (hyp_client_send_of(client, "DELETE", "/jobs/%s", id, NULL,
				       &reply, err) != 0) {
			int one = take_failed(&outcome, id, err);

			*code = *code == HYP_EXIT_DONE ? one : *code;
			continue;
		}
		take_deleted(&outcome, id);
		json_object_put(reply);
	}
	print(&outcome);
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
	.groups = {&group, &hyp_client_options},
	.run = run,
};
