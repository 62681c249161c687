/* SPDX-License-Identifier: Apache-2.0 */
/* An engine over the staged plugins, in a folder of its own: synthetic VMs,
 * storage/local, store/sqlite. Included by one test program each. */
#ifndef HYP_TEST_ENGINE_KIT_H
#define HYP_TEST_ENGINE_KIT_H

#include "core/engine/inside.h"
#include "tests/lib/tree.h"
#include "tests/lib/unit.h"

/* Pipelines for engine_kit_init. */
#define KIT_FAULT(name, op, more)                                              \
	",{ name = \"" name                                                    \
	"\"; provider = { plugin = \"synthetic\"; vms = 9; "                   \
	"disks = 1; disk_size = \"1MiB\"; }; storage = { plugin = \"fault\"; " \
	"operation = \"" op "\"; " more                                        \
	" inner = { plugin = \"local\"; }; }; }"
#define KIT_SOURCE(name, more)                                                 \
	",{ name = \"" name                                                    \
	"\"; provider = { plugin = \"synthetic\"; vms = 9; "                   \
	"disks = 1; disk_size = \"1MiB\"; " more " }; }"

struct engine_kit {
	struct tree tree;
	struct hyp_registry *registry;
	struct hyp_engine *engine; /* NULL: not open */
	struct hyp_error err;
};

/* jobs: lines of the group "jobs"; pipelines: further groups, each begun by a
 * comma; both may be "". Neither opens the engine. */
void engine_kit_init(struct engine_kit *kit, const char *jobs,
		     const char *pipelines);
/* The settings again, with others. */
void engine_kit_conf(struct engine_kit *kit, const char *jobs,
		     const char *pipelines);
struct hyp_config *engine_kit_load(struct engine_kit *kit);
int32_t engine_kit_open(struct engine_kit *kit);
void engine_kit_start(struct engine_kit *kit); /* opens too */
void engine_kit_close(struct engine_kit *kit);
void engine_kit_fini(struct engine_kit *kit);

/* One definition, as JSON with ' for "; *out is to be finied. */
int32_t engine_kit_try(struct engine_kit *kit, const struct hyp_actor *actor,
		       const char *definition, struct hyp_submitted *out);
/* Of VM synthetic-N of that pipeline to out/DIR; the id is the caller's. */
char *engine_kit_submit(struct engine_kit *kit, const char *pipeline,
			const char *vm, const char *dir);
struct hyp_job *engine_kit_job(struct engine_kit *kit, const char *id);
/* Waits until the job is in one of these states (bits). */
struct hyp_job *engine_kit_wait(struct engine_kit *kit, const char *id,
				uint32_t states);
/* Waits for that state, and asserts it against any ended one. */
void engine_kit_expect(struct engine_kit *kit, const char *id, uint32_t state);

/* Rows of a table that a query finds, and how many have this text as their
 * type (EVENT), phase or status (HISTORY), text (LOG: a part of it); NULL: any.
 */
unsigned engine_kit_rows(struct engine_kit *kit, uint32_t table,
			 const char *job_id, const char *text);
/* Names beneath that folder of the kit, sorted, joined by blanks. */
char *engine_kit_files(struct engine_kit *kit, const char *dir);

/* Moves the wall clock and the boot clock that the core sees. */
void engine_kit_advance(int64_t ms);
/* Sets the wall clock, by so much. */
void engine_kit_set_clock(int64_t by_ms);
/* A moment for other threads. */
void engine_kit_breathe(void);

#endif
