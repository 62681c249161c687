/* SPDX-License-Identifier: Apache-2.0 */
#include "core/api/handlers.h"
#include "core/api/rows.h"

#define HISTORY_LIMIT 100

struct listing {
	struct hyp_out out;
	int64_t count;
};

static int32_t write_one(void *ctx, const void *row, struct hyp_error *err)
{
	struct listing *l = ctx;

	(void)err;
	hyp_view_schedule(&l->out, NULL, row);
	l->count++;
	return l->out.rc;
}

int32_t hyp_get_schedule(struct hyp_request *request, struct hyp_error *err)
{
	const struct hyp_store_query query = {.size = sizeof(query),
					      .id = request->args[0]};
	struct listing l = {.count = 0};

	hyp_reply_begin(request, 200, &l.out, err);
	if (hyp_rows_list(request->engine, HYP_TABLE_SCHEDULE, &query,
			  write_one, &l, err) != 0)
		return err->code;
	if (l.count > 0)
		return l.out.rc;
	return hyp_error_set(err, HYP_E_NOT_FOUND, "not_found", 0,
			     "schedule not found: %.128s", request->args[0]);
}

static void view_schedule(struct hyp_out *out, const void *row)
{
	hyp_view_schedule(out, NULL, row);
}

int32_t hyp_get_schedules(struct hyp_request *request, struct hyp_error *err)
{
	const struct hyp_store_query query = {.size = sizeof(query)};
	struct hyp_out out;

	hyp_reply_begin(request, 200, &out, err);
	hyp_out_open(&out, NULL, '{');
	return hyp_rows_reply(request, &out, "schedules", HYP_TABLE_SCHEDULE,
			      &query, view_schedule, err);
}

struct sums {
	int64_t total, enabled, next_ms;
	uint64_t runs;
};

static int32_t add(void *ctx, const void *at, struct hyp_error *err)
{
	const struct hyp_schedule_row *row = at;
	struct sums *sums = ctx;

	(void)err;
	sums->total++;
	sums->enabled += row->enabled != 0;
	sums->runs += row->run_count;
	if (row->next_run_ms != 0 &&
	    (sums->next_ms == 0 || row->next_run_ms < sums->next_ms))
		sums->next_ms = row->next_run_ms;
	return 0;
}

int32_t hyp_get_schedule_stats(struct hyp_request *request,
			       struct hyp_error *err)
{
	const struct hyp_store_query query = {.size = sizeof(query)};
	struct sums sums = {.total = 0};
	struct hyp_out out;

	if (hyp_rows_list(request->engine, HYP_TABLE_SCHEDULE, &query, add,
			  &sums, err) != 0)
		return err->code;
	hyp_reply_begin(request, 200, &out, err);
	hyp_out_open(&out, NULL, '{');
	hyp_out_number(&out, "total_schedules", sums.total);
	hyp_out_number(&out, "enabled_schedules", sums.enabled);
	hyp_out_number(&out, "total_runs", (int64_t)sums.runs);
	hyp_out_time(&out, "next_running", sums.next_ms);
	hyp_out_timestamp(&out);
	hyp_out_close(&out, '}');
	return out.rc;
}

static void view_fire(struct hyp_out *out, const void *at)
{
	const struct hyp_fire_row *row = at;

	hyp_out_open(out, NULL, '{');
	hyp_out_number(out, "seq", (int64_t)row->seq);
	hyp_out_time(out, "instant", row->instant_ms);
	hyp_out_time(out, "executed_at", row->executed_ms);
	hyp_out_text(out, "status", row->status);
	hyp_out_text_or_null(out, "job_id", row->job_id);
	if (row->job_id[0] != '\0' && strcmp(row->status, "running") != 0)
		hyp_out_real(out, "duration_seconds",
			     (double)row->duration_ms / 1000);
	else
		hyp_out_null(out, "duration_seconds");
	hyp_out_text_or_null(out, "error", row->error);
	hyp_out_close(out, '}');
}

static int32_t must_be_there(struct hyp_request *request, struct hyp_error *err)
{
	const struct hyp_store_query query = {.size = sizeof(query),
					      .id = request->args[0]};
	int found;

	if (hyp_rows_any(request->engine, HYP_TABLE_SCHEDULE, &query, &found,
			 err) != 0)
		return err->code;
	if (found)
		return 0;
	return hyp_error_set(err, HYP_E_NOT_FOUND, "not_found", 0,
			     "schedule not found: %.128s", request->args[0]);
}

int32_t hyp_get_schedule_history(struct hyp_request *request,
				 struct hyp_error *err)
{
	const struct hyp_store_query query = {
		.size = sizeof(query),
		.flags = HYP_QUERY_REVERSE,
		.limit = (uint32_t)hyp_request_number(request, "limit",
						      HISTORY_LIMIT),
		.schedule_id = request->args[0],
		.after_seq = (uint64_t)hyp_request_number(request, "before", 0),
	};
	struct hyp_out out;

	if (must_be_there(request, err) != 0)
		return err->code;
	hyp_reply_begin(request, 200, &out, err);
	hyp_out_open(&out, NULL, '{');
	hyp_out_text(&out, "schedule_id", request->args[0]);
	return hyp_rows_reply(request, &out, "history", HYP_TABLE_FIRE, &query,
			      view_fire, err);
}
