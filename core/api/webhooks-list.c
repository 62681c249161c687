/* SPDX-License-Identifier: Apache-2.0 */
/* What was sent to a webhook, and what came of it. */
#include "core/api/handlers.h"
#include "core/api/rows.h"
#include "core/base/cleanup.h"
#include "core/base/notice-body.h"
#include "core/engine/webhook-json.h"
#include "core/pipeline/keep.h"

#include <string.h>

#define BODY_MAX (4u << 20)

static const char *const states[] = {"",	  "pending", "sending",
				     "delivered", "dead",    "abandoned"};

struct listing {
	struct hyp_request *request;
	struct hyp_keep keep;
	struct hyp_delivery_row *rows;
	size_t count;
	int slack; /* the webhook's format */
};

/* A delivery, to which its event's body is added. */
struct showing {
	struct hyp_out *out;
	const struct listing *l;
	const struct hyp_delivery_row *row;
};

static int32_t take(void *ctx, const void *data, struct hyp_error *err)
{
	struct listing *l = ctx;
	struct hyp_delivery_row *to = &l->rows[l->count];
	int32_t rc;

	*to = *(const struct hyp_delivery_row *)data;
	rc = hyp_keep_string(&l->keep, &to->event_id, err);
	if (rc == 0)
		rc = hyp_keep_string(&l->keep, &to->job_id, err);
	if (rc == 0)
		rc = hyp_keep_string(&l->keep, &to->error, err);
	l->count += rc == 0;
	return rc;
}

static int32_t write_body(void *ctx, const void *data, struct hyp_error *err)
{
	HYP_AUTO_BUF struct hyp_buf text = HYP_BUF_INIT(BODY_MAX);
	const struct hyp_event_row *event = data;
	const struct showing *s = ctx;
	const struct hyp_notice notice = {
		.size = sizeof(notice),
		.attempt = s->row->tries,
		.time_ms = event->time_ms,
		.id = event->id,
		.type = event->type,
		.job_id = event->job_id,
		.data_json = event->data_json,
	};

	if (hyp_notice_body(&notice, s->l->slack, &text, err) != 0)
		return err->code;
	hyp_out_json(s->out, "body", hyp_buf_str(&text));
	return s->out->rc;
}

static int32_t write_one(struct hyp_out *out, const struct listing *l,
			 const struct hyp_delivery_row *row,
			 struct hyp_error *err)
{
	const struct hyp_store_query query = {.size = sizeof(query),
					      .id = row->event_id};
	struct showing showing = {out, l, row};
	int pending = row->state == HYP_DELIVERY_PENDING;
	int32_t rc = 0;

	hyp_out_open(out, NULL, '{');
	hyp_out_text(out, "event_id", row->event_id);
	hyp_out_text_or_null(out, "job_id", row->job_id);
	hyp_out_text(out, "state",
		     row->state < HYP_COUNT(states) ? states[row->state] : "");
	hyp_out_number(out, "attempts", row->tries);
	if (row->http_status != 0)
		hyp_out_number(out, "status", row->http_status);
	else
		hyp_out_null(out, "status");
	if (row->tries > 0)
		hyp_out_number(out, "latency_ms", row->latency_ms);
	else
		hyp_out_null(out, "latency_ms");
	hyp_out_text_or_null(out, "error", row->error);
	hyp_out_time(out, "due_at", pending ? row->due_ms : 0);
	hyp_out_time(out, "updated_at", row->updated_ms);
	if (hyp_request_flag(l->request, "body"))
		rc = hyp_rows_list(l->request->engine, HYP_TABLE_EVENT, &query,
				   write_body, &showing, err);
	hyp_out_close(out, '}');
	return rc < 0 ? rc : out->rc;
}

static int32_t write_all(struct listing *l, struct hyp_error *err)
{
	struct hyp_out out;
	int32_t rc = 0;

	hyp_reply_begin(l->request, 200, &out, err);
	hyp_out_open(&out, NULL, '{');
	hyp_out_open(&out, "deliveries", '[');
	for (size_t i = 0; rc == 0 && i < l->count; i++)
		rc = write_one(&out, l, &l->rows[i], err);
	hyp_out_close(&out, ']');
	hyp_out_number(&out, "total", (int64_t)l->count);
	hyp_out_timestamp(&out);
	hyp_out_close(&out, '}');
	return rc < 0 ? rc : out.rc;
}

struct endpoint {
	int found, slack;
};

static int32_t take_endpoint(void *ctx, const void *data, struct hyp_error *err)
{
	const struct hyp_endpoint_row *row = data;
	struct endpoint *endpoint = ctx;
	struct hyp_webhook webhook;

	endpoint->found = 1;
	if (hyp_webhook_load(row, &webhook, err) != 0)
		return err->code;
	endpoint->slack = hyp_webhook_is_slack(&webhook);
	hyp_webhook_fini(&webhook);
	return 0;
}

static int32_t find_endpoint(struct hyp_request *request, const char *id,
			     int *slack, struct hyp_error *err)
{
	const struct hyp_store_query query = {.size = sizeof(query), .id = id};
	struct endpoint endpoint = {0, 0};

	if (hyp_rows_list(request->engine, HYP_TABLE_ENDPOINT, &query,
			  take_endpoint, &endpoint, err) != 0)
		return err->code;
	*slack = endpoint.slack;
	return endpoint.found ? 0
			      : hyp_error_set(err, HYP_E_NOT_FOUND, "not_found",
					      0, "there is no webhook %s", id);
}

int32_t hyp_get_deliveries(struct hyp_request *request, struct hyp_error *err)
{
	const char *state = hyp_request_text(request, "state");
	struct hyp_store_query query = {
		.size = sizeof(query),
		.flags = HYP_QUERY_REVERSE,
		.limit = (uint32_t)hyp_request_number(request, "limit", 100),
	};
	struct listing l = {.request = request};
	HYP_AUTO_FREE char *id = NULL;
	int32_t rc = hyp_webhook_id(request, &id, err);

	if (rc == 0)
		rc = find_endpoint(request, id, &l.slack, err);
	if (rc < 0)
		return rc;
	query.endpoint_id = id;
	for (size_t i = 1; state != NULL && i < HYP_COUNT(states); i++)
		if (strcmp(states[i], state) == 0)
			query.states = 1u << i;
	l.rows = calloc(query.limit, sizeof(*l.rows));
	if (l.rows == NULL)
		return hyp_error_nomem(err);
	rc = hyp_rows_list(request->engine, HYP_TABLE_DELIVERY, &query, take,
			   &l, err);
	if (rc == 0)
		rc = write_all(&l, err);
	hyp_keep_free(&l.keep);
	free(l.rows);
	return rc;
}
