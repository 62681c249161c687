/* SPDX-License-Identifier: Apache-2.0 */
#include "core/api/direct.h"
#include "core/api/dispatch.h"
#include "core/api/refusal.h"
#include "core/api/server.h"
#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/base/json-read.h"

#include <unistd.h>

#define ANSWER_MAX (256u * 1024u * 1024u)

struct hyp_direct {
	struct hyp_server server;
	struct hyp_conn conn;
	char who[HYP_IDENTITY_NAME_MAX];
};

int32_t hyp_direct_new(struct hyp_engine *engine, struct hyp_direct **out,
		       struct hyp_error *err)
{
	struct hyp_direct *d = calloc(1, sizeof(*d));
	struct hyp_server *s;

	if (d == NULL)
		return hyp_error_nomem(err);
	s = &d->server;
	s->engine = engine;
	pthread_mutex_init(&s->registry_lock, NULL);
	hyp_buf_init(&s->openapi, 1024u * 1024u);
	d->conn.fd = -1;
	d->conn.way = HYP_WAY_UNIX;
	snprintf(d->conn.address, sizeof(d->conn.address), "in-process");
	snprintf(d->who, sizeof(d->who), "uid %u", (unsigned)geteuid());
	if (hyp_keys_new(&s->keys, err) != 0 ||
	    hyp_auth_new(engine, HYP_AUTH_NONE, &s->auth, err) != 0 ||
	    hyp_scrape_new(engine, &s->scrape, err) != 0 ||
	    hyp_openapi_write(&s->openapi, err) != 0) {
		hyp_direct_free(d);
		return err->code;
	}
	*out = d;
	return 0;
}

void hyp_direct_free(struct hyp_direct *direct)
{
	if (direct == NULL)
		return;
	hyp_buf_fini(&direct->server.openapi);
	hyp_scrape_free(direct->server.scrape);
	hyp_auth_free(direct->server.auth);
	hyp_keys_free(direct->server.keys);
	pthread_mutex_destroy(&direct->server.registry_lock);
	free(direct);
}

const char *hyp_direct_who(const struct hyp_direct *direct)
{
	return direct->who;
}

/* rq is all zero. */
static int32_t fill(struct hyp_request *rq, struct hyp_direct *direct,
		    const struct hyp_direct_call *call, struct hyp_error *err)
{
	rq->server = &direct->server;
	rq->engine = direct->server.engine;
	rq->conn = &direct->conn;
	rq->began_ns = hyp_clock_boot_ns();
	hyp_buf_init(&rq->body, HYP_BODY_MAX);
	hyp_buf_init(&rq->reply.body, ANSWER_MAX);
	snprintf(rq->who.name, sizeof(rq->who.name), "%s", direct->who);
	rq->who.role = HYP_ROLE_ADMIN;
	rq->facts.content_length = -1;
	rq->facts.content_type = "application/json";
	rq->facts.idempotency_key = call->key;
	if (hyp_uuid7(rq->id, err) != 0)
		return err->code;
	if (strlen(call->method) >= sizeof(rq->method) ||
	    strlen(call->uri) > HYP_URI_MAX)
		return hyp_error_set(err, HYP_E_USAGE, "bad_request", 0,
				     "method or URI are too long");
	snprintf(rq->method, sizeof(rq->method), "%s", call->method);
	if (call->body != NULL && hyp_buf_adds(&rq->body, call->body, err) != 0)
		return strlen(call->body) > HYP_BODY_MAX
			       ? hyp_error_set(err, HYP_E_USAGE, "too_large", 0,
					       "the body is larger than 1 MiB")
			       : err->code;
	return hyp_strdup(call->uri, &rq->raw_uri, err);
}

static int32_t refused(const struct hyp_reply *reply, struct hyp_error *err)
{
	struct json_object *body = NULL;
	struct hyp_error unread;
	int32_t rc;

	hyp_json_read(hyp_buf_str(&reply->body), reply->body.len, &body,
		      &unread);
	rc = hyp_refusal_error(reply->status, body, err);
	json_object_put(body);
	return rc;
}

int32_t hyp_direct_call(struct hyp_direct *direct,
			const struct hyp_direct_call *call, char **answer,
			struct hyp_error *err)
{
	struct hyp_request rq = {.stage = 0};
	int32_t rc = fill(&rq, direct, call, err);

	if (rc == 0 && hyp_dispatch_direct(&rq) == HYP_NEXT_RUN)
		rc = hyp_dispatch_call(&rq, err);
	if (rc == 0 && rq.reply.status >= 400)
		rc = refused(&rq.reply, err);
	if (rc == 0)
		rc = hyp_strdup(hyp_buf_str(&rq.reply.body), answer, err);
	hyp_request_fini(&rq);
	return rc;
}
