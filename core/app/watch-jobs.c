/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/watch-jobs.h"
#include "core/api/refusal.h"
#include "core/app/client-command.h"
#include "core/app/job-text.h"
#include "core/app/watch-view.h"
#include "core/base/buf.h"
#include "core/base/cleanup.h"

#include <stdlib.h>

#define JSON_MS 1000

struct watch {
	struct hyp_client *client;
	struct hyp_feed *feed;
	struct hyp_watch_view *view; /* NULL: --json */
	const char *const *ids;
	struct hyp_watch_row *rows;
	struct json_object **jobs; /* as last seen whole */
	struct json_object **now;  /* the last /jobs/progress/{id} */
	int *codes;
	size_t count, ended;
	int away; /* the daemon does not answer */
};

static int is_away(const struct hyp_error *err)
{
	return err->code == HYP_E_TRANSIENT || err->code == HYP_E_BUSY;
}

/* One answer, or none while the daemon is away. */
static int32_t ask(struct watch *w, const char *fmt, const char *id,
		   struct json_object **into, struct hyp_error *err)
{
	struct hyp_call call = {.method = "GET"};
	HYP_AUTO_FREE char *encoded = NULL;
	char path[512];
	struct json_object *reply;

	if (hyp_client_encode(id, &encoded, err) != 0)
		return err->code;
	snprintf(path, sizeof(path), "%s%s", fmt, encoded);
	call.path = path;
	if (hyp_client_call(w->client, &call, &reply, err) == 0) {
		json_object_put(*into);
		*into = reply;
		w->away = 0;
		return 0;
	}
	if (!is_away(err))
		return hyp_error_prefix(err, "%s: ", id);
	if (!w->away && w->view != NULL)
		hyp_watch_view_note(w->view, "the daemon does not answer; "
					     "waiting for it");
	w->away = 1;
	return 0;
}

static int code_of(struct json_object *job)
{
	const char *status = hyp_reply_text(job, "status");
	const char *kind = hyp_reply_text(job, "error_kind");
	struct hyp_error err;

	if (strcmp(status, "completed") == 0)
		return HYP_EXIT_DONE;
	if (strcmp(status, "cancelled") == 0)
		return HYP_EXIT_CANCELLED;
	hyp_error_set(&err, hyp_refusal_code(kind, HYP_E_PERMANENT), kind, 0,
		      "%s", "");
	return hyp_exit_code(&err);
}

static void tell_outcome(struct watch *w, size_t i)
{
	struct json_object *job = w->jobs[i];
	const char *error = hyp_reply_text(job, "error");
	const char *kind = hyp_reply_text(job, "error_kind");

	if (w->view == NULL)
		return;
	hyp_watch_view_clear(w->view);
	if (strcmp(hyp_reply_text(job, "status"), "failed") == 0) {
		hyp_client_tell(hyp_job_text_name(job), error,
				kind[0] != '\0' ? kind : "failed",
				HYP_E_PERMANENT);
		return;
	}
	hyp_job_text_outcome(job);
	fflush(stdout);
}

static int32_t finish(struct watch *w, size_t i, struct hyp_error *err)
{
	if (ask(w, "/jobs/", w->ids[i], &w->jobs[i], err) != 0)
		return err->code;
	if (w->away ||
	    !hyp_job_text_ended(hyp_reply_text(w->jobs[i], "status")))
		return 0;
	w->codes[i] = code_of(w->jobs[i]);
	w->rows[i].ended = 1;
	w->ended++;
	tell_outcome(w, i);
	return 0;
}

static void fill_row(struct hyp_watch_row *row, struct json_object *job,
		     struct json_object *now)
{
	struct json_object *progress = hyp_reply_member(now, "progress");

	row->name = hyp_job_text_name(job);
	row->state = hyp_job_text_state(now);
	row->percent = strcmp(hyp_reply_text(now, "status"), "pending") == 0
			       ? 0
			       : hyp_job_text_percent(now);
	row->bytes = (uint64_t)hyp_reply_number(progress, "bytes_transferred");
}

static int32_t look_at(struct watch *w, size_t i, struct hyp_error *err)
{
	if (w->jobs[i] == NULL &&
	    ask(w, "/jobs/", w->ids[i], &w->jobs[i], err) != 0)
		return err->code;
	if (w->jobs[i] == NULL)
		return 0;
	if (ask(w, "/jobs/progress/", w->ids[i], &w->now[i], err) != 0)
		return err->code;
	if (w->now[i] == NULL)
		return 0;
	if (hyp_job_text_ended(hyp_reply_text(w->now[i], "status")) &&
	    finish(w, i, err) != 0)
		return err->code;
	fill_row(&w->rows[i], w->jobs[i], w->now[i]);
	return 0;
}

