/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The checker is a machine that asks for the next few bytes it wants to see
 * (a sector of metadata, the 16 bytes of a marker) and says how many to skip
 * before them. Feed gathers and skips; each step judges and asks anew.
 */
#include "core/package/vmdk-check.h"
#include "core/base/cleanup.h"

#include <stdlib.h>
#include <string.h>

#define INFLATE_FIRST (32u << 20) /* bytes of image: all grains in them */
#define INFLATE_ONE_OF 128u	  /* of the later ones */

static int32_t step_magic(struct hyp_vmdk_check *c, struct hyp_error *err)
{
	if (memcmp(c->buf, HYP_VMDK_MAGIC, HYP_VMDK_MAGIC_LEN) != 0)
		return hyp_vmdk_unsafe(c, err,
				       "it does not begin as a VMDK image "
				       "does (\"KDMV\")");
	hyp_vmdk_want(c, HYP_VMDK_STEP_HEADER, 0, HYP_VMDK_SECTOR);
	c->have = HYP_VMDK_MAGIC_LEN;
	return 0;
}

static int32_t step_descriptor(struct hyp_vmdk_check *c, struct hyp_error *err)
{
	size_t n = (size_t)c->header.desc_size * HYP_VMDK_SECTOR;
	int32_t rc;

	memcpy(c->text + c->text_len, c->buf, HYP_VMDK_SECTOR);
	c->text_len += HYP_VMDK_SECTOR;
	if (c->text_len < n)
		return 0;
	rc = hyp_vmdk_descriptor_judge(c->text, n, c->header.capacity,
				       c->header.grain_size, err);
	if (rc != 0)
		return rc;
	if (c->layout == HYP_VMDK_LAYOUT_FRONT)
		return hyp_vmdk_front_next(c, err);
	hyp_vmdk_to_marker(c, c->header.overhead);
	return 0;
}

/* Whether to inflate the grain at c->at. */
static int is_chosen(struct hyp_vmdk_check *c)
{
	if (c->inflate != HYP_VMDK_INFLATE_SOME || c->at < INFLATE_FIRST)
		return c->inflate != HYP_VMDK_INFLATE_NONE;
	c->chance ^= c->chance << 13; /* xorshift64 */
	c->chance ^= c->chance >> 7;
	c->chance ^= c->chance << 17;
	return c->chance % INFLATE_ONE_OF == 0;
}

/* The next bytes of the grain that is being inflated. */
static int32_t feed_grain(struct hyp_vmdk_check *c, const uint8_t *buf,
			  size_t n, struct hyp_error *err)
{
	const char *wrong;

	if (n > c->packed)
		n = (size_t)c->packed;
	c->packed -= n;
	wrong = hyp_vmdk_inflater_feed(c->inflater, buf, n);
	if (wrong == NULL && c->packed == 0)
		wrong = hyp_vmdk_inflater_end(c->inflater);
	if (wrong != NULL)
		return hyp_vmdk_unsafe(c, err, "a grain %s", wrong);
	c->inflated += c->packed == 0;
	return 0;
}

static int32_t begin_inflating(struct hyp_vmdk_check *c, uint64_t lba,
			       uint32_t size, struct hyp_error *err)
{
	uint64_t most = c->header.grain_size, least = most;

	if (lba + most > c->header.capacity) /* the last one may be partial */
		least = c->header.capacity - lba;
	c->packed = size;
	hyp_vmdk_inflater_begin(c->inflater, least * HYP_VMDK_SECTOR,
				most * HYP_VMDK_SECTOR);
	return feed_grain(c, c->buf + HYP_VMDK_GRAIN_HEAD,
			  sizeof(struct hyp_vmdk_marker) - HYP_VMDK_GRAIN_HEAD,
			  err);
}

static int32_t step_grain(struct hyp_vmdk_check *c, uint64_t lba, uint32_t size,
			  struct hyp_error *err)
{
	const uint8_t *zlib = c->buf + HYP_VMDK_GRAIN_HEAD;
	uint64_t grain = c->header.grain_size, sector = c->at / HYP_VMDK_SECTOR;
	uint64_t end = c->at + HYP_VMDK_GRAIN_HEAD + size, next = lba + grain;
	int32_t rc;

	if (lba >= c->header.capacity)
		return hyp_vmdk_unsafe(c, err,
				       "a grain lies beyond the capacity");
	if (lba % grain != 0 || (c->grains > 0 && lba <= c->last_lba))
		return hyp_vmdk_unsafe(c, err, "a grain is out of order");
	/* zlib's shortest stream has 8 bytes; none grows by half. */
	if (size < 8 || size > grain * HYP_VMDK_SECTOR * 3 / 2 ||
	    (zlib[0] & 15) != 8 || (zlib[0] << 8 | zlib[1]) % 31 != 0)
		return hyp_vmdk_unsafe(c, err,
				       "a grain is not compressed by deflate "
				       "(RFC 1950)");
	if (sector > UINT32_MAX)
		return hyp_vmdk_unsafe(c, err,
				       "it is larger than grain tables can "
				       "address (2 TiB)");
	c->grains++;
	c->last_lba = lba;
	c->last_sector = sector;
	if (next > c->header.capacity) /* the last one may be partial */
		next = c->header.capacity;
	__atomic_store_n(&c->position, next * HYP_VMDK_SECTOR,
			 __ATOMIC_RELAXED);
	hyp_vmdk_to_marker(c, hyp_vmdk_div_up(end, HYP_VMDK_SECTOR));
	rc = hyp_vmdk_tables_grain(&c->tables, lba / grain, (uint32_t)sector,
				   err);
	if (rc == 0 && is_chosen(c))
		rc = begin_inflating(c, lba, size, err);
	return rc;
}

