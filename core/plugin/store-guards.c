/* SPDX-License-Identifier: Apache-2.0 */
/* What a store is handed, and what it hands back: checked. */
#include "core/base/text.h"
#include "core/plugin/call-store.h"

#define OPS_MAX 200000

static int32_t bad(struct hyp_error *err, const struct hyp_store_table *table,
		   const char *column, const char *what)
{
	return hyp_error_set(err, HYP_E_USAGE, "bad_request", 0, "a %s%s%s %s",
			     table->what, column[0] != '\0' ? "'s " : "",
			     column, what);
}

/* A key is wanted, but for what names a group of rows when they go. */
static int32_t check_text(const struct hyp_store_table *table, const void *row,
			  const struct hyp_store_column *c, uint32_t verb,
			  struct hyp_error *err)
{
	const char *text = hyp_row_text(row, c);
	int group = verb == HYP_OP_DELETE && c != table->columns &&
		    (table->columns->flags & HYP_COL_GROUP) != 0;

	if ((c->flags & HYP_COL_KEY) && text[0] == '\0' && !group)
		return bad(err, table, c->name, "is missing");
	if (!hyp_text_is_utf8(text, strlen(text)))
		return bad(err, table, c->name, "is not UTF-8");
	return 0;
}

static int32_t check_state(const struct hyp_store_table *table, const void *row,
			   const struct hyp_store_column *c, uint32_t verb,
			   struct hyp_error *err)
{
	uint32_t state = hyp_row_u32(row, c);

	if (verb == HYP_OP_DELETE || (state > 0 && state < HYP_JOB_STATES))
		return 0;
	return bad(err, table, c->name, "is none that there is");
}

static int32_t check_row(const struct hyp_store_table *table,
			 const struct hyp_store_op *op, struct hyp_error *err)
{
	_Alignas(8) unsigned char row[HYP_ROW_MAX];
	int32_t rc = hyp_store_row_copy(table, row, op->row, err);

	for (uint32_t i = 0; i < table->count && rc == 0; i++) {
		const struct hyp_store_column *c = &table->columns[i];

		if (c->type == HYP_COL_TEXT)
			rc = check_text(table, row, c, op->verb, err);
		else if (c->type == HYP_COL_STATUS)
			rc = check_state(table, row, c, op->verb, err);
	}
	return rc;
}

static int32_t check_op(const struct hyp_store_op *op, struct hyp_error *err)
{
	const struct hyp_store_table *table = hyp_store_table(op->table);
	int changes = op->verb == HYP_OP_UPDATE || op->verb == HYP_OP_DELETE;
	int job = op->table == HYP_TABLE_JOB || op->table == HYP_TABLE_PROGRESS;

	if (table == NULL)
		return hyp_error_set(err, HYP_E_USAGE, "bad_request", 0,
				     "there is no table %u", op->table);
	if (op->verb < HYP_OP_PUT || op->verb > HYP_OP_DELETE ||
	    !(table->verbs & (1u << op->verb)))
		return bad(err, table, "", "does not take this operation");
	if ((op->attempt != 0 && !(changes && job)) ||
	    (op->states != 0 &&
	     !(changes && (job || op->table == HYP_TABLE_DELIVERY))))
		return bad(err, table, "", "cannot be expected to be so");
	return check_row(table, op, err);
}

int32_t hyp_change_check(const struct hyp_change *change, struct hyp_error *err)
{
	struct hyp_store_op op;
	int32_t rc = 0;

	if (change == NULL || change->op_count == 0 ||
	    change->op_count > OPS_MAX || change->ops == NULL ||
	    change->op_stride < sizeof(op))
		return hyp_error_set(err, HYP_E_USAGE, "bad_request", 0,
				     "a change has 1 to %d operations",
				     OPS_MAX);
	for (uint32_t i = 0; i < change->op_count && rc == 0; i++) {
		memcpy(&op,
		       (const char *)change->ops +
			       (size_t)i * change->op_stride,
		       sizeof(op));
		rc = check_op(&op, err);
	}
	return rc;
}

/* Texts of a row that a plugin told: never NULL, UTF-8. */
static int32_t mend_row(const struct hyp_guard *g,
			const struct hyp_store_table *table, void *row,
			struct hyp_error *err)
{
	int32_t rc = 0;

	for (uint32_t i = 0; i < table->count && rc == 0; i++) {
		const struct hyp_store_column *c = &table->columns[i];
		const char *text;

		if (c->type != HYP_COL_TEXT)
			continue;
		text = hyp_row_text(row, c);
		rc = hyp_guard_text(g, c->name, &text, err);
		memcpy((char *)row + c->offset, &text, sizeof(text));
	}
	return rc;
}

