/* SPDX-License-Identifier: Apache-2.0 */
#include "core/engine/events.h"
#include "core/base/buf.h"
#include "core/base/random.h"
#include "core/engine/discovery.h"
#include "core/pipeline/json.h"

#include <string.h>

static json_object *number(uint64_t n)
{
	return json_object_new_uint64(n);
}

static int add_names(json_object *data, const struct hyp_job_row *job)
{
	return hyp_json_add(data, "job_id", hyp_json_text(job->id)) |
	       hyp_json_add(data, "job_name", hyp_json_text(job->name)) |
	       hyp_json_add(data, "vm_path", hyp_json_text(job->vm_path));
}

/* A member of the result, shared with it; an empty one where it is missing. */
static json_object *of_result(json_object *result, const char *name,
			      json_type type)
{
	json_object *member = hyp_json_member(result, name, type);

	if (member != NULL)
		return json_object_get(member);
	return type == json_type_array ? json_object_new_array()
				       : hyp_json_text("");
}

static int add_result(json_object *data, const struct hyp_job_row *job)
{
	json_object *result = NULL;
	int64_t ms = job->completed_ms - job->started_ms;
	struct hyp_error err;
	int bad;

	if (hyp_json_parse(job->result_json, strlen(job->result_json), &result,
			   &err) == HYP_E_TRANSIENT)
		return -1;
	bad = hyp_json_add(data, "duration_seconds",
			   json_object_new_double((double)ms / 1000)) |
	      hyp_json_add(data, "ovf_path",
			   of_result(result, "ovf_path", json_type_string)) |
	      hyp_json_add(data, "exported_files",
			   of_result(result, "output_files", json_type_array));
	json_object_put(result);
	return bad;
}

static int add_details(json_object *data, const char *type,
		       const struct hyp_job_row *job)
{
	if (strcmp(type, "job.created") == 0)
		return hyp_json_add(data, "output_path",
				    hyp_json_text(job->output_path));
	if (strcmp(type, "job.completed") == 0)
		return add_result(data, job);
	if (strcmp(type, "job.failed") == 0)
		return hyp_json_add(data, "error", hyp_json_text(job->error)) |
		       hyp_json_add(data, "error_kind",
				    hyp_json_text(job->error_kind));
	return 0;
}

static int32_t add(struct hyp_draft *draft, const char *type, int64_t now_ms,
		   const char *job_id, json_object *data, struct hyp_error *err)
{
	char uuid[HYP_UUID_TEXT_MAX];
	struct hyp_event_row row = {
		.size = sizeof(row),
		.time_ms = now_ms,
		.id = uuid,
		.type = type,
		.job_id = job_id,
		.data_json = hyp_json_to_string(
			data, JSON_C_TO_STRING_PLAIN |
				      JSON_C_TO_STRING_NOSLASHESCAPE),
	};
	int32_t rc;

	if (row.data_json == NULL)
		return hyp_error_nomem(err);
	rc = hyp_uuid7(uuid, err);
	if (rc == 0)
		rc = hyp_draft_keep(draft, &row.id, err);
	if (rc == 0)
		rc = hyp_draft_keep(draft, &row.data_json, err);
	if (rc == 0)
		rc = hyp_draft_add(draft, HYP_OP_PUT, HYP_TABLE_EVENT, &row,
				   err);
	if (rc < 0)
		return rc;
	draft->events = 1;
	/* Its number is told at once, and must not be given twice. */
	draft->flags &= ~HYP_CHANGE_LAZY;
	return 0;
}

int32_t hyp_event_job(struct hyp_draft *draft, const char *type,
		      const struct hyp_job_row *job, struct hyp_error *err)
{
	json_object *data = json_object_new_object();
	int32_t rc;

	if (data == NULL || add_names(data, job) != 0 ||
	    add_details(data, type, job) != 0)
		rc = hyp_error_nomem(err);
	else
		rc = add(draft, type, job->updated_ms, job->id, data, err);
	json_object_put(data);
	return rc;
}

static int add_advance(json_object *data, const struct hyp_advance *a)
{
	return hyp_json_add(data, "phase", hyp_json_text(a->phase)) |
	       hyp_json_add(data, "percent_complete",
			    json_object_new_double(a->percent)) |
	       hyp_json_add(data, "files_done", number(a->files_done)) |
	       hyp_json_add(data, "files_total", number(a->files_total)) |
	       hyp_json_add(data, "bytes_done", number(a->bytes_done)) |
	       hyp_json_add(data, "bytes_total", number(a->bytes_total));
}

int32_t hyp_event_progress(struct hyp_draft *draft,
			   const struct hyp_job_row *job, int64_t now_ms,
			   const struct hyp_advance *advance,
			   struct hyp_error *err)
{
	json_object *data = json_object_new_object();
	int32_t rc;

	if (data == NULL || add_names(data, job) != 0 ||
	    add_advance(data, advance) != 0)
		rc = hyp_error_nomem(err);
	else
		rc = add(draft, "job.progress", now_ms, job->id, data, err);
	json_object_put(data);
	return rc;
}

static int add_vm(json_object *data, const char *endpoint,
		  const struct hyp_sighting *vm)
{
	return hyp_json_add(data, "vm_path", hyp_json_text(vm->path)) |
	       hyp_json_add(data, "vm_name", hyp_json_text(vm->name)) |
	       hyp_json_add(data, "vm_id", hyp_json_text(vm->id)) |
	       hyp_json_add(data, "endpoint", hyp_json_text(endpoint)) |
	       hyp_json_add(data, "host", hyp_json_text(vm->host)) |
	       hyp_json_add(data, "guest_os", hyp_json_text(vm->guest_os));
}

int32_t hyp_event_vm(struct hyp_draft *draft, const char *endpoint,
		     const struct hyp_sighting *vm, int64_t now_ms,
		     struct hyp_error *err)
{
	json_object *data = json_object_new_object();
	int32_t rc;

	if (data == NULL || add_vm(data, endpoint, vm) != 0)
		rc = hyp_error_nomem(err);
	else
		rc = add(draft, "vm.discovered", now_ms, "", data, err);
	json_object_put(data);
	return rc;
}
