/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The strict tar reader: one pass over the headers of a seekable archive,
 * bodies skipped. Accepts ustar and GNU tar with regular files and GNU 'L'
 * long names (one, followed by its entry); refuses the rest: PAX headers,
 * links, devices, folders, sparse and multi-volume entries, duplicate names
 * (also after case folding and Unicode normalization), a wrong checksum, a
 * size beyond the archive, missing end blocks (one is enough), anything but
 * zeros after them.
 */
#ifndef HYP_PACKAGE_TAR_READ_H
#define HYP_PACKAGE_TAR_READ_H

#include "core/package/package-read.h"

/* fd: seekable, size bytes long. On success the entries (name, offset, bytes,
 * fd) are the caller's: each name and the array are malloc'd. */
int32_t hyp_tar_read(int fd, uint64_t size, struct hyp_pkg *out,
		     struct hyp_error *err);

#endif
