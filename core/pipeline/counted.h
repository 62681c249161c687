/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A place that counts what is written to it: the packager gets this one, and
 * the receipt says how long the package is, whatever the storage. Only what
 * a packager calls is there: object_open to object_close.
 */
#ifndef HYP_PIPELINE_COUNTED_H
#define HYP_PIPELINE_COUNTED_H

#include <hypersdk/storage.h>

struct hyp_counted;

extern const struct hyp_storage_ops hyp_counted_ops;

/* inner: the calls and the place beneath; borrowed. The result is the place
 * to hand out with hyp_counted_ops. */
int32_t hyp_counted_new(const struct hyp_storage_ops *inner, void *place,
			struct hyp_counted **out, struct hyp_error *err);
/* After the inner place has ended; every object was closed. */
void hyp_counted_free(struct hyp_counted *counted);

/* Bytes of the closed objects that are not scratch. */
uint64_t hyp_counted_bytes(const struct hyp_counted *counted);

#endif
