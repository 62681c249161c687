/* SPDX-License-Identifier: Apache-2.0 */
#include "core/pipeline/keep.h"
#include "core/base/buf.h"

#include <stdlib.h>
#include <string.h>

static int32_t grow(struct hyp_keep *keep, struct hyp_error *err)
{
	size_t cap = keep->cap == 0 ? 16 : keep->cap * 2;
	void **at;

	if (keep->count < keep->cap)
		return 0;
	at = reallocarray(keep->at, cap, sizeof(*at));
	if (at == NULL)
		return hyp_error_nomem(err);
	keep->at = at;
	keep->cap = cap;
	return 0;
}

int32_t hyp_keep_alloc(struct hyp_keep *keep, size_t n, void **out,
		       struct hyp_error *err)
{
	int32_t rc = grow(keep, err);
	void *p;

	if (rc < 0)
		return rc;
	p = calloc(1, n > 0 ? n : 1);
	if (p == NULL)
		return hyp_error_nomem(err);
	keep->at[keep->count++] = p;
	*out = p;
	return 0;
}

int32_t hyp_keep_string(struct hyp_keep *keep, const char **s,
			struct hyp_error *err)
{
	size_t n = *s == NULL ? 0 : strlen(*s);
	void *copy;
	int32_t rc = hyp_keep_alloc(keep, n + 1, &copy, err);

	if (rc < 0)
		return rc;
	if (n > 0)
		memcpy(copy, *s, n);
	*s = copy;
	return 0;
}

void hyp_keep_free(struct hyp_keep *keep)
{
	for (size_t i = 0; i < keep->count; i++)
		free(keep->at[i]);
	free(keep->at);
	memset(keep, 0, sizeof(*keep));
}

void hyp_keep_struct(void *to, size_t to_size, const void *from)
{
	uint32_t size;

	memcpy(&size, from, sizeof(size));
	memset(to, 0, to_size);
	memcpy(to, from, size < to_size ? size : to_size);
	size = (uint32_t)to_size;
	memcpy(to, &size, sizeof(size));
}
