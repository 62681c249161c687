/* SPDX-License-Identifier: Apache-2.0 */
/* One request on its way from the socket to its handler and back. */
#ifndef HYP_API_REQUEST_H
#define HYP_API_REQUEST_H

#include "core/api/auth.h"
#include "core/api/connections.h"
#include "core/api/guard.h"
#include "core/api/route.h"
#include "core/api/uri.h"
#include "core/api/work.h"
#include "core/base/random.h"
#include "core/engine/engine.h"

struct hyp_server;
struct hyp_stream;

/* What the client will be told. */
struct hyp_reply {
	uint32_t status;
	uint32_t close;		/* the connection ends after it */
	uint32_t retry_after_s; /* 0: no such header */
	uint32_t replayed;	/* an answer of earlier, for an Idempotency-Key
				 */
	struct hyp_buf body;
	char allow[64];		   /* of 405 */
	const char *type;	   /* NULL: application/json */
	struct hyp_stream *stream; /* instead of a body; the reply's own */
};

struct hyp_request {
	struct hyp_work_item work; /* first: http.c finds the request by it */
	struct hyp_server *server;
	struct hyp_engine *engine;
	struct hyp_conn *conn;
	uint64_t began_ns; /* boot clock: of its first line */
	char id[HYP_UUID_TEXT_MAX];
	char *raw_uri;
	char method[16];
	struct hyp_uri uri;
	struct hyp_head_facts facts; /* strings live as long as the request */
	const struct hyp_route *route;
	char *args[HYP_ROUTE_ARGS]; /* of the path's {…} */
	struct hyp_identity who;
	struct hyp_buf body;
	struct json_object *json; /* the body, checked by the route's schema */
	struct hyp_reply reply;

	/* Of http.c. */
	uint32_t stage;
	size_t passed; /* bytes of the body, kept or not */
	struct MHD_Connection *mhd;
	char *idempotency_key; /* actor, route and key */
	char body_hash[HYP_MARK_MAX];
	char *action; /* "POST /jobs/submit" */
};

/* All of it but the stream of its reply. */
void hyp_request_fini(struct hyp_request *request);

/* A query parameter by name, or NULL; numbers and flags were checked by the
 * route's table. */
const char *hyp_request_text(const struct hyp_request *request,
			     const char *name);
int64_t hyp_request_number(const struct hyp_request *request, const char *name,
			   int64_t absent);
int hyp_request_flag(const struct hyp_request *request, const char *name);

/* On whose behalf a change is made. answer: see struct hyp_actor; it is set
 * only where the request has an Idempotency-Key. */
typedef int32_t hyp_answer(void *ctx, const void *done, uint32_t *status,
			   struct hyp_buf *body, struct hyp_error *err);
struct hyp_actor hyp_request_actor(struct hyp_request *request,
				   hyp_answer *answer, void *ctx);
/* For an answer: the reply as it is now. */
int32_t hyp_request_keep(const struct hyp_request *request, uint32_t *status,
			 struct hyp_buf *body, struct hyp_error *err);

/* Begins the reply's body, empty, with this status. */
void hyp_reply_begin(struct hyp_request *request, uint32_t status,
		     struct hyp_out *out, struct hyp_error *err);

/* Makes the reply that of an error: {error, kind, timestamp, request_id}. */
void hyp_reply_refused(struct hyp_request *request, uint32_t status,
		       const char *kind, const char *text);
void hyp_reply_error(struct hyp_request *request, const struct hyp_error *err);
/* The status that an error has: by its kind, else by its code. */
uint32_t hyp_error_status(const struct hyp_error *err);

#endif
