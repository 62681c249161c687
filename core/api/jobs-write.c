/* SPDX-License-Identifier: Apache-2.0 */
#include "core/api/handlers.h"

struct submit {
	struct hyp_request *request;
	int single; /* one definition alone: refused as a request is */
};

static int32_t write_list(const struct hyp_submitted *s, struct hyp_buf *body,
			  struct hyp_error *err)
{
	struct hyp_out out;

	hyp_out_init(&out, body, err);
	hyp_out_open(&out, NULL, '{');
	hyp_out_open(&out, "job_ids", '[');
	for (size_t i = 0; i < s->id_count; i++)
		hyp_out_text(&out, NULL, s->ids[i]);
	hyp_out_close(&out, ']');
	hyp_out_number(&out, "accepted", (int64_t)s->accepted);
	hyp_out_number(&out, "rejected", (int64_t)s->rejected_count);
	hyp_out_open(&out, "errors", '[');
	for (size_t i = 0; i < s->rejected_count; i++) {
		hyp_out_open(&out, NULL, '{');
		hyp_out_number(&out, "index", (int64_t)s->rejected[i].index);
		hyp_out_text(&out, "kind", s->rejected[i].error.kind);
		hyp_out_text(&out, "error", s->rejected[i].error.text);
		hyp_out_number(&out, "status",
			       hyp_error_status(&s->rejected[i].error));
		hyp_out_close(&out, '}');
	}
	hyp_out_close(&out, ']');
	hyp_out_timestamp(&out);
	hyp_out_close(&out, '}');
	return out.rc;
}

/* What the client is told of a submit: into the reply. */
static int32_t render(const struct submit *submit,
		      const struct hyp_submitted *s, struct hyp_error *err)
{
	struct hyp_buf *body = &submit->request->reply.body;

	if (submit->single && s->accepted == 0) {
		*err = s->rejected[0].error;
		return err->code;
	}
	hyp_buf_reset(body);
	submit->request->reply.status = 200;
	return write_list(s, body, err);
}

/* The definitions of any of the three forms; *out is the caller's to free,
 * its entries are the request's. */
static int32_t collect(struct json_object *json, struct json_object ***out,
		       size_t *count, int *single, struct hyp_error *err)
{
	struct json_object *list = json, *jobs;
	struct json_object **at;

	*single = 0;
	if (json_object_is_type(json, json_type_object)) {
		*single = !json_object_object_get_ex(json, "jobs", &jobs);
		list = *single ? NULL : jobs;
	}
	*count = list != NULL ? json_object_array_length(list) : 1;
	if (*count > 1000)
		return hyp_error_set(err, HYP_E_USAGE, "bad_request", 0,
				     "/: more than 1,000 definitions");
	at = calloc(*count, sizeof(struct json_object *));
	if (at == NULL)
		return hyp_error_nomem(err);
	for (size_t i = 0; i < *count; i++)
		at[i] = list != NULL ? json_object_array_get_idx(list, i)
				     : json;
	*out = at;
	return 0;
}

/* The engine's, before the change is made: this answer is kept with it for an
 * Idempotency-Key, and is the one that goes out. */
static int32_t answer(void *ctx, const void *done, uint32_t *status,
		      struct hyp_buf *body, struct hyp_error *err)
{
	const struct submit *submit = ctx;

	if (render(submit, done, err) != 0)
		return err->code;
	return hyp_request_keep(submit->request, status, body, err);
}

static int32_t reply_submitted(const struct submit *submit,
			       const struct hyp_submitted *submitted,
			       struct hyp_error *err)
{
	if (submit->request->reply.body.len > 0)
		return 0;
	return render(submit, submitted, err);
}

int32_t hyp_post_jobs_submit(struct hyp_request *request, struct hyp_error *err)
{
	struct submit submit = {.request = request};
	struct hyp_actor actor = hyp_request_actor(request, answer, &submit);
	struct hyp_submitted submitted = {.id_count = 0};
	struct json_object **definitions = NULL;
	size_t count;
	int32_t rc;

	if (collect(request->json, &definitions, &count, &submit.single, err) !=
	    0)
		return err->code;
	rc = hyp_engine_submit(request->engine, &actor, definitions, count,
			       &submitted, err);
	free(definitions);
	if (rc != 0)
		return rc;
	rc = reply_submitted(&submit, &submitted, err);
	hyp_submitted_fini(&submitted);
	return rc;
}

