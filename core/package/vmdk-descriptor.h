/* SPDX-License-Identifier: Apache-2.0 */
/* Judges the text descriptor that is embedded in a streamOptimized VMDK. */
#ifndef HYP_PACKAGE_VMDK_DESCRIPTOR_H
#define HYP_PACKAGE_VMDK_DESCRIPTOR_H

#include <hypersdk/error.h>
#include <stddef.h>
#include <stdint.h>

/*
 * It must say createType "streamOptimized", have no parent, and one extent of
 * type SPARSE that is this file: a plain name and the header's capacity (both
 * in sectors; the header's may be rounded up to a grain). Else HYP_E_PERMANENT
 * "unsafe_image". NULs end a line as newlines do, so that nothing hides behind
 * one. text is n + 1 bytes long, of which the last is set to NUL, and is cut up
 * in place.
 */
int32_t hyp_vmdk_descriptor_judge(char *text, size_t n, uint64_t capacity,
				  uint64_t grain, struct hyp_error *err);

#endif
