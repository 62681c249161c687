/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/buf.h"
#include "core/package/vmdk-format.h"
#include "core/package/vmdk-grain.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define GRAIN_SECTORS (HYP_VMDK_GRAIN / HYP_VMDK_SECTOR)
#define DESC_SECTORS 20u
#define GT_SECTORS (HYP_VMDK_GTES * 4 / HYP_VMDK_SECTOR)
#define CHUNK_ENTRIES 16384u /* of a directory, written at a time */

struct image {
	const struct hyp_vmdk_write_args *args;
	const struct hyp_writer *out;
	struct hyp_vmdk_grain grain;
	uint64_t sector; /* where the next byte goes */
	uint64_t grains, tables;
	uint64_t overhead; /* sector of the first marker */
	uint32_t *directory;
	uint32_t table[HYP_VMDK_GTES];
};

static int32_t emit(struct image *im, const void *buf, uint64_t sectors,
		    struct hyp_error *err)
{
	im->sector += sectors;
	return im->out->write(im->out->ctx, buf, sectors * HYP_VMDK_SECTOR,
			      err);
}

static int32_t emit_zeros(struct image *im, uint64_t until,
			  struct hyp_error *err)
{
	static const uint8_t zeros[16 * HYP_VMDK_SECTOR];
	int32_t rc = 0;

	while (rc == 0 && im->sector < until) {
		uint64_t n = until - im->sector;

		if (n > sizeof(zeros) / HYP_VMDK_SECTOR)
			n = sizeof(zeros) / HYP_VMDK_SECTOR;
		rc = emit(im, zeros, n, err);
	}
	return rc;
}

static int32_t emit_marker(struct image *im, uint64_t sectors, uint32_t type,
			   struct hyp_error *err)
{
	uint8_t block[HYP_VMDK_SECTOR] = {0};
	struct hyp_vmdk_marker m = {htole64(sectors), 0, htole32(type)};

	memcpy(block, &m, sizeof(m));
	return emit(im, block, 1, err);
}

static int32_t emit_header(struct image *im, uint64_t gd_offset,
			   struct hyp_error *err)
{
	struct hyp_vmdk_header h = {
		.magic = {'K', 'D', 'M', 'V'},
		.version = htole32(HYP_VMDK_VERSION),
		.flags = htole32(HYP_VMDK_F_NEWLINES | HYP_VMDK_F_COMPRESSED |
				 HYP_VMDK_F_MARKERS),
		.capacity = htole64(im->args->capacity / HYP_VMDK_SECTOR),
		.grain_size = htole64(GRAIN_SECTORS),
		.desc_offset = htole64(1),
		.desc_size = htole64(DESC_SECTORS),
		.gtes = htole32(HYP_VMDK_GTES),
		.gd_offset = htole64(gd_offset),
		.overhead = htole64(im->overhead),
		.newlines = {'\n', ' ', '\r', '\n'},
		.compression = htole16(HYP_VMDK_DEFLATE),
	};

	return emit(im, &h, 1, err);
}

static int32_t emit_descriptor(struct image *im, struct hyp_error *err)
{
	char text[DESC_SECTORS * HYP_VMDK_SECTOR] = {0};
	uint64_t sectors = im->args->capacity / HYP_VMDK_SECTOR;
	uint64_t cylinders = hyp_vmdk_div_up(sectors, 255 * 63);

	if (cylinders > 65535)
		cylinders = 65535;
	snprintf(text, sizeof(text),
		 "# Disk DescriptorFile\n"
		 "version=1\n"
		 "encoding=\"UTF-8\"\n"
		 "CID=7d5eca11\n"
		 "parentCID=ffffffff\n"
		 "createType=\"streamOptimized\"\n"
		 "\n"
		 "# Extent description\n"
		 "RW %" PRIu64 " SPARSE \"generated-stream.vmdk\"\n"
		 "\n"
		 "# The Disk Data Base\n"
		 "#DDB\n"
		 "\n"
		 "ddb.adapterType = \"lsilogic\"\n"
		 "ddb.geometry.cylinders = \"%" PRIu64 "\"\n"
		 "ddb.geometry.heads = \"255\"\n"
		 "ddb.geometry.sectors = \"63\"\n"
		 "ddb.virtualHWVersion = \"4\"\n",
		 sectors, cylinders);
	return emit(im, text, DESC_SECTORS, err);
}

