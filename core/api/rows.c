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

static int32_t note(void *ctx, const void *row, struct hyp_error *err)
{
	(void)row;
	(void)err;
	*(int *)ctx = 1;
	return 0;
}

int32_t hyp_rows_any(struct hyp_engine *engine, uint32_t table,
		     const struct hyp_store_query *query, int *any,
		     struct hyp_error *err)
{
	*any = 0;
	return hyp_rows_list(engine, table, query, note, any, err);
}

struct viewing {
	struct hyp_out *out;
	void (*view)(struct hyp_out *out, const void *row);
	int64_t count;
};

static int32_t view_row(void *ctx, const void *row, struct hyp_error *err)
{
	struct viewing *v = ctx;

	(void)err;
	v->view(v->out, row);
	v->count++;
	return v->out->rc;
}

int32_t hyp_rows_reply(struct hyp_request *request, struct hyp_out *out,
		       const char *name, uint32_t table,
		       const struct hyp_store_query *query,
		       void (*view)(struct hyp_out *out, const void *row),
		       struct hyp_error *err)
{
	struct viewing v = {.out = out, .view = view};

	hyp_out_open(out, name, '[');
	if (hyp_rows_list(request->engine, table, query, view_row, &v, err) !=
	    0)
		return err->code;
	hyp_out_close(out, ']');
	hyp_out_number(out, "total", v.count);
	hyp_out_timestamp(out);
	hyp_out_close(out, '}');
	return out->rc;
}

int32_t hyp_rows_counts(struct hyp_engine *engine,
			struct hyp_store_counts *counts, struct hyp_error *err)
{
	memset(counts, 0, sizeof(*counts));
	counts->size = sizeof(*counts);
	return hyp_store_calls.counts(hyp_engine_store(engine), counts, err);
}

static int32_t take_seq(void *ctx, const void *row, struct hyp_error *err)
{
	(void)err;
	*(uint64_t *)ctx = ((const struct hyp_event_row *)row)->seq;
	return 0;
}

int32_t hyp_rows_newest_event(struct hyp_engine *engine, uint64_t *seq,
			      struct hyp_error *err)
{
	struct hyp_store_query query = {
		.size = sizeof(query), .flags = HYP_QUERY_REVERSE, .limit = 1};

	*seq = 0;
	return hyp_rows_list(engine, HYP_TABLE_EVENT, &query, take_seq, seq,
			     err);
}