static int32_t look(struct watch *w, struct hyp_error *err)
{
	int complete = 1;

	for (size_t i = 0; i < w->count; i++) {
		if (!w->rows[i].ended && look_at(w, i, err) != 0)
			return err->code;
		complete = complete && w->rows[i].name != NULL;
		if (w->away)
			return 0;
	}
	if (w->view != NULL && complete && w->ended < w->count)
		hyp_watch_view_show(w->view, w->rows, w->count);
	return 0;
}

/* Ctrl-C: the watching ends, and no job. */
static void tell_stopped(const struct watch *w)
{
	if (w->view != NULL)
		hyp_watch_view_note(
			w->view,
			w->count == 1
				? "the job goes on without being watched; "
				  "\"hypersdk jobs cancel\" ends it"
				: "the jobs go on without being watched");
}

static int32_t watch(struct watch *w, struct hyp_error *err)
{
	struct hyp_cancel *cancel = hyp_client_cancel(w->client);
	int tick = w->view != NULL ? hyp_watch_view_tick(w->view) : JSON_MS;

	while (w->ended < w->count) {
		if (look(w, err) != 0 && err->code != HYP_E_CANCELLED)
			return err->code;
		if (hyp_cancel_is_set(cancel))
			return hyp_error_set(err, HYP_E_CANCELLED, "cancelled",
					     0, "cancelled");
		if (w->ended < w->count)
			hyp_feed_wait(w->feed, tick);
	}
	return 0;
}

/* The server's own document of all of them. */
static int32_t print_json(struct watch *w, struct hyp_error *err)
{
	struct json_object *body = json_object_new_object(), *reply;
	struct json_object *ids = json_object_new_array();
	struct hyp_call call = {
		.method = "POST", .path = "/jobs/query", .again = 1};
	int32_t rc;

	for (size_t i = 0; i < w->count; i++)
		json_object_array_add(ids, json_object_new_string(w->ids[i]));
	json_object_object_add(body, "job_ids", ids);
	call.body = json_object_to_json_string_length(
		body, JSON_C_TO_STRING_PLAIN, &call.length);
	rc = hyp_client_call(w->client, &call, &reply, err);
	json_object_put(body);
	if (rc != 0)
		return rc;
	hyp_reply_print(reply);
	json_object_put(reply);
	return 0;
}

static int32_t begin(struct watch *w, int json, struct hyp_error *err)
{
	w->rows = calloc(w->count, sizeof(*w->rows));
	w->jobs = calloc(w->count, sizeof(struct json_object *));
	w->now = calloc(w->count, sizeof(struct json_object *));
	w->codes = calloc(w->count, sizeof(*w->codes));
	if (w->rows == NULL || w->jobs == NULL || w->now == NULL ||
	    w->codes == NULL)
		return hyp_error_nomem(err);
	if (!json && hyp_watch_view_new(&w->view, err) != 0)
		return err->code;
	return hyp_feed_new(w->client, &w->feed, err);
}

static void end(struct watch *w)
{
	for (size_t i = 0; i < w->count; i++) {
		if (w->jobs != NULL)
			json_object_put(w->jobs[i]);
		if (w->now != NULL)
			json_object_put(w->now[i]);
	}
	hyp_watch_view_free(w->view);
	hyp_feed_free(w->feed);
	free(w->rows);
	free(w->jobs);
	free(w->now);
	free(w->codes);
}

int32_t hyp_watch_jobs(struct hyp_client *client, const char *const *ids,
		       size_t count, int json, int *code, struct hyp_error *err)
{
	struct watch w = {.client = client, .ids = ids, .count = count};
	int32_t rc = begin(&w, json, err);

	if (rc == 0)
		rc = watch(&w, err);
	if (rc == 0 && json)
		rc = print_json(&w, err);
	for (size_t i = 0; rc == 0 && i < count; i++)
		if (*code == HYP_EXIT_DONE)
			*code = w.codes[i];
	if (rc == HYP_E_CANCELLED) {
		tell_stopped(&w);
		*code = HYP_EXIT_CANCELLED;
		rc = 0;
	}
	end(&w);
	return rc;
}
