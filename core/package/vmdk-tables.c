/* SPDX-License-Identifier: Apache-2.0 */
#include "core/package/vmdk-tables.h"
#include "core/base/buf.h"

#include <stdlib.h>
#include <string.h>

void hyp_vmdk_tables_init(struct hyp_vmdk_tables *t, uint64_t grains,
			  uint32_t gtes)
{
	memset(t, 0, sizeof(*t));
	t->gtes = gtes;
	t->count = grains / gtes + (grains % gtes != 0);
}

void hyp_vmdk_tables_fini(struct hyp_vmdk_tables *t)
{
	free(t->grains.items);
	free(t->seen.items);
	memset(t, 0, sizeof(*t));
}

static int32_t folds_push(struct hyp_vmdk_folds *f, uint64_t key,
			  struct hyp_error *err)
{
	if (f->count == f->room) {
		size_t room = f->room == 0 ? 64 : 2 * f->room;
		void *items = realloc(f->items, room * sizeof(f->items[0]));

		if (items == NULL)
			return hyp_error_nomem(err);
		f->items = items;
		f->room = room;
	}
	f->items[f->count++] = (struct hyp_vmdk_fold){key, 0};
	return 0;
}

/* Entries fold in order; an odd factor loses nothing. */
static void fold_entry(struct hyp_vmdk_folds *f, uint32_t number,
		       uint32_t sector)
{
	uint64_t *fold = &f->items[f->count - 1].fold;
	uint64_t x = *fold ^ ((uint64_t)number << 32 | sector);

	x *= 0x9e3779b97f4a7c15u;
	*fold = x ^ x >> 29;
}

int32_t hyp_vmdk_tables_grain(struct hyp_vmdk_tables *t, uint64_t index,
			      uint32_t sector, struct hyp_error *err)
{
	struct hyp_vmdk_folds *f = &t->grains;
	uint64_t table = index / t->gtes;
	int32_t rc;

	if (f->count == 0 || f->items[f->count - 1].key != table) {
		rc = folds_push(f, table, err);
		if (rc != 0)
			return rc;
	}
	fold_entry(f, (uint32_t)(index % t->gtes), sector);
	return 0;
}

int32_t hyp_vmdk_tables_begin(struct hyp_vmdk_tables *t, uint64_t sector,
			      struct hyp_error *err)
{
	/* A redundant copy of each is all that can make sense. */
	if (t->seen.count >= 2 * t->count)
		return hyp_error_set(err, HYP_E_PERMANENT, "unsafe_image", 0,
				     "VMDK: more grain tables than a disk of "
				     "its size can have");
	return folds_push(&t->seen, sector, err);
}

void hyp_vmdk_tables_entry(struct hyp_vmdk_tables *t, uint32_t number,
			   uint32_t sector)
{
	if (sector <= 1) /* 0: no grain, 1: a grain of zeros */
		return;
	if (sector > t->highest)
		t->highest = sector;
	fold_entry(&t->seen, number, sector);
}

int32_t hyp_vmdk_directory_begin(struct hyp_vmdk_directory *d,
				 const struct hyp_vmdk_tables *t,
				 uint64_t sector, struct hyp_error *err)
{
	if (d->entries == NULL)
		d->entries = calloc(t->count, sizeof(d->entries[0]));
	if (d->entries == NULL)
		return hyp_error_nomem(err);
	d->sector = sector;
	d->filled = 0;
	return 0;
}

void hyp_vmdk_directory_fini(struct hyp_vmdk_directory *d)
{
	free(d->entries);
	memset(d, 0, sizeof(*d));
}

static int by_key(const void *key, const void *item)
{
	uint64_t a = *(const uint64_t *)key;
	uint64_t b = ((const struct hyp_vmdk_fold *)item)->key;

	return a < b ? -1 : a > b;
}

static const char *compare_table(const struct hyp_vmdk_tables *t,
				 uint64_t sector, uint64_t fold)
{
	const struct hyp_vmdk_fold *seen = NULL;

	if (sector == 0)
		return fold == 0 ? NULL : "has no table for grains that exist";
	if (t->seen.count > 0)
		seen = bsearch(&sector, t->seen.items, t->seen.count,
			       sizeof(*seen), by_key);
	if (seen == NULL)
		return "points to a place that holds no grain table";
	return seen->fold == fold ? NULL
				  : "leads to other grains than the image has";
}

const char *hyp_vmdk_tables_compare(const struct hyp_vmdk_tables *t,
				    const struct hyp_vmdk_directory *d,
				    uint64_t *table)
{
	size_t g = 0;

	for (uint64_t i = 0; i < t->count; i++) {
		int mine = g < t->grains.count && t->grains.items[g].key == i;
		const char *wrong = compare_table(
			t, d->entries[i], mine ? t->grains.items[g].fold : 0);

		*table = i;
		if (wrong != NULL)
			return wrong;
		g += mine;
	}
	return NULL;
}
