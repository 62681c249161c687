/* SPDX-License-Identifier: Apache-2.0 */
#include "core/api/body.h"
#include "core/api/dispatch.h"
#include "core/api/server.h"
#include "core/base/cleanup.h"

static enum hyp_next refuse(struct hyp_request *rq,
			    const struct hyp_refused *refused)
{
	hyp_reply_refused(rq, refused->status, refused->kind, refused->text);
	return HYP_NEXT_REPLY;
}

/* Nothing more is taken from this connection: where one reader sees one
 * request, another might see two. */
static enum hyp_next refuse_and_close(struct hyp_request *rq,
				      const struct hyp_refused *refused)
{
	rq->reply.close = 1;
	return refuse(rq, refused);
}

static enum hyp_next fail(struct hyp_request *rq, const struct hyp_error *err)
{
	hyp_reply_error(rq, err);
	return HYP_NEXT_REPLY;
}

/* Secrets in URIs end up in logs and histories. */
static int has_secret(const struct hyp_uri *uri)
{
	static const char *const names[] = {"token",	"access_token",
					    "api_key",	"apikey",
					    "password", "authorization"};

	for (size_t i = 0; i < HYP_COUNT(names); i++)
		if (hyp_uri_get(uri, names[i]) != NULL)
			return 1;
	return 0;
}

/* The route, or the reply that says why there is none. */
static int route(struct hyp_request *rq)
{
	struct hyp_route_match match;
	char text[128];

	hyp_route_find(rq->method, rq->uri.path, &match);
	if (rq->conn->metrics &&
	    (match.other == NULL ||
	     (match.other->flags & HYP_ROUTE_METRICS) == 0)) {
		hyp_reply_refused(rq, 404, "not_found",
				  "this port is for GET /metrics alone");
		return -1;
	}
	if (match.other == NULL) {
		hyp_reply_refused(rq, 404, "not_found",
				  "there is nothing at this path; GET "
				  "/openapi.json lists what there is");
		return -1;
	}
	if (match.route == NULL) {
		hyp_route_methods(match.other, rq->reply.allow,
				  sizeof(rq->reply.allow));
		snprintf(text, sizeof(text), "this path takes %s",
			 rq->reply.allow);
		hyp_reply_refused(rq, 405, "method_not_allowed", text);
		return -1;
	}
	rq->route = match.route;
	for (size_t i = 0; i < HYP_ROUTE_ARGS && match.args[i] != NULL; i++) {
		rq->args[i] = strndup(match.args[i], match.args_len[i]);
		if (rq->args[i] == NULL) {
			hyp_reply_refused(rq, 503, "no_memory",
					  "out of memory");
			return -1;
		}
	}
	return 0;
}

/* From the URI to the route, and to what the audit calls it. */
static int find(struct hyp_request *rq, const char *uri)
{
	struct hyp_error err;

	if (hyp_uri_parse(uri, &rq->uri, &err) != 0) {
		fail(rq, &err);
		return -1;
	}
	if (has_secret(&rq->uri)) {
		hyp_reply_refused(rq, 400, "secret_in_query",
				  "secrets are never taken from a URI; use "
				  "the Authorization header");
		return -1;
	}
	if (route(rq) != 0)
		return -1;
	if (hyp_asprintf(&rq->action, &err, "%s %s", rq->route->method,
			 rq->route->path) == 0)
		return 0;
	fail(rq, &err);
	return -1;
}

