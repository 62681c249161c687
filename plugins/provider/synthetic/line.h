/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The line between a synthetic source and the core: hashes what the source
 * says, limits the rate, and breaks where the options want it to.
 */
#ifndef HYP_PROVIDER_SYNTHETIC_LINE_H
#define HYP_PROVIDER_SYNTHETIC_LINE_H

#include "core/base/digest.h"
#include "plugins/provider/synthetic/synthetic.h"

struct synthetic_line {
	const struct synthetic *s;
	const struct hyp_writer *out;
	struct hyp_hasher *hasher; /* NULL: nobody asks */
	uint64_t bytes;		   /* that the source said */
	uint64_t start_ms;
	/* Where it breaks, HYP_UNKNOWN for never. */
	uint64_t fail_at, cut_at, flip_at, stall_at;
};

/* faulty: whether this try of this disk shall break. */
void synthetic_line_init(struct synthetic_line *line, const struct synthetic *s,
			 const struct hyp_writer *out,
			 struct hyp_hasher *hasher, int faulty);
/* A hyp_writer's write; ctx is the line. */
int32_t synthetic_line_write(void *ctx, const void *buf, uint64_t n,
			     struct hyp_error *err);

#endif