/* Metadata of the end layout; returns as hyp_vmdk_want would. */
static int32_t step_metadata(struct hyp_vmdk_check *c, uint64_t sectors,
			     uint32_t type, struct hyp_error *err)
{
	uint64_t first = c->at / HYP_VMDK_SECTOR + 1;

	if (type == HYP_VMDK_MARK_GT) {
		if (sectors < hyp_vmdk_entry_sectors(c->header.gtes))
			return hyp_vmdk_unsafe(c, err,
					       "a grain table is too short");
		return hyp_vmdk_begin_table(c, first, err);
	}
	if (type == HYP_VMDK_MARK_GD) {
		if (sectors < hyp_vmdk_entry_sectors(c->tables.count))
			return hyp_vmdk_unsafe(c, err,
					       "the grain directory is too "
					       "short");
		return hyp_vmdk_begin_directory(c, &c->directory, first, err);
	}
	if (type == HYP_VMDK_MARK_FOOTER) {
		if (sectors < 1)
			return hyp_vmdk_unsafe(c, err, "its footer is empty");
		hyp_vmdk_want(c, HYP_VMDK_STEP_FOOTER, first, HYP_VMDK_SECTOR);
		return 0;
	}
	hyp_vmdk_to_marker(c, c->after); /* one of a newer version */
	return 0;
}

static int32_t step_marker(struct hyp_vmdk_check *c, struct hyp_error *err)
{
	uint64_t sector = c->at / HYP_VMDK_SECTOR, value;
	struct hyp_vmdk_marker m;
	uint32_t type;

	memcpy(&m, c->buf, sizeof(m));
	value = le64toh(m.value);
	type = le32toh(m.type);
	if (c->footer && (m.size != 0 || type != HYP_VMDK_MARK_EOS))
		return hyp_vmdk_unsafe(c, err,
				       "something else than the end of stream "
				       "follows its footer");
	if (m.size != 0)
		return step_grain(c, value, le32toh(m.size), err);
	/* What counts as end of stream comes after the footer; all zeros
	 * elsewhere are padding. */
	if (type == HYP_VMDK_MARK_EOS && value == 0) {
		hyp_vmdk_to_marker(c, sector + 1);
		if (c->footer)
			c->step = HYP_VMDK_STEP_TAIL;
		return 0;
	}
	if (type == HYP_VMDK_MARK_EOS || value > HYP_VMDK_METADATA_MAX)
		return hyp_vmdk_unsafe(c, err, "a marker makes no sense");
	c->after = sector + 1 + value;
	if (c->layout == HYP_VMDK_LAYOUT_END)
		return step_metadata(c, value, type, err);
	hyp_vmdk_to_marker(c, c->after); /* the tables in front count */
	return 0;
}

static int32_t step_footer(struct hyp_vmdk_check *c, struct hyp_error *err)
{
	struct hyp_vmdk_header f;
	const char *wrong;
	uint64_t table;

	memcpy(&f, c->buf, sizeof(f));
	if (memcmp(f.magic, HYP_VMDK_MAGIC, HYP_VMDK_MAGIC_LEN) != 0 ||
	    le64toh(f.capacity) != c->header.capacity ||
	    le64toh(f.grain_size) != c->header.grain_size ||
	    le32toh(f.gtes) != c->header.gtes ||
	    le16toh(f.compression) != HYP_VMDK_DEFLATE ||
	    (le32toh(f.flags) & HYP_VMDK_F_NEEDED) != HYP_VMDK_F_NEEDED)
		return hyp_vmdk_unsafe(c, err,
				       "its footer does not repeat its header");
	if (c->directory.sector == 0 ||
	    le64toh(f.gd_offset) != c->directory.sector)
		return hyp_vmdk_unsafe(c, err,
				       "its footer points to a place that "
				       "holds no grain directory");
	wrong = hyp_vmdk_tables_compare(&c->tables, &c->directory, &table);
	if (wrong != NULL)
		return hyp_vmdk_unsafe(c, err,
				       "entry %llu of its grain "
				       "directory %s",
				       (unsigned long long)table, wrong);
	c->footer = 1;
	hyp_vmdk_to_marker(c, c->after);
	return 0;
}

