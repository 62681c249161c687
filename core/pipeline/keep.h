/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Taking over what a plugin shows for the time of one call: structs of its
 * size into ones of ours, strings into an owner that frees them together.
 */
#ifndef HYP_PIPELINE_KEEP_H
#define HYP_PIPELINE_KEEP_H

#include <hypersdk/error.h>
#include <stddef.h>

struct hyp_keep { /* zero: empty */
	void **at;
	size_t count, cap;
};

/* *s becomes a copy that keep owns; NULL becomes "". */
int32_t hyp_keep_string(struct hyp_keep *keep, const char **s,
			struct hyp_error *err);
/* n zeroed bytes that keep owns. */
int32_t hyp_keep_alloc(struct hyp_keep *keep, size_t n, void **out,
		       struct hyp_error *err);
void hyp_keep_free(struct hyp_keep *keep);

/* Copies a struct that begins with its size into one of to_size bytes, the
 * rest zero, and gives it its new size. */
void hyp_keep_struct(void *to, size_t to_size, const void *from);

#endif
