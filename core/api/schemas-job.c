/* SPDX-License-Identifier: Apache-2.0 */
#include "core/api/schemas.h"

#define R HYP_FIELD_REQUIRED
#define RN (HYP_FIELD_REQUIRED | HYP_FIELD_NULL)
#define STATUS                                                                 \
	{                                                                      \
		.name = "status", .type = HYP_TYPE_STRING, .flags = R,         \
		.words = hyp_words_status                                      \
	}
#define TIMESTAMP HYP_VALUE(TIME, "timestamp", R, NULL)

static const struct hyp_field error_fields[] = {
	HYP_STRING("error", R, 0,
		   "For people. Of a field it begins with its JSON pointer"),
	HYP_STRING("kind", R, 0, "For machines: a stable word"),
	TIMESTAMP,
	HYP_STRING("request_id", RN, 0, "Also in the header X-Request-Id"),
};
const struct hyp_schema hyp_schema_error = {.name = "Error",
					    HYP_FIELDS(error_fields)};

static const struct hyp_field progress_fields[] = {
	HYP_VALUE(STRING, "phase", 0, NULL),
	HYP_VALUE(STRING, "current_file", HYP_FIELD_NULL, NULL),
	HYP_VALUE(STRING, "current_step", HYP_FIELD_NULL, NULL),
	HYP_VALUE(INTEGER, "files_downloaded", HYP_FIELD_NULL, NULL),
	HYP_VALUE(INTEGER, "total_files", HYP_FIELD_NULL, NULL),
	HYP_VALUE(INTEGER, "bytes_downloaded", HYP_FIELD_NULL, NULL),
	HYP_VALUE(INTEGER, "bytes_transferred", HYP_FIELD_NULL, NULL),
	HYP_VALUE(INTEGER, "total_bytes", HYP_FIELD_NULL, NULL),
	HYP_VALUE(NUMBER, "percent_complete", HYP_FIELD_NULL, NULL),
	HYP_VALUE(STRING, "estimated_remaining", HYP_FIELD_NULL, NULL),
	HYP_VALUE(STRING, "export_method", HYP_FIELD_NULL,
		  "Used, whatever was asked for"),
};
static const struct hyp_schema job_progress = {.name = "Progress",
					       .flags = HYP_SCHEMA_OPEN,
					       HYP_FIELDS(progress_fields)};

static const struct hyp_field result_fields[] = {
	HYP_VALUE(STRING, "vm_name", 0, NULL),
	HYP_VALUE(STRING, "output_dir", 0, NULL),
	HYP_VALUE(STRING, "ovf_path", 0, NULL),
	HYP_TEXT_LIST("files", 0, NULL),
	HYP_TEXT_LIST("output_files", 0, NULL),
	HYP_VALUE(INTEGER, "total_size", 0, NULL),
	HYP_VALUE(INTEGER, "duration", 0, "Nanoseconds"),
	HYP_VALUE(BOOLEAN, "success", 0, NULL),
	HYP_VALUE(STRING, "export_method", HYP_FIELD_NULL,
		  "Used, whatever was asked for"),
	HYP_VALUE(STRING, "error", HYP_FIELD_NULL, NULL),
};
static const struct hyp_schema job_result = {
	.name = "Result", .flags = HYP_SCHEMA_OPEN, HYP_FIELDS(result_fields)};