int32_t hyp_post_job_retry(struct hyp_request *request, struct hyp_error *err)
{
	struct submit submit = {.request = request};
	struct hyp_actor actor = hyp_request_actor(request, answer, &submit);
	struct hyp_submitted submitted = {.id_count = 0};
	int32_t rc;

	if (hyp_engine_retry(request->engine, &actor, request->args[0],
			     &submitted, err) != 0)
		return err->code;
	rc = reply_submitted(&submit, &submitted, err);
	hyp_submitted_fini(&submitted);
	return rc;
}

/* What each id came to; code 0: cancelled. */
static void cancel_all(struct hyp_request *request, struct json_object *ids,
		       struct hyp_error *results)
{
	struct hyp_actor actor = hyp_request_actor(request, NULL, NULL);
	size_t n = json_object_array_length(ids);

	for (size_t i = 0; i < n; i++) {
		const char *id = json_object_get_string(
			json_object_array_get_idx(ids, i));

		if (hyp_engine_cancel(request->engine, &actor, id,
				      &results[i]) == 0)
			results[i].code = 0;
	}
}

static void write_ids(struct hyp_out *out, const char *name,
		      struct json_object *ids, const struct hyp_error *results,
		      int failed)
{
	size_t n = json_object_array_length(ids);

	hyp_out_open(out, name, '[');
	for (size_t i = 0; i < n; i++)
		if ((results[i].code != 0) == failed)
			hyp_out_text(
				out, NULL,
				json_object_get_string(
					json_object_array_get_idx(ids, i)));
	hyp_out_close(out, ']');
}

/* An id that was given twice is told once. */
static int is_first(struct json_object *ids, size_t i)
{
	const char *id =
		json_object_get_string(json_object_array_get_idx(ids, i));

	for (size_t k = 0; k < i; k++)
		if (strcmp(json_object_get_string(
				   json_object_array_get_idx(ids, k)),
			   id) == 0)
			return 0;
	return 1;
}

/* id to "kind: text". */
static void write_errors(struct hyp_out *out, struct json_object *ids,
			 const struct hyp_error *results)
{
	size_t n = json_object_array_length(ids);

	hyp_out_open(out, "errors", '{');
	for (size_t i = 0; i < n; i++) {
		char text[HYP_ERROR_TEXT_MAX + HYP_ERROR_KIND_MAX + 2];

		if (results[i].code == 0 || !is_first(ids, i))
			continue;
		snprintf(text, sizeof(text), "%s: %s", results[i].kind,
			 results[i].text);
		hyp_out_text(out,
			     json_object_get_string(
				     json_object_array_get_idx(ids, i)),
			     text);
	}
	hyp_out_close(out, '}');
}

int32_t hyp_post_jobs_cancel(struct hyp_request *request, struct hyp_error *err)
{
	struct json_object *ids =
		json_object_object_get(request->json, "job_ids");
	struct hyp_error *results =
		calloc(json_object_array_length(ids), sizeof(*results));
	struct hyp_out out;

	if (results == NULL)
		return hyp_error_nomem(err);
	cancel_all(request, ids, results);
	hyp_reply_begin(request, 200, &out, err);
	hyp_out_open(&out, NULL, '{');
	write_ids(&out, "cancelled", ids, results, 0);
	write_ids(&out, "failed", ids, results, 1);
	write_errors(&out, ids, results);
	hyp_out_timestamp(&out);
	hyp_out_close(&out, '}');
	free(results);
	return out.rc;
}

int32_t hyp_delete_job(struct hyp_request *request, struct hyp_error *err)
{
	struct hyp_actor actor = hyp_request_actor(request, NULL, NULL);

	if (hyp_engine_delete(request->engine, &actor, request->args[0], err) !=
	    0)
		return err->code;
	return hyp_view_deleted(request, "job deleted", request->args[0], err);
}