static int32_t guarded_row(void *ctx, const void *row, struct hyp_error *err)
{
	_Alignas(8) unsigned char mine[HYP_ROW_MAX];
	struct hyp_row_guard *g = ctx;
	struct hyp_error spare;
	int32_t rc;

	err = err != NULL ? err : &spare;
	rc = hyp_guard_enter(&g->guard, err);
	if (rc != 0)
		return rc;
	rc = hyp_guard_copy(&g->guard, mine, g->table->size, row, err);
	if (rc == 0)
		rc = mend_row(&g->guard, g->table, mine, err);
	if (rc == 0 && g->limit > 0 && g->guard.count >= g->limit)
		rc = hyp_call_fault(g->guard.instance, g->guard.member, err,
				    "tells more rows than were asked for");
	if (rc == 0 && g->id != NULL &&
	    strcmp(((const struct hyp_job_row *)(void *)mine)->id, g->id) != 0)
		rc = hyp_call_fault(g->guard.instance, g->guard.member, err,
				    "tells another job than the one asked for");
	if (rc == 0)
		rc = g->to->row(g->to->ctx, mine, err);
	return hyp_guard_leave(&g->guard, rc, err);
}

int32_t hyp_row_guard_init(struct hyp_row_guard *g,
			   struct hyp_instance *instance, const char *member,
			   uint32_t table, const struct hyp_row_sink *to,
			   struct hyp_error *err)
{
	memset(g, 0, sizeof(*g));
	g->sink = (struct hyp_row_sink){sizeof(g->sink), 0, g, guarded_row};
	g->to = to;
	g->table = hyp_store_table(table);
	return hyp_guard_init(&g->guard, instance, member, err);
}

int32_t hyp_compose_guard_init(
	struct hyp_compose_guard *g, struct hyp_instance *instance,
	int32_t (*to)(void *ctx, const struct hyp_job_row *chosen,
		      struct hyp_change *change, struct hyp_error *err),
	void *ctx, struct hyp_error *err)
{
	memset(g, 0, sizeof(*g));
	g->to = to;
	g->ctx = ctx;
	return hyp_guard_init(&g->guard, instance, "claim", err);
}

int32_t hyp_compose_guarded(void *ctx, const struct hyp_job_row *chosen,
			    struct hyp_change *change, struct hyp_error *err)
{
	const struct hyp_store_table *table = hyp_store_table(HYP_TABLE_JOB);
	struct hyp_compose_guard *g = ctx;
	struct hyp_change made = {.size = sizeof(made)};
	struct hyp_job_row mine;
	struct hyp_error spare;
	int32_t rc;

	err = err != NULL ? err : &spare;
	rc = hyp_guard_enter(&g->guard, err);
	if (rc != 0)
		return rc;
	if (g->guard.count > 0)
		rc = hyp_call_fault(g->guard.instance, "claim", err,
				    "chooses more than one job");
	if (rc == 0)
		rc = hyp_guard_copy(&g->guard, &mine, sizeof(mine), chosen,
				    err);
	if (rc == 0)
		rc = mend_row(&g->guard, table, &mine, err);
	if (rc == 0)
		rc = g->to(g->ctx, &mine, &made, err);
	if (rc == 0)
		rc = hyp_change_check(&made, err);
	/* It is the plugin's, and as long as that knows it. */
	if (rc == 0 && (change->size < offsetof(struct hyp_change, ops) ||
			change->size % sizeof(void *) != 0))
		rc = hyp_call_fault(g->guard.instance, "claim", err,
				    "hands over a change of %u bytes",
				    change->size);
	if (rc == 0) {
		made.size = change->size;
		memcpy(change, &made,
		       made.size < sizeof(made) ? made.size : sizeof(made));
	}
	return hyp_guard_leave(&g->guard, rc, err);
}

int32_t hyp_problem_guard_init(struct hyp_problem_guard *g,
			       struct hyp_instance *instance,
			       void (*to)(void *ctx, const char *text),
			       void *ctx, struct hyp_error *err)
{
	memset(g, 0, sizeof(*g));
	g->to = to;
	g->ctx = ctx;
	return hyp_guard_init(&g->guard, instance, "check", err);
}

void hyp_problem_guarded(void *ctx, const char *text)
{
	char line[HYP_ERROR_TEXT_MAX];
	struct hyp_problem_guard *g = ctx;

	if (hyp_guard_enter(&g->guard, NULL) != 0)
		return;
	hyp_text_printable(text != NULL ? text : "", line, sizeof(line));
	g->to(g->ctx, line);
	hyp_guard_leave(&g->guard, 0, NULL);
}
