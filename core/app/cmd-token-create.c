/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/client-command.h"
#include "core/app/json.h"
#include "core/base/clock.h"
#include "core/base/units.h"

static const struct hyp_cli_option options[] = {
	{"role", 'r', "ROLE",
	 "viewer (looks), operator (submits and cancels), admin (all), or "
	 "metrics"},
	{"expires", 0, "TIME",
	 "how long it is good for, as in 90d (default: "
	 "until it is revoked)"},
	{"json", 'j', NULL, "the server's answer, one JSON document"},
	{NULL, 0, NULL, NULL},
};
static const struct hyp_cli_group group = {"Options", options};

static int32_t make_body(const struct hyp_args *args, struct json_object *body,
			 struct hyp_error *err)
{
	const char *role = hyp_args_get(args, "role");
	const char *expires = hyp_args_get(args, "expires");
	char at[HYP_TIME_TEXT_MAX];
	uint64_t ms;

	if (role == NULL)
		return hyp_error_set(err, HYP_E_USAGE, "usage", 0,
				     "what may it do? Give --role viewer, "
				     "operator, admin or metrics");
	hyp_json_string(body, "name", args->operands[0]);
	hyp_json_string(body, "role", role);
	if (expires == NULL)
		return 0;
	if (hyp_parse_duration(expires, &ms, err) != 0)
		return hyp_error_prefix(err, "--expires: ");
	hyp_time_format(hyp_clock_wall_ms() + (int64_t)ms, at);
	hyp_json_string(body, "expires_at", at);
	return 0;
}

/* The token alone on standard output, fit for "> FILE". */
static void print_token(struct json_object *reply)
{
	puts(hyp_reply_text(reply, "token"));
	fflush(stdout);
	fprintf(stderr,
		"hypersdk: token %s, role %s; this is the only time it is "
		"shown\n",
		hyp_reply_text(reply, "id"), hyp_reply_text(reply, "role"));
}

static int32_t create(struct hyp_client *client, const struct hyp_args *args,
		      int *code, struct hyp_error *err)
{
	struct json_object *body = json_object_new_object(), *reply = NULL;
	int32_t rc = make_body(args, body, err);

	(void)code;
	if (rc == 0)
		rc = hyp_client_send(client, "POST", "/tokens", body, &reply,
				     err);
	json_object_put(body);
	if (rc == 0 && hyp_args_has(args, "json"))
		hyp_reply_print(reply);
	else if (rc == 0)
		print_token(reply);
	json_object_put(reply);
	return rc;
}

static int run(struct hyp_app *app, const struct hyp_args *args)
{
	return hyp_client_run(app, args, create);
}

const struct hyp_command hyp_cmd_token_create = {
	.name = "token create",
	.operands = "NAME",
	.summary = "Makes a token for the API and prints it once",
	.details = "Keep it in a file that only its user can read, for "
		   "--token-file:\n\n"
		   "    (umask 077; hypersdk token create ci --role operator "
		   "> ci.token)",
	.min = 1,
	.max = 1,
	.groups = {&group, &hyp_client_options},
	.run = run,
};
