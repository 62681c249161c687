/* SPDX-License-Identifier: Apache-2.0 */
#include "core/package/vmdk-check.h"
#include "core/base/buf.h"
#include "core/base/random.h"

#include <stdlib.h>
#include <string.h>

int32_t hyp_vmdk_unsafe(const struct hyp_vmdk_check *c, struct hyp_error *err,
			const char *fmt, ...)
{
	char what[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	return hyp_error_set(err, HYP_E_PERMANENT, "unsafe_image", 0,
			     "VMDK: %s (at byte %llu); only a sound "
			     "streamOptimized image is taken",
			     what, (unsigned long long)c->at);
}

void hyp_vmdk_want(struct hyp_vmdk_check *c, uint32_t step, uint64_t sector,
		   size_t want)
{
	c->step = step;
	c->want = want;
	c->have = 0;
	c->skip = sector == 0 ? 0 : sector * HYP_VMDK_SECTOR - c->bytes;
}

void hyp_vmdk_to_marker(struct hyp_vmdk_check *c, uint64_t sector)
{
	hyp_vmdk_want(c, HYP_VMDK_STEP_MARKER, sector,
		      sizeof(struct hyp_vmdk_marker));
}

int32_t hyp_vmdk_check_new(struct hyp_vmdk_check **out, struct hyp_error *err)
{
	struct hyp_vmdk_check *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return hyp_error_nomem(err);
	hyp_vmdk_check_reset(c);
	*out = c;
	return 0;
}

void hyp_vmdk_check_free(struct hyp_vmdk_check *c)
{
	if (c == NULL)
		return;
	hyp_vmdk_check_reset(c);
	hyp_vmdk_inflater_free(c->inflater);
	free(c);
}

int32_t hyp_vmdk_check_inflate(struct hyp_vmdk_check *c, uint32_t which,
			       struct hyp_error *err)
{
	int32_t rc = 0;

	if (which != HYP_VMDK_INFLATE_NONE && c->inflater == NULL)
		rc = hyp_vmdk_inflater_new(&c->inflater, err);
	if (rc == 0)
		rc = hyp_random_bytes(&c->chance, sizeof(c->chance), err);
	if (rc != 0)
		return rc;
	c->chance |= 1; /* xorshift never leaves 0 */
	c->inflate = which;
	return 0;
}

void hyp_vmdk_check_reset(struct hyp_vmdk_check *c)
{
	free(c->text);
	hyp_vmdk_tables_fini(&c->tables);
	hyp_vmdk_directory_fini(&c->directory);
	hyp_vmdk_directory_fini(&c->copy);
	__atomic_store_n(&c->position, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&c->capacity, 0, __ATOMIC_RELAXED);
	/* All but those two, which another thread may be reading. */
	memset(c, 0, offsetof(struct hyp_vmdk_check, position));
	memset(&c->failed, 0, sizeof(c->failed));
	hyp_vmdk_want(c, HYP_VMDK_STEP_MAGIC, 0, HYP_VMDK_MAGIC_LEN);
}

void hyp_vmdk_check_position(const struct hyp_vmdk_check *c, uint64_t *position,
			     uint64_t *capacity)
{
	*position = __atomic_load_n(&c->position, __ATOMIC_RELAXED);
	*capacity = __atomic_load_n(&c->capacity, __ATOMIC_RELAXED);
}

static void to_host_order(struct hyp_vmdk_header *h)
{
	h->version = le32toh(h->version);
	h->flags = le32toh(h->flags);
	h->capacity = le64toh(h->capacity);
	h->grain_size = le64toh(h->grain_size);
	h->desc_offset = le64toh(h->desc_offset);
	h->desc_size = le64toh(h->desc_size);
	h->gtes = le32toh(h->gtes);
	h->rgd_offset = le64toh(h->rgd_offset);
	h->gd_offset = le64toh(h->gd_offset);
	h->overhead = le64toh(h->overhead);
	h->compression = le16toh(h->compression);
}

static int is_power_of_two(uint64_t n)
{
	return n != 0 && (n & (n - 1)) == 0;
}

/* NULL if the header describes an image that we take, else what is wrong. */
static const char *judge_header(const struct hyp_vmdk_header *h)
{
	if (h->version < 1 || h->version > HYP_VMDK_VERSION)
		return "its version is unknown";
	if ((h->flags & HYP_VMDK_F_NEEDED) != HYP_VMDK_F_NEEDED)
		return "its grains have no markers or are not compressed";
	if (h->compression != HYP_VMDK_DEFLATE)
		return "its compression is unknown";
	if ((h->flags & HYP_VMDK_F_NEWLINES) != 0 &&
	    memcmp(h->newlines, HYP_VMDK_NEWLINES, sizeof(h->newlines)) != 0)
		return "a transfer in text mode has changed its line ends";
	if (h->unclean > 1)
		return "its header is damaged";
	if (h->capacity == 0 ||
	    h->capacity > HYP_VMDK_CAPACITY_MAX / HYP_VMDK_SECTOR)
		return "its capacity cannot be (0, or more than 62 TiB)";
	if (!is_power_of_two(h->grain_size) || h->grain_size < 8 ||
	    h->grain_size > 4096)
		return "its grain size cannot be";
	if (!is_power_of_two(h->gtes) || h->gtes < 128 || h->gtes > 4096)
		return "its grain tables have an impossible size";
	if (h->desc_offset < 1 || h->desc_size < 1 ||
	    h->desc_size > HYP_VMDK_DESC_MAX)
		return "its descriptor is missing or too large";
	if (h->overhead > UINT32_MAX || h->desc_offset > h->overhead ||
	    h->desc_size > h->overhead - h->desc_offset)
		return "its descriptor reaches into the grains";
	return NULL;
}

/* In front: directories after the descriptor, before the grains. */
static int in_head(const struct hyp_vmdk_header *h, uint64_t sector,
		   uint64_t count)
{
	return sector >= h->desc_offset + h->desc_size &&
	       sector < h->overhead &&
	       hyp_vmdk_entry_sectors(count) <= h->overhead - sector;
}

static const char *judge_directories(const struct hyp_vmdk_check *c)
{
	const struct hyp_vmdk_header *h = &c->header;

	if (c->tables.count > HYP_VMDK_TABLES_MAX)
		return "it has more grain tables than we take";
	if (c->layout == HYP_VMDK_LAYOUT_END)
		return NULL;
	if (!in_head(h, h->gd_offset, c->tables.count))
		return "its grain directory is not in front of the grains";
	if ((h->flags & HYP_VMDK_F_RGD) != 0 &&
	    !in_head(h, h->rgd_offset, c->tables.count))
		return "its second grain directory is not in front of the "
		       "grains";
	return NULL;
}

int32_t hyp_vmdk_take_header(struct hyp_vmdk_check *c, struct hyp_error *err)
{
	struct hyp_vmdk_header *h = &c->header;
	const char *wrong;

	memcpy(h, c->buf, sizeof(*h));
	to_host_order(h);
	wrong = judge_header(h);
	if (wrong != NULL)
		return hyp_vmdk_unsafe(c, err, "%s", wrong);
	c->layout = h->gd_offset == HYP_VMDK_GD_AT_END ? HYP_VMDK_LAYOUT_END
						       : HYP_VMDK_LAYOUT_FRONT;
	hyp_vmdk_tables_init(&c->tables,
			     hyp_vmdk_div_up(h->capacity, h->grain_size),
			     h->gtes);
	wrong = judge_directories(c);
	if (wrong != NULL)
		return hyp_vmdk_unsafe(c, err, "%s", wrong);
	c->text = malloc((size_t)h->desc_size * HYP_VMDK_SECTOR + 1);
	if (c->text == NULL)
		return hyp_error_nomem(err);
	__atomic_store_n(&c->capacity, h->capacity * HYP_VMDK_SECTOR,
			 __ATOMIC_RELAXED);
	hyp_vmdk_want(c, HYP_VMDK_STEP_DESCRIPTOR, h->desc_offset,
		      HYP_VMDK_SECTOR);
	return 0;
}

int32_t hyp_vmdk_begin_directory(struct hyp_vmdk_check *c,
				 struct hyp_vmdk_directory *d, uint64_t sector,
				 struct hyp_error *err)
{
	c->current = d;
	c->next_table = 0;
	hyp_vmdk_want(c, HYP_VMDK_STEP_DIRECTORY, sector, HYP_VMDK_SECTOR);
	return hyp_vmdk_directory_begin(d, &c->tables, sector, err);
}

int32_t hyp_vmdk_begin_table(struct hyp_vmdk_check *c, uint64_t sector,
			     struct hyp_error *err)
{
	c->entry = 0;
	hyp_vmdk_want(c, HYP_VMDK_STEP_TABLE, sector, HYP_VMDK_SECTOR);
	return hyp_vmdk_tables_begin(&c->tables, sector, err);
}

static uint32_t entry_of(const struct hyp_vmdk_check *c, size_t i)
{
	uint32_t entry;

	memcpy(&entry, c->buf + i * sizeof(entry), sizeof(entry));
	return le32toh(entry);
}

/* After a piece of metadata: where its layout goes on. */
static int32_t metadata_done(struct hyp_vmdk_check *c, struct hyp_error *err)
{
	if (c->layout == HYP_VMDK_LAYOUT_FRONT)
		return hyp_vmdk_front_next(c, err);
	hyp_vmdk_to_marker(c, c->after);
	return 0;
}

int32_t hyp_vmdk_take_directory(struct hyp_vmdk_check *c, struct hyp_error *err)
{
	struct hyp_vmdk_directory *d = c->current;

	for (size_t i = 0; i < HYP_VMDK_SECTOR / sizeof(uint32_t); i++)
		if (d->filled < c->tables.count)
			d->entries[d->filled++] = entry_of(c, i);
	return d->filled < c->tables.count ? 0 : metadata_done(c, err);
}

int32_t hyp_vmdk_take_table(struct hyp_vmdk_check *c, struct hyp_error *err)
{
	for (size_t i = 0; i < HYP_VMDK_SECTOR / sizeof(uint32_t); i++)
		if (c->entry < c->header.gtes)
			hyp_vmdk_tables_entry(&c->tables, (uint32_t)c->entry++,
					      entry_of(c, i));
	/* At the end, tables follow the grains that they name. */
	if (c->layout == HYP_VMDK_LAYOUT_END &&
	    c->tables.highest > c->last_sector)
		return hyp_vmdk_unsafe(c, err,
				       "a grain table points to a place that "
				       "holds no grain");
	return c->entry < c->header.gtes ? 0 : metadata_done(c, err);
}

/* Sector of the directory that comes next; 0 if none. */
static uint64_t next_directory(struct hyp_vmdk_check *c,
			       struct hyp_vmdk_directory **d)
{
	const struct hyp_vmdk_header *h = &c->header;
	int copy = (h->flags & HYP_VMDK_F_RGD) != 0 && c->copy.sector == 0;
	int main = c->directory.sector == 0;

	if (copy && (!main || h->rgd_offset < h->gd_offset)) {
		*d = &c->copy;
		return h->rgd_offset;
	}
	*d = &c->directory;
	return main ? h->gd_offset : 0;
}

int32_t hyp_vmdk_front_next(struct hyp_vmdk_check *c, struct hyp_error *err)
{
	struct hyp_vmdk_directory *d;
	uint64_t here = c->bytes / HYP_VMDK_SECTOR, gd, limit, table = 0;

	while (table == 0 && c->current != NULL &&
	       c->next_table < c->tables.count)
		table = c->current->entries[c->next_table++];
	gd = next_directory(c, &d);
	limit = gd != 0 ? gd : c->header.overhead;
	if (table == 0 && limit < here)
		return hyp_vmdk_unsafe(c, err,
				       "its grain directory overlaps "
				       "something else");
	if (table == 0 && gd != 0)
		return hyp_vmdk_begin_directory(c, d, gd, err);
	if (table == 0) {
		hyp_vmdk_to_marker(c, limit);
		return 0;
	}
	if (table < here || table > limit ||
	    hyp_vmdk_entry_sectors(c->header.gtes) > limit - table)
		return hyp_vmdk_unsafe(c, err,
				       "its grain directory points to a place "
				       "that holds no grain table");
	return hyp_vmdk_begin_table(c, table, err);
}
