/* SPDX-License-Identifier: Apache-2.0 */
/* A job's parts, made of a pipeline's and what the command line adds. Every
 * function fails with HYP_E_TRANSIENT "no_memory" only. */
#ifndef HYP_CONFIG_PARTS_H
#define HYP_CONFIG_PARTS_H

#include "core/config/config.h"

/* Copies from, inner parts too, over to, which must be empty. */
int32_t hyp_part_copy(struct hyp_part *to, const struct hyp_part *from,
		      struct hyp_error *err);
/* where: who says so, for messages ("command line", "job"). */
int32_t hyp_part_named(struct hyp_part *to, const char *plugin,
		       const char *where, struct hyp_error *err);
/* The innermost part: of a wrapped storage the one that stores. */
struct hyp_part *hyp_part_innermost(struct hyp_part *part);
/* 1 if packages go to folders of this machine, whatever wraps it. */
int hyp_part_is_local(struct hyp_part *storage);
void hyp_part_fini(struct hyp_part *part);

/* A value as it was said on the command line. */
int32_t hyp_part_set(struct hyp_part *part, const char *name, const char *text,
		     struct hyp_error *err);
int32_t hyp_part_set_from(struct hyp_part *part, const char *name,
			  const char *text, const char *where,
			  struct hyp_error *err);
/* url and, where it holds one, username. */
struct hyp_url;
int32_t hyp_part_set_url(struct hyp_part *part, const struct hyp_url *url,
			 const char *where, struct hyp_error *err);

#endif
