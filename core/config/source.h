/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The text that libconfig is given: one file with its @include lines replaced
 * by what they name, and for each line where it came from. Doing this
 * ourselves gives every problem its file and line, finds loops, and catches
 * integers that libconfig 1.5 would cut to 32 bits in silence.
 */
#ifndef HYP_CONFIG_SOURCE_H
#define HYP_CONFIG_SOURCE_H

#include "core/base/buf.h"
#include "core/config/problems.h"

struct hyp_source_line {
	const char *file; /* one of files */
	unsigned line;
};

struct hyp_source {
	struct hyp_buf text;
	struct hyp_source_line *lines; /* of text, line 1 at [0] */
	size_t line_count;
	char **files; /* names of all files that were read, this one first */
	size_t file_count;
};

/* HYP_E_USAGE if the text is no use (problems say why); 0 else, also when
 * there are problems in it. */
int32_t hyp_source_read(const char *path, struct hyp_source *out,
			struct hyp_problems *problems);
/* Where line n (from 1) of the text came from. */
struct hyp_source_line hyp_source_at(const struct hyp_source *source,
				     unsigned n);
void hyp_source_fini(struct hyp_source *source);

#endif
