/* SPDX-License-Identifier: Apache-2.0 */
#include "core/engine/webhooks.h"
#include "core/base/cleanup.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/config/parts.h"
#include "core/engine/outbox.h"
#include "core/engine/webhook-json.h"
#include "core/pipeline/json.h"

#include <string.h>

#define REPLAY_MAX 1000 /* of one change */
#define ENDED                                                                  \
	(HYP_JOB_BIT(HYP_DELIVERY_DONE) | HYP_JOB_BIT(HYP_DELIVERY_DEAD) |     \
	 HYP_JOB_BIT(HYP_DELIVERY_ABANDONED))

int32_t hyp_endpoint_missing(const char *id, struct hyp_error *err)
{
	return hyp_error_set(err, HYP_E_NOT_FOUND, "not_found", 0,
			     "there is no webhook %s", id);
}

int32_t hyp_endpoint_own(struct hyp_outbox *outbox, const char *id,
			 struct hyp_endpoint **out, struct hyp_error *err)
{
	struct hyp_endpoint *e = hyp_outbox_find(outbox, id);

	if (e == NULL)
		return hyp_endpoint_missing(id, err);
	if (e->of_file)
		return hyp_error_set(err, HYP_E_CONFLICT, "owned_by_file", 0,
				     "webhook %s is declared at %s:%u: change "
				     "it there",
				     id, e->webhook.file, e->webhook.line);
	*out = e;
	return 0;
}

static int32_t may_add(struct hyp_outbox *outbox, const char *id,
		       struct hyp_error *err)
{
	if (hyp_outbox_find(outbox, id) != NULL)
		return hyp_error_set(err, HYP_E_CONFLICT, "conflict", 0,
				     "/name: there is a webhook %s already",
				     id);
	if (hyp_endpoint_count(outbox->endpoints) >= HYP_WEBHOOKS_MAX)
		return hyp_error_set(err, HYP_E_CONFLICT, "too_many", 0,
				     "there are %d webhooks, and no more can "
				     "be: remove one",
				     HYP_WEBHOOKS_MAX);
	return 0;
}

/* With changing held. */
static int32_t add(struct hyp_engine *engine, const struct hyp_actor *actor,
		   struct hyp_webhook *webhook, struct hyp_error *err)
{
	struct hyp_endpoint *e = NULL;
	int32_t rc = may_add(engine->outbox, webhook->name, err);

	if (rc == 0)
		rc = hyp_endpoint_check(engine, webhook, err);
	if (rc == 0)
		rc = hyp_endpoint_new(engine, webhook, 0, &e, err);
	if (rc == 0)
		rc = hyp_endpoint_write(e, HYP_OP_PUT, actor, "", err);
	if (rc == 0) {
		hyp_endpoint_forget(&e->webhook);
		rc = hyp_outbox_add(engine->outbox, e, err);
	}
	if (rc < 0)
		hyp_endpoint_free(e);
	return rc;
}

int32_t hyp_engine_webhook_add(struct hyp_engine *engine,
			       const struct hyp_actor *actor,
			       struct json_object *json, char *id,
			       struct hyp_error *err)
{
	struct hyp_webhook webhook;
	int32_t rc = hyp_engine_accepts(engine, err);

	if (rc == 0)
		rc = hyp_webhook_parse(json, &webhook, err);
	if (rc < 0)
		return rc;
	snprintf(id, HYP_WEBHOOK_NAME_MAX + 1, "%s", webhook.name);
	pthread_mutex_lock(&engine->outbox->changing);
	rc = add(engine, actor, &webhook, err);
	pthread_mutex_unlock(&engine->outbox->changing);
	hyp_webhook_fini(&webhook);
	return rc;
}

/* With changing held. */
static int32_t remove_one(struct hyp_engine *engine,
			  const struct hyp_actor *actor, const char *id,
			  struct hyp_error *err)
{
	HYP_AUTO_DRAFT struct hyp_draft draft = {.count = 0};
	const struct hyp_endpoint_row row = {.size = sizeof(row), .id = id};
	struct hyp_endpoint *e;
	int32_t rc = hyp_endpoint_own(engine->outbox, id, &e, err);

	if (rc < 0)
		return rc;
	rc = hyp_draft_add(&draft, HYP_OP_DELETE, HYP_TABLE_ENDPOINT, &row,
			   err);
	if (rc == 0)
		rc = hyp_endpoint_unseal(&draft, id, err);
	if (rc == 0)
		rc = hyp_audit_add(&draft, actor, id, "ok", 1, err);
	if (rc == 0)
		rc = hyp_engine_apply(engine, &draft, err);
	if (rc < 0)
		return rc;
	hyp_outbox_drop(engine->outbox, id);
	return hyp_outbox_abandon(engine, id, "the webhook was removed", err);
}