static int authorize(struct hyp_request *rq)
{
	struct hyp_refused refused;
	char text[96];

	if (rq->route->role == HYP_ROLE_OPEN ||
	    rq->conn->metrics == HYP_METRICS_OPEN)
		return 0;
	if (hyp_auth_check(rq->server->auth, rq->conn, rq->facts.authorization,
			   &rq->who, &refused) != 0) {
		refuse(rq, &refused);
		if (refused.status == 429)
			rq->reply.retry_after_s = 60;
		hyp_denials_add(rq->server->denials, rq, refused.kind);
		return -1;
	}
	if (rq->who.role >= rq->route->role)
		return 0;
	snprintf(text, sizeof(text), "this needs the role %s; yours is %s",
		 hyp_role_name(rq->route->role), hyp_role_name(rq->who.role));
	hyp_reply_refused(rq, 403, "forbidden", text);
	hyp_denials_add(rq->server->denials, rq, "forbidden");
	return -1;
}

static const struct hyp_field *parameter(const struct hyp_route *route,
					 const char *name)
{
	for (size_t i = 0; i < route->query_count; i++)
		if (strcmp(route->query[i].name, name) == 0)
			return &route->query[i];
	return NULL;
}

/* A parameter's text as the JSON that its field checks. */
static struct json_object *parameter_json(const struct hyp_field *f,
					  const char *text)
{
	char *end;
	long long number;

	if (f->type == HYP_TYPE_BOOLEAN && strcmp(text, "true") == 0)
		return json_object_new_boolean(1);
	if (f->type == HYP_TYPE_BOOLEAN && strcmp(text, "false") == 0)
		return json_object_new_boolean(0);
	errno = 0;
	number = strtoll(text, &end, 10);
	if (f->type == HYP_TYPE_INTEGER && *text >= '0' && *text <= '9' &&
	    *end == '\0' && errno == 0)
		return json_object_new_int64(number);
	return json_object_new_string(text);
}

static int32_t check_query(const struct hyp_request *rq, struct hyp_error *err)
{
	for (size_t i = 0; i < rq->uri.query_count; i++) {
		const struct hyp_parameter *p = &rq->uri.query[i];
		const struct hyp_field *f = parameter(rq->route, p->name);
		struct json_object *json;
		char where[64];
		int32_t rc;

		if (f == NULL)
			return hyp_error_set(err, HYP_E_USAGE, "bad_request", 0,
					     "?%.64s: unknown parameter",
					     p->name);
		json = parameter_json(f, p->value);
		if (json == NULL)
			return hyp_error_nomem(err);
		snprintf(where, sizeof(where), "?%s", f->name);
		rc = hyp_field_check(f, json, where, err);
		json_object_put(json);
		if (rc != 0)
			return rc;
	}
	return 0;
}

/* Writes must say that they are JSON or YAML: a page can send other types
 * without being asked for leave. */
static int check_type(struct hyp_request *rq)
{
	enum hyp_body_form form = hyp_body_form(rq->facts.content_type);
	int has_body = rq->facts.chunked || rq->facts.content_length > 0;

	if (rq->route->body == NULL && !has_body)
		return 0;
	if (form == HYP_BODY_JSON ||
	    (form == HYP_BODY_YAML && rq->route->flags & HYP_ROUTE_YAML))
		return 0;
	hyp_reply_refused(rq, 415, "unsupported_media",
			  rq->route->flags & HYP_ROUTE_YAML
				  ? "the Content-Type must be application/json "
				    "or application/x-yaml"
				  : "the Content-Type must be "
				    "application/json");
	return -1;
}

/* A store in trouble is asked all the same: nobody knows sooner that it is
 * well again. */
static int check_ready(struct hyp_request *rq)
{
	static const char *const waits[] = {"starting", "stopping", "db_lost"};
	const char *unready = hyp_engine_unready(rq->engine);
	size_t i = 0;

	if (atomic_load(&rq->server->draining))
		unready = "stopping";
	if ((rq->route->flags & HYP_ROUTE_CHANGES) == 0 || unready == NULL)
		return 0;
	while (i < HYP_COUNT(waits) && strcmp(unready, waits[i]) != 0)
		i++;
	if (i == HYP_COUNT(waits))
		return 0;
	hyp_reply_refused(rq, 503, unready,
			  "changes are not taken now; try again");
	rq->reply.retry_after_s = 1;
	return -1;
}

