/* SPDX-License-Identifier: Apache-2.0 */
#include "plugins/provider/synthetic/synthetic.h"

#include <endian.h>
#include <string.h>

#define GOLDEN 0x9e3779b97f4a7c15u

/* SplitMix64 (public domain, Vigna). */
uint64_t synthetic_mix(uint64_t x)
{
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

/* Each word depends on its place alone, so that the processor can compute
 * several at once. */
void synthetic_random(uint64_t seed, void *out, size_t n)
{
	uint8_t *at = out;

	for (size_t i = 0; i < n; i += 8) {
		uint64_t word = htole64(synthetic_mix(seed + i * GOLDEN));

		memcpy(at + i, &word, sizeof(word));
	}
}

static void text(uint64_t seed, char *out, size_t n)
{
	static const char *const words[] = {
		"disk",	    "of",     "the",   "virtual", "machine", "grain",
		"snapshot", "backup", "and",   "restore", "sector",  "table",
		"kernel",   "log",    "entry", "at",	  "time",    "ok",
	};
	const uint64_t count = sizeof(words) / sizeof(words[0]);
	size_t used = 0;

	while (used < n) {
		const char *word = words[(seed >> 33) % count];
		size_t k = strlen(word);

		if (k > n - used)
			k = n - used;
		memcpy(out + used, word, k);
		used += k;
		if (used < n)
			out[used++] = (seed >> 29) % 11 == 0 ? '\n' : ' ';
		seed = seed * 6364136223846793005u + 1442695040888963407u;
	}
}

void synthetic_source_init(struct synthetic_source *s,
			   const struct synthetic_options *options, uint64_t vm,
			   uint64_t disk)
{
	s->options = options;
	s->seed = synthetic_mix((uint64_t)options->seed + GOLDEN);
	s->seed = synthetic_mix(s->seed + vm * GOLDEN);
	s->seed = synthetic_mix(s->seed + disk * GOLDEN);
}

int synthetic_has_grain(void *ctx, uint64_t index)
{
	const struct synthetic_source *s = ctx;
	uint64_t dice = synthetic_mix(~s->seed + index * GOLDEN) >> 32;

	return s->options->content != CONTENT_ZERO &&
	       dice % 100 < (uint64_t)s->options->fill;
}

int synthetic_grain(void *ctx, uint64_t index, void *out)
{
	const struct synthetic_source *s = ctx;
	uint64_t seed = synthetic_mix(s->seed + index * GOLDEN);

	if (!synthetic_has_grain(ctx, index))
		return 0;
	if (s->options->content == CONTENT_TEXT)
		text(seed, out, HYP_VMDK_GRAIN);
	else
		synthetic_random(seed, out, HYP_VMDK_GRAIN);
	return 1;
}

uint64_t synthetic_populated(struct synthetic_source *s)
{
	uint64_t size = s->options->disk_size, sum = 0;

	for (uint64_t at = 0; at < size; at += HYP_VMDK_GRAIN)
		if (synthetic_has_grain(s, at / HYP_VMDK_GRAIN))
			sum += size - at < HYP_VMDK_GRAIN ? size - at
							  : HYP_VMDK_GRAIN;
	return sum;
}
