/* SPDX-License-Identifier: Apache-2.0 */
#include "core/package/vmdk-grain.h"
#include "core/base/buf.h"
#include "core/package/vmdk-format.h"

#include <stdlib.h>
#include <string.h>

/*
 * Level 0, without zlib's copying: header, one stored block of 65,535 bytes,
 * a last one of a single byte, checksum (RFC 1950, 1951).
 */
#define STORED_MAX 65535u
#define STORED_HEAD 5u
#define ZLIB_HEAD 2u
#define STORED_AT (HYP_VMDK_GRAIN_HEAD + ZLIB_HEAD + STORED_HEAD)
#define STORED_SIZE (ZLIB_HEAD + STORED_HEAD + STORED_MAX + STORED_HEAD + 1 + 4)
static_assert(HYP_VMDK_GRAIN == STORED_MAX + 1, "two stored blocks");

#define ALIGN 32u /* of what the source fills */

static uint64_t record_sectors(uint32_t size)
{
	return hyp_vmdk_div_up(HYP_VMDK_GRAIN_HEAD + (uint64_t)size,
			       HYP_VMDK_SECTOR);
}

static int32_t start_deflate(struct hyp_vmdk_grain *g, struct hyp_error *err)
{
	if (deflateInit(&g->z, g->args->level) != Z_OK)
		return hyp_error_nomem(err);
	g->deflating = 1;
	g->room = HYP_VMDK_GRAIN_HEAD + deflateBound(&g->z, HYP_VMDK_GRAIN) +
		  HYP_VMDK_SECTOR;
	return 0;
}

int32_t hyp_vmdk_grain_init(struct hyp_vmdk_grain *g,
			    const struct hyp_vmdk_write_args *args,
			    struct hyp_error *err)
{
	size_t plain = 0;
	int32_t rc;

	g->args = args;
	g->room = HYP_VMDK_GRAIN_HEAD + STORED_SIZE + HYP_VMDK_SECTOR;
	if (args->level > 0) {
		rc = start_deflate(g, err);
		if (rc != 0)
			return rc;
		plain = HYP_VMDK_GRAIN;
	}
	/* [plain] [up to ALIGN bytes] [record], plain aligned in either case */
	g->memory = calloc(1, plain + 2 * ALIGN + g->room);
	if (g->memory == NULL)
		return hyp_error_nomem(err);
	g->plain = g->memory + (ALIGN - (uintptr_t)g->memory % ALIGN) % ALIGN;
	g->record = g->plain + plain;
	if (args->level == 0) {
		g->record += ALIGN - STORED_AT % ALIGN;
		g->plain = g->record + STORED_AT;
	}
	return 0;
}

void hyp_vmdk_grain_fini(struct hyp_vmdk_grain *g)
{
	if (g->deflating)
		deflateEnd(&g->z);
	free(g->memory);
	memset(g, 0, sizeof(*g));
}

/* The block's head in front of its n bytes. */
static void stored_head(uint8_t *at, int last, uint16_t n)
{
	at[0] = (uint8_t)last;
	at[1] = (uint8_t)n;
	at[2] = (uint8_t)(n >> 8);
	at[3] = (uint8_t)~at[1];
	at[4] = (uint8_t)~at[2];
}

static uint32_t store(struct hyp_vmdk_grain *g)
{
	uint8_t *zlib = g->record + HYP_VMDK_GRAIN_HEAD;
	uint8_t *end = g->plain + STORED_MAX;
	uint32_t sum = htobe32((uint32_t)adler32(1, g->plain, HYP_VMDK_GRAIN));
	uint8_t last = *end;

	zlib[0] = 0x78;
	zlib[1] = 0x01;
	stored_head(zlib + ZLIB_HEAD, 0, STORED_MAX);
	stored_head(end, 1, 1);
	end[STORED_HEAD] = last;
	memcpy(end + STORED_HEAD + 1, &sum, sizeof(sum));
	return STORED_SIZE;
}

static int32_t pack(struct hyp_vmdk_grain *g, uint32_t *size,
		    struct hyp_error *err)
{
	if (!g->deflating) {
		*size = store(g);
		return 0;
	}
	g->z.next_in = g->plain;
	g->z.avail_in = HYP_VMDK_GRAIN;
	g->z.next_out = g->record + HYP_VMDK_GRAIN_HEAD;
	g->z.avail_out =
		(uInt)(g->room - HYP_VMDK_GRAIN_HEAD - HYP_VMDK_SECTOR);
	if (deflateReset(&g->z) != Z_OK ||
	    deflate(&g->z, Z_FINISH) != Z_STREAM_END)
		return hyp_error_set(err, HYP_E_PERMANENT, "internal", 0,
				     "VMDK: zlib cannot compress a grain");
	*size = (uint32_t)g->z.total_out;
	return 0;
}

int32_t hyp_vmdk_grain_make(struct hyp_vmdk_grain *g, uint64_t index,
			    const void **record, uint64_t *sectors,
			    struct hyp_error *err)
{
	struct hyp_vmdk_marker m = {0};
	uint64_t first = index * HYP_VMDK_GRAIN;
	uint32_t size = 0;
	size_t used;
	int32_t rc;

	*record = g->record;
	*sectors = 0;
	if (!g->args->grain(g->args->ctx, index, g->plain))
		return 0;
	if (g->args->capacity - first < HYP_VMDK_GRAIN)
		memset(g->plain + (g->args->capacity - first), 0,
		       HYP_VMDK_GRAIN - (g->args->capacity - first));
	rc = pack(g, &size, err);
	if (rc != 0)
		return rc;
	m.value = htole64(first / HYP_VMDK_SECTOR);
	m.size = htole32(size);
	memcpy(g->record, &m, HYP_VMDK_GRAIN_HEAD);
	*sectors = record_sectors(size);
	used = HYP_VMDK_GRAIN_HEAD + size;
	memset(g->record + used, 0, *sectors * HYP_VMDK_SECTOR - used);
	return 0;
}

int32_t hyp_vmdk_grain_size(struct hyp_vmdk_grain *g, uint64_t index,
			    uint64_t *sectors, struct hyp_error *err)
{
	const void *record;

	if (g->deflating || g->args->has_grain == NULL)
		return hyp_vmdk_grain_make(g, index, &record, sectors, err);
	*sectors = g->args->has_grain(g->args->ctx, index)
			   ? record_sectors(STORED_SIZE)
			   : 0;
	return 0;
}
