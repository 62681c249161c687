/* SPDX-License-Identifier: Apache-2.0 */
/* The engine: submits, cancels, forgets; runs an export. */
#include "tests/nomem/kit.h"
#include "tests/nomem/units.h"
#include "tests/powerloss/parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct kit kit;

/* Memory is back, and what failed is done again. */
static void again(int32_t rc, const char *what)
{
	is_nomem(rc, &kit.err, what);
	shim_disarm();
}

static void open_and_start(void)
{
	int32_t rc = kit_open(&kit);

	if (rc < 0) {
		again(rc, "open");
		must(kit_open(&kit) == 0, kit.err.text);
	}
	rc = hyp_engine_start(kit.engine, &kit.err);
	if (rc == 0)
		return;
	again(rc, "start");
	kit_close(&kit);
	must(kit_open(&kit) == 0, kit.err.text);
	must(hyp_engine_start(kit.engine, &kit.err) == 0, kit.err.text);
}

static char *submit(const char *vm)
{
	char *id;
	int32_t rc = kit_submit(&kit, vm, &id);

	if (rc == 0)
		return id;
	again(rc, "submit");
	must(kit_submit(&kit, vm, &id) == 0, kit.err.text);
	return id;
}

static void count_jobs(size_t want)
{
	const struct hyp_store_query query = {.size = sizeof(query)};
	struct hyp_job_list jobs;

	must(hyp_engine_jobs(kit.engine, &query, &jobs, &kit.err) == 0,
	     kit.err.text);
	if (jobs.count != want)
		broken("%zu jobs, not %zu", jobs.count, want);
	hyp_job_list_fini(&jobs);
}

/* Nothing is claimed, so that jobs stay where they are. */
static void run_submit(const struct shim_plan *plan)
{
	char *a, *b;
	int32_t rc;

	kit_init(&kit, "");
	must(kit_open(&kit) == 0, kit.err.text);
	kit.engine->life = HYP_LIFE_RUNNING; /* without its threads */
	shim_arm(plan);
	a = submit("synthetic-1");
	b = submit("synthetic-2");
	rc = hyp_engine_cancel(kit.engine, NULL, a, &kit.err);
	if (rc < 0) {
		again(rc, "cancel");
		if (kit_state(&kit, a) != HYP_JOB_QUEUED)
			broken("a cancellation that failed was made");
		must(hyp_engine_cancel(kit.engine, NULL, a, &kit.err) == 0,
		     kit.err.text);
	}
	shim_disarm();
	count_jobs(2);
	if (kit_state(&kit, a) != HYP_JOB_CANCELLED ||
	    kit_state(&kit, b) != HYP_JOB_QUEUED)
		broken("states are wrong");
	shim_arm(plan->site != NULL ? plan : &(struct shim_plan){.nth = 0});
	rc = hyp_engine_delete(kit.engine, NULL, a, &kit.err);
	if (rc < 0) {
		again(rc, "delete");
		must(hyp_engine_delete(kit.engine, NULL, a, &kit.err) == 0,
		     kit.err.text);
	}
	shim_disarm();
	count_jobs(1);
	free(a);
	free(b);
	kit_fini(&kit);
}

static void has_ended(const char *id, uint32_t state)
{
	uint32_t ended = kit_wait(&kit, id);

	shim_disarm();
	kit_settle(&kit);
	if (ended != state)
		broken("the job ended as %s", hyp_job_status_name(ended));
	else if (state == HYP_JOB_COMPLETED)
		kit_prove(&kit, "synthetic-1");
	else
		kit_prove_none(&kit);
}

static void run_run(const struct shim_plan *plan)
{
	char *id;

	kit_init(&kit, "");
	shim_arm(plan);
	open_and_start();
	id = submit("synthetic-1");
	has_ended(id, HYP_JOB_COMPLETED);
	kit_close(&kit);
	free(id);
	kit_fini(&kit);
}

static void prepare(void)
{
	parts_init(NULL, NULL);
}

const struct unit unit_submit = {"submit", prepare, run_submit};
const struct unit unit_run = {"run", prepare, run_run};
