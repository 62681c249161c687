/* SPDX-License-Identifier: Apache-2.0 */
/* A state directory, an output folder, and an engine that comes and goes.
 * Everything here aborts on failure. */
#ifndef HYP_TEST_POWERLOSS_WORLD_H
#define HYP_TEST_POWERLOSS_WORLD_H

#include "core/engine/engine.h"
#include "tests/lib/tree.h"
#include "tests/powerloss/oplog.h"

struct world {
	struct tree tree;
	const char *format;
	char *job; /* its id */
	int snapshots;
};

struct outcome {
	uint32_t state;	 /* of the job */
	unsigned events; /* that say it was completed */
	unsigned undo;	 /* records */
	int proven;	 /* tar and sha256sum say that the package is whole */
	char *files;	 /* below the output folder, with their digests */
};
void outcome_fini(struct outcome *outcome);

void world_init(struct world *world, const char *format, const char *size);
void world_fini(struct world *world);
/* The engine exports a VM; *before and *after are the files that are there
 * then, as text. replace: over an earlier export of it, which is not recorded.
 * A snapshot of the store is kept for each commit. */
void world_record(struct world *world, int replace, struct oplog *log,
		  char **before, char **after);
const char *world_out(struct world *world);
/* Empties the output folder. */
void world_clear(struct world *world);
/* The engine opens that snapshot and recovers. go_on: and runs the job if it is
 * to be run again: ended is how that ended, its package checked by others. */
void world_recover(struct world *world, int snapshot, int go_on,
		   struct outcome *before, struct outcome *after,
		   struct outcome *ended);

#endif
