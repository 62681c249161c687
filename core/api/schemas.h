/* SPDX-License-Identifier: Apache-2.0 */
/* The schemas that routes name: compatibility.md as data. */
#ifndef HYP_API_SCHEMAS_H
#define HYP_API_SCHEMAS_H

#include "core/api/schema.h"

/* Requests: schemas-request.c. */
extern const struct hyp_schema hyp_schema_submit;
extern const struct hyp_schema hyp_schema_query_request;
extern const struct hyp_schema hyp_schema_cancel_request;
extern const struct hyp_schema hyp_schema_vm_request;
extern const struct hyp_schema hyp_schema_token_request;

extern const struct hyp_schema hyp_schema_schedule_create;
extern const struct hyp_schema hyp_schema_schedule_update;

/* schemas-webhook.c */
extern const struct hyp_schema hyp_schema_webhook_request;
extern const struct hyp_schema hyp_schema_webhook_update;
extern const struct hyp_schema hyp_schema_webhook_test_request;
extern const struct hyp_schema hyp_schema_replay_request;
extern const struct hyp_schema hyp_schema_webhook;
extern const struct hyp_schema hyp_schema_webhooks;
extern const struct hyp_schema hyp_schema_webhook_changed;
extern const struct hyp_schema hyp_schema_webhook_tested;
extern const struct hyp_schema hyp_schema_deliveries;
extern const struct hyp_schema hyp_schema_replayed;

/* Parts of both. */
extern const struct hyp_schema hyp_schema_definition;

/* Answers: schemas-job.c, schemas-service.c. */
extern const struct hyp_schema hyp_schema_error;
extern const struct hyp_schema hyp_schema_job;
extern const struct hyp_schema hyp_schema_job_list;
extern const struct hyp_schema hyp_schema_submitted;
extern const struct hyp_schema hyp_schema_queried;
extern const struct hyp_schema hyp_schema_cancelled;
extern const struct hyp_schema hyp_schema_progress;
extern const struct hyp_schema hyp_schema_logs;
extern const struct hyp_schema hyp_schema_eta;
extern const struct hyp_schema hyp_schema_history;
extern const struct hyp_schema hyp_schema_deleted;
extern const struct hyp_schema hyp_schema_stats;
extern const struct hyp_schema hyp_schema_health;
extern const struct hyp_schema hyp_schema_ready;
extern const struct hyp_schema hyp_schema_status;
extern const struct hyp_schema hyp_schema_capabilities;
extern const struct hyp_schema hyp_schema_vms;
extern const struct hyp_schema hyp_schema_vm_info;
extern const struct hyp_schema hyp_schema_pipelines;
extern const struct hyp_schema hyp_schema_plugins;
extern const struct hyp_schema hyp_schema_tokens;
extern const struct hyp_schema hyp_schema_token_created;
extern const struct hyp_schema hyp_schema_openapi;
/* schemas-schedule.c */
extern const struct hyp_schema hyp_schema_schedule;
extern const struct hyp_schema hyp_schema_schedules;
extern const struct hyp_schema hyp_schema_schedule_changed;
extern const struct hyp_schema hyp_schema_schedule_triggered;
extern const struct hyp_schema hyp_schema_schedule_stats;
extern const struct hyp_schema hyp_schema_schedule_history;

extern const char *const hyp_words_status[]; /* public statuses */

/* Shorter to write, and to read, than the members. */
#define HYP_STRING(name_, flags_, max_, help_)                                 \
	{                                                                      \
		.name = (name_), .type = HYP_TYPE_STRING, .flags = (flags_),   \
		.min = (flags_)&HYP_FIELD_REQUIRED ? 1 : 0, .max = (max_),     \
		.help = (help_)                                                \
	}
#define HYP_VALUE(type_, name_, flags_, help_)                                 \
	{                                                                      \
		.name = (name_), .type = HYP_TYPE_##type_, .flags = (flags_),  \
		.help = (help_)                                                \
	}
#define HYP_OBJECT(name_, flags_, of_, help_)                                  \
	{                                                                      \
		.name = (name_), .type = HYP_TYPE_OBJECT, .flags = (flags_),   \
		.of = (of_), .help = (help_)                                   \
	}
#define HYP_LIST_OF(name_, flags_, of_, help_)                                 \
	{                                                                      \
		.name = (name_), .type = HYP_TYPE_ARRAY, .flags = (flags_),    \
		.items = HYP_TYPE_OBJECT, .of = (of_), .help = (help_)         \
	}
#define HYP_TEXT_LIST(name_, flags_, help_)                                    \
	{                                                                      \
		.name = (name_), .type = HYP_TYPE_ARRAY, .flags = (flags_),    \
		.items = HYP_TYPE_STRING, .help = (help_)                      \
	}
#define HYP_FIELDS(array)                                                      \
	.fields = (array), .count = sizeof(array) / sizeof((array)[0])

#endif
