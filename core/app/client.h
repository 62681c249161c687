/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The daemon, as the commands speak to it: HTTP over its Unix socket, over the
 * loopback address of the settings, or to a server elsewhere. No redirects, no
 * proxies; certificates are always checked. One thread.
 */
#ifndef HYP_APP_CLIENT_H
#define HYP_APP_CLIENT_H

#include "core/app/app.h"
#include <json-c/json.h>

/* --socket, --server, --token-file, --ca. */
extern const struct hyp_cli_group hyp_client_options;

struct hyp_client;

/* Finds the daemon: --server; --socket; the settings' api.socket if somebody
 * listens there; the settings' api.listen. "not_running" says what to start. */
int32_t hyp_client_new(struct hyp_app *app, struct hyp_client **out,
		       struct hyp_error *err);
void hyp_client_free(struct hyp_client *client);
/* 1 if it speaks to this machine, so that relative paths mean something. */
int hyp_client_is_local(const struct hyp_client *client);
/* Set by Ctrl-C. */
struct hyp_cancel *hyp_client_cancel(const struct hyp_client *client);

struct hyp_call {
	const char *method;
	const char *path; /* with its query, encoded */
	const char *body; /* NULL: none */
	size_t length;
	const char *type; /* of the body, NULL: JSON */
	const char *key;  /* Idempotency-Key, or NULL */
	/* 1: may be made a second time when its answer was lost, and is, for
	 * half a minute. Calls with a key, and those that only look. */
	int again;
};

/*
 * *reply: the answer's JSON, the caller's to put. An answer other than 2xx is
 * an error with the server's text and kind. "not_running" when nobody listens,
 * "connection_lost" when the answer did not come.
 */
int32_t hyp_client_call(struct hyp_client *client, const struct hyp_call *call,
			struct json_object **reply, struct hyp_error *err);

/* GET. */
int32_t hyp_client_get(struct hyp_client *client, const char *path,
		       struct json_object **reply, struct hyp_error *err);
/* A write with that JSON, or NULL, as its body. */
int32_t hyp_client_send(struct hyp_client *client, const char *method,
			const char *path, struct json_object *body,
			struct json_object **reply, struct hyp_error *err);

/* text percent-encoded for a path or a query; *out is the caller's. */
int32_t hyp_client_encode(const char *text, char **out, struct hyp_error *err);

/* --- what an answer means ---------------------------------------------- */

/* A member of an object: "" and 0 where it is missing or of another type. */
const char *hyp_reply_text(struct json_object *o, const char *name);
int64_t hyp_reply_number(struct json_object *o, const char *name);
struct json_object *hyp_reply_member(struct json_object *o, const char *name);

/* --- events ------------------------------------------------------------ */

/* GET /events, for who only wants to know when to look again. Connects when
 * first waited for, and anew, from where it was, whenever it was cut. */
struct hyp_feed;
int32_t hyp_feed_new(struct hyp_client *client, struct hyp_feed **out,
		     struct hyp_error *err);
/* Returns when an event came, when cancelled, or after ms. 1: an event. */
int hyp_feed_wait(struct hyp_feed *feed, int ms);
void hyp_feed_free(struct hyp_feed *feed);

#endif
