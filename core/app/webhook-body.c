/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/webhook-body.h"
#include "core/app/client-command.h"
#include "core/app/json.h"
#include "core/base/cleanup.h"
#include "core/base/log.h"
#include "core/config/options.h"

#include <string.h>

static const struct hyp_cli_option options[] = {
	{"event", 'e', "EVENT",
	 "an event that is sent, as in job.failed; may be repeated; '*': all"},
	{"header", 0, "NAME=REFERENCE",
	 "one more header; its value from file:PATH, env:NAME or "
	 "credential:NAME; may be repeated"},
	{"secret", 0, "REFERENCE",
	 "signs with this key: file:PATH, env:NAME or credential:NAME"},
	{"format", 0, "FORMAT", "json or slack"},
	{"timeout", 0, "TIME", "longest time of one try"},
	{"retry", 0, "N", "further tries, or durable"},
	{"allow-cidr", 0, "NETWORK",
	 "a private network that may be connected to; may be repeated"},
	{NULL, 0, NULL, NULL},
};
const struct hyp_cli_group hyp_webhook_options = {"Webhook", options};

static void add_list(const struct hyp_args *args, struct json_object *body,
		     const char *option, const char *name)
{
	struct json_object *list;
	const char *value;
	size_t at = 0;

	if (!hyp_args_has(args, option))
		return;
	list = json_object_new_array();
	while ((value = hyp_args_next(args, option, &at)) != NULL)
		json_object_array_add(list, json_object_new_string(value));
	json_object_object_add(body, name, list);
}

/* Read here: the daemon must not read files for who asks it. */
static int32_t add_secret(struct json_object *to, const char *name,
			  const char *reference, struct hyp_error *err)
{
	char *text;
	size_t n;
	int32_t rc = hyp_secret_read(reference, &text, &n, err);

	if (rc < 0)
		return rc;
	hyp_redact_add(text);
	hyp_json_string(to, name, text);
	explicit_bzero(text, n);
	free(text);
	return 0;
}

static int32_t add_headers(const struct hyp_args *args,
			   struct json_object *body, struct hyp_error *err)
{
	struct json_object *headers;
	const char *value;
	size_t at = 0;
	int32_t rc = 0;

	if (!hyp_args_has(args, "header"))
		return 0;
	headers = json_object_new_object();
	json_object_object_add(body, "headers", headers);
	while (rc == 0 &&
	       (value = hyp_args_next(args, "header", &at)) != NULL) {
		size_t n = strcspn(value, "=");
		HYP_AUTO_FREE char *name = strndup(value, n);

		if (value[n] != '=' || n == 0)
			rc = hyp_error_set(err, HYP_E_USAGE, "usage", 0,
					   "--header: NAME=REFERENCE is "
					   "expected");
		else
			rc = add_secret(headers, name, value + n + 1, err);
	}
	return rc;
}

static void add_retry(struct json_object *body, const char *retry)
{
	if (retry == NULL)
		return;
	if (retry[0] != '\0' && retry[strspn(retry, "0123456789")] == '\0')
		hyp_json_number(body, "retry", strtoul(retry, NULL, 10));
	else
		hyp_json_string(body, "retry", retry);
}

int32_t hyp_webhook_body_fill(const struct hyp_args *args,
			      struct json_object *body, struct hyp_error *err)
{
	static const char *const texts[] = {"format", "timeout"};
	const char *secret = hyp_args_get(args, "secret");
	int32_t rc = 0;

	for (size_t i = 0; i < HYP_COUNT(texts); i++)
		if (hyp_args_get(args, texts[i]) != NULL)
			hyp_json_string(body, texts[i],
					hyp_args_get(args, texts[i]));
	add_retry(body, hyp_args_get(args, "retry"));
	add_list(args, body, "event", "events");
	add_list(args, body, "allow-cidr", "allow_cidrs");
	if (secret != NULL)
		rc = add_secret(body, "secret", secret, err);
	return rc < 0 ? rc : add_headers(args, body, err);
}

void hyp_webhook_told(const struct hyp_args *args, struct json_object *reply,
		      const char *done)
{
	struct json_object *webhook = hyp_reply_member(reply, "webhook");

	hyp_reply_tell(args, reply, "%s: %s\n", hyp_reply_text(webhook, "id"),
		       done);
}
