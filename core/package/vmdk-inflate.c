/* SPDX-License-Identifier: Apache-2.0 */
#include "core/package/vmdk-inflate.h"
#include "core/base/buf.h"

#include <stdlib.h>
#include <zlib.h>

struct hyp_vmdk_inflater {
	z_stream z;
	uint64_t least, most, total; /* bytes of the grain that passes */
	int ended;		     /* its zlib stream is complete */
	uint8_t plain[65536];	     /* where they go, and are forgotten */
};

int32_t hyp_vmdk_inflater_new(struct hyp_vmdk_inflater **out,
			      struct hyp_error *err)
{
	struct hyp_vmdk_inflater *inflater = calloc(1, sizeof(*inflater));

	if (inflater == NULL || inflateInit(&inflater->z) != Z_OK) {
		free(inflater);
		return hyp_error_nomem(err);
	}
	*out = inflater;
	return 0;
}

void hyp_vmdk_inflater_free(struct hyp_vmdk_inflater *inflater)
{
	if (inflater == NULL)
		return;
	inflateEnd(&inflater->z);
	free(inflater);
}

void hyp_vmdk_inflater_begin(struct hyp_vmdk_inflater *inflater, uint64_t least,
			     uint64_t most)
{
	inflateReset(&inflater->z);
	inflater->least = least;
	inflater->most = most;
	inflater->total = 0;
	inflater->ended = 0;
}

const char *hyp_vmdk_inflater_feed(struct hyp_vmdk_inflater *inflater,
				   const uint8_t *buf, size_t n)
{
	z_stream *z = &inflater->z;

	z->next_in = (uint8_t *)(uintptr_t)buf;
	z->avail_in = (unsigned)n;
	while (!inflater->ended) {
		int code;

		z->next_out = inflater->plain;
		z->avail_out = sizeof(inflater->plain);
		code = inflate(z, Z_NO_FLUSH);
		inflater->total += sizeof(inflater->plain) - z->avail_out;
		if (inflater->total > inflater->most)
			return "inflates to more than a grain";
		if (code == Z_BUF_ERROR)
			break; /* nothing is left of the input */
		if (code != Z_OK && code != Z_STREAM_END)
			return "cannot be inflated";
		inflater->ended = code == Z_STREAM_END;
	}
	return NULL;
}

const char *hyp_vmdk_inflater_end(const struct hyp_vmdk_inflater *inflater)
{
	if (!inflater->ended)
		return "has a compressed stream without an end";
	return inflater->total < inflater->least
		       ? "inflates to less than a grain"
		       : NULL;
}
