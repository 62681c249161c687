/* SPDX-License-Identifier: Apache-2.0 */
/* Inflates grains that pass by, in bounded memory, to see that each holds as
 * much as its place in the disk and no more. */
#ifndef HYP_PACKAGE_VMDK_INFLATE_H
#define HYP_PACKAGE_VMDK_INFLATE_H

#include <hypersdk/error.h>
#include <stddef.h>
#include <stdint.h>

struct hyp_vmdk_inflater;

int32_t hyp_vmdk_inflater_new(struct hyp_vmdk_inflater **out,
			      struct hyp_error *err);
void hyp_vmdk_inflater_free(struct hyp_vmdk_inflater *inflater);

/* A grain begins that must inflate to least..most bytes. */
void hyp_vmdk_inflater_begin(struct hyp_vmdk_inflater *inflater, uint64_t least,
			     uint64_t most);
/* Its next bytes; then its end. NULL, or in words what is wrong ("inflates to
 * more than a grain"). Stops at the first byte too many. */
const char *hyp_vmdk_inflater_feed(struct hyp_vmdk_inflater *inflater,
				   const uint8_t *buf, size_t n);
const char *hyp_vmdk_inflater_end(const struct hyp_vmdk_inflater *inflater);

#endif