enum hyp_next hyp_dispatch_begin(struct hyp_request *rq,
				 const struct hyp_head *head)
{
	struct hyp_refused refused;
	struct hyp_error err;

	if (hyp_guard_head(head, &rq->facts, &refused) != 0 ||
	    hyp_guard_layout(head, &refused) != 0 ||
	    hyp_hosts_check(rq->server->hosts, rq->facts.host, &refused) != 0)
		return refuse_and_close(rq, &refused);
	/* How chunks are framed is libmicrohttpd's to read, and it is lenient:
	 * nothing is read behind them. */
	if (rq->facts.chunked)
		rq->reply.close = 1;
	if (hyp_hosts_check_origin(rq->facts.host, rq->facts.origin,
				   rq->facts.fetch_site, &refused) != 0)
		return refuse(rq, &refused);
	if (find(rq, head->uri) != 0 || authorize(rq) != 0 ||
	    check_type(rq) != 0 || check_ready(rq) != 0)
		return HYP_NEXT_REPLY;
	if (check_query(rq, &err) != 0)
		return fail(rq, &err);
	return HYP_NEXT_BODY;
}

static enum hyp_next read_body(struct hyp_request *rq)
{
	const struct hyp_route *r = rq->route;
	struct hyp_error err;

	if (r->flags & HYP_ROUTE_NO_KEY && rq->facts.idempotency_key != NULL) {
		hyp_reply_refused(rq, 400, "unsupported",
				  "Idempotency-Key is not taken here: no "
				  "answer of this route is kept");
		return HYP_NEXT_REPLY;
	}
	if (r->body == NULL && rq->body.len > 0) {
		hyp_reply_refused(rq, 400, "bad_request",
				  "/: no body is taken here");
		return HYP_NEXT_REPLY;
	}
	if (r->body == NULL)
		return HYP_NEXT_RUN;
	if (hyp_body_parse(hyp_body_form(rq->facts.content_type),
			   hyp_buf_str(&rq->body), rq->body.len, &rq->json,
			   &err) != 0 ||
	    hyp_schema_check(r->body, rq->json, &err) != 0)
		return fail(rq, &err);
	return HYP_NEXT_RUN;
}

enum hyp_next hyp_dispatch_direct(struct hyp_request *rq)
{
	struct hyp_refused refused;
	struct hyp_error err;

	if (hyp_guard_uri(rq->raw_uri, &refused) != 0)
		return refuse(rq, &refused);
	if (find(rq, rq->raw_uri) != 0 || check_ready(rq) != 0)
		return HYP_NEXT_REPLY;
	if (check_query(rq, &err) != 0)
		return fail(rq, &err);
	return read_body(rq);
}

enum hyp_next hyp_dispatch_finish(struct hyp_request *rq)
{
	/* A body takes its time, and so does the way to here. */
	if (!hyp_auth_holds(rq->server->auth, &rq->who) && authorize(rq) != 0)
		return HYP_NEXT_REPLY;
	return read_body(rq);
}

int32_t hyp_dispatch_call(struct hyp_request *rq, struct hyp_error *err)
{
	int keyed = rq->facts.idempotency_key != NULL &&
		    rq->route->flags & HYP_ROUTE_IDEMPOTENT;
	int replayed = 0;
	int32_t rc = 0;

	rq->reply.status = rq->route->status != 0 ? rq->route->status : 200;
	if (keyed)
		rc = hyp_idempotency_enter(rq->server->keys, rq, &replayed,
					   err);
	if (rc == 0 && !replayed)
		rc = rq->route->handler(rq, err);
	if (keyed)
		hyp_idempotency_leave(rq->server->keys, rq);
	return rc;
}

void hyp_dispatch_run(struct hyp_request *rq)
{
	struct hyp_error err;

	if (hyp_dispatch_call(rq, &err) != 0)
		hyp_reply_error(rq, &err);
}
