/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one table of routes: the dispatcher, the check of requests and GET
 * /openapi.json all read it.
 */
#ifndef HYP_API_ROUTE_H
#define HYP_API_ROUTE_H

#include "core/api/schema.h"

struct hyp_request;

/* Who may: each includes those before it. There is none for 0, so that a
 * route cannot be without. */
enum hyp_role {
	HYP_ROLE_OPEN = 1, /* anybody who can connect */
	HYP_ROLE_METRICS,
	HYP_ROLE_VIEWER,
	HYP_ROLE_OPERATOR,
	HYP_ROLE_ADMIN,
};

/* Which thread runs the handler. */
enum hyp_place {
	HYP_PLACE_HERE = 1, /* the one that serves the connection: fast reads */
	HYP_PLACE_ASIDE,    /* waits for the disk: changes, long lists */
	HYP_PLACE_REMOTE,   /* waits for an endpoint: inventory */
	HYP_PLACE_SCRAPE,   /* looks at disks that may not answer */
};

#define HYP_ROUTE_CHANGES 1u /* refused until the engine is ready */
/* Honours Idempotency-Key, or refuses it: what it answers must not be kept, or
 * doing it twice is no more than doing it once. Each POST that changes
 * something does one or the other. */
#define HYP_ROUTE_IDEMPOTENT 2u
#define HYP_ROUTE_NO_KEY 4u
#define HYP_ROUTE_YAML 8u /* the body may be YAML */
#define HYP_ROUTE_STREAM 16u
/* Is there on the metrics port too, the only one of it. */
#define HYP_ROUTE_METRICS 32u
/* Answers text, not JSON. */
#define HYP_ROUTE_TEXT 64u

/* Fills the request's reply; an error becomes one by its code and kind. */
typedef int32_t hyp_handler(struct hyp_request *request, struct hyp_error *err);

struct hyp_route {
	const char *method;
	const char *path; /* "/jobs/{id}": at most two {…} */
	enum hyp_role role;
	enum hyp_place place;
	hyp_handler *handler;
	const char *name; /* OpenAPI's operationId */
	const char *summary;
	uint32_t flags; /* HYP_ROUTE_* */
	const struct hyp_field *query;
	size_t query_count;
	const struct hyp_schema *body;	  /* NULL: none is taken */
	const struct hyp_schema *reply;	  /* NULL: none, or a stream */
	uint32_t status;		  /* of a success, 0: 200 */
	const struct hyp_schema *unready; /* of its 503, NULL: an error's */
};

/* Method, path, role, place and handler cannot be left out. */
#define HYP_ROUTE(method_, path_, role_, place_, handler_, ...)                \
	{                                                                      \
		.method = #method_, .path = (path_), .role = HYP_ROLE_##role_, \
		.place = HYP_PLACE_##place_, .handler = (handler_),            \
		__VA_ARGS__                                                    \
	}
#define HYP_ROUTE_QUERY(fields)                                                \
	.query = (fields), .query_count = sizeof(fields) / sizeof((fields)[0])

extern const struct hyp_route hyp_routes[];
extern const size_t hyp_route_count;

#define HYP_ROUTE_ARGS 2
struct hyp_route_match {
	const struct hyp_route *route; /* NULL: no such path or method */
	const struct hyp_route *other; /* some route of this path, or NULL */
	const char *args[HYP_ROUTE_ARGS];
	size_t args_len[HYP_ROUTE_ARGS];
};
/* path: decoded. Literal components win over {…}. HEAD finds GET. */
void hyp_route_find(const char *method, const char *path,
		    struct hyp_route_match *match);
/* "GET, POST": the methods of every route with this template. */
void hyp_route_methods(const struct hyp_route *route, char *out, size_t max);

const char *hyp_role_name(enum hyp_role role);
/* 0 if there is none of this name. */
enum hyp_role hyp_role_by_name(const char *name);

/* The OpenAPI 3.1 document of the table. */
int32_t hyp_openapi_write(struct hyp_buf *buf, struct hyp_error *err);

#endif
