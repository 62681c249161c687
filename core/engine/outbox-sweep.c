/* SPDX-License-Identifier: Apache-2.0 */
/* Deliveries that change in numbers. */
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/engine/outbox.h"

#include <string.h>

#define BATCH 1000
#define DISABLED "the webhook is disabled"
#define REMOVED "the webhook was removed"

struct sweep {
	struct hyp_outbox *outbox;
	struct hyp_draft draft;
	uint32_t from, to;
	const char *why;
	int orphans; /* only those whose endpoint is not there */
};

static int32_t change_one(void *ctx, const void *at, struct hyp_error *err)
{
	struct sweep *s = ctx;
	struct hyp_delivery_row row = *(const struct hyp_delivery_row *)at;
	const struct hyp_store_op op = {
		.size = sizeof(op),
		.verb = HYP_OP_UPDATE,
		.table = HYP_TABLE_DELIVERY,
		.states = HYP_JOB_BIT(s->from),
	};
	int32_t rc;

	if (s->draft.count >= BATCH ||
	    (s->orphans && hyp_outbox_find(s->outbox, row.endpoint_id) != NULL))
		return 0;
	row.size = sizeof(row);
	row.state = s->to;
	row.tries -= s->from == HYP_DELIVERY_SENDING && row.tries > 0;
	row.updated_ms = hyp_clock_wall_ms();
	row.error = s->why;
	rc = hyp_draft_keep(&s->draft, &row.event_id, err);
	if (rc == 0)
		rc = hyp_draft_keep(&s->draft, &row.endpoint_id, err);
	if (rc == 0)
		rc = hyp_draft_keep(&s->draft, &row.job_id, err);
	return rc < 0 ? rc
		      : hyp_draft_op(&s->draft, &op, &row, sizeof(row), err);
}

/* A row that changes meanwhile undoes a batch: the next look sees it. */
static int32_t change_all(struct sweep *s, const char *endpoint_id,
			  struct hyp_error *err)
{
	const struct hyp_store_query query = {
		.size = sizeof(query),
		.states = HYP_JOB_BIT(s->from),
		.limit = s->orphans ? 0 : BATCH,
		.endpoint_id = endpoint_id,
	};
	const struct hyp_row_sink sink = {
		.size = sizeof(sink), .ctx = s, .row = change_one};
	struct hyp_engine *engine = s->outbox->engine;
	int fenced = 0;
	int32_t rc;

	for (;;) {
		size_t n;

		rc = hyp_store_calls.list(engine->store.instance,
					  HYP_TABLE_DELIVERY, &query, &sink,
					  err);
		n = s->draft.count;
		if (rc == 0 && n > 0)
			rc = hyp_engine_apply_surely(engine, &s->draft, err);
		hyp_draft_fini(&s->draft);
		if (rc == HYP_E_FENCED && fenced++ < 10)
			continue;
		if (rc < 0 || n == 0)
			return rc;
	}
}

int32_t hyp_outbox_abandon(struct hyp_engine *engine, const char *id,
			   const char *why, struct hyp_error *err)
{
	struct sweep s = {.outbox = engine->outbox,
			  .from = HYP_DELIVERY_PENDING,
			  .to = HYP_DELIVERY_ABANDONED,
			  .why = why};

	return change_all(&s, id, err);
}

int32_t hyp_outbox_settle(struct hyp_endpoint *e, struct hyp_error *err)
{
	return e->active ? 0
			 : hyp_outbox_abandon(e->engine, e->webhook.name,
					      DISABLED, err);
}

int32_t hyp_outbox_send_again(struct hyp_outbox *outbox, struct hyp_error *err)
{
	struct sweep s = {.outbox = outbox,
			  .from = HYP_DELIVERY_SENDING,
			  .to = HYP_DELIVERY_PENDING,
			  .why = ""};

	return change_all(&s, NULL, err);
}

int32_t hyp_outbox_abandon_orphans(struct hyp_outbox *outbox,
				   struct hyp_error *err)
{
	struct sweep s = {.outbox = outbox,
			  .from = HYP_DELIVERY_PENDING,
			  .to = HYP_DELIVERY_ABANDONED,
			  .why = "the webhook is not there any more",
			  .orphans = 1};

	return change_all(&s, NULL, err);
}

/* One that an endpoint of the same name, which came later, is not to get. If
 * its thread was quicker, it has it. */
static int32_t abandon_one(struct hyp_outbox *outbox,
			   const struct hyp_delivery_row *row,
			   struct hyp_error *err)
{
	struct sweep s = {.outbox = outbox,
			  .from = HYP_DELIVERY_PENDING,
			  .to = HYP_DELIVERY_ABANDONED,
			  .why = REMOVED};
	int32_t rc = change_one(&s, row, err);

	if (rc == 0)
		rc = hyp_engine_apply_surely(outbox->engine, &s.draft, err);
	hyp_draft_fini(&s.draft);
	return rc == HYP_E_FENCED ? 0 : rc;
}

/* A delivery that was routed when changes were so many. */
static int32_t settle_one(struct hyp_outbox *outbox,
			  const struct hyp_delivery_row *row,
			  uint64_t routed_at, struct hyp_error *err)
{
	const struct hyp_endpoint *e;
	const char *why;
	int is_another;

	pthread_mutex_lock(&outbox->lock);
	e = hyp_outbox_find(outbox, row->endpoint_id);
	why = e == NULL ? REMOVED : !e->active ? DISABLED : NULL;
	is_another = e != NULL && e->since > routed_at;
	pthread_mutex_unlock(&outbox->lock);
	if (why != NULL)
		return hyp_outbox_abandon(outbox->engine, row->endpoint_id, why,
					  err);
	return is_another ? abandon_one(outbox, row, err) : 0;
}

static void settle(struct hyp_engine *engine, const struct hyp_draft *draft)
{
	struct hyp_error err;

	for (size_t i = 0; i < draft->count; i++) {
		const struct hyp_delivery_row *row = draft->ops[i].row;

		if (draft->ops[i].table == HYP_TABLE_DELIVERY &&
		    draft->ops[i].verb == HYP_OP_PUT &&
		    settle_one(engine->outbox, row, draft->routed_at, &err) < 0)
			hyp_log(HYP_LOG_WARNING, "", HYP_ENGINE_ORIGIN,
				"webhook %s: what waits for it cannot be "
				"abandoned now, only at the next start: %s",
				row->endpoint_id, err.text);
	}
}

void hyp_outbox_committed(struct hyp_engine *engine,
			  const struct hyp_draft *draft)
{
	struct hyp_outbox *outbox = engine->outbox;
	int changed;

	if (outbox == NULL || !draft->routed)
		return;
	pthread_mutex_lock(&outbox->lock);
	changed = outbox->changes != draft->routed_at;
	pthread_mutex_unlock(&outbox->lock);
	if (changed)
		settle(engine, draft);
	hyp_outbox_ring(outbox);
}
