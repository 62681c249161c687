/* SPDX-License-Identifier: Apache-2.0 */
/* Webhooks, as the API changes them. Rows of HYP_TABLE_ENDPOINT and
 * HYP_TABLE_DELIVERY are read from the store. Every function from any thread.
 */
#ifndef HYP_ENGINE_WEBHOOKS_H
#define HYP_ENGINE_WEBHOOKS_H

#include "core/config/webhook.h"
#include "core/engine/engine.h"
#include <hypersdk/notifier.h>

/* From a request's JSON. id holds HYP_WEBHOOK_NAME_MAX + 1. HYP_E_USAGE
 * "bad_request", "bad_url", "ssrf_blocked", ...; HYP_E_CONFLICT "conflict" if
 * there is one of that name. */
int32_t hyp_engine_webhook_add(struct hyp_engine *engine,
			       const struct hyp_actor *actor,
			       struct json_object *json, char *id,
			       struct hyp_error *err);
/* What the request says is changed, the rest stays; "" takes the key away, and
 * headers are those that are given. A bad change changes nothing. Disabled:
 * what waits for it is abandoned. As of add; HYP_E_NOT_FOUND; HYP_E_CONFLICT
 * "owned_by_file". */
int32_t hyp_engine_webhook_update(struct hyp_engine *engine,
				  const struct hyp_actor *actor, const char *id,
				  struct json_object *change,
				  struct hyp_error *err);
int32_t hyp_engine_webhook_enable(struct hyp_engine *engine,
				  const struct hyp_actor *actor, const char *id,
				  uint32_t enabled, struct hyp_error *err);
/* What waits for it is abandoned. HYP_E_NOT_FOUND; HYP_E_CONFLICT
 * "owned_by_file". */
int32_t hyp_engine_webhook_remove(struct hyp_engine *engine,
				  const struct hyp_actor *actor, const char *id,
				  struct hyp_error *err);
/* Sends a made-up event, once, now. id or url: a webhook's, whose settings
 * hold; or url alone, with the defaults. 0 when a try was made; why->code is
 * then 0 or what it came to. */
int32_t hyp_engine_webhook_test(struct hyp_engine *engine,
				const struct hyp_actor *actor, const char *id,
				const char *url, const char *event,
				struct hyp_outcome *outcome,
				struct hyp_error *why, struct hyp_error *err);
/* Deliveries that have ended are sent again: that one, or with NULL all dead
 * ones. HYP_E_NOT_FOUND; HYP_E_CONFLICT "not_ended", "disabled". done of
 * answer is replayed. */
int32_t hyp_engine_webhook_replay(struct hyp_engine *engine,
				  const struct hyp_actor *actor, const char *id,
				  const char *event_id, uint64_t *replayed,
				  struct hyp_error *err);

#endif
