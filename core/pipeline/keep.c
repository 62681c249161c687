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

int32_t hyp_keep_bytes(struct hyp_keep *keep, const void *from, size_t n,
		       void **out, struct hyp_error *err)
{
	int32_t rc = grow(keep, err);
	void *copy;

	if (rc < 0)
		return rc;
	copy = malloc(n > 0 ? n : 1);
	if (copy == NULL)
		return hyp_error_nomem(err);
	if (n > 0)
		memcpy(copy, from, n);
	keep->at[keep->count++] = copy;
	*out = copy;
	return 0;
}

int32_t hyp_keep_string(struct hyp_keep *keep, const char **s,
			struct hyp_error *err)
{
	void *copy;
	int32_t rc = hyp_keep_bytes(keep, *s, strlen(*s) + 1, &copy, err);

	if (rc == 0)
		*s = copy;
	return rc;
}

void hyp_keep_free(struct hyp_keep *keep)
{
	for (size_t i = 0; i < keep->count; i++)
		free(keep->at[i]);
	free(keep->at);
	memset(keep, 0, sizeof(*keep));
}