static const struct hyp_field job_fields[] = {
	HYP_OBJECT("definition", R, &hyp_schema_definition, NULL),
	STATUS,
	HYP_VALUE(STRING, "phase", RN, "Where inside the status"),
	HYP_OBJECT("progress", RN, &job_progress, NULL),
	HYP_OBJECT("result", RN, &job_result, NULL),
	HYP_VALUE(STRING, "error", RN, NULL),
	HYP_VALUE(STRING, "error_kind", RN, NULL),
	HYP_VALUE(TIME, "created_at", R, NULL),
	HYP_VALUE(TIME, "started_at", RN, NULL),
	HYP_VALUE(TIME, "completed_at", RN, NULL),
	HYP_VALUE(TIME, "updated_at", R, NULL),
	HYP_VALUE(INTEGER, "attempt", R, "Runs begun"),
	HYP_VALUE(TIME, "retry_at", RN, "When it will be tried again"),
	HYP_VALUE(STRING, "group_id", RN, "Of jobs submitted as one"),
	HYP_VALUE(STRING, "retry_of", RN, "The job that this one repeats"),
	HYP_VALUE(STRING, "schedule_id", RN, "The schedule that made it"),
};
const struct hyp_schema hyp_schema_job = {.name = "Job",
					  HYP_FIELDS(job_fields)};

static const struct hyp_field list_fields[] = {
	HYP_LIST_OF("jobs", R, &hyp_schema_job, "Newest first"),
	HYP_VALUE(
		INTEGER, "total", RN,
		"Jobs that match, on all pages; null: there are other pages, "
		"and more than the status was asked for, which is not counted"),
	HYP_VALUE(STRING, "next_cursor", RN,
		  "For the next page; null: there is none"),
	TIMESTAMP,
};
const struct hyp_schema hyp_schema_job_list = {.name = "JobList",
					       HYP_FIELDS(list_fields)};

static const struct hyp_field queried_fields[] = {
	HYP_LIST_OF("jobs", R, &hyp_schema_job, "Newest first"),
	HYP_VALUE(INTEGER, "total", R,
		  "Jobs that match; more than those here if there was a limit"),
	HYP_VALUE(STRING, "next_cursor", RN,
		  "Where GET /jobs goes on; null: all of them are here"),
	TIMESTAMP,
};
const struct hyp_schema hyp_schema_queried = {.name = "Queried",
					      HYP_FIELDS(queried_fields)};

static const struct hyp_field rejection_fields[] = {
	HYP_VALUE(INTEGER, "index", R, "Of the definition, from 0"),
	HYP_STRING("kind", R, 0, NULL),
	HYP_STRING("error", R, 0, NULL),
	HYP_VALUE(INTEGER, "status", R, "Of HTTP, had it been sent alone"),
};
static const struct hyp_schema rejection = {.name = "Rejection",
					    HYP_FIELDS(rejection_fields)};

static const struct hyp_field submitted_fields[] = {
	HYP_TEXT_LIST("job_ids", R, NULL),
	HYP_VALUE(INTEGER, "accepted", R, "Definitions"),
	HYP_VALUE(INTEGER, "rejected", R, "Definitions"),
	HYP_LIST_OF("errors", R, &rejection, NULL),
	TIMESTAMP,
};
const struct hyp_schema hyp_schema_submitted = {.name = "Submitted",
						HYP_FIELDS(submitted_fields)};

static const struct hyp_field cancelled_fields[] = {
	HYP_TEXT_LIST("cancelled", R, NULL),
	HYP_TEXT_LIST("failed", R, NULL),
	HYP_VALUE(TEXTS, "errors", R, "Job id to \"KIND: what was wrong\""),
	TIMESTAMP,
};
const struct hyp_schema hyp_schema_cancelled = {.name = "Cancelled",
						HYP_FIELDS(cancelled_fields)};

static const struct hyp_field answer_progress_fields[] = {
	HYP_STRING("job_id", R, 0, NULL),
	STATUS,
	HYP_VALUE(STRING, "phase", RN, "Where inside the status"),
	HYP_OBJECT("progress", RN, &job_progress, NULL),
	HYP_VALUE(NUMBER, "transfer_rate_mbps", RN, "MiB per second"),
	HYP_VALUE(TIME, "started_at", RN, NULL),
	HYP_VALUE(NUMBER, "elapsed_seconds", RN, NULL),
	HYP_VALUE(TIME, "completed_at", RN, NULL),
	HYP_VALUE(STRING, "error", RN, NULL),
	TIMESTAMP,
};
const struct hyp_schema hyp_schema_progress = {
	.name = "JobProgress", HYP_FIELDS(answer_progress_fields)};

