/* SPDX-License-Identifier: Apache-2.0 */
/*
 * powerloss FORMAT new|replace ci|long [SIZE]: one export by the engine is
 * recorded, all that it does to its output folder and every commit of the
 * store. Then the power goes at every place of that log, with every choice of
 * what had not been made durable; the engine recovers, and what it then says
 * must be true. Prints a line per broken promise; exits 1 if there was any.
 */
#include "core/base/cleanup.h"
#include "core/base/file.h"
#include "core/base/log.h"
#include "core/engine/recover.h"
#include "tests/lib/tree.h"
#include "tests/powerloss/crash.h"
#include "tests/powerloss/parts.h"
#include "tests/powerloss/reached.h"
#include "tests/powerloss/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BROKEN_MAX 20 /* then it has seen enough */

static struct trial {
	struct world world;
	struct oplog log;
	char *old, *new; /* what the folder held before, and in the end */
	int deep;
	struct {
		uint64_t hash;
		int snapshot;
	} * seen;
	size_t seen_count, states, broken;
	size_t completed, resumed, again; /* how recoveries ended */
} trial;

static void show(const struct crash *crash, const char *what)
{
	char text[600];

	trial.broken++;
	printf("broken: %s; the power goes after op %zu (%s), snapshot %d, "
	       "lost:",
	       what, crash->prefix,
	       op_text(&trial.log.ops[crash->prefix - 1], text, sizeof(text)),
	       crash_snapshot(&trial.log, crash->prefix));
	for (size_t i = 0; i < crash->prefix; i++)
		if (crash->fates[i] != KEPT)
			printf(" [%zu %s%s]", i + 1,
			       op_text(&trial.log.ops[i], text, sizeof(text)),
			       crash->fates[i] == LOST ? "" : ", torn");
	printf("\n");
}

/* 1 if this disk with this store was not there before. */
static int is_new(uint64_t hash, int snapshot)
{
	for (size_t i = 0; i < trial.seen_count; i++)
		if (trial.seen[i].hash == hash &&
		    trial.seen[i].snapshot == snapshot)
			return 0;
	trial.seen = reallocarray(trial.seen, trial.seen_count + 1,
				  sizeof(*trial.seen));
	if (trial.seen == NULL)
		abort();
	trial.seen[trial.seen_count].hash = hash;
	trial.seen[trial.seen_count++].snapshot = snapshot;
	return 1;
}

/* What recovery made of it must be true, and nothing that was promised may
 * have gone. */
static void judge(const struct crash *crash, const struct outcome *before,
		  const struct outcome *after)
{
	int whole = strcmp(after->files, trial.new) == 0;

	if (before->state == HYP_JOB_COMPLETED &&
	    after->state != HYP_JOB_COMPLETED)
		show(crash, "a job that was completed no longer is");
	if (after->state == HYP_JOB_COMPLETED && !whole)
		show(crash, "completed, but the package is not whole");
	if (after->state != HYP_JOB_COMPLETED &&
	    strcmp(after->files, trial.old) != 0)
		show(crash, whole ? "published, but to be run again"
				  : "something torn or stray is visible");
	if (after->state != HYP_JOB_COMPLETED && after->state != HYP_JOB_QUEUED)
		show(crash, "neither completed nor queued again");
	if (after->events > 1)
		show(crash, "completed more than once");
	if (after->undo > 0)
		show(crash, "an undo record is left");
	trial.completed += before->state == HYP_JOB_COMPLETED;
	trial.again += after->state == HYP_JOB_QUEUED;
	trial.resumed += before->state != HYP_JOB_COMPLETED &&
			 after->state == HYP_JOB_COMPLETED;
}

/* 1 if they name the same files. */
static int same_names(const char *a, const char *b)
{
	while (*a != '\0' && *a == *b) {
		if (*a == ' ') { /* a digest follows */
			a += strcspn(a, "\n");
			b += strcspn(b, "\n");
		} else {
			a++;
			b++;
		}
	}
	return *a == *b;
}

/* The job that was to be run again. */
static void judge_end(const struct crash *crash, const struct outcome *ended)
{
	if (ended->events != 1)
		show(crash, "run again, not completed just once");
	if (!ended->proven)
		show(crash, "run again, and the package is not whole");
	if (!same_names(ended->files, trial.new))
		show(crash, "run again, and there are other files");
}

