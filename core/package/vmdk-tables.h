/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Do a VMDK's grain directory and grain tables say the same as the grains
 * that passed? Remembers 16 bytes per grain table that is not empty, not the
 * grains: what both sides say of one table is folded into a number.
 */
#ifndef HYP_PACKAGE_VMDK_TABLES_H
#define HYP_PACKAGE_VMDK_TABLES_H

#include <hypersdk/error.h>
#include <stddef.h>
#include <stdint.h>

/* key: of a grain the number of its table, of a table seen its sector. */
struct hyp_vmdk_fold {
	uint64_t key;
	uint64_t fold;
};

struct hyp_vmdk_folds {
	struct hyp_vmdk_fold *items;
	size_t count, room;
};

struct hyp_vmdk_directory {
	uint64_t sector; /* where it lies; 0: none seen */
	uint32_t *entries;
	uint64_t filled;
};

struct hyp_vmdk_tables {
	uint32_t gtes;		      /* grains of one table */
	uint64_t count;		      /* tables that the disk has */
	uint64_t highest;	      /* sector that the tables seen name */
	struct hyp_vmdk_folds grains; /* what the grains say, in order */
	struct hyp_vmdk_folds seen;   /* what the tables say, in order */
};

/* Empty, for a disk of that many grains. */
void hyp_vmdk_tables_init(struct hyp_vmdk_tables *t, uint64_t grains,
			  uint32_t gtes);
void hyp_vmdk_tables_fini(struct hyp_vmdk_tables *t);

/* Grain number index lies at sector; called in ascending order. */
int32_t hyp_vmdk_tables_grain(struct hyp_vmdk_tables *t, uint64_t index,
			      uint32_t sector, struct hyp_error *err);

/* A grain table begins at sector (ascending); its entries follow. */
int32_t hyp_vmdk_tables_begin(struct hyp_vmdk_tables *t, uint64_t sector,
			      struct hyp_error *err);
void hyp_vmdk_tables_entry(struct hyp_vmdk_tables *t, uint32_t number,
			   uint32_t sector);

/* A directory of t->count entries begins at sector, replacing another. */
int32_t hyp_vmdk_directory_begin(struct hyp_vmdk_directory *d,
				 const struct hyp_vmdk_tables *t,
				 uint64_t sector, struct hyp_error *err);
void hyp_vmdk_directory_fini(struct hyp_vmdk_directory *d);

/* NULL if the directory leads to exactly the grains that passed, else in
 * words what is wrong. *table: at which of its entries. */
const char *hyp_vmdk_tables_compare(const struct hyp_vmdk_tables *t,
				    const struct hyp_vmdk_directory *d,
				    uint64_t *table);

#endif
