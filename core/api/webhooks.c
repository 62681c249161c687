/* SPDX-License-Identifier: Apache-2.0 */
#include "core/engine/webhooks.h"
#include "core/api/handlers.h"
#include "core/api/rows.h"
#include "core/base/cleanup.h"

#include <string.h>

static const char *text_of(struct hyp_request *request, const char *name)
{
	struct json_object *at = json_object_object_get(request->json, name);

	return at != NULL ? json_object_get_string(at) : NULL;
}

static void write_webhook(struct hyp_out *out, const char *name,
			  const struct hyp_endpoint_row *row)
{
	hyp_out_open(out, name, '{');
	hyp_out_text(out, "id", row->id);
	hyp_out_text(out, "url", row->url);
	hyp_view_members(out, row->settings_json);
	hyp_out_bool(out, "enabled",
		     row->enabled && row->disabled_why[0] == '\0');
	hyp_out_text_or_null(out, "disabled_why", row->disabled_why);
	hyp_out_text(out, "owner", row->owner);
	hyp_out_time(out, "created_at", row->created_ms);
	hyp_out_close(out, '}');
}

static void view_one(struct hyp_out *out, const void *row)
{
	write_webhook(out, NULL, row);
}

int32_t hyp_get_webhooks(struct hyp_request *request, struct hyp_error *err)
{
	const struct hyp_store_query query = {.size = sizeof(query)};
	struct hyp_out out;

	hyp_reply_begin(request, 200, &out, err);
	hyp_out_open(&out, NULL, '{');
	return hyp_rows_reply(request, &out, "webhooks", HYP_TABLE_ENDPOINT,
			      &query, view_one, err);
}

static int32_t write_new(void *ctx, const void *row, struct hyp_error *err)
{
	struct hyp_out *out = ctx;

	(void)err;
	write_webhook(out, "webhook", row);
	return out->rc;
}

static int32_t tell(struct hyp_request *request, uint32_t status,
		    const char *message, const char *id, struct hyp_error *err)
{
	const struct hyp_store_query query = {.size = sizeof(query), .id = id};
	struct hyp_out out;

	hyp_reply_begin(request, status, &out, err);
	hyp_out_open(&out, NULL, '{');
	hyp_out_text(&out, "message", message);
	if (hyp_rows_list(request->engine, HYP_TABLE_ENDPOINT, &query,
			  write_new, &out, err) != 0)
		return err->code;
	hyp_out_timestamp(&out);
	hyp_out_close(&out, '}');
	return out.rc;
}

int32_t hyp_post_webhooks(struct hyp_request *request, struct hyp_error *err)
{
	struct hyp_actor actor = hyp_request_actor(request, NULL, NULL);
	char id[HYP_WEBHOOK_NAME_MAX + 1];

	if (hyp_engine_webhook_add(request->engine, &actor, request->json, id,
				   err) != 0)
		return err->code;
	return tell(request, 201, "webhook created", id, err);
}

static int32_t missing(const char *id, struct hyp_error *err)
{
	return hyp_error_set(err, HYP_E_NOT_FOUND, "not_found", 0,
			     "there is no webhook %.128s", id);
}

/* A place in the list: an index is accepted for an id. */
struct search {
	int64_t count, wanted;
	char *id;
};

static int32_t take_wanted(void *ctx, const void *data, struct hyp_error *err)
{
	const struct hyp_endpoint_row *row = data;
	struct search *l = ctx;

	return l->count++ == l->wanted ? hyp_strdup(row->id, &l->id, err) : 0;
}

int32_t hyp_webhook_id(struct hyp_request *request, char **id,
		       struct hyp_error *err)
{
	const struct hyp_store_query query = {.size = sizeof(query)};
	const char *arg = request->args[0];
	struct search l = {.count = 0};
	int32_t rc;

	if (arg[strspn(arg, "0123456789")] != '\0' || strlen(arg) > 4)
		return hyp_strdup(arg, id, err);
	l.wanted = strtol(arg, NULL, 10);
	rc = hyp_rows_list(request->engine, HYP_TABLE_ENDPOINT, &query,
			   take_wanted, &l, err);
	if (rc == 0 && l.id == NULL)
		rc = missing(arg, err);
	if (rc == 0)
		*id = l.id;
	return rc;
}

struct showing {
	struct hyp_out out;
	int found;
};

static int32_t show_one(void *ctx, const void *row, struct hyp_error *err)
{
	struct showing *s = ctx;

	(void)err;
	s->found = 1;
	write_webhook(&s->out, NULL, row);
	return s->out.rc;
}

int32_t hyp_get_webhook(struct hyp_request *request, struct hyp_error *err)
{
	struct hyp_store_query query = {.size = sizeof(query)};
	struct showing s = {.found = 0};
	HYP_AUTO_FREE char *id = NULL;

	if (hyp_webhook_id(request, &id, err) != 0)
		return err->code;
	query.id = id;
	hyp_reply_begin(request, 200, &s.out, err);
	if (hyp_rows_list(request->engine, HYP_TABLE_ENDPOINT, &query, show_one,
			  &s, err) != 0)
		return err->code;
	return s.found ? s.out.rc : missing(id, err);
}

