/* SPDX-License-Identifier: Apache-2.0 */
/* What is said of jobs that were just submitted. */
#include "core/api/refusal.h"
#include "core/app/client-command.h"
#include "core/app/watch-jobs.h"
#include "core/base/buf.h"
#include "core/base/cleanup.h"

#include <stdlib.h>

static size_t length_of(struct json_object *array)
{
	return json_object_is_type(array, json_type_array)
		       ? json_object_array_length(array)
		       : 0;
}

/* {index, kind, error, status}: a definition that was refused. */
static int tell_refused(struct json_object *e, const char *const *names,
			size_t name_count)
{
	int64_t at = hyp_reply_number(e, "index");
	char number[32];

	snprintf(number, sizeof(number), "job %lld", (long long)at + 1);
	return hyp_client_tell(
		at >= 0 && (size_t)at < name_count ? names[at] : number,
		hyp_reply_text(e, "error"), hyp_reply_text(e, "kind"),
		hyp_refusal_status_code((long)hyp_reply_number(e, "status")));
}

/* errors[]; the exit code of the first. One that is a text says what a
 * schedule's run, which has begun, leaves out: no failure. */
static int tell_errors(struct json_object *reply, const char *const *names,
		       size_t name_count)
{
	struct json_object *errors = hyp_reply_member(reply, "errors");
	int first = HYP_EXIT_DONE;

	for (size_t i = 0; i < length_of(errors); i++) {
		struct json_object *e = json_object_array_get_idx(errors, i);
		int code = HYP_EXIT_DONE;

		if (json_object_is_type(e, json_type_string))
			hyp_client_tell("left out", json_object_get_string(e),
					"conflict", HYP_E_CONFLICT);
		else
			code = tell_refused(e, names, name_count);
		if (first == HYP_EXIT_DONE)
			first = code;
	}
	return first;
}

static int32_t watch(struct hyp_client *client, struct json_object *ids,
		     int json, int *code, struct hyp_error *err)
{
	size_t count = length_of(ids);
	const char **names = calloc(count + 1, sizeof(*names));
	int32_t rc = 0;

	if (names == NULL)
		return hyp_error_nomem(err);
	for (size_t i = 0; i < count; i++)
		names[i] = json_object_get_string(
			json_object_array_get_idx(ids, i));
	if (count > 0)
		rc = hyp_watch_jobs(client, names, count, json, code, err);
	free(names);
	return rc;
}

int32_t hyp_submitted_tell(struct hyp_client *client,
			   const struct hyp_args *args,
			   struct json_object *reply, const char *const *names,
			   size_t name_count, int *code, struct hyp_error *err)
{
	struct json_object *ids = hyp_reply_member(reply, "job_ids");
	int json = hyp_args_has(args, "json");
	int wait = hyp_args_has(args, "wait");

	if (json && !wait)
		hyp_reply_print(reply);
	for (size_t i = 0; i < length_of(ids) && !json; i++)
		puts(json_object_get_string(json_object_array_get_idx(ids, i)));
	fflush(stdout);
	*code = tell_errors(reply, names, name_count);
	return wait ? watch(client, ids, json, code, err) : 0;
}
