/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the engine's store. */
#ifndef HYP_API_ROWS_H
#define HYP_API_ROWS_H

#include "core/api/request.h"
#include "core/engine/engine.h"

typedef int32_t hyp_row_fn(void *ctx, const void *row, struct hyp_error *err);

int32_t hyp_rows_list(struct hyp_engine *engine, uint32_t table,
		      const struct hyp_store_query *query, hyp_row_fn *row,
		      void *ctx, struct hyp_error *err);
/* HYP_E_NOT_FOUND "not_found", "job not found: ID". */
int32_t hyp_rows_job(struct hyp_engine *engine, const char *id, hyp_row_fn *row,
		     void *ctx, struct hyp_error *err);
/* *any: whether there is one. */
int32_t hyp_rows_any(struct hyp_engine *engine, uint32_t table,
		     const struct hyp_store_query *query, int *any,
		     struct hyp_error *err);
/* The rest of a reply whose '{' is open: the rows as an array of that name, how
 * many they are, the time, and '}'. view writes one, a value of the array. */
int32_t hyp_rows_reply(struct hyp_request *request, struct hyp_out *out,
		       const char *name, uint32_t table,
		       const struct hyp_store_query *query,
		       void (*view)(struct hyp_out *out, const void *row),
		       struct hyp_error *err);
/* *seq of the event that was written last, 0 if there is none. */
int32_t hyp_rows_newest_event(struct hyp_engine *engine, uint64_t *seq,
			      struct hyp_error *err);
int32_t hyp_rows_counts(struct hyp_engine *engine,
			struct hyp_store_counts *counts, struct hyp_error *err);

#endif
