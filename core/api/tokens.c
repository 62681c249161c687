/* SPDX-License-Identifier: Apache-2.0 */
#include "core/api/handlers.h"
#include "core/api/rows.h"
#include "core/api/server.h"
#include "core/api/times.h"
#include "core/base/clock.h"

static void view_token(struct hyp_out *out, const void *data)
{
	const struct hyp_token_row *row = data;

	hyp_out_open(out, NULL, '{');
	hyp_out_text(out, "id", row->id);
	hyp_out_text(out, "name", row->name);
	hyp_out_text(out, "role", row->role);
	hyp_out_time(out, "created_at", row->created_ms);
	hyp_out_time(out, "expires_at", row->expires_ms);
	hyp_out_bool(out, "revoked", row->revoked != 0);
	hyp_out_close(out, '}');
}

int32_t hyp_get_tokens(struct hyp_request *request, struct hyp_error *err)
{
	const struct hyp_store_query query = {.size = sizeof(query)};
	struct hyp_out out;

	hyp_reply_begin(request, 200, &out, err);
	hyp_out_open(&out, NULL, '{');
	return hyp_rows_reply(request, &out, "tokens", HYP_TABLE_TOKEN, &query,
			      view_token, err);
}

static int32_t read_expiry(struct json_object *json, int64_t *expires_ms,
			   struct hyp_error *err)
{
	struct json_object *at = json_object_object_get(json, "expires_at");

	*expires_ms = 0;
	if (at == NULL)
		return 0;
	if (hyp_time_parse(json_object_get_string(at), expires_ms, err) != 0)
		return err->code;
	if (*expires_ms > hyp_clock_wall_ms())
		return 0;
	return hyp_error_set(err, HYP_E_USAGE, "bad_request", 0,
			     "/expires_at: is in the past");
}

static const char *member(struct json_object *json, const char *name)
{
	return json_object_get_string(json_object_object_get(json, name));
}

static int32_t write_created(struct hyp_request *request, const char *id,
			     const char *token, int64_t expires_ms,
			     struct hyp_error *err)
{
	struct hyp_out out;

	hyp_reply_begin(request, 201, &out, err);
	hyp_out_open(&out, NULL, '{');
	hyp_out_text(&out, "id", id);
	hyp_out_text(&out, "name", member(request->json, "name"));
	hyp_out_text(&out, "role", member(request->json, "role"));
	hyp_out_text(&out, "token", token);
	hyp_out_time(&out, "expires_at", expires_ms);
	hyp_out_timestamp(&out);
	hyp_out_close(&out, '}');
	return out.rc;
}

int32_t hyp_post_tokens(struct hyp_request *request, struct hyp_error *err)
{
	struct hyp_actor actor = hyp_request_actor(request, NULL, NULL);
	char id[HYP_UUID_TEXT_MAX], token[HYP_TOKEN_TEXT_MAX];
	int64_t expires_ms;
	int32_t rc;

	if (read_expiry(request->json, &expires_ms, err) != 0 ||
	    hyp_engine_token_create(request->engine, &actor,
				    member(request->json, "name"),
				    member(request->json, "role"), expires_ms,
				    id, token, err) != 0)
		return err->code;
	hyp_auth_forget(request->server->auth);
	rc = write_created(request, id, token, expires_ms, err);
	explicit_bzero(token, sizeof(token));
	return rc;
}

int32_t hyp_delete_token(struct hyp_request *request, struct hyp_error *err)
{
	struct hyp_actor actor = hyp_request_actor(request, NULL, NULL);

	if (hyp_engine_token_revoke(request->engine, &actor, request->args[0],
				    err) != 0)
		return err->code;
	hyp_auth_forget(request->server->auth);
	if (request->server->streams_cut != NULL)
		request->server->streams_cut(request->server->streams);
	return hyp_view_deleted(request, "token revoked", request->args[0],
				err);
}