static int32_t emit_table(struct image *im, struct hyp_error *err)
{
	for (size_t i = 0; i < HYP_VMDK_GTES; i++)
		im->table[i] = htole32(im->table[i]);
	return emit(im, im->table, GT_SECTORS, err);
}

static int32_t too_large(struct hyp_error *err)
{
	return hyp_error_set(err, HYP_E_PERMANENT, "too_large", 0,
			     "VMDK: an image of more than 2 TiB cannot be "
			     "written; compress better or split the disk");
}

/* Fills im->table with where the grains of that table will lie, *at being
 * the first free sector, which it moves on. */
static int32_t place_grains(struct image *im, uint64_t table, uint64_t *at,
			    struct hyp_error *err)
{
	memset(im->table, 0, sizeof(im->table));
	for (uint32_t i = 0; i < HYP_VMDK_GTES; i++) {
		uint64_t index = table * HYP_VMDK_GTES + i, sectors = 0;
		int32_t rc = 0;

		if (index < im->grains)
			rc = hyp_vmdk_grain_size(&im->grain, index, &sectors,
						 err);
		if (rc != 0)
			return rc;
		if (*at > UINT32_MAX)
			return too_large(err);
		if (sectors > 0)
			im->table[i] = (uint32_t)*at;
		*at += sectors;
	}
	return 0;
}

/* Writes the grains of that table and notes in im->table where they lie. */
static int32_t emit_grains(struct image *im, uint64_t table, unsigned *count,
			   struct hyp_error *err)
{
	memset(im->table, 0, sizeof(im->table));
	*count = 0;
	for (uint32_t i = 0; i < HYP_VMDK_GTES; i++) {
		uint64_t index = table * HYP_VMDK_GTES + i, sectors;
		const void *record;
		int32_t rc;

		if (index >= im->grains)
			return 0;
		rc = hyp_vmdk_grain_make(&im->grain, index, &record, &sectors,
					 err);
		if (rc != 0)
			return rc;
		if (sectors == 0)
			continue;
		if (im->sector > UINT32_MAX)
			return too_large(err);
		im->table[i] = (uint32_t)im->sector;
		++*count;
		rc = emit(im, record, sectors, err);
		if (rc != 0)
			return rc;
	}
	return 0;
}

/* In front, the tables lie behind the directory in one row. */
static int32_t emit_front_directory(struct image *im, struct hyp_error *err)
{
	uint64_t first = im->sector + hyp_vmdk_entry_sectors(im->tables);
	uint64_t i = 0;

	while (i < im->tables) {
		uint64_t n = im->tables - i;
		int32_t rc;

		if (n > CHUNK_ENTRIES)
			n = CHUNK_ENTRIES;
		memset(im->directory, 0, CHUNK_ENTRIES * sizeof(uint32_t));
		for (uint64_t k = 0; k < n; k++, i++)
			im->directory[k] =
				htole32((uint32_t)(first + i * GT_SECTORS));
		rc = emit(im, im->directory, hyp_vmdk_entry_sectors(n), err);
		if (rc != 0)
			return rc;
	}
	return 0;
}

static int32_t write_front(struct image *im, struct hyp_error *err)
{
	uint64_t directory = 1 + DESC_SECTORS, end;
	unsigned count;
	int32_t rc;

	end = directory + hyp_vmdk_entry_sectors(im->tables) +
	      im->tables * GT_SECTORS;
	end = hyp_vmdk_div_up(end, GRAIN_SECTORS) * GRAIN_SECTORS;
	im->overhead = end;
	rc = emit_header(im, directory, err);
	if (rc == 0)
		rc = emit_descriptor(im, err);
	if (rc == 0)
		rc = emit_front_directory(im, err);
	for (uint64_t t = 0; rc == 0 && t < im->tables; t++) {
		rc = place_grains(im, t, &end, err);
		if (rc == 0)
			rc = emit_table(im, err);
	}
	if (rc == 0)
		rc = emit_zeros(im, im->overhead, err);
	for (uint64_t t = 0; rc == 0 && t < im->tables; t++)
		rc = emit_grains(im, t, &count, err);
	if (rc == 0 && im->sector != end)
		rc = hyp_error_set(err, HYP_E_PERMANENT, "source_changed", 0,
				   "VMDK: the disk's content changed between "
				   "the two passes of layout front");
	return rc;
}

