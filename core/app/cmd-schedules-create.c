/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/client-command.h"
#include "core/app/schedule-body.h"

static int32_t check(const struct hyp_args *args, struct hyp_error *err)
{
	static const char *const needed[] = {"schedule", "vm", "output"};

	if (hyp_args_has(args, "file")) {
		if (args->operand_count == 0)
			return 0;
		return hyp_error_set(err, HYP_E_USAGE, "usage", 0,
				     "--file has the whole schedule: its ID "
				     "belongs into it");
	}
	for (size_t i = 0; i < 3; i++)
		if (!hyp_args_has(args, needed[i]))
			return hyp_error_set(err, HYP_E_USAGE, "usage", 0,
					     "give --%s, or --file", needed[i]);
	return 0;
}

static int32_t create(struct hyp_client *client, const struct hyp_args *args,
		      int *code, struct hyp_error *err)
{
	const char *id = args->operand_count > 0 ? args->operands[0] : NULL;
	struct hyp_schedule_body body;
	int32_t rc = check(args, err);

	(void)code;
	if (rc != 0)
		return rc;
	rc = hyp_schedule_body_make(client, args, id, NULL, &body, err);
	if (rc == 0)
		rc = hyp_schedule_body_send(client, args, "POST", "/schedules",
					    &body, err);
	hyp_schedule_body_fini(&body);
	return rc;
}

static int run(struct hyp_app *app, const struct hyp_args *args)
{
	return hyp_client_run(app, args, create);
}

const struct hyp_command hyp_cmd_schedules_create = {
	.name = "schedules create",
	.operands = "[ID]",
	.summary = "Makes a schedule, in force at once",
	.details =
		"    hypersdk schedules create nightly --schedule '0 2 * * *' "
		"--zone Europe/Berlin \\\n"
		"        --vm '/DC0/vm/prod/' --output "
		"/var/lib/hypersdk/exports/{schedule}\n\n"
		"See \"hypersdk cron next\" for when an expression fires.",
	.max = 1,
	.groups = {&hyp_schedule_options, &hyp_template_options,
		   &hyp_client_options},
	.run = run,
};
