/* SPDX-License-Identifier: Apache-2.0 */
/* The checked calls of stores. */
#include "core/base/buf.h"
#include "core/plugin/call-store.h"

static const struct hyp_store_ops *raw_ops(const struct hyp_instance *i)
{
	return i->loaded->ops;
}

static int32_t store_apply(void *instance, const struct hyp_change *change,
			   struct hyp_error *err)
{
	struct hyp_instance *i = instance;
	struct hyp_call call;
	int32_t rc = hyp_change_check(change, err);

	if (rc == 0)
		rc = hyp_call_begin(&call, i, "apply", err);
	if (rc != 0)
		return rc;
	rc = raw_ops(i)->apply(i->raw, change, call.err);
	return hyp_call_end(&call, rc);
}

static int32_t store_claim(void *instance, const struct hyp_claim *claim,
			   int32_t (*compose)(void *ctx,
					      const struct hyp_job_row *chosen,
					      struct hyp_change *change,
					      struct hyp_error *err),
			   void *ctx, struct hyp_error *err)
{
	struct hyp_instance *i = instance;
	struct hyp_compose_guard g;
	struct hyp_call call;
	int32_t rc;

	if (claim->blocked_count > 0 && claim->blocked == NULL)
		return hyp_call_bad(i, "claim", err, "no list of the blocked");
	rc = hyp_compose_guard_init(&g, i, compose, ctx, err);
	if (rc != 0)
		return rc;
	rc = hyp_call_begin(&call, i, "claim", err);
	if (rc == 0) {
		rc = raw_ops(i)->claim(i->raw, claim, hyp_compose_guarded, &g,
				       call.err);
		rc = hyp_call_end(&call, rc);
	}
	rc = hyp_guard_close(&g.guard, rc, err);
	if (rc == 0 && g.guard.count != 1)
		rc = hyp_call_fault(i, "claim", err,
				    "succeeds without having chosen a job");
	hyp_guard_fini(&g.guard);
	return rc;
}

static int32_t store_list(void *instance, uint32_t table,
			  const struct hyp_store_query *query,
			  const struct hyp_row_sink *sink,
			  struct hyp_error *err)
{
	struct hyp_instance *i = instance;
	struct hyp_row_guard g;
	struct hyp_call call;
	int32_t rc;

	if (hyp_store_table(table) == NULL || table == HYP_TABLE_PROGRESS)
		return hyp_call_bad(i, "list", err, "no such table");
	rc = hyp_row_guard_init(&g, i, "list", table, sink, err);
	if (rc != 0)
		return rc;
	g.limit = query->limit;
	rc = hyp_call_begin(&call, i, "list", err);
	if (rc == 0) {
		rc = raw_ops(i)->list(i->raw, table, query, &g.sink, call.err);
		rc = hyp_call_end(&call, rc);
	}
	rc = hyp_guard_close(&g.guard, rc, err);
	hyp_guard_fini(&g.guard);
	return rc;
}

static int32_t store_get(void *instance, const char *job_id,
			 const struct hyp_row_sink *sink, struct hyp_error *err)
{
	struct hyp_instance *i = instance;
	struct hyp_row_guard g;
	struct hyp_call call;
	int32_t rc;

	if (job_id == NULL || job_id[0] == '\0')
		return hyp_call_bad(i, "get", err, "no id");
	rc = hyp_row_guard_init(&g, i, "get", HYP_TABLE_JOB, sink, err);
	if (rc != 0)
		return rc;
	g.limit = 1;
	g.id = job_id;
	rc = hyp_call_begin(&call, i, "get", err);
	if (rc == 0) {
		rc = raw_ops(i)->get(i->raw, job_id, &g.sink, call.err);
		rc = hyp_call_end(&call, rc);
	}
	rc = hyp_guard_close(&g.guard, rc, err);
	if (rc == 0 && g.guard.count != 1)
		rc = hyp_call_fault(i, "get", err, "succeeds without the job");
	hyp_guard_fini(&g.guard);
	return rc;
}

static int32_t store_counts(void *instance, struct hyp_store_counts *counts,
			    struct hyp_error *err)
{
	struct hyp_store_counts found = {.size = sizeof(found)};
	struct hyp_instance *i = instance;
	struct hyp_call call;
	int32_t rc = hyp_call_begin(&call, i, "counts", err);

	if (rc != 0)
		return rc;
	rc = raw_ops(i)->counts(i->raw, &found, call.err);
	rc = hyp_call_end(&call, rc);
	if (rc == 0)
		*counts = found;
	return rc;
}

static int32_t store_prune(void *instance, const struct hyp_prune *prune,
			   uint64_t *removed, struct hyp_error *err)
{
	struct hyp_instance *i = instance;
	struct hyp_call call;
	uint64_t count = 0;
	int32_t rc;

	if (prune->limit == 0 || prune->limit > 1000)
		return hyp_call_bad(i, "prune", err,
				    "the limit is not from 1 to 1000");
	rc = hyp_call_begin(&call, i, "prune", err);
	if (rc != 0)
		return rc;
	rc = raw_ops(i)->prune(i->raw, prune, &count, call.err);
	rc = hyp_call_end(&call, rc);
	if (rc == 0)
		*removed = count;
	return rc;
}

static int32_t store_backup(void *instance, const char *path,
			    struct hyp_error *err)
{
	struct hyp_instance *i = instance;
	struct hyp_call call;
	int32_t rc;

	if (path == NULL || path[0] == '\0')
		return hyp_call_bad(i, "backup", err, "no path");
	rc = hyp_call_begin(&call, i, "backup", err);
	if (rc != 0)
		return rc;
	rc = raw_ops(i)->backup(i->raw, path, call.err);
	return hyp_call_end(&call, rc);
}

static int32_t store_check(void *instance,
			   void (*problem)(void *ctx, const char *text),
			   void *ctx, struct hyp_error *err)
{
	struct hyp_instance *i = instance;
	struct hyp_problem_guard g;
	struct hyp_call call;
	int32_t rc = hyp_problem_guard_init(&g, i, problem, ctx, err);

	if (rc != 0)
		return rc;
	rc = hyp_call_begin(&call, i, "check", err);
	if (rc == 0) {
		rc = raw_ops(i)->check(i->raw, hyp_problem_guarded, &g,
				       call.err);
		rc = hyp_call_end(&call, rc);
	}
	rc = hyp_guard_close(&g.guard, rc, err);
	hyp_guard_fini(&g.guard);
	return rc;
}

const struct hyp_store_ops hyp_store_calls = {
	.size = sizeof(struct hyp_store_ops),
	.apply = store_apply,
	.claim = store_claim,
	.list = store_list,
	.get = store_get,
	.counts = store_counts,
	.prune = store_prune,
	.backup = store_backup,
	.check = store_check,
};
