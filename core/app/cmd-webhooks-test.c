/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/client-command.h"
#include "core/app/json.h"

#include <string.h>

static const struct hyp_cli_option options[] = {
	{"event", 'e', "EVENT",
	 "the event that is made up (default: job.completed)"},
	{"json", 'j', NULL, "the server's answer, one JSON document"},
	{NULL, 0, NULL, NULL},
};
static const struct hyp_cli_group group = {"Options", options};

/* The exit code tells too. */
static int tell(struct json_object *reply, const char *what, int json)
{
	long long status = (long long)hyp_reply_number(reply, "status");
	long long ms = (long long)hyp_reply_number(reply, "latency_ms");
	int taken = json_object_get_boolean(hyp_reply_member(reply, "success"));

	if (json)
		hyp_reply_print(reply);
	else if (taken)
		printf("%s: taken, answer %lld after %lld ms\n", what, status,
		       ms);
	return taken ? HYP_EXIT_DONE
		     : hyp_client_tell(what, hyp_reply_text(reply, "error"),
				       hyp_reply_text(reply, "kind"),
				       HYP_E_TRANSIENT);
}

static int32_t test(struct hyp_client *client, const struct hyp_args *args,
		    int *code, struct hyp_error *err)
{
	struct json_object *body = json_object_new_object(), *reply = NULL;
	const char *what = args->operands[0];
	const char *event = hyp_args_get(args, "event");
	int32_t rc;

	hyp_json_string(body, strstr(what, "://") != NULL ? "url" : "id", what);
	if (event != NULL)
		hyp_json_string(body, "event", event);
	rc = hyp_client_send(client, "POST", "/webhooks/test", body, &reply,
			     err);
	json_object_put(body);
	if (rc < 0)
		return rc;
	*code = tell(reply, what, hyp_args_has(args, "json"));
	json_object_put(reply);
	return 0;
}

static int run(struct hyp_app *app, const struct hyp_args *args)
{
	return hyp_client_run(app, args, test);
}

const struct hyp_command hyp_cmd_webhooks_test = {
	.name = "webhooks test",
	.operands = "ID|URL",
	.summary = "Sends a made-up event now, once, and shows the answer",
	.min = 1,
	.max = 1,
	.groups = {&group, &hyp_client_options},
	.run = run,
};
