/* SPDX-License-Identifier: Apache-2.0 */
#include "core/api/request.h"
#include "core/base/cleanup.h"
#include "core/base/log.h"

#define USUAL 2000 /* bytes */

void hyp_request_fini(struct hyp_request *request)
{
	free(request->raw_uri);
	hyp_uri_fini(&request->uri);
	for (size_t i = 0; i < HYP_ROUTE_ARGS; i++)
		free(request->args[i]);
	hyp_buf_wipe(&request->body);
	hyp_buf_fini(&request->reply.body);
	json_object_put(request->json);
	free(request->idempotency_key);
	free(request->action);
}

const char *hyp_request_text(const struct hyp_request *request,
			     const char *name)
{
	return hyp_uri_get(&request->uri, name);
}

int64_t hyp_request_number(const struct hyp_request *request, const char *name,
			   int64_t absent)
{
	const char *text = hyp_uri_get(&request->uri, name);

	return text != NULL ? strtoll(text, NULL, 10) : absent;
}

int hyp_request_flag(const struct hyp_request *request, const char *name)
{
	const char *text = hyp_uri_get(&request->uri, name);

	return text != NULL && strcmp(text, "true") == 0;
}

struct hyp_actor hyp_request_actor(struct hyp_request *request,
				   hyp_answer *answer, void *ctx)
{
	int keyed = request->idempotency_key != NULL;

	return (struct hyp_actor){
		.name = request->who.name,
		.role = hyp_role_name(request->who.role),
		.remote = request->conn->address,
		.action = request->action,
		.request_id = request->id,
		.idempotency_key = request->idempotency_key,
		.body_hash = keyed ? request->body_hash : NULL,
		.answer = keyed ? answer : NULL,
		.ctx = ctx,
	};
}

int32_t hyp_request_keep(const struct hyp_request *request, uint32_t *status,
			 struct hyp_buf *body, struct hyp_error *err)
{
	*status = request->reply.status;
	hyp_buf_reset(body);
	return hyp_buf_adds(body, hyp_buf_str(&request->reply.body), err);
}

void hyp_reply_begin(struct hyp_request *request, uint32_t status,
		     struct hyp_out *out, struct hyp_error *err)
{
	request->reply.status = status;
	hyp_buf_reset(&request->reply.body);
	/* Most answers fit. Without memory the first text will say so. */
	hyp_buf_reserve(&request->reply.body, USUAL, NULL);
	hyp_out_init(out, &request->reply.body, err);
}

static int32_t write_error(struct hyp_buf *body, const char *kind,
			   const char *text, const char *request_id,
			   struct hyp_error *err)
{
	struct hyp_out out;

	hyp_out_init(&out, body, err);
	hyp_out_open(&out, NULL, '{');
	hyp_out_text(&out, "error", text);
	hyp_out_text(&out, "kind", kind);
	hyp_out_timestamp(&out);
	hyp_out_text(&out, "request_id", request_id);
	hyp_out_close(&out, '}');
	return out.rc;
}

void hyp_reply_refused(struct hyp_request *request, uint32_t status,
		       const char *kind, const char *text)
{
	struct hyp_buf *body = &request->reply.body;
	struct hyp_error err;

	request->reply.status = status;
	hyp_buf_reset(body);
	/* Without memory the status alone must do. */
	if (write_error(body, kind, text, request->id, &err) != 0)
		hyp_buf_fini(body);
}

static const struct {
	const char *kind;
	uint32_t status;
} by_kind[] = {
	{"db_full", 507},
	{"insufficient_space", 507},
	{"quota_exceeded", 507},
	{"not_found", 404},
	{"too_large", 413},
	{"unsupported_media", 415},
	{"idempotency_reused", 422},
	{"idempotency_running", 409},
	{"no_memory", 503},
	{"too_many_streams", 503},
};

static const uint32_t by_code[] = {
	[-HYP_E_TRANSIENT] = 503,   [-HYP_E_BUSY] = 503,
	[-HYP_E_AUTH] = 502,	    [-HYP_E_PERMANENT] = 500,
	[-HYP_E_NOT_FOUND] = 404,   [-HYP_E_USAGE] = 400,
	[-HYP_E_UNSUPPORTED] = 400, [-HYP_E_RESOURCE] = 503,
	[-HYP_E_EXISTS] = 409,	    [-HYP_E_CANCELLED] = 503,
	[-HYP_E_FENCED] = 409,	    [-HYP_E_CONFLICT] = 409,
};

uint32_t hyp_error_status(const struct hyp_error *err)
{
	for (size_t i = 0; i < HYP_COUNT(by_kind); i++)
		if (strcmp(err->kind, by_kind[i].kind) == 0)
			return by_kind[i].status;
	if (err->code >= 0 || err->code < HYP_E_LAST)
		return 500;
	return by_code[-err->code];
}

void hyp_reply_error(struct hyp_request *request, const struct hyp_error *err)
{
	uint32_t status = hyp_error_status(err);

	if (status >= 500)
		hyp_log(HYP_LOG_WARNING, "", "api", "%s: %u %s: %s",
			request->action != NULL ? request->action
						: request->method,
			status, err->kind, err->text);
	hyp_reply_refused(request, status, err->kind, err->text);
	if (status == 503)
		request->reply.retry_after_s =
			err->retry_after_ms > 1000 ? err->retry_after_ms / 1000
						   : 1;
}