static int32_t step(struct hyp_vmdk_check *c, struct hyp_error *err)
{
	c->have = 0;
	switch (c->step) {
	case HYP_VMDK_STEP_MAGIC:
		return step_magic(c, err);
	case HYP_VMDK_STEP_HEADER:
		return hyp_vmdk_take_header(c, err);
	case HYP_VMDK_STEP_DESCRIPTOR:
		return step_descriptor(c, err);
	case HYP_VMDK_STEP_MARKER:
		return step_marker(c, err);
	case HYP_VMDK_STEP_DIRECTORY:
		return hyp_vmdk_take_directory(c, err);
	case HYP_VMDK_STEP_TABLE:
		return hyp_vmdk_take_table(c, err);
	case HYP_VMDK_STEP_FOOTER:
		return step_footer(c, err);
	}
	return 0;
}

/* Zeros after the end of stream; *n is set to 0. */
static int32_t feed_tail(struct hyp_vmdk_check *c, const uint8_t *buf,
			 size_t *n, struct hyp_error *err)
{
	for (size_t i = 0; i < *n; i++)
		if (buf[i] != 0)
			return hyp_vmdk_unsafe(c, err,
					       "data follows after "
					       "its end of stream");
	c->tail += *n;
	c->bytes += *n;
	*n = 0;
	if (c->tail > HYP_VMDK_TAIL_MAX)
		return hyp_vmdk_unsafe(c, err,
				       "it does not stop after its end of "
				       "stream");
	return 0;
}

static int32_t feed(struct hyp_vmdk_check *c, const uint8_t *buf, size_t n,
		    struct hyp_error *err)
{
	int32_t rc = 0;

	while (n > 0) {
		size_t k;

		if (c->skip > 0) {
			k = c->skip < n ? (size_t)c->skip : n;
			c->skip -= k;
			if (c->packed > 0)
				rc = feed_grain(c, buf, k, err);
			if (rc != 0)
				return rc;
		} else if (c->step == HYP_VMDK_STEP_TAIL) {
			return feed_tail(c, buf, &n, err);
		} else {
			k = c->want - c->have < n ? c->want - c->have : n;
			memcpy(c->buf + c->have, buf, k);
			c->have += k;
		}
		buf += k;
		n -= k;
		c->bytes += k;
		if (c->skip > 0 || c->have < c->want)
			continue;
		c->at = c->bytes - c->want;
		rc = step(c, err);
		if (rc != 0)
			return rc;
	}
	return 0;
}

int32_t hyp_vmdk_check_feed(struct hyp_vmdk_check *c, const void *buf, size_t n,
			    struct hyp_error *err)
{
	if (c->failed.code == 0)
		feed(c, buf, n, &c->failed);
	if (c->failed.code != 0 && err != NULL)
		*err = c->failed;
	return c->failed.code;
}

static int32_t cut_short(const struct hyp_vmdk_check *c, struct hyp_error *err,
			 const char *what)
{
	return hyp_error_set(err, HYP_E_TRANSIENT, "size_mismatch", 0,
			     "VMDK: the image is cut short after %llu bytes, "
			     "%s; fetch it again",
			     (unsigned long long)c->bytes, what);
}

/* The front layout has no end of its own: the tables tell what must be. */
static int32_t end_front(const struct hyp_vmdk_check *c, struct hyp_error *err)
{
	const struct hyp_vmdk_directory *both[] = {&c->directory, &c->copy};

	if (c->tables.highest > c->last_sector)
		return cut_short(c, err, "before its last grain");
	for (size_t i = 0; i < HYP_COUNT(both); i++) {
		const char *wrong = NULL;
		uint64_t table;

		if (both[i]->sector != 0)
			wrong = hyp_vmdk_tables_compare(&c->tables, both[i],
							&table);
		if (wrong != NULL)
			return hyp_vmdk_unsafe(c, err,
					       "entry %llu of its "
					       "grain directory %s",
					       (unsigned long long)table,
					       wrong);
	}
	return 0;
}

int32_t hyp_vmdk_check_end(struct hyp_vmdk_check *c,
			   struct hyp_vmdk_summary *out, struct hyp_error *err)
{
	int whole = c->have == 0 && c->skip == 0;
	int32_t rc = 0;

	if (c->failed.code != 0)
		return hyp_vmdk_check_feed(c, "", 0, err);
	if (c->step < HYP_VMDK_STEP_MARKER && c->grains == 0)
		rc = cut_short(c, err, "within its head");
	else if (c->layout == HYP_VMDK_LAYOUT_FRONT)
		rc = whole ? end_front(c, err)
			   : cut_short(c, err, "within a grain");
	else if (c->step != HYP_VMDK_STEP_TAIL || !whole)
		rc = cut_short(c, err, "before its end of stream");
	if (rc != 0)
		return rc;
	*out = (struct hyp_vmdk_summary){
		.capacity = c->header.capacity * HYP_VMDK_SECTOR,
		.grain_size = c->header.grain_size * HYP_VMDK_SECTOR,
		.grains = c->grains,
		.inflated = c->inflated,
		.bytes = c->bytes,
		.layout = c->layout,
	};
	return 0;
}
