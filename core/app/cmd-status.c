/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/client-command.h"
#include "core/base/units.h"

static void print_uptime(struct json_object *reply)
{
	struct json_object *uptime = hyp_reply_member(reply, "uptime");
	char text[HYP_UNITS_TEXT_MAX];

	if (json_object_is_type(uptime, json_type_string)) {
		hyp_field_print("uptime", json_object_get_string(uptime));
		return;
	}
	hyp_format_duration((uint64_t)hyp_reply_number(reply, "uptime") * 1000,
			    text);
	hyp_field_print("uptime", text);
}

/* Whether it takes jobs now, and if not, the kind of what is in the way. */
static void print_ready(struct hyp_client *client)
{
	const struct hyp_call call = {.method = "GET", .path = "/ready"};
	struct json_object *reply;
	struct hyp_error err;

	if (hyp_client_call(client, &call, &reply, &err) == 0) {
		hyp_field_print("ready", "yes");
		json_object_put(reply);
	} else {
		hyp_field_printf("ready", "no: %s", err.kind);
	}
}

static void print_jobs(struct json_object *reply)
{
	static const char *const names[] = {"running", "completed", "failed",
					    "cancelled"};
	char key[32], text[256];
	int n = snprintf(text, sizeof(text), "%lld",
			 (long long)hyp_reply_number(reply, "total_jobs"));

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(key, sizeof(key), "%s_jobs", names[i]);
		n += snprintf(text + n, sizeof(text) - (size_t)n, "%s%lld %s",
			      i == 0 ? ": " : ", ",
			      (long long)hyp_reply_number(reply, key),
			      names[i]);
	}
	hyp_field_print("jobs", text);
}

static int32_t status(struct hyp_client *client, const struct hyp_args *args,
		      int *code, struct hyp_error *err)
{
	struct json_object *reply;

	(void)code;
	if (hyp_client_get(client, "/status", &reply, err) != 0)
		return err->code;
	if (hyp_args_has(args, "json")) {
		hyp_reply_print(reply);
	} else {
		hyp_field_print("version", hyp_reply_text(reply, "version"));
		print_uptime(reply);
		print_ready(client);
		print_jobs(reply);
	}
	json_object_put(reply);
	return 0;
}

static int run(struct hyp_app *app, const struct hyp_args *args)
{
	return hyp_client_run(app, args, status);
}

const struct hyp_command hyp_cmd_status = {
	.name = "status",
	.summary = "Asks the daemon how it is",
	.groups = {&hyp_client_json_options, &hyp_client_options},
	.run = run,
};
