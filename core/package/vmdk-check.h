/* SPDX-License-Identifier: Apache-2.0 */
/* The checker's insides, shared by vmdk-check.c (markers, grains, ends) and
 * vmdk-check-head.c (header, directories and tables). */
#ifndef HYP_PACKAGE_VMDK_CHECK_H
#define HYP_PACKAGE_VMDK_CHECK_H

#include "core/package/vmdk-descriptor.h"
#include "core/package/vmdk-format.h"
#include "core/package/vmdk-inflate.h"
#include "core/package/vmdk-tables.h"

#define HYP_VMDK_F_NEEDED (HYP_VMDK_F_COMPRESSED | HYP_VMDK_F_MARKERS)
#define HYP_VMDK_DESC_MAX 128u		 /* sectors of a descriptor */
#define HYP_VMDK_METADATA_MAX (1u << 16) /* sectors behind one marker */
#define HYP_VMDK_TABLES_MAX (4u << 20)	 /* entries of a directory: 16 MiB */
#define HYP_VMDK_TAIL_MAX (1u << 20)	 /* zeros after the end of stream */

/* In the order of the image, so that "before the markers" is a comparison. */
#define HYP_VMDK_STEP_MAGIC 0u
#define HYP_VMDK_STEP_HEADER 1u
#define HYP_VMDK_STEP_DESCRIPTOR 2u
#define HYP_VMDK_STEP_DIRECTORY 3u
#define HYP_VMDK_STEP_TABLE 4u
#define HYP_VMDK_STEP_MARKER 5u
#define HYP_VMDK_STEP_FOOTER 6u
#define HYP_VMDK_STEP_TAIL 7u

struct hyp_vmdk_check {
	uint8_t buf[HYP_VMDK_SECTOR]; /* gathered for the next step */
	size_t have, want;
	uint64_t skip;	/* bytes that pass before buf is gathered */
	uint64_t bytes; /* taken so far */
	uint64_t at;	/* where the bytes of this step begin */
	uint32_t step;	/* HYP_VMDK_STEP_* that takes buf */
	uint32_t layout;

	struct hyp_vmdk_header header; /* in the host's byte order */
	char *text;		       /* the descriptor, gathered */
	size_t text_len;

	struct hyp_vmdk_tables tables;
	struct hyp_vmdk_directory directory, copy;
	struct hyp_vmdk_directory *current; /* the one that passed last */
	uint64_t next_table; /* front: entry of current to pass next */
	uint64_t entry;	     /* of the table that passes */
	uint64_t after;	     /* end: sector behind this metadata */

	uint64_t grains, last_lba, last_sector;
	uint64_t inflated; /* grains, ever */
	uint64_t packed;   /* bytes of one that are still to be inflated */
	uint64_t tail;
	uint32_t footer; /* 1: seen, and true */

	/* Read by other threads: atomics. Bytes. */
	uint64_t position, capacity;

	struct hyp_error failed; /* code 0: not yet */

	uint32_t inflate; /* HYP_VMDK_INFLATE_* */
	uint64_t chance;
	struct hyp_vmdk_inflater *inflater; /* NULL: NONE */
};

/* Next: at that sector (0: right here), want bytes for that step. */
void hyp_vmdk_want(struct hyp_vmdk_check *c, uint32_t step, uint64_t sector,
		   size_t want);
/* Next: the marker at that sector. */
void hyp_vmdk_to_marker(struct hyp_vmdk_check *c, uint64_t sector);

/* The steps for what is gathered in buf. */
int32_t hyp_vmdk_take_header(struct hyp_vmdk_check *c, struct hyp_error *err);
int32_t hyp_vmdk_take_directory(struct hyp_vmdk_check *c,
				struct hyp_error *err);
int32_t hyp_vmdk_take_table(struct hyp_vmdk_check *c, struct hyp_error *err);

/* Next: the directory or table at that sector. */
int32_t hyp_vmdk_begin_directory(struct hyp_vmdk_check *c,
				 struct hyp_vmdk_directory *d, uint64_t sector,
				 struct hyp_error *err);
int32_t hyp_vmdk_begin_table(struct hyp_vmdk_check *c, uint64_t sector,
			     struct hyp_error *err);
/* Front layout: next directory, table or, after them, the first marker. */
int32_t hyp_vmdk_front_next(struct hyp_vmdk_check *c, struct hyp_error *err);

/* HYP_E_PERMANENT "unsafe_image", with the place in the text. */
__attribute__((format(printf, 3, 4))) int32_t
hyp_vmdk_unsafe(const struct hyp_vmdk_check *c, struct hyp_error *err,
		const char *fmt, ...);

#endif