static void try_one(const struct crash *crash)
{
	int snapshot = crash_snapshot(&trial.log, crash->prefix);
	struct disk *disk;
	struct outcome before, after, ended = {.state = 0};

	trial.states++;
	if (snapshot < 0 || trial.broken >= BROKEN_MAX)
		return;
	disk = disk_new(crash);
	if (is_new(disk_hash(disk), snapshot)) {
		world_clear(&trial.world);
		disk_write(disk, world_out(&trial.world));
		world_recover(&trial.world, snapshot,
			      trial.deep || trial.seen_count % 4 == 0, &before,
			      &after, &ended);
		judge(crash, &before, &after);
		if (ended.state != 0)
			judge_end(crash, &ended);
		outcome_fini(&ended);
		outcome_fini(&before);
		outcome_fini(&after);
	}
	disk_free(disk);
}

/* All that is not durable has this fate: names, and bytes. */
static void try_all(struct crash *crash, enum fate names, enum fate bytes)
{
	for (size_t i = 0; i < crash->prefix; i++)
		if (crash_unsynced(&trial.log, i, crash->prefix))
			crash->fates[i] = trial.log.ops[i].kind == OP_WRITE
						  ? (unsigned char)bytes
						  : (unsigned char)names;
	try_one(crash);
}

static void reset(struct crash *crash, enum fate fate)
{
	memset(crash->fates, KEPT, trial.log.count);
	for (size_t i = 0; fate != KEPT && i < crash->prefix; i++)
		if (crash_unsynced(&trial.log, i, crash->prefix))
			crash->fates[i] = (unsigned char)fate;
}

/* Each of them alone is lost, or has arrived; and with those before it. */
static void try_each(struct crash *crash)
{
	for (size_t i = 0; i < crash->prefix; i++) {
		if (!crash_unsynced(&trial.log, i, crash->prefix))
			continue;
		reset(crash, KEPT);
		crash->fates[i] = LOST;
		try_one(crash);
		if (trial.log.ops[i].kind == OP_WRITE) {
			crash->fates[i] = ZEROS;
			try_one(crash);
		}
		reset(crash, LOST);
		crash->fates[i] = KEPT;
		try_one(crash);
		for (size_t k = i; k < crash->prefix; k++)
			crash->fates[k] = KEPT;
		try_one(crash);
	}
}

/* The last write, in the midst of which the power goes. */
static void try_torn(struct crash *crash)
{
	const struct op *last = &trial.log.ops[crash->prefix - 1];
	size_t count, step;

	if (last->kind != OP_WRITE)
		return;
	count = ((size_t)last->at + last->n - 1) / 512 -
		(size_t)last->at / 512 + 1;
	step = trial.deep ? 1 : (count + 2) / 3;
	reset(crash, KEPT);
	crash->fates[crash->prefix - 1] = TORN_ODD;
	try_one(crash);
	for (size_t n = 1; n < count; n += step) {
		crash->sectors = n;
		crash->fates[crash->prefix - 1] = TORN_HEAD;
		try_one(crash);
		crash->fates[crash->prefix - 1] = TORN_TAIL;
		try_one(crash);
	}
}

static void try_prefix(struct crash *crash)
{
	reset(crash, KEPT);
	try_one(crash);
	try_all(crash, LOST, LOST);
	try_all(crash, KEPT, LOST);
	try_all(crash, KEPT, ZEROS);
	try_all(crash, LOST, KEPT);
	try_each(crash);
	try_torn(crash);
}

static void try_every(void)
{
	struct crash crash = {.log = &trial.log};

	crash.fates = calloc(trial.log.count, 1);
	if (crash.fates == NULL)
		abort();
	for (crash.prefix = 1; crash.prefix <= trial.log.count; crash.prefix++)
		try_prefix(&crash);
	free(crash.fates);
}

int main(int argc, char **argv)
{
	char text[600];
	int broken;

	if (argc < 4)
		return 2;
	reached_init();
	trial.deep = strcmp(argv[3], "long") == 0;
	world_init(&trial.world, argv[1], argc > 4 ? argv[4] : "128KiB");
	world_record(&trial.world, strcmp(argv[2], "replace") == 0, &trial.log,
		     &trial.old, &trial.new);
	if (getenv("POWERLOSS_LOG") != NULL)
		for (size_t i = 0; i < trial.log.count; i++)
			fprintf(stderr, "%zu %s\n", i + 1,
				op_text(&trial.log.ops[i], text, sizeof(text)));
	try_every();
	printf("%s, %s: %zu operations, %zu crash states, %zu of them "
	       "different: "
	       "%zu had been completed, %zu were rolled forward, %zu run "
	       "again; "
	       "%zu broken promises\n",
	       argv[1], argv[2], trial.log.count, trial.states,
	       trial.seen_count, trial.completed, trial.resumed, trial.again,
	       trial.broken);
	broken = trial.broken > 0;
	free(trial.seen);
	free(trial.old);
	free(trial.new);
	oplog_fini(&trial.log);
	world_fini(&trial.world);
	return broken;
}
