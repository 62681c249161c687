/* SPDX-License-Identifier: Apache-2.0 */
/* One ustar header block (POSIX.1-1988 ustar; sizes of 8 GiB and above in
 * GNU's base-256), built and taken apart. Stateless. */
#ifndef HYP_PACKAGE_TAR_HEADER_H
#define HYP_PACKAGE_TAR_HEADER_H

#include <hypersdk/error.h>
#include <stdint.h>

#define HYP_TAR_BLOCK 512u
#define HYP_TAR_NAME_MAX 100 /* longest name that needs no prefix, in bytes */
#define HYP_TAR_END (2 * HYP_TAR_BLOCK) /* zero bytes that end an archive */

/* Bytes of padding after a body of that size: 0..511. */
static inline uint64_t hyp_tar_padding(uint64_t size)
{
	return (HYP_TAR_BLOCK - size % HYP_TAR_BLOCK) % HYP_TAR_BLOCK;
}

/* A regular file, mode 0644, uid and gid 0, that time (Unix seconds).
 * name: hyp_text_is_plain_name, 1 to 100 bytes; else HYP_E_USAGE
 * "unsafe_path". */
int32_t hyp_tar_header_build(uint8_t block[HYP_TAR_BLOCK], const char *name,
			     uint64_t size, int64_t mtime,
			     struct hyp_error *err);

struct hyp_tar_header {
	char name[257]; /* prefix and name joined, as found: not yet trusted */
	uint64_t size;
	int64_t mtime;
	char type;   /* '0' for a regular file, also where the block has NUL */
	int is_zero; /* 1: the block is all zeros, nothing else is set */
};

/* Strict: checksum, magic (ustar or GNU), numbers without junk, size below
 * 2^63. HYP_E_PERMANENT "corrupt_archive". Judges neither name nor type. */
int32_t hyp_tar_header_parse(const uint8_t block[HYP_TAR_BLOCK],
			     struct hyp_tar_header *out, struct hyp_error *err);

#endif