int32_t hyp_engine_webhook_remove(struct hyp_engine *engine,
				  const struct hyp_actor *actor, const char *id,
				  struct hyp_error *err)
{
	int32_t rc = hyp_engine_accepts(engine, err);

	if (rc < 0)
		return rc;
	pthread_mutex_lock(&engine->outbox->changing);
	rc = remove_one(engine, actor, id, err);
	pthread_mutex_unlock(&engine->outbox->changing);
	return rc;
}

/* --- test ------------------------------------------------------------- */

static const char *url_of(const struct hyp_endpoint *e)
{
	const struct hyp_value *url =
		hyp_values_get(&e->webhook.part.values, "url");

	return url != NULL && url->text != NULL ? url->text : "";
}

/* One that nobody made: it opens nothing that is sealed, be there another
 * of the name that its URL would get. */
static int32_t part_of_url(const char *url, char **name, struct hyp_part *part,
			   struct hyp_error *err)
{
	json_object *json = json_object_new_object();
	struct hyp_webhook webhook = {.name = NULL};
	int32_t rc = 0;

	if (hyp_json_add(json, "url", hyp_json_text(url)) != 0)
		rc = hyp_error_nomem(err);
	if (rc == 0)
		rc = hyp_webhook_parse(json, &webhook, err);
	if (rc == 0)
		rc = hyp_strdup(webhook.name, name, err);
	if (rc == 0)
		rc = hyp_part_copy(part, &webhook.part, err);
	hyp_webhook_fini(&webhook);
	json_object_put(json);
	return rc;
}

/* With changing held, so that URL and secrets are of one time: what is to be
 * tried. */
static int32_t choose(struct hyp_engine *engine, const char *id,
		      const char *url, char **name, struct hyp_part *part,
		      struct hyp_error *err)
{
	struct hyp_endpoint *e = engine->outbox->endpoints;
	int64_t until;

	while (e != NULL && (id != NULL ? strcmp(e->webhook.name, id)
					: strcmp(url_of(e), url)) != 0)
		e = e->next;
	if (e == NULL)
		return id != NULL ? hyp_endpoint_missing(id, err)
				  : part_of_url(url, name, part, err);
	if (hyp_strdup(e->webhook.name, name, err) != 0)
		return err->code;
	return hyp_endpoint_part(engine, &e->webhook, e->of_file, part, &until,
				 err);
}

static int32_t send_test(struct hyp_engine *engine, const struct hyp_part *part,
			 const char *event, struct hyp_outcome *outcome,
			 struct hyp_error *why, struct hyp_error *err)
{
	const struct hyp_host_job job = {.job_id = "",
					 .cancel = engine->asking.cancel};
	char id[HYP_UUID_TEXT_MAX];
	struct hyp_notice notice = {
		.size = sizeof(notice),
		.attempt = 1,
		.time_ms = hyp_clock_wall_ms(),
		.id = id,
		.type = event,
		.job_id = "",
		.data_json = "{\"job_id\":\"test\",\"job_name\":\"test\","
			     "\"vm_path\":\"/test/vm\",\"test\":true}",
	};
	struct hyp_member member;
	int32_t rc = hyp_uuid7(id, err);

	if (rc == 0)
		rc = hyp_member_init(&member, engine->registry,
				     HYP_KIND_NOTIFIER, part, &job, NULL, err);
	if (rc < 0)
		return rc;
	memset(why, 0, sizeof(*why));
	if (hyp_notifier_calls.deliver(member.instance, &notice, outcome,
				       why) == 0)
		why->code = 0;
	hyp_redact(why->text);
	hyp_member_fini(&member);
	return 0;
}

int32_t hyp_engine_webhook_test(struct hyp_engine *engine,
				const struct hyp_actor *actor, const char *id,
				const char *url, const char *event,
				struct hyp_outcome *outcome,
				struct hyp_error *why, struct hyp_error *err)
{
	HYP_AUTO_FREE char *name = NULL;
	struct hyp_part part;
	int32_t rc = hyp_engine_accepts(engine, err);

	memset(&part, 0, sizeof(part));
	if (rc == 0) {
		pthread_mutex_lock(&engine->outbox->changing);
		rc = choose(engine, id, url, &name, &part, err);
		pthread_mutex_unlock(&engine->outbox->changing);
	}
	if (rc == 0)
		rc = hyp_engine_audit(engine, actor, name, "ok", 1, err);
	if (rc == 0)
		rc = send_test(engine, &part, event, outcome, why, err);
	hyp_part_fini(&part);
	return rc;
}

/* --- replay ----------------------------------------------------------- */

struct replay {
	struct hyp_draft draft;
	const char *event_id; /* NULL: all dead ones */
	uint32_t found;
	uint64_t count;
};

