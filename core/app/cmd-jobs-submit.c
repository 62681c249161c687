/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/client-command.h"
#include "core/app/submit-body.h"
#include "core/app/submit-vcenter.h"
#include "core/app/watch-jobs.h"
#include "core/base/random.h"

/* The key makes it safe to ask again when the answer was lost: there will be
 * one job, and the same answer. */
static int32_t send(struct hyp_client *client,
		    const struct hyp_submit_body *body,
		    struct json_object **reply, struct hyp_error *err)
{
	char key[HYP_UUID_TEXT_MAX];
	const struct hyp_call call = {
		.method = "POST",
		.path = "/jobs/submit",
		.body = hyp_buf_str(&body->text),
		.length = body->text.len,
		.type = body->type,
		.key = key,
		.again = 1,
	};

	if (hyp_uuid7(key, err) != 0)
		return err->code;
	return hyp_client_call(client, &call, reply, err);
}

static int32_t submit(struct hyp_client *client, const struct hyp_args *args,
		      int *code, struct hyp_error *err)
{
	struct json_object *reply = NULL;
	struct hyp_submit_body body;
	int32_t rc = hyp_submit_body_make(client, args, &body, err);

	if (rc == 0)
		rc = send(client, &body, &reply, err);
	if (rc == 0)
		rc = hyp_submitted_tell(client, args, reply, body.vms,
					body.vm_count, code, err);
	json_object_put(reply);
	hyp_submit_body_fini(&body);
	return rc;
}

static int run(struct hyp_app *app, const struct hyp_args *args)
{
	return hyp_client_run(app, args, submit);
}

const struct hyp_command hyp_cmd_jobs_submit = {
	.name = "jobs submit",
	.summary = "Gives the daemon virtual machines to export",
	.details = "Prints the ID of each job. What was printed is durable: it "
		   "happens, also if the\ndaemon or the machine dies in the "
		   "middle.\n\n"
		   "    hypersdk jobs submit --vm /DC0/vm/web/web01 --output "
		   "/var/lib/hypersdk/exports\n"
		   "    hypersdk jobs submit --file jobs.yaml --wait",
	.groups = {&hyp_submit_options, &hyp_submit_vcenter_options,
		   &hyp_client_options},
	.run = run,
};
