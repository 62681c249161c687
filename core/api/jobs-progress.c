/* SPDX-License-Identifier: Apache-2.0 */
/* How far a job is, and how long it may still take. */
#include "core/api/handlers.h"
#include "core/api/rows.h"
#include "core/api/times.h"
#include "core/base/clock.h"
#include "core/base/json-read.h"

#define MIB (1024.0 * 1024.0)

/* What the stored progress says; negative where it does not say. */
struct state {
	double bytes, total, percent;
	double elapsed_s;
};

static double number(struct json_object *progress, const char *name)
{
	struct json_object *value;

	if (!json_object_object_get_ex(progress, name, &value) || value == NULL)
		return -1;
	return json_object_get_double(value);
}

static struct state state_of(const struct hyp_job_row *row)
{
	struct state s = {-1, -1, -1, -1};
	const char *text = row->progress_json;
	struct json_object *progress = NULL;
	struct hyp_error err;

	if (text != NULL && *text != '\0')
		hyp_json_read(text, strlen(text), &progress, &err);
	if (json_object_is_type(progress, json_type_object)) {
		s.bytes = number(progress, "bytes_transferred");
		s.total = number(progress, "total_bytes");
		s.percent = number(progress, "percent_complete");
	}
	json_object_put(progress);
	if (row->started_ms != 0) {
		int64_t end = row->completed_ms != 0 ? row->completed_ms
						     : hyp_clock_wall_ms();

		s.elapsed_s = (double)(end - row->started_ms) / 1000.0;
		/* A clock that was set back. */
		s.elapsed_s = s.elapsed_s > 0 ? s.elapsed_s : 0;
	}
	return s;
}

static int is_running(const struct hyp_job_row *row)
{
	return (HYP_JOBS_RUNNING & HYP_JOB_BIT(row->state)) != 0;
}

static void write_real(struct hyp_out *out, const char *name, double value)
{
	if (value < 0)
		hyp_out_null(out, name);
	else
		hyp_out_real(out, name, value);
}

static double rate(const struct state *s)
{
	return s->bytes >= 0 && s->elapsed_s > 0 ? s->bytes / MIB / s->elapsed_s
						 : -1;
}

static int32_t write_progress(void *ctx, const void *data,
			      struct hyp_error *err)
{
	const struct hyp_job_row *row = data;
	struct hyp_out *out = ctx;
	struct state s = state_of(row);

	(void)err;
	hyp_out_open(out, NULL, '{');
	hyp_out_text(out, "job_id", row->id);
	hyp_out_text(out, "status", hyp_job_status_name(row->state));
	hyp_out_text_or_null(out, "phase", hyp_job_phase_name(row->state));
	hyp_out_json(out, "progress", row->progress_json);
	write_real(out, "transfer_rate_mbps", rate(&s));
	hyp_out_time(out, "started_at", row->started_ms);
	write_real(out, "elapsed_seconds", s.elapsed_s);
	hyp_out_time(out, "completed_at", row->completed_ms);
	hyp_out_text_or_null(out, "error", row->error);
	hyp_out_timestamp(out);
	hyp_out_close(out, '}');
	return out->rc;
}

/* Seconds, or negative if nobody can know: nothing has arrived, the size is
 * unknown, or it does not run. */
static double remaining(const struct hyp_job_row *row, const struct state *s)
{
	if (!is_running(row) || s->percent <= 0 || s->percent > 100 ||
	    s->elapsed_s <= 0)
		return -1;
	return s->elapsed_s * (100 - s->percent) / s->percent;
}

static void write_remaining(struct hyp_out *out, double left_s)
{
	char text[HYP_SPAN_TEXT_MAX];

	if (left_s < 0) {
		hyp_out_null(out, "estimated_completion");
		hyp_out_null(out, "time_remaining");
		hyp_out_null(out, "time_remaining_seconds");
		return;
	}
	/* More than a century is no estimate. */
	left_s = left_s < 3e9 ? left_s : 3e9;
	hyp_span_format((uint64_t)(left_s * 1000), text);
	hyp_out_time(out, "estimated_completion",
		     hyp_clock_wall_ms() + (int64_t)(left_s * 1000));
	hyp_out_text(out, "time_remaining", text);
	hyp_out_real(out, "time_remaining_seconds", left_s);
}

static int32_t write_eta(void *ctx, const void *data, struct hyp_error *err)
{
	const struct hyp_job_row *row = data;
	struct hyp_out *out = ctx;
	struct state s = state_of(row);

	(void)err;
	hyp_out_open(out, NULL, '{');
	hyp_out_text(out, "job_id", row->id);
	hyp_out_text(out, "status", hyp_job_status_name(row->state));
	hyp_out_open(out, "eta", '{');
	write_remaining(out, remaining(row, &s));
	write_real(out, "elapsed_seconds", s.elapsed_s);
	write_real(out, "percent_complete", s.percent);
	write_real(out, "transfer_rate_mbps", rate(&s));
	if (s.total >= s.bytes && s.bytes >= 0)
		hyp_out_number(out, "bytes_remaining",
			       (int64_t)(s.total - s.bytes));
	else
		hyp_out_null(out, "bytes_remaining");
	hyp_out_close(out, '}');
	hyp_out_timestamp(out);
	hyp_out_close(out, '}');
	return out->rc;
}

int32_t hyp_get_job_progress(struct hyp_request *request, struct hyp_error *err)
{
	struct hyp_out out;

	hyp_reply_begin(request, 200, &out, err);
	return hyp_rows_job(request->engine, request->args[0], write_progress,
			    &out, err);
}

int32_t hyp_get_job_eta(struct hyp_request *request, struct hyp_error *err)
{
	struct hyp_out out;

	hyp_reply_begin(request, 200, &out, err);
	return hyp_rows_job(request->engine, request->args[0], write_eta, &out,
			    err);
}
