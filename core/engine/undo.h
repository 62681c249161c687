/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What must be undone should the process die: undo records in the store,
 * sealed. A record is named "ORIGIN KEY @ATTEMPT" ("provider/vsphere lease-17
 * @2"), so that a later attempt's do not meet an earlier one's.
 */
#ifndef HYP_ENGINE_UNDO_H
#define HYP_ENGINE_UNDO_H

#include "core/engine/inside.h"

/* Durable when they return 0. */
int32_t hyp_undo_remember(struct hyp_engine *engine, const char *job_id,
			  uint32_t attempt, const char *origin, const char *key,
			  const void *bytes, uint64_t n, struct hyp_error *err);
int32_t hyp_undo_drop(struct hyp_draft *draft, const char *job_id,
		      uint32_t attempt, const char *origin, const char *key,
		      struct hyp_error *err);
int32_t hyp_undo_forget(struct hyp_engine *engine, const char *job_id,
			uint32_t attempt, const char *origin, const char *key,
			struct hyp_error *err);

struct hyp_undo_item {
	char *job_id;
	char *name;	 /* of the record */
	char origin[64]; /* taken from it */
	char *key;
	uint32_t attempt;
	struct hyp_buf sealed;
	uint32_t done;
};
struct hyp_undo_items {
	struct hyp_undo_item *at;
	size_t count;
};

/* job_id NULL: all. */
int32_t hyp_undo_list(struct hyp_engine *engine, const char *job_id,
		      struct hyp_undo_items *out, struct hyp_error *err);
void hyp_undo_items_fini(struct hyp_undo_items *items);

/* Undoes one; forgetting it is the caller's, by hyp_undo_drop. may_publish: a
 * sealed place is published, not swept away; *state: HYP_PLACE_* of a place,
 * else as it was. */
int32_t hyp_undo_one(struct hyp_engine *engine,
		     const struct hyp_undo_item *item, uint32_t may_publish,
		     uint32_t *state, struct hyp_error *err);

/* undo-pass.c: undoes all records of attempts that are not at work here, in
 * threads, and waits for them up to limit_ms; they go on after that, and the
 * next pass waits for them first. Places of jobs that are publishing are left
 * alone: they may be the package. */
int32_t hyp_undo_pass(struct hyp_engine *engine, uint32_t limit_ms,
		      struct hyp_error *err);
/* Waits for the threads of the last pass. */
void hyp_undo_pass_end(struct hyp_engine *engine);

#endif