static const struct hyp_field line_fields[] = {
	HYP_VALUE(TIME, "timestamp", R, NULL),
	HYP_VALUE(STRING, "level", R, "error, warning, info, debug"),
	HYP_VALUE(STRING, "message", R, NULL),
	HYP_VALUE(OBJECT, "details", R, "origin: which part said it"),
	HYP_VALUE(INTEGER, "seq", R, "Rises from line to line"),
	HYP_VALUE(STRING, "error", RN, "The message again, if it is an error"),
};
static const struct hyp_schema line = {.name = "LogLine",
				       HYP_FIELDS(line_fields)};
static const struct hyp_field logs_fields[] = {
	HYP_STRING("job_id", R, 0, NULL),
	HYP_LIST_OF("logs", R, &line, NULL),
	HYP_VALUE(INTEGER, "log_count", R, NULL),
	TIMESTAMP,
};
const struct hyp_schema hyp_schema_logs = {.name = "Logs",
					   HYP_FIELDS(logs_fields)};

static const struct hyp_field eta_part_fields[] = {
	HYP_VALUE(TIME, "estimated_completion", RN, NULL),
	HYP_VALUE(STRING, "time_remaining", RN, "\"1h2m3s\""),
	HYP_VALUE(NUMBER, "time_remaining_seconds", RN, NULL),
	HYP_VALUE(NUMBER, "elapsed_seconds", RN, NULL),
	HYP_VALUE(NUMBER, "percent_complete", RN, NULL),
	HYP_VALUE(NUMBER, "transfer_rate_mbps", RN, "MiB per second"),
	HYP_VALUE(INTEGER, "bytes_remaining", RN, NULL),
};
static const struct hyp_schema eta_part = {.name = "EtaDetails",
					   HYP_FIELDS(eta_part_fields)};
static const struct hyp_field eta_fields[] = {
	HYP_STRING("job_id", R, 0, NULL),
	STATUS,
	HYP_OBJECT("eta", R, &eta_part, "null where nobody knows yet"),
	TIMESTAMP,
};
const struct hyp_schema hyp_schema_eta = {.name = "Eta",
					  HYP_FIELDS(eta_fields)};

static const struct hyp_field step_fields[] = {
	HYP_VALUE(TIME, "timestamp", R, NULL),
	STATUS,
	HYP_VALUE(STRING, "phase", RN, NULL),
	HYP_VALUE(INTEGER, "attempt", R, NULL),
	HYP_VALUE(STRING, "details", RN, NULL),
};
static const struct hyp_schema step = {.name = "HistoryStep",
				       HYP_FIELDS(step_fields)};
static const struct hyp_field history_fields[] = {
	HYP_STRING("job_id", R, 0, NULL),
	HYP_LIST_OF("history", R, &step, "Oldest first"),
	HYP_VALUE(INTEGER, "total", R, NULL),
	TIMESTAMP,
};
const struct hyp_schema hyp_schema_history = {.name = "History",
					      HYP_FIELDS(history_fields)};

static const struct hyp_field deleted_fields[] = {
	HYP_STRING("message", R, 0, NULL),
	HYP_STRING("id", R, 0, NULL),
	TIMESTAMP,
};
const struct hyp_schema hyp_schema_deleted = {.name = "Deleted",
					      HYP_FIELDS(deleted_fields)};

static const struct hyp_field stats_fields[] = {
	HYP_VALUE(INTEGER, "total", R, NULL),
	HYP_VALUE(INTEGER, "completed", R, NULL),
	HYP_VALUE(INTEGER, "failed", R, NULL),
	HYP_VALUE(INTEGER, "running", R, NULL),
	HYP_VALUE(INTEGER, "pending", R, NULL),
	HYP_VALUE(INTEGER, "cancelled", R, NULL),
};
const struct hyp_schema hyp_schema_stats = {.name = "Statistics",
					    HYP_FIELDS(stats_fields)};
