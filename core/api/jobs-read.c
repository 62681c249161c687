/* SPDX-License-Identifier: Apache-2.0 */
/* One job, and all of them in numbers. */
#include "core/api/handlers.h"
#include "core/api/rows.h"

static int32_t write_job(void *ctx, const void *row, struct hyp_error *err)
{
	struct hyp_out *out = ctx;

	(void)err;
	hyp_view_job(out, row);
	return out->rc;
}

int32_t hyp_get_job(struct hyp_request *request, struct hyp_error *err)
{
	struct hyp_out out;

	hyp_reply_begin(request, 200, &out, err);
	return hyp_rows_job(request->engine, request->args[0], write_job, &out,
			    err);
}

static int32_t nothing(void *ctx, const void *row, struct hyp_error *err)
{
	(void)ctx;
	(void)row;
	(void)err;
	return 0;
}

/* What belongs to a job: HYP_E_NOT_FOUND if there is no such job. */
static int32_t list_of_job(struct hyp_request *request, uint32_t table,
			   hyp_row_fn *row, void *ctx, struct hyp_error *err)
{
	const char *id = request->args[0];
	struct hyp_store_query query = {.size = sizeof(query), .job_id = id};

	if (hyp_rows_job(request->engine, id, nothing, NULL, err) != 0)
		return err->code;
	return hyp_rows_list(request->engine, table, &query, row, ctx, err);
}

struct listing {
	struct hyp_out out;
	int64_t count;
};

static int32_t write_step(void *ctx, const void *data, struct hyp_error *err)
{
	const struct hyp_history_row *row = data;
	struct listing *l = ctx;

	(void)err;
	hyp_out_open(&l->out, NULL, '{');
	hyp_out_time(&l->out, "timestamp", row->time_ms);
	hyp_out_text(&l->out, "status", row->status);
	hyp_out_text_or_null(&l->out, "phase", row->phase);
	hyp_out_number(&l->out, "attempt", row->attempt);
	hyp_out_text_or_null(&l->out, "details", row->details);
	hyp_out_close(&l->out, '}');
	l->count++;
	return l->out.rc;
}

static int32_t end_list(struct listing *l, const char *count, int32_t rc)
{
	if (rc != 0)
		return rc;
	hyp_out_close(&l->out, ']');
	hyp_out_number(&l->out, count, l->count);
	hyp_out_timestamp(&l->out);
	hyp_out_close(&l->out, '}');
	return l->out.rc;
}

static void begin_list(struct listing *l, struct hyp_request *request,
		       const char *name, struct hyp_error *err)
{
	l->count = 0;
	hyp_reply_begin(request, 200, &l->out, err);
	hyp_out_open(&l->out, NULL, '{');
	hyp_out_text(&l->out, "job_id", request->args[0]);
	hyp_out_open(&l->out, name, '[');
}

int32_t hyp_get_job_history(struct hyp_request *request, struct hyp_error *err)
{
	struct listing l;

	begin_list(&l, request, "history", err);
	return end_list(
		&l, "total",
		list_of_job(request, HYP_TABLE_HISTORY, write_step, &l, err));
}

static const char *level_name(uint32_t level)
{
	switch (level) {
	case HYP_LOG_ERROR:
		return "error";
	case HYP_LOG_WARNING:
		return "warning";
	case HYP_LOG_DEBUG:
		return "debug";
	default:
		return "info";
	}
}

static int32_t write_line(void *ctx, const void *data, struct hyp_error *err)
{
	const struct hyp_log_row *row = data;
	struct listing *l = ctx;

	(void)err;
	hyp_out_open(&l->out, NULL, '{');
	hyp_out_time(&l->out, "timestamp", row->time_ms);
	hyp_out_text(&l->out, "level", level_name(row->level));
	hyp_out_text(&l->out, "message", row->text);
	hyp_out_open(&l->out, "details", '{');
	hyp_out_text(&l->out, "origin", row->origin);
	hyp_out_close(&l->out, '}');
	hyp_out_number(&l->out, "seq", (int64_t)row->seq);
	hyp_out_text(&l->out, "error",
		     row->level == HYP_LOG_ERROR ? row->text : NULL);
	hyp_out_close(&l->out, '}');
	l->count++;
	return l->out.rc;
}

int32_t hyp_get_job_logs(struct hyp_request *request, struct hyp_error *err)
{
	struct listing l;

	begin_list(&l, request, "logs", err);
	return end_list(
		&l, "log_count",
		list_of_job(request, HYP_TABLE_LOG, write_line, &l, err));
}

static int64_t sum(const struct hyp_store_counts *counts, uint32_t states)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < HYP_JOB_STATES; i++)
		if (states & HYP_JOB_BIT(i))
			n += counts->jobs[i];
	return (int64_t)n;
}

int32_t hyp_get_jobs_stats(struct hyp_request *request, struct hyp_error *err)
{
	struct hyp_store_counts c;
	struct hyp_out out;

	if (hyp_rows_counts(request->engine, &c, err) != 0)
		return err->code;
	hyp_reply_begin(request, 200, &out, err);
	hyp_out_open(&out, NULL, '{');
	hyp_out_number(&out, "total",
		       sum(&c, HYP_JOBS_ACTIVE | HYP_JOBS_ENDED));
	hyp_out_number(&out, "completed",
		       sum(&c, HYP_JOB_BIT(HYP_JOB_COMPLETED)));
	hyp_out_number(&out, "failed", sum(&c, HYP_JOB_BIT(HYP_JOB_FAILED)));
	hyp_out_number(&out, "running", sum(&c, HYP_JOBS_RUNNING));
	hyp_out_number(&out, "pending", sum(&c, HYP_JOBS_PENDING));
	hyp_out_number(&out, "cancelled",
		       sum(&c, HYP_JOB_BIT(HYP_JOB_CANCELLED)));
	hyp_out_close(&out, '}');
	return out.rc;
}