int32_t hyp_put_webhook(struct hyp_request *request, struct hyp_error *err)
{
	struct hyp_actor actor = hyp_request_actor(request, NULL, NULL);
	HYP_AUTO_FREE char *id = NULL;

	if (hyp_webhook_id(request, &id, err) != 0 ||
	    hyp_engine_webhook_update(request->engine, &actor, id,
				      request->json, err) != 0)
		return err->code;
	return tell(request, 200, "webhook updated", id, err);
}

static int32_t enable(struct hyp_request *request, uint32_t enabled,
		      const char *message, struct hyp_error *err)
{
	struct hyp_actor actor = hyp_request_actor(request, NULL, NULL);
	HYP_AUTO_FREE char *id = NULL;

	if (hyp_webhook_id(request, &id, err) != 0 ||
	    hyp_engine_webhook_enable(request->engine, &actor, id, enabled,
				      err) != 0)
		return err->code;
	return tell(request, 200, message, id, err);
}

int32_t hyp_enable_webhook(struct hyp_request *request, struct hyp_error *err)
{
	return enable(request, 1, "webhook enabled", err);
}

int32_t hyp_disable_webhook(struct hyp_request *request, struct hyp_error *err)
{
	return enable(request, 0, "webhook disabled", err);
}

int32_t hyp_delete_webhook(struct hyp_request *request, struct hyp_error *err)
{
	struct hyp_actor actor = hyp_request_actor(request, NULL, NULL);
	HYP_AUTO_FREE char *id = NULL;

	if (hyp_webhook_id(request, &id, err) != 0 ||
	    hyp_engine_webhook_remove(request->engine, &actor, id, err) != 0)
		return err->code;
	return hyp_view_deleted(request, "webhook deleted", id, err);
}

static int32_t write_tested(struct hyp_request *request,
			    const struct hyp_outcome *outcome,
			    const struct hyp_error *why, struct hyp_error *err)
{
	struct hyp_out out;

	hyp_reply_begin(request, 200, &out, err);
	hyp_out_open(&out, NULL, '{');
	hyp_out_bool(&out, "success", why->code == 0);
	if (outcome->status != 0)
		hyp_out_number(&out, "status", outcome->status);
	else
		hyp_out_null(&out, "status");
	hyp_out_number(&out, "latency_ms", outcome->latency_ms);
	hyp_out_text_or_null(&out, "kind", why->code != 0 ? why->kind : "");
	hyp_out_text_or_null(&out, "error", why->code != 0 ? why->text : "");
	hyp_out_timestamp(&out);
	hyp_out_close(&out, '}');
	return out.rc;
}

int32_t hyp_post_webhook_test(struct hyp_request *request,
			      struct hyp_error *err)
{
	struct hyp_actor actor = hyp_request_actor(request, NULL, NULL);
	const char *id = text_of(request, "id"), *url = text_of(request, "url");
	const char *event = text_of(request, "event");
	struct hyp_outcome outcome;
	struct hyp_error why;

	if ((id == NULL) == (url == NULL))
		return hyp_error_set(err, HYP_E_USAGE, "bad_request", 0,
				     "/: give id or url");
	if (event != NULL &&
	    (!hyp_webhook_event_valid(event) || event[0] == '*'))
		return hyp_error_set(err, HYP_E_USAGE, "bad_request", 0,
				     "/event: there is no such event");
	if (hyp_engine_webhook_test(request->engine, &actor, id, url,
				    event != NULL ? event : "job.completed",
				    &outcome, &why, err) != 0)
		return err->code;
	return write_tested(request, &outcome, &why, err);
}

static int32_t write_replayed(struct hyp_request *request, uint64_t count,
			      struct hyp_error *err)
{
	struct hyp_out out;

	hyp_reply_begin(request, 200, &out, err);
	hyp_out_open(&out, NULL, '{');
	hyp_out_number(&out, "replayed", (int64_t)count);
	hyp_out_timestamp(&out);
	hyp_out_close(&out, '}');
	return out.rc;
}

static int32_t answer_replayed(void *ctx, const void *done, uint32_t *status,
			       struct hyp_buf *body, struct hyp_error *err)
{
	struct hyp_request *request = ctx;

	if (write_replayed(request, *(const uint64_t *)done, err) != 0)
		return err->code;
	return hyp_request_keep(request, status, body, err);
}

int32_t hyp_post_replay(struct hyp_request *request, struct hyp_error *err)
{
	struct hyp_actor actor =
		hyp_request_actor(request, answer_replayed, request);
	HYP_AUTO_FREE char *id = NULL;
	uint64_t replayed = 0;

	if (hyp_webhook_id(request, &id, err) != 0 ||
	    hyp_engine_webhook_replay(request->engine, &actor, id,
				      text_of(request, "event_id"), &replayed,
				      err) != 0)
		return err->code;
	return request->reply.body.len > 0
		       ? 0
		       : write_replayed(request, replayed, err);
}
