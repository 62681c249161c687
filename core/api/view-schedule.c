/* SPDX-License-Identifier: Apache-2.0 */
#include "core/api/handlers.h"

void hyp_view_schedule(struct hyp_out *out, const char *name,
		       const struct hyp_schedule_row *row)
{
	hyp_out_open(out, name, '{');
	hyp_out_text(out, "id", row->id);
	hyp_out_text(out, "name", row->name);
	hyp_out_text(out, "description", row->description);
	hyp_out_text(out, "schedule", row->schedule);
	hyp_out_text_or_null(out, "zone", row->zone);
	hyp_out_bool(out, "enabled", row->enabled != 0);
	hyp_out_text(out, "owner", row->owner);
	hyp_out_json(out, "job_template", row->job_template_json);
	hyp_out_json(out, "tags",
		     row->tags_json[0] != '\0' ? row->tags_json : "[]");
	/* What was said of it, member by member. */
	hyp_view_members(out, row->policy_json);
	hyp_out_time(out, "created_at", row->created_ms);
	hyp_out_time(out, "updated_at", row->updated_ms);
	hyp_out_time(out, "next_run", row->next_run_ms);
	hyp_out_time(out, "last_run", row->last_run_ms);
	hyp_out_number(out, "run_count", (int64_t)row->run_count);
	hyp_out_close(out, '}');
}
