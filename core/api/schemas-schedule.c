/* SPDX-License-Identifier: Apache-2.0 */
#include "core/api/schemas.h"
#include "core/engine/schedule.h"

#define R HYP_FIELD_REQUIRED
#define RN (HYP_FIELD_REQUIRED | HYP_FIELD_NULL)
#define N HYP_FIELD_NULL
#define TIMESTAMP HYP_VALUE(TIME, "timestamp", R, NULL)
#define SCHEDULE_HELP                                                          \
	"Cron: minute hour day month weekday; @daily and its like; "           \
	"\"@every 90m\"; \"CRON_TZ=Zone \" may stand before it"
#define TEMPLATE_HELP                                                          \
	"A job's definition without id. An output_path without {date}, "       \
	"{time} or {id} gets /{date}T{time} appended"

static const struct hyp_field window_fields[] = {
	HYP_STRING("start_time", R, 5, "\"22:00\""),
	HYP_STRING("end_time", R, 5,
		   "Not itself inside; earlier than start_time: on the next "
		   "day"),
	{.name = "days",
	 .type = HYP_TYPE_ARRAY,
	 .flags = N,
	 .items = HYP_TYPE_STRING,
	 .help = "Mon ... Sun, of the start; none: every day"},
	HYP_STRING("timezone", N, 64, "Not given: the schedule's"),
};
static const struct hyp_schema window = {.name = "TimeWindow",
					 HYP_FIELDS(window_fields)};

/* Others are refused by name where the engine reads them. */
static const struct hyp_field advanced_fields[] = {
	HYP_LIST_OF("time_windows", N, &window,
		    "When a run may begin; another instant is skipped"),
	HYP_VALUE(INTEGER, "max_concurrent", N,
		  "Runs at once: overlap \"allow\" up to this; 0: not said"),
	HYP_VALUE(BOOLEAN, "skip_if_running", N, "true: overlap \"forbid\""),
};
static const struct hyp_schema advanced = {
	.name = "AdvancedSchedule",
	.help = "Anything else that asks for something is refused by name",
	.flags = HYP_SCHEMA_ELSEWHERE,
	HYP_FIELDS(advanced_fields)};

/* What a client may say. */
#define SETTINGS(required)                                                     \
	HYP_STRING("id", 0, 128, "[A-Za-z0-9._-]+, else a UUIDv7 is given"),   \
		HYP_STRING("name", N, 255, "The id, if not given"),            \
		HYP_STRING("description", N, 4096, NULL),                      \
		HYP_STRING("schedule", required, 4096, SCHEDULE_HELP),         \
		HYP_STRING("zone", N, 64, "IANA zone; null: the system's"),    \
		HYP_VALUE(BOOLEAN, "enabled", 0, "true, if not given"),        \
		HYP_OBJECT("job_template", required, &hyp_schema_definition,   \
			   TEMPLATE_HELP),                                     \
		{.name = "tags",                                               \
		 .type = HYP_TYPE_ARRAY,                                       \
		 .flags = N,                                                   \
		 .max = 64,                                                    \
		 .items = HYP_TYPE_STRING},                                    \
		{.name = "catch_up",                                           \
		 .type = HYP_TYPE_STRING,                                      \
		 .flags = N,                                                   \
		 .words = hyp_catch_up_words,                                  \
		 .help = "once, skip, all"},                                   \
		HYP_STRING("deadline", N, 64,                                  \
			   "How late a missed instant may run, \"12h\""),      \
		{.name = "overlap",                                            \
		 .type = HYP_TYPE_STRING,                                      \
		 .flags = N,                                                   \
		 .words = hyp_overlap_words,                                   \
		 .help = "forbid, queue, allow"},                              \
		HYP_OBJECT("advanced_config", N, &advanced, NULL)
/* What only the server says; taken, and not looked at, so that an answer may
 * be sent again. */
#define SAID_BY_SERVER                                                         \
	HYP_VALUE(ANY, "created_at", 0, NULL),                                 \
		HYP_VALUE(ANY, "updated_at", 0, NULL),                         \
		HYP_VALUE(ANY, "next_run", 0, NULL),                           \
		HYP_VALUE(ANY, "last_run", 0, NULL),                           \
		HYP_VALUE(ANY, "run_count", 0, NULL),                          \
		HYP_VALUE(ANY, "owner", 0, NULL)

