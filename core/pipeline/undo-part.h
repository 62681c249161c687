/* SPDX-License-Identifier: Apache-2.0 */
/* A configured part as JSON and back: its plugin, its values as they were
 * said (secrets stay references), and what it wraps. */
#ifndef HYP_PIPELINE_UNDO_PART_H
#define HYP_PIPELINE_UNDO_PART_H

#include "core/config/config.h"
#include "core/pipeline/json.h"

/* NULL for want of memory. */
json_object *hyp_undo_part_encode(const struct hyp_part *part);
/* *out: with hyp_undo_part_free. */
int32_t hyp_undo_part_decode(json_object *json, struct hyp_part **out,
			     struct hyp_error *err);
void hyp_undo_part_free(struct hyp_part *part);

#endif
