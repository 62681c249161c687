/* SPDX-License-Identifier: Apache-2.0 */
/* Grains of a VMDK that is written: asked of the source, packed as marker,
 * zlib stream and padding. */
#ifndef HYP_PACKAGE_VMDK_GRAIN_H
#define HYP_PACKAGE_VMDK_GRAIN_H

#include "core/package/vmdk.h"
#include <zlib.h>

struct hyp_vmdk_grain {
	const struct hyp_vmdk_write_args *args;
	uint8_t *memory; /* record and plain grain lie in it */
	uint8_t *record; /* marker, stream and padding */
	uint8_t *plain;	 /* where the source puts its bytes; at level 0
			  * inside the record, so that nothing is copied */
	size_t room;	 /* bytes for a record */
	z_stream z;
	int deflating; /* 1: z is in use */
};

/* g is zeroed. Call fini also when init fails. */
int32_t hyp_vmdk_grain_init(struct hyp_vmdk_grain *g,
			    const struct hyp_vmdk_write_args *args,
			    struct hyp_error *err);
void hyp_vmdk_grain_fini(struct hyp_vmdk_grain *g);

/* The record of grain index, valid until the next call; 0 sectors for a grain
 * of zeros. */
int32_t hyp_vmdk_grain_make(struct hyp_vmdk_grain *g, uint64_t index,
			    const void **record, uint64_t *sectors,
			    struct hyp_error *err);
/* Only how many sectors it will have; cheap at level 0. */
int32_t hyp_vmdk_grain_size(struct hyp_vmdk_grain *g, uint64_t index,
			    uint64_t *sectors, struct hyp_error *err);

#endif
