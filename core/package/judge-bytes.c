/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/cleanup.h"
#include "core/base/units.h"
#include "core/package/judge-parts.h"
#include "core/package/vmdk.h"

#include <stdlib.h>
#include <string.h>

/* Fits the second-level cache, so that hashing reads it from there. */
#define BLOCK (256u << 10)

#define RULE_IMAGE "VMware Virtual Disk Format 5.0, Stream-Optimized"

struct reading {
	struct hyp_judge *judge;
	void *block;
	uint64_t done, total; /* bytes of the package */
	/* Of the file that is read; its pieces pass as one image. */
	struct hyp_vmdk_check *check;
	const struct hyp_pkg_entry *image; /* its first piece, NULL: none */
	int check_failed;
};

static void tell_image(struct reading *r, const char *where,
		       const struct hyp_error *err)
{
	/* In a file that is complete, a missing end is as bad as a lie. */
	hyp_judge_tell(r->judge, HYP_SEVERITY_ERROR, "unsafe_image", where,
		       RULE_IMAGE, "%s", err->text);
	r->check_failed = 1;
}

/* The header's capacity may be rounded up to a grain (VirtualBox). */
static void compare_capacity(struct reading *r, const char *name,
			     const struct hyp_vmdk_summary *sum,
			     const struct hyp_ovf_disk *disk)
{
	int larger = sum->capacity > disk->capacity;

	if (larger ? sum->capacity - disk->capacity < sum->grain_size
		   : sum->capacity == disk->capacity)
		return;
	hyp_judge_tell(r->judge,
		       larger ? HYP_SEVERITY_ERROR : HYP_SEVERITY_WARNING,
		       "capacity_mismatch", name,
		       "DSP0243 1.1, DiskSection: ovf:capacity is the disk's",
		       "the image holds a disk of %llu bytes, the "
		       "descriptor says %llu%s",
		       (unsigned long long)sum->capacity,
		       (unsigned long long)disk->capacity,
		       larger ? ": it will not fit" : "");
}

/* The image that was passing has ended: its last piece was read. */
static void end_image(struct reading *r)
{
	const struct hyp_pkg_entry *image = HYP_STEAL(r->image);
	struct hyp_vmdk_summary sum;
	struct hyp_error err;

	if (image == NULL || r->check_failed)
		return;
	if (hyp_vmdk_check_end(r->check, &sum, &err) != 0) {
		tell_image(r, image->name, &err);
		return;
	}
	compare_capacity(r, image->name, &sum,
			 hyp_pkg_disk(r->judge->pkg, image));
	hyp_judge_tell(r->judge, HYP_SEVERITY_INFO, "image", image->name,
		       RULE_IMAGE,
		       "a sound image; of its %llu grains %llu were inflated, "
		       "and hold what they should",
		       (unsigned long long)sum.grains,
		       (unsigned long long)sum.inflated);
}

static int32_t make_check(struct reading *r, struct hyp_error *err)
{
	int32_t rc = hyp_vmdk_check_new(&r->check, err);

	return rc != 0 ? rc
		       : hyp_vmdk_check_inflate(r->check,
						r->judge->args->deep
							? HYP_VMDK_INFLATE_ALL
							: HYP_VMDK_INFLATE_SOME,
						err);
}

static int32_t begin_image(struct reading *r, const struct hyp_pkg_entry *e,
			   struct hyp_error *err)
{
	if (r->image != NULL && e->ref == r->image->ref)
		return 0; /* the next piece of the same */
	end_image(r);
	if (!hyp_pkg_is_image(r->judge->pkg, e))
		return 0;
	r->image = e;
	r->check_failed = 0;
	if (r->check == NULL)
		return make_check(r, err);
	hyp_vmdk_check_reset(r->check);
	return 0;
}

static int32_t take_block(struct reading *r, const struct hyp_pkg_entry *e,
			  struct hyp_hasher *hasher, size_t n,
			  struct hyp_error *err)
{
	const struct hyp_judge_args *args = r->judge->args;
	struct hyp_error bad;

	if (args->cancelled != NULL && args->cancelled(args->ctx))
		return hyp_error_set(err, HYP_E_CANCELLED, "cancelled", 0,
				     "cancelled while reading %s", e->name);
	if (r->image != NULL && !r->check_failed &&
	    hyp_vmdk_check_feed(r->check, r->block, n, &bad) != 0)
		tell_image(r, e->name, &bad);
	if (hasher != NULL && hyp_hasher_update(hasher, r->block, n, err) != 0)
		return err->code;
	r->done += n;
	if (args->progress != NULL)
		args->progress(args->ctx, r->done, r->total);
	return 0;
}

static void compare(struct reading *r, const struct hyp_pkg_entry *e,
		    const struct hyp_digest *want, const struct hyp_digest *got)
{
	char want_hex[HYP_DIGEST_HEX_MAX], got_hex[HYP_DIGEST_HEX_MAX];

	if (hyp_digest_equal(want, got))
		return;
	hyp_digest_hex(want, want_hex);
	hyp_digest_hex(got, got_hex);
	hyp_judge_tell(r->judge, HYP_SEVERITY_ERROR, "digest_mismatch", e->name,
		       "DSP0243 1.1, OVF Package Structure: the manifest "
		       "holds each file's digest",
		       "%s is %s, the manifest says %s: the bytes were changed",
		       hyp_digest_label(want->algorithm), got_hex, want_hex);
}

static int32_t read_entry(struct reading *r, size_t index,
			  struct hyp_error *err)
{
	const struct hyp_pkg *pkg = r->judge->pkg;
	const struct hyp_pkg_entry *e = &pkg->entries[index];
	const struct hyp_digest *want =
		hyp_manifest_find(&pkg->manifest, e->name);
	struct hyp_hasher *hasher = NULL;
	struct hyp_digest got;
	uint64_t at = 0;
	int32_t rc = begin_image(r, e, err);

	if (rc == 0 && want != NULL)
		rc = hyp_hasher_new(want->algorithm, &hasher, err);
	while (rc == 0 && at < e->bytes) {
		size_t n;

		rc = hyp_pkg_read(pkg, index, at, r->block, BLOCK, &n, err);
		if (rc == 0)
			rc = take_block(r, e, hasher, n, err);
		at += n;
	}
	if (rc == 0 && hasher != NULL) {
		rc = hyp_hasher_final(hasher, &got, err);
		if (rc == 0)
			compare(r, e, want, &got);
	}
	hyp_hasher_free(hasher);
	return rc;
}

int32_t hyp_judge_bytes(struct hyp_judge *judge, struct hyp_error *err)
{
	HYP_AUTO_FREE void *block = malloc(BLOCK);
	struct reading r = {.judge = judge, .block = block};
	int32_t rc = block == NULL ? hyp_error_nomem(err) : 0;

	for (size_t i = 0; i < judge->pkg->entry_count; i++)
		r.total = hyp_add_sat(r.total, judge->pkg->entries[i].bytes);
	for (size_t i = 0; rc == 0 && i < judge->pkg->entry_count; i++)
		rc = read_entry(&r, i, err);
	if (rc == 0)
		end_image(&r);
	hyp_vmdk_check_free(r.check);
	return rc;
}
