/* SPDX-License-Identifier: Apache-2.0 */
/* On-disk structures of a streamOptimized VMDK, little-endian, as "Virtual
 * Disk Format 5.0" draws them; shared by checker and writer. */
#ifndef HYP_PACKAGE_VMDK_FORMAT_H
#define HYP_PACKAGE_VMDK_FORMAT_H

#include "core/package/vmdk.h"
#include <assert.h>
#include <endian.h>

#define HYP_VMDK_MAGIC "KDMV"
#define HYP_VMDK_MAGIC_LEN 4u
#define HYP_VMDK_VERSION 3u
#define HYP_VMDK_GD_AT_END UINT64_MAX
#define HYP_VMDK_DEFLATE 1u
#define HYP_VMDK_NEWLINES "\n \r\n"
#define HYP_VMDK_GTES 512u
#define HYP_VMDK_CAPACITY_MAX (62ULL << 40) /* what vSphere allows a disk */

#define HYP_VMDK_F_NEWLINES 0x1u
#define HYP_VMDK_F_RGD 0x2u
#define HYP_VMDK_F_COMPRESSED 0x10000u
#define HYP_VMDK_F_MARKERS 0x20000u

struct hyp_vmdk_header {
	char magic[4];
	uint32_t version;
	uint32_t flags;
	uint64_t capacity;   /* sectors, as all that follows */
	uint64_t grain_size; /* a power of two */
	uint64_t desc_offset;
	uint64_t desc_size;
	uint32_t gtes; /* entries of one grain table */
	uint64_t rgd_offset;
	uint64_t gd_offset; /* HYP_VMDK_GD_AT_END: see the footer */
	uint64_t overhead;  /* where the first marker stands */
	uint8_t unclean;
	char newlines[4];
	uint16_t compression;
	uint8_t pad[433];
} __attribute__((packed));
static_assert(sizeof(struct hyp_vmdk_header) == HYP_VMDK_SECTOR, "one sector");

/* In front of each grain and each piece of metadata. size 0: metadata of
 * that type, value sectors long; else a grain at LBA value, whose size bytes
 * of zlib stream begin where type stands. */
struct hyp_vmdk_marker {
	uint64_t value;
	uint32_t size;
	uint32_t type; /* HYP_VMDK_MARK_* */
} __attribute__((packed));
static_assert(sizeof(struct hyp_vmdk_marker) == 16, "no padding");

#define HYP_VMDK_GRAIN_HEAD 12u /* bytes of a marker before a grain's data */

#define HYP_VMDK_MARK_EOS 0u
#define HYP_VMDK_MARK_GT 1u
#define HYP_VMDK_MARK_GD 2u
#define HYP_VMDK_MARK_FOOTER 3u

static inline uint64_t hyp_vmdk_div_up(uint64_t a, uint64_t b)
{
	return a / b + (a % b != 0);
}

/* Sectors that hold n 32-bit table entries. */
static inline uint64_t hyp_vmdk_entry_sectors(uint64_t n)
{
	return hyp_vmdk_div_up(n * sizeof(uint32_t), HYP_VMDK_SECTOR);
}

#endif
