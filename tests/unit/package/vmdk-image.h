/* SPDX-License-Identifier: Apache-2.0 */
/* Images to judge, written by our writer, in memory. */
#ifndef HYP_TEST_VMDK_IMAGE_H
#define HYP_TEST_VMDK_IMAGE_H

#include "core/package/vmdk-format.h"
#include "tests/lib/unit.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* --- images to judge, written by our writer, in memory --- */

struct image {
	uint8_t *bytes;
	size_t len, room;
};

static struct image im; /* of the fixture, by layout */
static struct hyp_vmdk_check *check;
static struct hyp_error err;

#define GRAINS 1040u /* three grain tables, the last grain partial */
#define CAPACITY ((uint64_t)GRAINS * HYP_VMDK_GRAIN - 3 * HYP_VMDK_SECTOR)

static inline int has_grain(void *ctx, uint64_t index)
{
	(void)ctx;
	return index % 300 == 0 || index == 1 || index == GRAINS - 1;
}

static inline int grain(void *ctx, uint64_t index, void *out)
{
	memset(out, (int)('a' + index % 26), HYP_VMDK_GRAIN);
	return has_grain(ctx, index);
}

static inline int32_t keep(void *ctx, const void *buf, uint64_t n,
			   struct hyp_error *e)
{
	struct image *i = ctx;

	(void)e;
	if (i->len + n > i->room) {
		i->room = 2 * (i->len + n);
		i->bytes = realloc(i->bytes, i->room);
		ck_assert_ptr_nonnull(i->bytes);
	}
	memcpy(i->bytes + i->len, buf, n);
	i->len += n;
	return 0;
}

static inline void make(uint32_t layout, int32_t level, uint64_t capacity)
{
	struct hyp_vmdk_write_args args = {
		.capacity = capacity,
		.layout = layout,
		.level = level,
		.grain = grain,
		.has_grain = has_grain,
	};
	struct hyp_writer w = {sizeof(w), 0, &im, keep};

	im.len = 0;
	ck_ok(hyp_vmdk_write(&args, &w, &err), &err);
}

static inline void setup(void)
{
	memset(&im, 0, sizeof(im));
	ck_ok(hyp_vmdk_check_new(&check, &err), &err);
}

static inline void teardown(void)
{
	hyp_vmdk_check_free(check);
	free(im.bytes);
}

/* In pieces of that size; 0: all at once. */
static inline int32_t judge(const uint8_t *bytes, size_t n, size_t piece)
{
	struct hyp_vmdk_summary sum;
	int32_t rc = 0;

	hyp_vmdk_check_reset(check);
	if (piece == 0)
		piece = n + 1;
	for (size_t at = 0; rc == 0 && at < n; at += piece)
		rc = hyp_vmdk_check_feed(check, bytes + at,
					 n - at < piece ? n - at : piece, &err);
	return rc != 0 ? rc : hyp_vmdk_check_end(check, &sum, &err);
}

static inline struct hyp_vmdk_header *header(void)
{
	return (void *)im.bytes;
}

/* The n-th grain marker's place. */
static inline size_t grain_at(unsigned n)
{
	size_t at = le64toh(header()->overhead) * HYP_VMDK_SECTOR;
	struct hyp_vmdk_marker m;

	for (;;) {
		ck_assert_uint_lt(at, im.len);
		memcpy(&m, im.bytes + at, sizeof(m));
		if (m.size != 0 && n-- == 0)
			return at;
		at += m.size != 0 ? hyp_vmdk_div_up(12 + le32toh(m.size),
						    HYP_VMDK_SECTOR) *
					    HYP_VMDK_SECTOR
				  : (1 + le64toh(m.value)) * HYP_VMDK_SECTOR;
	}
}

static inline void set_lba(unsigned n, uint64_t lba)
{
	lba = htole64(lba);
	memcpy(im.bytes + grain_at(n), &lba, sizeof(lba));
}

#endif
