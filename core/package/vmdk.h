/* SPDX-License-Identifier: Apache-2.0 */
/*
 * streamOptimized VMDK (VMware "Virtual Disk Format 5.0"): a checker for bytes
 * that pass by, and a writer.
 *
 * Two layouts are valid. Grain directory at the end (gdOffset 2^64-1: what
 * ESXi streams): markers, footer and end-of-stream marker are required. Grain
 * directory in front (what qemu-img writes): neither exists.
 */
#ifndef HYP_PACKAGE_VMDK_H
#define HYP_PACKAGE_VMDK_H

#include <hypersdk/types.h>
#include <stddef.h>

#define HYP_VMDK_SECTOR 512u
#define HYP_VMDK_GRAIN 65536u /* bytes of a grain that we write */

#define HYP_VMDK_LAYOUT_END 0u
#define HYP_VMDK_LAYOUT_FRONT 1u

struct hyp_vmdk_check; /* one image passing by; one thread at a time */

struct hyp_vmdk_summary {
	uint64_t capacity;   /* bytes, of the header */
	uint64_t grain_size; /* bytes */
	uint64_t grains;     /* compressed grains seen */
	uint64_t inflated;   /* of them, inflated and found good */
	uint64_t bytes;	     /* of the image */
	uint32_t layout;     /* HYP_VMDK_LAYOUT_* */
};

int32_t hyp_vmdk_check_new(struct hyp_vmdk_check **out, struct hyp_error *err);
void hyp_vmdk_check_free(struct hyp_vmdk_check *check);
/* Back to the first byte, as for a new image. */
void hyp_vmdk_check_reset(struct hyp_vmdk_check *check);

/* Which grains are inflated as they pass, so that one which is damaged, or
 * holds more than a grain (a bomb), is "unsafe_image". SOME costs a few per
 * cent of hashing: all in the first 32 MiB, then one of 128, by chance. */
#define HYP_VMDK_INFLATE_NONE 0u
#define HYP_VMDK_INFLATE_SOME 1u
#define HYP_VMDK_INFLATE_ALL 2u
/* Before the first byte; NONE until then; outlives a reset. */
int32_t hyp_vmdk_check_inflate(struct hyp_vmdk_check *check, uint32_t which,
			       struct hyp_error *err);

/*
 * The next n bytes, in any division. HYP_E_PERMANENT "unsafe_image": not a
 * streamOptimized VMDK, an embedded descriptor that names another file or a
 * parent, or a structure that lies (grain out of order or beyond the
 * capacity, sizes that cannot be). Costs far less than hashing: grain data is
 * skipped over (but see above), and remembered only as 36 bytes for each grain
 * table (32 MiB of disk at the usual grain size) that is not empty.
 */
int32_t hyp_vmdk_check_feed(struct hyp_vmdk_check *check, const void *buf,
			    size_t n, struct hyp_error *err);
/* The image ended here. Cut short, or without footer and end-of-stream
 * marker where the layout needs them: HYP_E_TRANSIENT "size_mismatch". */
int32_t hyp_vmdk_check_end(struct hyp_vmdk_check *check,
			   struct hyp_vmdk_summary *out, struct hyp_error *err);
/* How far into the virtual disk the newest grain lies, and the disk's
 * capacity, both in bytes; 0, 0 before the header. Safe to call from another
 * thread while feed runs. */
void hyp_vmdk_check_position(const struct hyp_vmdk_check *check,
			     uint64_t *position, uint64_t *capacity);

struct hyp_vmdk_write_args {
	uint64_t capacity; /* bytes, a multiple of 512, at most 62 TiB */
	uint32_t layout;   /* HYP_VMDK_LAYOUT_* */
	int32_t level;	   /* zlib level 0..9; 0 stores and has fixed size */
	/* Fills out (HYP_VMDK_GRAIN bytes) with grain number index: 1, or
	 * returns 0 for a grain of zeros, which is left out. Must give the
	 * same answer every time: the front layout asks twice unless level is
	 * 0 (then it needs has_grain alone for the first pass). */
	int (*grain)(void *ctx, uint64_t index, void *out);
	int (*has_grain)(void *ctx, uint64_t index);
	void *ctx;
};

/* Writes the whole image to out in one go, in the calling thread. */
int32_t hyp_vmdk_write(const struct hyp_vmdk_write_args *args,
		       const struct hyp_writer *out, struct hyp_error *err);

#endif
