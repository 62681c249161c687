/* SPDX-License-Identifier: Apache-2.0 */
/* What a disk may hold after a power cut at one place of a log. */
#ifndef HYP_TEST_POWERLOSS_CRASH_H
#define HYP_TEST_POWERLOSS_CRASH_H

#include "tests/powerloss/oplog.h"

#include <stdint.h>

/* What became of an op that nothing had made durable. */
enum fate {
	KEPT,
	LOST,
	ZEROS,	   /* a write that left only its length */
	TORN_HEAD, /* of which only the first sectors arrived, */
	TORN_TAIL, /* only the last, */
	TORN_ODD,  /* every other one */
};

struct crash {
	const struct oplog *log;
	size_t prefix;	      /* ops before the cut */
	unsigned char *fates; /* of each */
	size_t sectors;	      /* of TORN_HEAD and TORN_TAIL */
};

/* 1 if op i can be lost when the power goes after prefix ops: directory
 * entries until their directory was synced, bytes until their file was. */
int crash_unsynced(const struct oplog *log, size_t i, size_t prefix);
/* The store's newest snapshot, -1: none. */
int crash_snapshot(const struct oplog *log, size_t prefix);

struct disk; /* names and bytes */
struct disk *disk_new(const struct crash *crash);
void disk_free(struct disk *disk);
/* The same for the same names and bytes. */
uint64_t disk_hash(const struct disk *disk);
/* Makes all of it in an existing empty folder; aborts on failure. */
void disk_write(const struct disk *disk, const char *folder);

#endif
