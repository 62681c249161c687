/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A place as an undo record: remembered before it is opened, forgotten when
 * it was published or aborted. Should the process die between, what it left is
 * completed if it was sealed, else swept away.
 */
#ifndef HYP_PIPELINE_PLACE_RECORD_H
#define HYP_PIPELINE_PLACE_RECORD_H

#include "core/base/buf.h"
#include "core/plugin/instance.h"

#define HYP_PLACE_KEY "place"

/* What must be known of the place again, as JSON. */
int32_t hyp_place_encode(const struct hyp_place_args *args, struct hyp_buf *out,
			 struct hyp_error *err);
/* 0: nothing of that attempt is left unfinished. may_publish 0: what was
 * sealed is swept away too. *state: HYP_PLACE_PUBLISHED if the package is
 * there, HYP_PLACE_NONE if not. */
int32_t hyp_place_recover(struct hyp_instance *storage, const char *job_id,
			  uint32_t attempt, const void *bytes, size_t n,
			  uint32_t may_publish, uint32_t *state,
			  struct hyp_error *err);
/* The same for who keeps no record of where a run stood: what was sealed is
 * published. */
int32_t hyp_place_undo(struct hyp_instance *storage, const char *job_id,
		       uint32_t attempt, const void *bytes, size_t n,
		       struct hyp_error *err);

#endif