static const struct hyp_field create_fields[] = {SETTINGS(R), SAID_BY_SERVER};
const struct hyp_schema hyp_schema_schedule_create = {
	.name = "ScheduleRequest", HYP_FIELDS(create_fields)};

static const struct hyp_field update_fields[] = {SETTINGS(0), SAID_BY_SERVER};
const struct hyp_schema hyp_schema_schedule_update = {
	.name = "ScheduleUpdate",
	.help = "What is not given stays; null is the default again",
	HYP_FIELDS(update_fields)};

static const struct hyp_field schedule_fields[] = {
	SETTINGS(R),
	HYP_VALUE(STRING, "owner", R,
		  "\"api\", or \"file\": changed only there"),
	HYP_VALUE(TIME, "created_at", R, NULL),
	HYP_VALUE(TIME, "updated_at", R, NULL),
	HYP_VALUE(TIME, "next_run", RN, NULL),
	HYP_VALUE(TIME, "last_run", RN, NULL),
	HYP_VALUE(INTEGER, "run_count", R, NULL),
};
const struct hyp_schema hyp_schema_schedule = {.name = "Schedule",
					       HYP_FIELDS(schedule_fields)};

static const struct hyp_field list_fields[] = {
	HYP_LIST_OF("schedules", R, &hyp_schema_schedule, "By id"),
	HYP_VALUE(INTEGER, "total", R, NULL),
	TIMESTAMP,
};
const struct hyp_schema hyp_schema_schedules = {.name = "ScheduleList",
						HYP_FIELDS(list_fields)};

static const struct hyp_field changed_fields[] = {
	HYP_STRING("message", R, 0, NULL),
	HYP_OBJECT("schedule", R, &hyp_schema_schedule, NULL),
	TIMESTAMP,
};
const struct hyp_schema hyp_schema_schedule_changed = {
	.name = "ScheduleChanged", HYP_FIELDS(changed_fields)};

static const struct hyp_field triggered_fields[] = {
	HYP_STRING("message", R, 0, NULL),
	HYP_STRING("id", R, 0, "The schedule's"),
	HYP_TEXT_LIST("job_ids", R, NULL),
	HYP_TEXT_LIST("errors", R,
		      "VMs of a group that were left out, and why"),
	TIMESTAMP,
};
const struct hyp_schema hyp_schema_schedule_triggered = {
	.name = "ScheduleTriggered", HYP_FIELDS(triggered_fields)};

static const struct hyp_field stats_fields[] = {
	HYP_VALUE(INTEGER, "total_schedules", R, NULL),
	HYP_VALUE(INTEGER, "enabled_schedules", R, NULL),
	HYP_VALUE(INTEGER, "total_runs", R, NULL),
	HYP_VALUE(TIME, "next_running", RN, "The next instant of any"),
	TIMESTAMP,
};
const struct hyp_schema hyp_schema_schedule_stats = {
	.name = "ScheduleStatistics", HYP_FIELDS(stats_fields)};

static const struct hyp_field fire_fields[] = {
	HYP_VALUE(INTEGER, "seq", R, "Falls from entry to entry"),
	HYP_VALUE(TIME, "instant", R, "When it was due"),
	HYP_VALUE(TIME, "executed_at", R, NULL),
	HYP_VALUE(STRING, "status", R,
		  "running, completed, failed, cancelled, skipped"),
	HYP_VALUE(STRING, "job_id", RN, "Its job, or its jobs' group_id"),
	HYP_VALUE(NUMBER, "duration_seconds", RN, NULL),
	HYP_VALUE(STRING, "error", RN, "Why it failed, or was skipped"),
};
static const struct hyp_schema fire = {.name = "ScheduleExecution",
				       HYP_FIELDS(fire_fields)};
static const struct hyp_field executions_fields[] = {
	HYP_STRING("schedule_id", R, 0, NULL),
	HYP_LIST_OF("history", R, &fire, "Newest first"),
	HYP_VALUE(INTEGER, "total", R, "Entries in this answer"),
	TIMESTAMP,
};
const struct hyp_schema hyp_schema_schedule_history = {
	.name = "ScheduleHistory", HYP_FIELDS(executions_fields)};
