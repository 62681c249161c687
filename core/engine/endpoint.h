/* SPDX-License-Identifier: Apache-2.0 */
/* Where events go: one webhook at work. */
#ifndef HYP_ENGINE_ENDPOINT_H
#define HYP_ENGINE_ENDPOINT_H

#include "core/engine/inside.h"

#define HYP_OWNER_FILE "file"
#define HYP_OWNER_API "api"

struct hyp_outbox;

struct hyp_endpoint {
	struct hyp_engine *engine;
	struct hyp_outbox *outbox;
	struct hyp_webhook webhook; /* its name is the endpoint's id; without
				     * the secrets of one that the API made */
	uint32_t of_file;
	int64_t created_ms;

	/* under the outbox's lock */
	struct hyp_endpoint *next;
	uint32_t active; /* events are sent */
	uint32_t stop, rung;
	uint32_t again; /* old deliveries are pending again */
	uint64_t since; /* outbox.changes when it came; updates keep it */

	pthread_t thread;
	uint32_t has_thread;
	struct hyp_cancel *cancel;
	struct hyp_host_job job;

	/* of its thread */
	struct hyp_member notifier;
	uint32_t ready;	  /* notifier is there */
	int64_t renew_ms; /* wall clock: when to make it anew, or 0 */
};

/* webhook is the endpoint's when it returns 0. */
int32_t hyp_endpoint_new(struct hyp_engine *engine, struct hyp_webhook *webhook,
			 uint32_t of_file, struct hyp_endpoint **out,
			 struct hyp_error *err);
void hyp_endpoint_free(struct hyp_endpoint *endpoint);

/* Its row; strings live as long as the draft. */
int32_t hyp_endpoint_put(struct hyp_draft *draft, uint32_t verb,
			 const struct hyp_endpoint *endpoint,
			 const char *disabled_why, struct hyp_error *err);

/* One of the API becomes so in the store, sealed and audited: verb is
 * HYP_OP_PUT or HYP_OP_UPDATE. */
int32_t hyp_endpoint_write(struct hyp_endpoint *endpoint, uint32_t verb,
			   const struct hyp_actor *actor,
			   const char *disabled_why, struct hyp_error *err);
/* In a list of them: the one of this name, or NULL; how many. */
struct hyp_endpoint *hyp_endpoint_find(struct hyp_endpoint *list,
				       const char *id);
size_t hyp_endpoint_count(const struct hyp_endpoint *list);

/* By making what would send, and nothing of it. */
int32_t hyp_endpoint_check(struct hyp_engine *engine,
			   const struct hyp_webhook *webhook,
			   struct hyp_error *err);

/* webhooks.c: HYP_E_NOT_FOUND. */
int32_t hyp_endpoint_missing(const char *id, struct hyp_error *err);
/* One that may be changed; else also HYP_E_CONFLICT "owned_by_file". With
 * changing held. */
int32_t hyp_endpoint_own(struct hyp_outbox *outbox, const char *id,
			 struct hyp_endpoint **out, struct hyp_error *err);

/* webhook-secrets.c */

/* The notifier's part with all secrets in it. *until: when another secret
 * holds, 0: never. */
int32_t hyp_endpoint_part(struct hyp_engine *engine,
			  const struct hyp_webhook *webhook, uint32_t of_file,
			  struct hyp_part *out, int64_t *until,
			  struct hyp_error *err);
/* Seals what is secret in a webhook that the API made. A key before this one
 * signs beside it for a day. */
int32_t hyp_endpoint_seal(struct hyp_engine *engine, struct hyp_draft *draft,
			  const struct hyp_webhook *webhook,
			  struct hyp_error *err);
/* Adds what is sealed of it to a request's JSON: "secret", "headers". */
struct json_object;
int32_t hyp_endpoint_reveal(struct hyp_engine *engine, const char *id,
			    struct json_object *json, struct hyp_error *err);
/* The secrets leave the memory: they are sealed. */
void hyp_endpoint_forget(struct hyp_webhook *webhook);
int32_t hyp_endpoint_unseal(struct hyp_draft *draft, const char *id,
			    struct hyp_error *err);

#endif