static int32_t replay_one(void *ctx, const void *at, struct hyp_error *err)
{
	struct hyp_delivery_row row = *(const struct hyp_delivery_row *)at;
	struct replay *r = ctx;
	const struct hyp_store_op op = {
		.size = sizeof(op),
		.verb = HYP_OP_UPDATE,
		.table = HYP_TABLE_DELIVERY,
		.states = ENDED,
	};
	int32_t rc;

	if (r->event_id != NULL && strcmp(row.event_id, r->event_id) != 0)
		return 0;
	r->found = 1;
	if ((HYP_JOB_BIT(row.state) & ENDED) == 0 || r->count == REPLAY_MAX)
		return 0;
	row.size = sizeof(row);
	row.state = HYP_DELIVERY_PENDING;
	row.tries = 0;
	row.due_ms = row.updated_ms = hyp_clock_wall_ms();
	row.error = "";
	rc = hyp_draft_keep(&r->draft, &row.event_id, err);
	if (rc == 0)
		rc = hyp_draft_keep(&r->draft, &row.endpoint_id, err);
	if (rc == 0)
		rc = hyp_draft_keep(&r->draft, &row.job_id, err);
	if (rc == 0)
		rc = hyp_draft_op(&r->draft, &op, &row, sizeof(row), err);
	r->count += rc == 0;
	return rc;
}

/* The rows beside them: of the audit with the first, of the key with the last.
 * What was replayed before that is not dead any more, and not sent twice. */
static int32_t add_actor(struct hyp_engine *engine,
			 const struct hyp_actor *actor, const char *id,
			 struct replay *r, uint64_t before,
			 struct hyp_error *err)
{
	const uint64_t sum = before + r->count;
	int32_t rc = 0;

	if (before == 0)
		rc = hyp_audit_add(&r->draft, actor, id, "ok", 1, err);
	if (rc == 0 && sum > 0 &&
	    (r->event_id != NULL || r->count < REPLAY_MAX))
		rc = hyp_idempotency_add(engine, &r->draft, actor, &sum, err);
	return rc;
}

static int32_t replay_some(struct hyp_engine *engine,
			   const struct hyp_actor *actor, const char *id,
			   struct replay *r, uint64_t before,
			   struct hyp_error *err)
{
	const struct hyp_store_query query = {
		.size = sizeof(query),
		.states = r->event_id != NULL ? 0
					      : HYP_JOB_BIT(HYP_DELIVERY_DEAD),
		.limit = r->event_id != NULL ? 0 : REPLAY_MAX,
		.endpoint_id = id,
	};
	const struct hyp_row_sink sink = {
		.size = sizeof(sink), .ctx = r, .row = replay_one};
	int32_t rc;

	rc = hyp_store_calls.list(engine->store.instance, HYP_TABLE_DELIVERY,
				  &query, &sink, err);
	if (rc == 0 && r->event_id != NULL && !r->found)
		return hyp_error_set(err, HYP_E_NOT_FOUND, "not_found", 0,
				     "webhook %s has no delivery of event %s",
				     id, r->event_id);
	if (rc == 0 && r->event_id != NULL && r->count == 0)
		return hyp_error_set(err, HYP_E_CONFLICT, "not_ended", 0,
				     "event %s is still to be sent",
				     r->event_id);
	if (rc == 0)
		rc = add_actor(engine, actor, id, r, before, err);
	return rc < 0 ? rc : hyp_engine_apply(engine, &r->draft, err);
}

static int32_t may_replay(struct hyp_outbox *outbox, const char *id,
			  struct hyp_error *err)
{
	const struct hyp_endpoint *e;
	int32_t rc = 0;

	pthread_mutex_lock(&outbox->lock);
	e = hyp_outbox_find(outbox, id);
	if (e == NULL)
		rc = hyp_endpoint_missing(id, err);
	else if (!e->active)
		rc = hyp_error_set(err, HYP_E_CONFLICT, "disabled", 0,
				   "webhook %s is disabled: nothing is sent "
				   "there",
				   id);
	pthread_mutex_unlock(&outbox->lock);
	return rc;
}

int32_t hyp_engine_webhook_replay(struct hyp_engine *engine,
				  const struct hyp_actor *actor, const char *id,
				  const char *event_id, uint64_t *replayed,
				  struct hyp_error *err)
{
	int32_t rc = hyp_engine_accepts(engine, err);
	uint64_t sum = 0, count;

	if (rc == 0)
		rc = may_replay(engine->outbox, id, err);
	if (rc < 0)
		return rc;
	do {
		struct replay r = {.event_id = event_id};

		rc = replay_some(engine, actor, id, &r, sum, err);
		count = r.count;
		sum += count;
		hyp_draft_fini(&r.draft);
	} while (rc == 0 && event_id == NULL && count == REPLAY_MAX);
	hyp_outbox_again(engine->outbox, id);
	if (rc == 0)
		*replayed = sum;
	return rc;
}
