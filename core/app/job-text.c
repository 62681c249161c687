/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/job-text.h"
#include "core/app/client-command.h"
#include "core/base/clock.h"
#include "core/base/text.h"

#define member hyp_reply_member
#define text_of hyp_reply_text

const char *hyp_job_text_id(struct json_object *job)
{
	const char *id = text_of(member(job, "definition"), "id");

	return id[0] != '\0' ? id : text_of(job, "id");
}

const char *hyp_job_text_name(struct json_object *job)
{
	struct json_object *definition = member(job, "definition");
	const char *name = text_of(definition, "name");
	const char *path = text_of(definition, "vm_path");
	const char *slash = strrchr(path, '/');

	if (name[0] != '\0')
		return name;
	return slash != NULL && slash[1] != '\0' ? slash + 1 : path;
}

const char *hyp_job_text_state(struct json_object *job)
{
	const char *status = text_of(job, "status");
	const char *phase = text_of(job, "phase");

	if (phase[0] == '\0')
		phase = text_of(member(job, "progress"), "phase");
	return phase[0] != '\0' && !hyp_job_text_ended(status) ? phase : status;
}

int hyp_job_text_ended(const char *status)
{
	return strcmp(status, "completed") == 0 ||
	       strcmp(status, "failed") == 0 ||
	       strcmp(status, "cancelled") == 0;
}

int hyp_job_text_percent(struct json_object *job)
{
	struct json_object *percent =
		member(member(job, "progress"), "percent_complete");
	struct json_object *total =
		member(member(job, "progress"), "total_bytes");
	double value;

	if (strcmp(text_of(job, "status"), "completed") == 0)
		return 100;
	if (!json_object_is_type(percent, json_type_double) &&
	    !json_object_is_type(percent, json_type_int))
		return -1;
	value = json_object_get_double(percent);
	/* Of a whole that nobody knows there is no part. */
	if (value <= 0 && total != NULL && json_object_get_int64(total) == 0)
		return -1;
	return value >= 0 && value <= 100 ? (int)value : -1;
}

void hyp_job_text_done(struct json_object *job, char out[16])
{
	int percent = hyp_job_text_percent(job);

	out[0] = '\0';
	if (percent >= 0 && strcmp(text_of(job, "status"), "pending") != 0)
		snprintf(out, 16, "%d %%", percent);
}

int64_t hyp_job_text_time(const char *text)
{
	int64_t ms;

	return hyp_time_read(text, &ms, NULL) == 0 ? ms : 0;
}

void hyp_job_text_ago(const char *text, int64_t now_ms,
		      char out[HYP_UNITS_TEXT_MAX])
{
	int64_t then = hyp_job_text_time(text), s = (now_ms - then) / 1000;

	out[0] = '\0';
	if (then == 0)
		return;
	if (s < 0)
		s = 0;
	if (s < 120)
		snprintf(out, HYP_UNITS_TEXT_MAX, "%ds", (int)s);
	else if (s < 120 * 60)
		snprintf(out, HYP_UNITS_TEXT_MAX, "%dm", (int)(s / 60));
	else if (s < 48 * 3600)
		snprintf(out, HYP_UNITS_TEXT_MAX, "%dh", (int)(s / 3600));
	else
		snprintf(out, HYP_UNITS_TEXT_MAX, "%dd", (int)(s / 86400));
}

static void print_progress(struct json_object *progress)
{
	char bytes[HYP_UNITS_TEXT_MAX], total[HYP_UNITS_TEXT_MAX];
	int64_t done = hyp_reply_number(progress, "bytes_downloaded");
	int64_t all = hyp_reply_number(progress, "total_bytes");

	if (done == 0 && all == 0)
		return;
	hyp_format_bytes((uint64_t)done, bytes);
	hyp_format_bytes((uint64_t)all, total);
	hyp_field_printf("progress", "%d %%, %s%s%s, %d of %d files",
			 (int)hyp_reply_number(progress, "percent_complete"),
			 bytes, all > 0 ? " of " : "", all > 0 ? total : "",
			 (int)hyp_reply_number(progress, "files_downloaded"),
			 (int)hyp_reply_number(progress, "total_files"));
}

/* Where its package is. */
static const char *package_of(struct json_object *result)
{
	const char *path = text_of(result, "output");

	if (path[0] == '\0')
		path = text_of(result, "ova_path");
	if (path[0] == '\0')
		path = text_of(result, "ovf_path");
	return path[0] != '\0' ? path : text_of(result, "output_dir");
}

static void print_result(struct json_object *result)
{
	char size[HYP_UNITS_TEXT_MAX], took[HYP_UNITS_TEXT_MAX];
	int64_t total = hyp_reply_number(result, "total_size");
	int64_t ns = hyp_reply_number(result, "duration");

	if (result == NULL)
		return;
	hyp_format_bytes((uint64_t)total, size);
	hyp_format_duration((uint64_t)ns / 1000000, took);
	hyp_field_print("package", package_of(result));
	if (total > 0)
		hyp_field_printf("size", "%s, in %s", size, took);
	hyp_field_print("proof", text_of(result, "proof"));
	hyp_field_print("consistency", text_of(result, "consistency"));
	hyp_field_print("receipt", text_of(result, "receipt"));
}

static void print_state(struct json_object *job)
{
	const char *status = text_of(job, "status");
	const char *state = hyp_job_text_state(job);
	int same = strcmp(status, state) == 0;

	hyp_field_printf("status", "%s%s%s", status, same ? "" : ", ",
			 same ? "" : state);
}

void hyp_job_text_print(struct json_object *job)
{
	struct json_object *definition = member(job, "definition");
	const char *error = text_of(job, "error");
	const char *kind = text_of(job, "error_kind");

	hyp_field_print("id", hyp_job_text_id(job));
	hyp_field_print("name", text_of(definition, "name"));
	hyp_field_print("vm", text_of(definition, "vm_path"));
	hyp_field_print("output", text_of(definition, "output_path"));
	hyp_field_print("pipeline", text_of(definition, "pipeline"));
	print_state(job);
	if (error[0] != '\0')
		hyp_field_printf("error", "%s%s%s%s", error,
				 kind[0] ? " (" : "", kind, kind[0] ? ")" : "");
	hyp_field_print("created", text_of(job, "created_at"));
	hyp_field_print("started", text_of(job, "started_at"));
	hyp_field_print("ended", text_of(job, "completed_at"));
	hyp_field_print("next try", text_of(job, "retry_at"));
	hyp_field_print("group", text_of(job, "group_id"));
	hyp_field_print("retry of", text_of(job, "retry_of"));
	if (!hyp_job_text_ended(text_of(job, "status")))
		print_progress(member(job, "progress"));
	print_result(member(job, "result"));
}

void hyp_job_text_outcome(struct json_object *job)
{
	struct json_object *result = member(job, "result");
	const char *status = text_of(job, "status");
	char size[HYP_UNITS_TEXT_MAX], took[HYP_UNITS_TEXT_MAX];
	char name[256], path[1024];

	hyp_text_printable(hyp_job_text_name(job), name, sizeof(name));
	if (strcmp(status, "completed") != 0) {
		printf("%s: %s\n", name, status);
		return;
	}
	hyp_format_bytes((uint64_t)hyp_reply_number(result, "total_size"),
			 size);
	hyp_format_duration(
		(uint64_t)hyp_reply_number(result, "duration") / 1000000, took);
	hyp_text_printable(package_of(result), path, sizeof(path));
	printf("%s: completed: %s, %s in %s\n", name, path, size, took);
}
