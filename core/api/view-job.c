/* SPDX-License-Identifier: Apache-2.0 */
#include "core/api/handlers.h"

/* The row's JSON texts go out as they were stored: nothing is parsed. */
void hyp_view_job(struct hyp_out *out, const struct hyp_job_row *row)
{
	hyp_out_open(out, NULL, '{');
	hyp_out_json(out, "definition", row->definition_json);
	hyp_out_text(out, "status", hyp_job_status_name(row->state));
	hyp_out_text_or_null(out, "phase", hyp_job_phase_name(row->state));
	hyp_out_json(out, "progress", row->progress_json);
	hyp_out_json(out, "result", row->result_json);
	hyp_out_text_or_null(out, "error", row->error);
	hyp_out_text_or_null(out, "error_kind", row->error_kind);
	hyp_out_time(out, "created_at", row->created_ms);
	hyp_out_time(out, "started_at", row->started_ms);
	hyp_out_time(out, "completed_at", row->completed_ms);
	hyp_out_time(out, "updated_at", row->updated_ms);
	hyp_out_number(out, "attempt", row->attempt);
	hyp_out_time(out, "retry_at",
		     row->state == HYP_JOB_RETRY_WAIT ? row->due_ms : 0);
	hyp_out_text_or_null(out, "group_id", row->group_id);
	hyp_out_text_or_null(out, "retry_of", row->retry_of);
	hyp_out_text_or_null(out, "schedule_id", row->schedule_id);
	hyp_out_close(out, '}');
}

int32_t hyp_view_deleted(struct hyp_request *request, const char *message,
			 const char *id, struct hyp_error *err)
{
	struct hyp_out out;

	hyp_reply_begin(request, 200, &out, err);
	hyp_out_open(&out, NULL, '{');
	hyp_out_text(&out, "message", message);
	hyp_out_text(&out, "id", id);
	hyp_out_timestamp(&out);
	hyp_out_close(&out, '}');
	return out.rc;
}
