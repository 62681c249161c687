/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/client-command.h"
#include "core/app/job-text.h"
#include "core/base/cleanup.h"
#include "core/base/clock.h"
#include "core/base/text.h"

#define TICK_MS 1000
/* The daemon writes log lines, a few at a time, a moment after they happen. */
#define AFTER_MS 1500

static const struct hyp_cli_option options[] = {
	{"follow", 'f', NULL, "goes on until the job has ended"},
	{"json", 'j', NULL,
	 "the server's answer, one JSON document; with --follow one for each "
	 "line of the log"},
	{NULL, 0, NULL, NULL},
};
static const struct hyp_cli_group group = {"Options", options};

struct showing {
	int json;
	int64_t seen; /* number of the last line that was printed */
};

static void print_line(struct json_object *line)
{
	struct json_object *details = hyp_reply_member(line, "details");
	const char *origin = hyp_reply_text(details, "origin");
	char text[4096], safe[8192];

	snprintf(text, sizeof(text), "%s %s %s%s%s",
		 hyp_reply_text(line, "timestamp"),
		 hyp_reply_text(line, "level"), origin,
		 origin[0] != '\0' ? ": " : "",
		 hyp_reply_text(line, "message"));
	hyp_text_printable(text, safe, sizeof(safe));
	puts(safe);
}

static void print_new_lines(struct json_object *reply, struct showing *s)
{
	struct json_object *logs = hyp_reply_member(reply, "logs");
	size_t count = json_object_is_type(logs, json_type_array)
			       ? json_object_array_length(logs)
			       : 0;

	for (size_t i = 0; i < count; i++) {
		struct json_object *line = json_object_array_get_idx(logs, i);
		int64_t seq = hyp_reply_number(line, "seq");

		if (seq <= s->seen)
			continue;
		if (s->json)
			hyp_reply_print(line);
		else
			print_line(line);
		s->seen = seq;
	}
	fflush(stdout);
}

static int is_away(const struct hyp_error *err)
{
	return err->code == HYP_E_TRANSIENT || err->code == HYP_E_BUSY;
}

/* Whether it has ended is asked before its lines are: none is missed. */
static int32_t look(struct hyp_client *client, const char *id,
		    struct showing *s, int *ended, struct hyp_error *err)
{
	struct json_object *reply;

	if (hyp_client_get_of(client, "/jobs/%s", id, &reply, err) != 0)
		return err->code;
	*ended = hyp_job_text_ended(hyp_reply_text(reply, "status"));
	json_object_put(reply);
	if (hyp_client_get_of(client, "/jobs/logs/%s", id, &reply, err) != 0)
		return err->code;
	print_new_lines(reply, s);
	json_object_put(reply);
	return 0;
}

static void rest(struct hyp_feed *feed, const struct hyp_cancel *cancel)
{
	uint64_t until = hyp_clock_boot_ms() + AFTER_MS, now;

	while ((now = hyp_clock_boot_ms()) < until &&
	       !hyp_cancel_is_set(cancel))
		hyp_feed_wait(feed, (int)(until - now));
}

static int32_t follow(struct hyp_client *client, const char *id,
		      struct showing *s, struct hyp_error *err)
{
	struct hyp_cancel *cancel = hyp_client_cancel(client);
	struct hyp_feed *feed;
	int ended = 0;
	int32_t rc = hyp_feed_new(client, &feed, err);

	if (rc != 0)
		return rc;
	while (rc == 0 && !ended) {
		rc = look(client, id, s, &ended, err);
		if (rc != 0 && s->seen >= 0 && is_away(err))
			rc = 0;
		if (rc == 0 && hyp_cancel_is_set(cancel))
			rc = hyp_error_set(err, HYP_E_CANCELLED, "cancelled", 0,
					   "cancelled");
		if (rc == 0 && !ended)
			hyp_feed_wait(feed, TICK_MS);
	}
	if (rc == 0) {
		rest(feed, cancel);
		rc = look(client, id, s, &ended, err);
	}
	hyp_feed_free(feed);
	return rc;
}

static int32_t logs(struct hyp_client *client, const struct hyp_args *args,
		    int *code, struct hyp_error *err)
{
	const char *id = args->operands[0];
	struct showing s = {.json = hyp_args_has(args, "json"), .seen = -1};
	struct json_object *reply;

	(void)code;
	if (hyp_args_has(args, "follow"))
		return follow(client, id, &s, err);
	if (hyp_client_get_of(client, "/jobs/logs/%s", id, &reply, err) != 0)
		return err->code;
	if (s.json)
		hyp_reply_print(reply);
	else
		print_new_lines(reply, &s);
	json_object_put(reply);
	return 0;
}

static int run(struct hyp_app *app, const struct hyp_args *args)
{
	return hyp_client_run(app, args, logs);
}

const struct hyp_command hyp_cmd_jobs_logs = {
	.name = "jobs logs",
	.operands = "ID",
	.summary = "Shows what was logged of a job",
	.min = 1,
	.max = 1,
	.groups = {&group, &hyp_client_options},
	.run = run,
};
