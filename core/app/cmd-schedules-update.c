/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/client-command.h"
#include "core/app/schedule-body.h"
#include "core/base/cleanup.h"

static int32_t update(struct hyp_client *client, const struct hyp_args *args,
		      int *code, struct hyp_error *err)
{
	HYP_AUTO_FREE char *encoded = NULL, *path = NULL;
	struct json_object *before = NULL;
	struct hyp_schedule_body body;
	int32_t rc;

	(void)code;
	if (hyp_client_encode(args->operands[0], &encoded, err) != 0 ||
	    hyp_asprintf(&path, err, "/schedules/%s", encoded) != 0 ||
	    hyp_client_get(client, path, &before, err) != 0)
		return err->code;
	rc = hyp_schedule_body_make(client, args, NULL, before, &body, err);
	if (rc == 0)
		rc = hyp_schedule_body_send(client, args, "PUT", path, &body,
					    err);
	hyp_schedule_body_fini(&body);
	json_object_put(before);
	return rc;
}

static int run(struct hyp_app *app, const struct hyp_args *args)
{
	return hyp_client_run(app, args, update);
}

const struct hyp_command hyp_cmd_schedules_update = {
	.name = "schedules update",
	.operands = "ID",
	.summary = "Changes a schedule; what is not said stays",
	.details = "A change that is wrong changes nothing. What a "
		   "configuration file says is changed\nthere.",
	.min = 1,
	.max = 1,
	.groups = {&hyp_schedule_options, &hyp_template_options,
		   &hyp_client_options},
	.run = run,
};
