/* SPDX-License-Identifier: Apache-2.0 */
#include "core/api/rows.h"

int32_t hyp_rows_list(struct hyp_engine *engine, uint32_t table,
		      const struct hyp_store_query *query, hyp_row_fn *row,
		      void *ctx, struct hyp_error *err)
{
	struct hyp_row_sink sink = {
		.size = sizeof(sink), .ctx = ctx, .row = row};

	return hyp_store_calls.list(hyp_engine_store(engine), table, query,
				    &sink, err);
}

int32_t hyp_rows_job(struct hyp_engine *engine, const char *id, hyp_row_fn *row,
		     void *ctx, struct hyp_error *err)
{
	struct hyp_row_sink sink = {
		.size = sizeof(sink), .ctx = ctx, .row = row};
	int32_t rc =
		hyp_store_calls.get(hyp_engine_store(engine), id, &sink, err);

	if (rc == HYP_E_NOT_FOUND)
		return hyp_error_set(err, HYP_E_NOT_FOUND, "not_found", 0,
				     "job not found: %.128s", id);
	return rc;
}

int32_t hyp_rows_counts(struct hyp_engine *engine,
			struct hyp_store_counts *counts, struct hyp_error *err)
{
	memset(counts, 0, sizeof(*counts));
	counts->size = sizeof(*counts);
	return hyp_store_calls.counts(hyp_engine_store(engine), counts, err);
}
