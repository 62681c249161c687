/* SPDX-License-Identifier: Apache-2.0 */
/* Owner of copies of what a plugin shows for the time of one call; they are
 * freed together. */
#ifndef HYP_PIPELINE_KEEP_H
#define HYP_PIPELINE_KEEP_H

#include <hypersdk/error.h>
#include <stddef.h>

struct hyp_keep { /* all zero: empty */
	void **at;
	size_t count, cap;
};

/* *out: a copy of n bytes, which may be 0. */
int32_t hyp_keep_bytes(struct hyp_keep *keep, const void *from, size_t n,
		       void **out, struct hyp_error *err);
/* *s becomes a copy. */
int32_t hyp_keep_string(struct hyp_keep *keep, const char **s,
			struct hyp_error *err);
void hyp_keep_free(struct hyp_keep *keep);

#endif