static int32_t emit_end(struct image *im, struct hyp_error *err)
{
	uint64_t sectors = hyp_vmdk_entry_sectors(im->tables), directory;
	int32_t rc;

	rc = emit_marker(im, sectors, HYP_VMDK_MARK_GD, err);
	directory = im->sector;
	if (rc == 0)
		rc = emit(im, im->directory, sectors, err);
	if (rc == 0)
		rc = emit_marker(im, 1, HYP_VMDK_MARK_FOOTER, err);
	if (rc == 0)
		rc = emit_header(im, directory, err);
	if (rc == 0)
		rc = emit_marker(im, 0, HYP_VMDK_MARK_EOS, err);
	return rc;
}

static int32_t write_end(struct image *im, struct hyp_error *err)
{
	int32_t rc;

	im->overhead = GRAIN_SECTORS;
	rc = emit_header(im, HYP_VMDK_GD_AT_END, err);
	if (rc == 0)
		rc = emit_descriptor(im, err);
	if (rc == 0)
		rc = emit_zeros(im, im->overhead, err);
	for (uint64_t t = 0; rc == 0 && t < im->tables; t++) {
		unsigned count;

		rc = emit_grains(im, t, &count, err);
		if (rc != 0 || count == 0)
			continue;
		rc = emit_marker(im, GT_SECTORS, HYP_VMDK_MARK_GT, err);
		if (im->sector > UINT32_MAX)
			return too_large(err);
		im->directory[t] = htole32((uint32_t)im->sector);
		if (rc == 0)
			rc = emit_table(im, err);
	}
	return rc != 0 ? rc : emit_end(im, err);
}

static int32_t check_args(const struct hyp_vmdk_write_args *args,
			  struct hyp_error *err)
{
	if (args->capacity == 0 || args->capacity % HYP_VMDK_SECTOR != 0 ||
	    args->capacity > HYP_VMDK_CAPACITY_MAX)
		return hyp_error_set(err, HYP_E_USAGE, "bad_value", 0,
				     "VMDK: a capacity of %" PRIu64
				     " bytes cannot be; give a multiple of "
				     "512, at most 62 TiB",
				     args->capacity);
	if (args->layout > HYP_VMDK_LAYOUT_FRONT || args->level < 0 ||
	    args->level > 9)
		return hyp_error_set(err, HYP_E_USAGE, "bad_value", 0,
				     "VMDK: layout or compression level is "
				     "unknown; levels are 0 to 9");
	return 0;
}

int32_t hyp_vmdk_write(const struct hyp_vmdk_write_args *args,
		       const struct hyp_writer *out, struct hyp_error *err)
{
	struct image *im = NULL;
	uint64_t room;
	int32_t rc = check_args(args, err);

	if (rc != 0)
		return rc;
	im = calloc(1, sizeof(*im));
	if (im == NULL)
		return hyp_error_nomem(err);
	im->args = args;
	im->out = out;
	im->grains = hyp_vmdk_div_up(args->capacity, HYP_VMDK_GRAIN);
	im->tables = hyp_vmdk_div_up(im->grains, HYP_VMDK_GTES);
	room = args->layout == HYP_VMDK_LAYOUT_FRONT
		       ? CHUNK_ENTRIES
		       : hyp_vmdk_entry_sectors(im->tables) * HYP_VMDK_SECTOR /
				 sizeof(uint32_t);
	im->directory = calloc(room, sizeof(uint32_t));
	if (im->directory == NULL)
		rc = hyp_error_nomem(err);
	if (rc == 0)
		rc = hyp_vmdk_grain_init(&im->grain, args, err);
	if (rc == 0)
		rc = args->layout == HYP_VMDK_LAYOUT_FRONT
			     ? write_front(im, err)
			     : write_end(im, err);
	hyp_vmdk_grain_fini(&im->grain);
	free(im->directory);
	free(im);
	return rc;
}
