/* SPDX-License-Identifier: Apache-2.0 */
/* Webhooks: compatibility.md as data. */
#include "core/api/schemas.h"

#define R HYP_FIELD_REQUIRED
#define RN (HYP_FIELD_REQUIRED | HYP_FIELD_NULL)
#define TIMESTAMP HYP_VALUE(TIME, "timestamp", R, NULL)

static const char *const words_format[] = {"json", "slack", NULL};
/* What both a new one and a change may say. */
#define WEBHOOK_FIELDS                                                         \
	{.name = "events",                                                     \
	 .type = HYP_TYPE_ARRAY,                                               \
	 .flags = HYP_FIELD_OR_ONE,                                            \
	 .max = 16,                                                            \
	 .items = HYP_TYPE_STRING,                                             \
	 .help = "None, or \"*\": all"},                                       \
		{.name = "headers",                                            \
		 .type = HYP_TYPE_TEXTS,                                       \
		 .flags = HYP_FIELD_SECRET,                                    \
		 .help = "More headers; their values are never shown"},        \
		HYP_VALUE(                                                     \
			ANY, "timeout", 0,                                     \
			"Of one try: nanoseconds, or a time such as \"10s\""), \
		HYP_VALUE(ANY, "retry", 0,                                     \
			  "How often it is tried again, 3 if not given; "      \
			  "\"durable\": "                                      \
			  "over 28 hours"),                                    \
		HYP_VALUE(BOOLEAN, "enabled", 0, "false: nothing is sent"),    \
		HYP_STRING(                                                    \
			"secret", HYP_FIELD_SECRET, 4096,                      \
			"whsec_...: signs (Standard Webhooks); never shown"),  \
		{.name = "format",                                             \
		 .type = HYP_TYPE_STRING,                                      \
		 .words = words_format,                                        \
		 .help = "\"json\" or \"slack\""},                             \
		HYP_TEXT_LIST("allow_cidrs", 0,                                \
			      "Private networks that may be connected to")

static const struct hyp_field request_fields[] = {
	HYP_STRING("name", 0, 64, "Its id; made from the URL if not given"),
	HYP_STRING("url", R, 2048, "http:// or https://"),
	WEBHOOK_FIELDS,
};
const struct hyp_schema hyp_schema_webhook_request = {
	.name = "WebhookRequest", HYP_FIELDS(request_fields)};
static const struct hyp_field update_fields[] = {
	HYP_STRING("url", 0, 2048, "http:// or https://"),
	WEBHOOK_FIELDS,
};
const struct hyp_schema hyp_schema_webhook_update = {.name = "WebhookUpdate",
						     HYP_FIELDS(update_fields)};

static const struct hyp_field test_fields[] = {
	HYP_STRING("id", 0, 64, "A webhook's"),
	HYP_STRING("url", 0, 2048, "Instead: of a webhook, or any"),
	HYP_STRING("event", 0, 64, "job.completed if not given"),
};
const struct hyp_schema hyp_schema_webhook_test_request = {
	.name = "WebhookTest", HYP_FIELDS(test_fields)};

static const struct hyp_field replay_fields[] = {
	HYP_STRING("event_id", 0, 64, "Not given: all dead deliveries"),
};
const struct hyp_schema hyp_schema_replay_request = {.name = "Replay",
						     HYP_FIELDS(replay_fields)};

static const struct hyp_field webhook_fields[] = {
	HYP_STRING("id", R, 0, NULL),
	HYP_STRING("name", R, 0, NULL),
	HYP_STRING("url", R, 0, NULL),
	HYP_TEXT_LIST("events", R, "None: all"),
	HYP_VALUE(INTEGER, "timeout", R, "Nanoseconds"),
	HYP_VALUE(ANY, "retry", R, "A number, or \"durable\""),
	HYP_VALUE(BOOLEAN, "enabled", R, NULL),
	HYP_STRING("disabled_why", RN, 0, "Why nothing is sent any more"),
	HYP_STRING("format", R, 0, NULL),
	HYP_TEXT_LIST("allow_cidrs", R, NULL),
	HYP_TEXT_LIST("header_names", R, "Their values are never shown"),
	HYP_VALUE(BOOLEAN, "signed", R, NULL),
	HYP_STRING("owner", R, 0, "\"file\" or \"api\""),
	HYP_VALUE(TIME, "created_at", R, NULL),
};
const struct hyp_schema hyp_schema_webhook = {.name = "Webhook",
					      HYP_FIELDS(webhook_fields)};
static const struct hyp_field webhooks_fields[] = {
	HYP_LIST_OF("webhooks", R, &hyp_schema_webhook, NULL),
	HYP_VALUE(INTEGER, "total", R, NULL),
	TIMESTAMP,
};
const struct hyp_schema hyp_schema_webhooks = {.name = "Webhooks",
					       HYP_FIELDS(webhooks_fields)};
static const struct hyp_field changed_fields[] = {
	HYP_STRING("message", R, 0, NULL),
	HYP_OBJECT("webhook", R, &hyp_schema_webhook, NULL),
	TIMESTAMP,
};
const struct hyp_schema hyp_schema_webhook_changed = {
	.name = "WebhookChanged", HYP_FIELDS(changed_fields)};

static const struct hyp_field tested_fields[] = {
	HYP_VALUE(BOOLEAN, "success", R, NULL),
	HYP_VALUE(INTEGER, "status", RN, "Of the answer; null: there was none"),
	HYP_VALUE(INTEGER, "latency_ms", R, NULL),
	HYP_STRING("kind", RN, 0, NULL),
	HYP_STRING("error", RN, 0, NULL),
	TIMESTAMP,
};
const struct hyp_schema hyp_schema_webhook_tested = {.name = "WebhookTested",
						     HYP_FIELDS(tested_fields)};

static const struct hyp_field delivery_fields[] = {
	HYP_STRING("event_id", R, 0, "The webhook-id of every try"),
	HYP_STRING("job_id", RN, 0, NULL),
	HYP_STRING("state", R, 0, NULL),
	HYP_VALUE(INTEGER, "attempts", R, NULL),
	HYP_VALUE(INTEGER, "status", RN, "Of the last answer"),
	HYP_VALUE(INTEGER, "latency_ms", RN, "Of the last try"),
	HYP_STRING("error", RN, 0, "Of the last try"),
	HYP_VALUE(TIME, "due_at", RN, "Of the next try"),
	HYP_VALUE(TIME, "updated_at", R, NULL),
	HYP_VALUE(OBJECT, "body", 0,
		  "{event, timestamp, data}, or as Slack takes it"),
};
static const struct hyp_schema delivery = {.name = "Delivery",
					   HYP_FIELDS(delivery_fields)};
static const struct hyp_field deliveries_fields[] = {
	HYP_LIST_OF("deliveries", R, &delivery, "Newest first"),
	HYP_VALUE(INTEGER, "total", R, "Deliveries in this answer"),
	TIMESTAMP,
};
const struct hyp_schema hyp_schema_deliveries = {.name = "Deliveries",
						 HYP_FIELDS(deliveries_fields)};

static const struct hyp_field replayed_fields[] = {
	HYP_VALUE(INTEGER, "replayed", R, NULL),
	TIMESTAMP,
};
const struct hyp_schema hyp_schema_replayed = {.name = "Replayed",
					       HYP_FIELDS(replayed_fields)};
