/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/clock.h"
#include "core/engine/inside.h"

#include <string.h>

#define ANSWER_MAX (1u << 20)
#define KEPT_MS INT64_C(172800000) /* 48 hours */

int32_t hyp_audit_add(struct hyp_draft *draft, const struct hyp_actor *actor,
		      const char *target, const char *outcome, uint32_t count,
		      struct hyp_error *err)
{
	struct hyp_audit_row row = {
		.size = sizeof(row),
		.count = count,
		.time_ms = hyp_clock_wall_ms(),
		.target = target != NULL ? target : "",
		.outcome = outcome,
	};
	int32_t rc;

	if (actor == NULL)
		return 0;
	row.actor = actor->name;
	row.role = actor->role;
	row.remote = actor->remote;
	row.action = actor->action;
	row.request_id = actor->request_id;
	rc = hyp_draft_keep(draft, &row.target, err);
	if (rc == 0)
		rc = hyp_draft_keep(draft, &row.outcome, err);
	return rc < 0 ? rc
		      : hyp_draft_add(draft, HYP_OP_PUT, HYP_TABLE_AUDIT, &row,
				      err);
}

struct seen {
	int64_t created_ms;
	uint32_t found;
};

static int32_t see(void *ctx, const void *at, struct hyp_error *err)
{
	const struct hyp_idempotency_row *row = at;
	struct seen *seen = ctx;

	(void)err;
	seen->found = 1;
	seen->created_ms = row->created_ms;
	return 0;
}

/* A key whose time is over is as good as new. */
static int32_t drop_old(struct hyp_engine *engine, struct hyp_draft *draft,
			const struct hyp_idempotency_row *row,
			struct hyp_error *err)
{
	const struct hyp_store_query query = {.size = sizeof(query),
					      .key = row->key};
	struct seen seen = {0, 0};
	const struct hyp_row_sink sink = {
		.size = sizeof(sink), .ctx = &seen, .row = see};
	int32_t rc;

	rc = hyp_store_calls.list(engine->store.instance, HYP_TABLE_IDEMPOTENCY,
				  &query, &sink, err);
	if (rc < 0 || !seen.found ||
	    row->created_ms - seen.created_ms < KEPT_MS)
		return rc;
	return hyp_draft_add(draft, HYP_OP_DELETE, HYP_TABLE_IDEMPOTENCY, row,
			     err);
}

int32_t hyp_engine_mark(struct hyp_engine *engine, const void *body, size_t n,
			char *out, struct hyp_error *err)
{
	_Static_assert(HYP_MARK_MAX == HYP_SEAL_MARK_MAX, "the seal's");
	return hyp_seal_mark(engine->state.key, "idempotency", body, n, out,
			     err);
}

int32_t hyp_idempotency_add(struct hyp_engine *engine, struct hyp_draft *draft,
			    const struct hyp_actor *actor, const void *done,
			    struct hyp_error *err)
{
	HYP_AUTO_BUF struct hyp_buf body = HYP_BUF_INIT(ANSWER_MAX);
	struct hyp_idempotency_row row = {.size = sizeof(row)};
	int32_t rc;

	if (actor == NULL || actor->idempotency_key == NULL)
		return 0;
	row.created_ms = hyp_clock_wall_ms();
	row.key = actor->idempotency_key;
	row.body_hash = actor->body_hash;
	rc = actor->answer(actor->ctx, done, &row.status, &body, err);
	row.answer = hyp_buf_str(&body);
	if (rc == 0)
		rc = hyp_draft_keep(draft, &row.answer, err);
	if (rc == 0)
		rc = drop_old(engine, draft, &row, err);
	return rc < 0 ? rc
		      : hyp_draft_add(draft, HYP_OP_PUT, HYP_TABLE_IDEMPOTENCY,
				      &row, err);
}

int32_t hyp_engine_audit(struct hyp_engine *engine,
			 const struct hyp_actor *actor, const char *target,
			 const char *outcome, uint32_t count,
			 struct hyp_error *err)
{
	HYP_AUTO_DRAFT struct hyp_draft draft = {.count = 0};
	int32_t rc = hyp_audit_add(&draft, actor, target, outcome, count, err);

	return rc < 0 ? rc : hyp_engine_apply(engine, &draft, err);
}
