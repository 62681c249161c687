/* SPDX-License-Identifier: Apache-2.0 */
#include "core/engine/inside.h"

#include <stdlib.h>
#include <string.h>

static int32_t take_one(void *ctx, const void *row, struct hyp_error *err)
{
	return hyp_job_new(row, ctx, err);
}

int32_t hyp_engine_job(struct hyp_engine *engine, const char *id,
		       struct hyp_job **out, struct hyp_error *err)
{
	const struct hyp_row_sink sink = {
		.size = sizeof(sink), .ctx = out, .row = take_one};

	return hyp_store_calls.get(engine->store.instance, id, &sink, err);
}

static int32_t take(void *ctx, const void *row, struct hyp_error *err)
{
	struct hyp_job_list *list = ctx;
	struct hyp_job **at;
	int32_t rc;

	if (list->count % 32 == 0) {
		at = reallocarray(list->at, list->count + 32, sizeof(*at));
		if (at == NULL)
			return hyp_error_nomem(err);
		list->at = at;
	}
	rc = hyp_job_new(row, &list->at[list->count], err);
	if (rc == 0)
		list->count++;
	return rc;
}

int32_t hyp_engine_jobs(struct hyp_engine *engine,
			const struct hyp_store_query *query,
			struct hyp_job_list *out, struct hyp_error *err)
{
	const struct hyp_row_sink sink = {
		.size = sizeof(sink), .ctx = out, .row = take};
	int32_t rc;

	memset(out, 0, sizeof(*out));
	rc = hyp_store_calls.list(engine->store.instance, HYP_TABLE_JOB, query,
				  &sink, err);
	if (rc < 0)
		hyp_job_list_fini(out);
	return rc;
}

void hyp_job_list_fini(struct hyp_job_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		hyp_job_free(list->at[i]);
	free(list->at);
	memset(list, 0, sizeof(*list));
}
