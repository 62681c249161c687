/* SPDX-License-Identifier: Apache-2.0 */
/* The engine starts where a daemon died: in the middle of an export, of its
 * cancellation, or just before its rename. */
#include "core/engine/recover.h"
#include "tests/nomem/kit.h"
#include "tests/nomem/units.h"
#include "tests/powerloss/parts.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Beside it there is what no record tells of. */
#define STRAY "out/.hyp-01900000-0000-7000-8000-000000000001-1.part"

/* The world of a job: as it was when the store had written that state. Paths
 * in the store are those of one folder, which is therefore kept, and filled
 * for each run. Each slot has its own. */
static struct world {
	struct kit kit;
	struct tree tree; /* copies */
	char *id;
	uint32_t state;
	int taken;
} worlds[SLOTS_MAX], *world;

static void copy_files(const char *from, const char *to, const char *what)
{
	char command[4096];

	snprintf(command, sizeof(command), "cp -a '%s'/%s '%s'", from, what,
		 to);
	must(system(command) == 0, command);
}

static void on_commit(void *ctx, const struct hyp_store_ops *ops,
		      void *instance)
{
	struct world *w = world;
	struct hyp_error err;

	(void)ctx;
	if (w->id == NULL || w->taken || kit_state(&w->kit, w->id) != w->state)
		return;
	w->taken = 1;
	must(ops->backup(instance, tree_path(&w->tree, "jobs.db"), &err) == 0,
	     err.text);
	copy_files(w->kit.tree.root, w->tree.root, "out");
	copy_files(w->kit.tree.root, w->tree.root, "snap");
	copy_files(w->kit.tree.root, w->tree.root, "state/seal.key");
}

static void open_world(void)
{
	must(kit_open(&world->kit) == 0, world->kit.err.text);
}

/* It sends nothing more, until somebody cancels it. */
static void cancel(void)
{
	struct kit *kit = &world->kit;

	while (kit_state(kit, world->id) != HYP_JOB_TRANSFERRING)
		poll(NULL, 0, 1);
	must(hyp_engine_cancel(kit->engine, NULL, world->id, &kit->err) == 0,
	     kit->err.text);
}

static void make_world(uint32_t state)
{
	struct kit *kit = &world->kit;

	world->state = state;
	tree_init(&world->tree);
	kit_init(kit,
		 state == HYP_JOB_CANCELLING ? "stall_at = \"4KiB\";" : "");
	open_world();
	kit->engine->life = HYP_LIFE_RUNNING; /* without its threads */
	must(kit_submit(kit, "synthetic-1", &world->id) == 0, kit->err.text);
	kit_close(kit);
	open_world();
	must(hyp_engine_start(kit->engine, &kit->err) == 0, kit->err.text);
	if (state == HYP_JOB_CANCELLING)
		cancel();
	kit_wait(kit, world->id);
	kit_close(kit);
	must(world->taken, "that state was never seen");
}

static void prepare(uint32_t state)
{
	parts_init(on_commit, NULL);
	for (size_t i = 0; i < slot_count; i++) {
		world = &worlds[i];
		make_world(state);
	}
}

static void restore(void)
{
	const char *from = world->tree.root;
	char command[4096];

	snprintf(command, sizeof(command),
		 "cd '%s' && rm -rf out snap state check && "
		 "mkdir -m 700 state && cp -a '%s/out' '%s/snap' . && "
		 "cp '%s/jobs.db' '%s/seal.key' state && chmod 600 state/* && "
		 "mkdir -p -m 700 " STRAY " && echo x >" STRAY "/x.ova",
		 world->kit.tree.root, from, from, from, from);
	must(system(command) == 0, command);
}

static void start(void)
{
	struct kit *kit = &world->kit;
	int32_t rc = kit_open(kit);

	if (rc == 0)
		rc = hyp_engine_start(kit->engine, &kit->err);
	if (rc == 0)
		return;
	is_nomem(rc, &kit->err, "start");
	shim_disarm();
	kit_close(kit);
	open_world();
	must(hyp_engine_start(kit->engine, &kit->err) == 0, kit->err.text);
}

static void run(const struct shim_plan *plan)
{
	uint32_t ended, wanted;

	world = &worlds[slot];
	restore();
	shim_arm(plan);
	start();
	shim_disarm(); /* running again is the unit "run" */
	ended = kit_wait(&world->kit, world->id);
	kit_settle(&world->kit);
	wanted = world->state == HYP_JOB_CANCELLING ? HYP_JOB_CANCELLED
						    : HYP_JOB_COMPLETED;
	if (ended != wanted)
		broken("the job ended as %s", hyp_job_status_name(ended));
	else if (wanted == HYP_JOB_COMPLETED)
		kit_prove(&world->kit, "synthetic-1");
	else
		kit_prove_none(&world->kit);
	kit_close(&world->kit);
}

static void prepare_publishing(void)
{
	prepare(HYP_JOB_PUBLISHING);
}

static void prepare_transferring(void)
{
	prepare(HYP_JOB_TRANSFERRING);
}

static void prepare_cancelling(void)
{
	prepare(HYP_JOB_CANCELLING);
}

const struct unit unit_publishing = {"publishing", prepare_publishing, run};
const struct unit unit_interrupted = {"interrupted", prepare_transferring, run};
const struct unit unit_cancelling = {"cancelling", prepare_cancelling, run};
