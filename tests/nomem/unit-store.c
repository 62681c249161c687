/* SPDX-License-Identifier: Apache-2.0 */
/* The store: opened, changed, claimed from, asked, pruned, copied, checked. */
#include "core/config/parts.h"
#include "core/pipeline/attempt.h"
#include "tests/nomem/units.h"
#include "tests/powerloss/parts.h"

#include <stdio.h>
#include <string.h>

#define JOB "01900000-0000-7000-8000-000000000001"

static struct {
	struct tree tree;
	const struct shim_plan *plan;
	struct hyp_member store;
	struct hyp_host_job host;
	struct hyp_error err;
	unsigned rows;
} s;

static int32_t row(void *ctx, const void *what, struct hyp_error *err)
{
	(void)ctx;
	(void)what;
	(void)err;
	s.rows++;
	return 0;
}

static const struct hyp_row_sink sink = {.size = sizeof(sink), .row = row};

static int32_t open_store(void)
{
	struct hyp_part part;
	int32_t rc;

	memset(&part, 0, sizeof(part));
	rc = hyp_part_named(&part, "sqlite", "test", &s.err);
	if (rc == 0)
		rc = hyp_part_set_from(&part, "path",
				       tree_path(&s.tree, "jobs.db"), "test",
				       &s.err);
	if (rc == 0)
		rc = hyp_member_init(&s.store, NULL, HYP_KIND_STORE, &part,
				     &s.host, NULL, &s.err);
	hyp_part_fini(&part);
	return rc;
}

static int32_t put(void)
{
	const struct hyp_job_row job = {
		.size = sizeof(job),
		.state = HYP_JOB_QUEUED,
		.created_ms = 1,
		.updated_ms = 1,
		.id = JOB,
		.name = "web-1",
		.vm_path = "web-1",
		.output_path = "/srv",
		.definition_json = "{}",
	};
	const struct hyp_history_row history = {.size = sizeof(history),
						.time_ms = 1,
						.job_id = JOB,
						.status = "pending",
						.phase = "queued",
						.details = "made"};
	const struct hyp_event_row event = {.size = sizeof(event),
					    .time_ms = 1,
					    .id = JOB,
					    .type = "job.created",
					    .job_id = JOB,
					    .data_json = "{}"};
	const struct hyp_store_op ops[] = {
		{.size = sizeof(ops[0]),
		 .verb = HYP_OP_PUT,
		 .table = HYP_TABLE_JOB,
		 .row = &job},
		{.size = sizeof(ops[0]),
		 .verb = HYP_OP_PUT,
		 .table = HYP_TABLE_HISTORY,
		 .row = &history},
		{.size = sizeof(ops[0]),
		 .verb = HYP_OP_PUT,
		 .table = HYP_TABLE_EVENT,
		 .row = &event},
	};
	const struct hyp_change change = {.size = sizeof(change),
					  .ops = ops,
					  .op_stride = sizeof(ops[0]),
					  .op_count = 3};

	return hyp_store_calls.apply(s.store.instance, &change, &s.err);
}

static int32_t compose(void *ctx, const struct hyp_job_row *chosen,
		       struct hyp_change *change, struct hyp_error *err)
{
	static struct hyp_job_row next;
	static struct hyp_store_op op;

	(void)ctx;
	(void)err;
	next = *chosen;
	next.state = HYP_JOB_PREPARING;
	next.attempt++;
	op = (struct hyp_store_op){.size = sizeof(op),
				   .verb = HYP_OP_UPDATE,
				   .table = HYP_TABLE_JOB,
				   .states = HYP_JOB_BIT(HYP_JOB_QUEUED),
				   .row = &next};
	*change = (struct hyp_change){.size = sizeof(*change),
				      .ops = &op,
				      .op_stride = sizeof(op),
				      .op_count = 1};
	return 0;
}

static int32_t claim(void)
{
	const struct hyp_claim what = {.size = sizeof(what), .now_ms = 10};

	return hyp_store_calls.claim(s.store.instance, &what, compose, NULL,
				     &s.err);
}

static int32_t list(void)
{
	const struct hyp_store_query query = {.size = sizeof(query),
					      .job_id = JOB};

	s.rows = 0;
	return hyp_store_calls.list(s.store.instance, HYP_TABLE_HISTORY, &query,
				    &sink, &s.err);
}

static int32_t get(void)
{
	s.rows = 0;
	return hyp_store_calls.get(s.store.instance, JOB, &sink, &s.err);
}

static int32_t counts(void)
{
	struct hyp_store_counts out = {.size = sizeof(out)};

	return hyp_store_calls.counts(s.store.instance, &out, &s.err);
}

static int32_t prune(void)
{
	const struct hyp_prune what = {.size = sizeof(what), .limit = 100};
	uint64_t removed;

	return hyp_store_calls.prune(s.store.instance, &what, &removed, &s.err);
}

static int32_t backup(void)
{
	return hyp_store_calls.backup(s.store.instance,
				      tree_path(&s.tree, "copy.db"), &s.err);
}

static void problem(void *ctx, const char *text)
{
	(void)ctx;
	broken("check: %s", text);
}

static int32_t check(void)
{
	return hyp_store_calls.check(s.store.instance, problem, NULL, &s.err);
}

/* All or nothing: what failed has left nothing, and can be done again. */
static void step(int32_t (*deed)(void), const char *what, unsigned rows)
{
	int32_t rc;

	s.rows = rows;
	rc = deed();
	if (rc < 0) {
		is_nomem(rc, &s.err, what);
		shim_disarm();
		if (rows == 0 && deed == put) {
			must(list() == 0, "list");
			if (s.rows != 0)
				broken("a change that failed is there");
		}
		s.rows = rows;
		rc = deed();
		if (rc < 0)
			broken("again, %s: %d %s: %s", what, rc, s.err.kind,
			       s.err.text);
	}
	if (s.rows != rows)
		broken("%s: %u rows", what, s.rows);
}

static void run(const struct shim_plan *plan)
{
	tree_init(&s.tree);
	shim_arm(plan);
	step(open_store, "open", 0);
	step(put, "apply", 0);
	step(claim, "claim", 0);
	step(list, "list", 1);
	step(get, "get", 1);
	step(counts, "counts", 0);
	step(prune, "prune", 0);
	step(backup, "backup", 0);
	step(check, "check", 0);
	shim_disarm();
	must(get() == 0 && s.rows == 1, "the job is not there");
	if (check() < 0)
		broken("check: %s", s.err.text);
	hyp_member_fini(&s.store);
	tree_fini(&s.tree);
}

static void prepare(void)
{
	s.host.job_id = "";
	parts_init(NULL, NULL);
}

const struct unit unit_store = {"store", prepare, run};
