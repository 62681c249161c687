/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Refused requests for the audit table: one row at once for the first of its
 * kind, and then one a minute with a count, however many there are. Writing
 * waits for the disk, so that it is done in the background.
 */
#ifndef HYP_API_DENIALS_H
#define HYP_API_DENIALS_H

#include "core/api/work.h"
#include "core/engine/engine.h"

struct hyp_denials;
struct hyp_request;

/* work: where rows are written. Both are borrowed. */
int32_t hyp_denials_new(struct hyp_engine *engine, struct hyp_work *work,
			struct hyp_denials **out, struct hyp_error *err);
/* Writes what is left; after work has ended. Takes NULL. */
void hyp_denials_free(struct hyp_denials *denials);

void hyp_denials_add(struct hyp_denials *denials,
		     const struct hyp_request *request, const char *kind);
/* Once a second. */
void hyp_denials_tick(struct hyp_denials *denials);

#endif
