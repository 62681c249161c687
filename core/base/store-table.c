/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/store-table.h"

#include <stddef.h>

#define COL(table, member, type, flags, name)                                  \
	{                                                                      \
		name, HYP_COL_##type, flags,                                   \
			offsetof(struct hyp_##table##_row, member)             \
	}
#define KEY HYP_COL_KEY
#define SEQ (HYP_COL_KEY | HYP_COL_GIVEN)
#define GIVEN HYP_COL_GIVEN
#define KEEP HYP_COL_KEEP
#define NUL HYP_COL_NULL

static const struct hyp_store_column job[] = {
	COL(job, id, TEXT, KEY, "id"),
	COL(job, name, TEXT, 0, "name"),
	COL(job, vm_path, TEXT, 0, "vm_path"),
	COL(job, output_path, TEXT, 0, "output_path"),
	COL(job, state, STATUS, 0, "status"),
	COL(job, created_ms, TIME, KEEP, "created_at"),
	COL(job, started_ms, TIME, NUL, "started_at"),
	COL(job, completed_ms, TIME, NUL, "completed_at"),
	COL(job, progress_json, TEXT, NUL, "progress_json"),
	COL(job, result_json, TEXT, NUL, "result_json"),
	COL(job, error, TEXT, NUL, "error"),
	COL(job, definition_json, TEXT, KEEP, "definition_json"),
	COL(job, state, PHASE, 0, "phase"),
	COL(job, state, U32, 0, "state"),
	COL(job, attempt, U32, 0, "attempt"),
	COL(job, failures, U32, 0, "failures"),
	COL(job, interruptions, U32, 0, "interruptions"),
	COL(job, moved, U32, 0, "moved"),
	COL(job, updated_ms, TIME, 0, "updated_at"),
	COL(job, due_ms, TIME, NUL, "due_at"),
	COL(job, endpoint, TEXT, 0, "endpoint"),
	COL(job, user, TEXT, 0, "user"),
	COL(job, host, TEXT, 0, "host"),
	COL(job, group_id, TEXT, 0, "group_id"),
	COL(job, retry_of, TEXT, 0, "retry_of"),
	COL(job, schedule_id, TEXT, 0, "schedule_id"),
	COL(job, error_kind, TEXT, 0, "error_kind"),
};

static const struct hyp_store_column progress[] = {
	COL(progress, job_id, TEXT, KEY, "id"),
	COL(progress, moved, U32, 0, "moved"),
	COL(progress, updated_ms, TIME, 0, "updated_at"),
	COL(progress, progress_json, TEXT, NUL, "progress_json"),
};

static const struct hyp_store_column history[] = {
	COL(history, seq, U64, SEQ, "id"),
	COL(history, job_id, TEXT, 0, "job_id"),
	COL(history, status, TEXT, 0, "status"),
	COL(history, time_ms, TIME, 0, "timestamp"),
	COL(history, details, TEXT, NUL, "details"),
	COL(history, phase, TEXT, 0, "phase"),
	COL(history, attempt, U32, 0, "attempt"),
};

static const struct hyp_store_column log_line[] = {
	COL(log, seq, U64, GIVEN | HYP_COL_UPTO, "id"),
	COL(log, job_id, TEXT, KEY, "job_id"),
	COL(log, time_ms, TIME, 0, "timestamp"),
	COL(log, level, U32, 0, "level"),
	COL(log, origin, TEXT, 0, "origin"),
	COL(log, text, TEXT, 0, "text"),
};

static const struct hyp_store_column event[] = {
	COL(event, seq, U64, GIVEN, "seq"),
	COL(event, id, TEXT, KEY, "id"),
	COL(event, time_ms, TIME, KEEP, "timestamp"),
	COL(event, type, TEXT, 0, "type"),
	COL(event, job_id, TEXT, 0, "job_id"),
	COL(event, data_json, TEXT, 0, "data_json"),
};

static const struct hyp_store_column undo[] = {
	COL(undo, job_id, TEXT, KEY | HYP_COL_GROUP, "job_id"),
	COL(undo, name, TEXT, KEY, "name"),
	COL(undo, attempt, U32, 0, "attempt"),
	COL(undo, bytes, BYTES, 0, "bytes"),
};

static const struct hyp_store_column secret[] = {
	COL(secret, owner, TEXT, KEY, "owner"),
	COL(secret, bytes, BYTES, 0, "bytes"),
};

static const struct hyp_store_column token[] = {
	COL(token, id, TEXT, KEY, "id"),
	COL(token, name, TEXT, 0, "name"),
	COL(token, role, TEXT, 0, "role"),
	COL(token, sha256, TEXT, 0, "sha256"),
	COL(token, revoked, U32, 0, "revoked"),
	COL(token, created_ms, TIME, KEEP, "created_at"),
	COL(token, expires_ms, TIME, NUL, "expires_at"),
};

static const struct hyp_store_column idempotency[] = {
	COL(idempotency, key, TEXT, KEY, "key"),
	COL(idempotency, created_ms, TIME, KEEP, "created_at"),
	COL(idempotency, status, U32, 0, "status"),
	COL(idempotency, body_hash, TEXT, 0, "body_hash"),
	COL(idempotency, answer, TEXT, 0, "answer"),
};

static const struct hyp_store_column audit[] = {
	COL(audit, seq, U64, SEQ, "id"),
	COL(audit, time_ms, TIME, 0, "timestamp"),
	COL(audit, actor, TEXT, 0, "actor"),
	COL(audit, role, TEXT, 0, "role"),
	COL(audit, remote, TEXT, 0, "remote"),
	COL(audit, action, TEXT, 0, "action"),
	COL(audit, target, TEXT, 0, "target"),
	COL(audit, outcome, TEXT, 0, "outcome"),
	COL(audit, request_id, TEXT, 0, "request_id"),
	COL(audit, count, U32, 0, "count"),
};

static const struct hyp_store_column schedule[] = {
	COL(schedule, id, TEXT, KEY, "id"),
	COL(schedule, name, TEXT, 0, "name"),
	COL(schedule, description, TEXT, NUL, "description"),
	COL(schedule, schedule, TEXT, 0, "schedule"),
	COL(schedule, job_template_json, TEXT, 0, "job_template_json"),
	COL(schedule, enabled, U32, 0, "enabled"),
	COL(schedule, created_ms, TIME, KEEP, "created_at"),
	COL(schedule, updated_ms, TIME, 0, "updated_at"),
	COL(schedule, last_run_ms, TIME, NUL, "last_run"),
	COL(schedule, next_run_ms, TIME, NUL, "next_run"),
	COL(schedule, run_count, U64, 0, "run_count"),
	COL(schedule, tags_json, TEXT, NUL, "tags_json"),
	COL(schedule, zone, TEXT, 0, "zone"),
	COL(schedule, owner, TEXT, 0, "owner"),
	COL(schedule, policy_json, TEXT, NUL, "policy_json"),
};

static const struct hyp_store_column fire[] = {
	COL(fire, seq, U64, GIVEN, "id"),
	COL(fire, schedule_id, TEXT, KEY, "schedule_id"),
	COL(fire, job_id, TEXT, 0, "job_id"),
	COL(fire, executed_ms, TIME, NUL, "executed_at"),
	COL(fire, status, TEXT, 0, "status"),
	COL(fire, duration_ms, SECONDS, NUL, "duration_seconds"),
	COL(fire, error, TEXT, NUL, "error"),
	COL(fire, instant_ms, TIME, KEY, "instant"),
};

static const struct hyp_store_column endpoint[] = {
	COL(endpoint, id, TEXT, KEY, "id"),
	COL(endpoint, url, TEXT, 0, "url"),
	COL(endpoint, owner, TEXT, 0, "owner"),
	COL(endpoint, enabled, U32, 0, "enabled"),
	COL(endpoint, created_ms, TIME, KEEP, "created_at"),
	COL(endpoint, updated_ms, TIME, 0, "updated_at"),
	COL(endpoint, settings_json, TEXT, 0, "settings_json"),
	COL(endpoint, disabled_why, TEXT, NUL, "disabled_why"),
};

static const struct hyp_store_column delivery[] = {
	COL(delivery, event_seq, U64, GIVEN, "event_seq"),
	COL(delivery, event_id, TEXT, KEY, "event_id"),
	COL(delivery, endpoint_id, TEXT, KEY, "endpoint_id"),
	COL(delivery, job_id, TEXT, 0, "job_id"),
	COL(delivery, state, U32, 0, "state"),
	COL(delivery, tries, U32, 0, "tries"),
	COL(delivery, http_status, U32, 0, "http_status"),
	COL(delivery, due_ms, TIME, NUL, "due_at"),
	COL(delivery, updated_ms, TIME, 0, "updated_at"),
	COL(delivery, error, TEXT, NUL, "error"),
	COL(delivery, latency_ms, U32, 0, "latency_ms"),
};

static const struct hyp_store_column seen[] = {
	COL(seen, owner, TEXT, KEY, "owner"),
	COL(seen, id, TEXT, KEY, "id"),
	COL(seen, seen_ms, TIME, KEEP, "seen_at"),
};

#define VERB(v) (1u << HYP_OP_##v)
#define ALL (VERB(PUT) | VERB(SET) | VERB(UPDATE) | VERB(DELETE))
#define TABLE(sql, what, verbs, st, columns)                                   \
	{                                                                      \
		sql, what, verbs, sizeof(struct hyp_##st##_row),               \
			sizeof(columns) / sizeof((columns)[0]), columns        \
	}

static const struct hyp_store_table tables[HYP_TABLES] = {
	[HYP_TABLE_JOB] = TABLE("jobs", "job", ALL, job, job),
	[HYP_TABLE_PROGRESS] =
		TABLE("jobs", "job", VERB(UPDATE), progress, progress),
	[HYP_TABLE_HISTORY] = TABLE("job_history", "history entry", VERB(PUT),
				    history, history),
	[HYP_TABLE_LOG] = TABLE("job_logs", "log line",
				VERB(PUT) | VERB(DELETE), log, log_line),
	[HYP_TABLE_EVENT] = TABLE("events", "event", ALL, event, event),
	[HYP_TABLE_UNDO] =
		TABLE("undo_records", "undo record", ALL, undo, undo),
	[HYP_TABLE_SECRET] = TABLE("secrets", "secret", ALL, secret, secret),
	[HYP_TABLE_TOKEN] = TABLE("tokens", "token", ALL, token, token),
	[HYP_TABLE_IDEMPOTENCY] = TABLE("idempotency", "idempotency key", ALL,
					idempotency, idempotency),
	[HYP_TABLE_AUDIT] =
		TABLE("audit", "audit entry", VERB(PUT), audit, audit),
	[HYP_TABLE_SCHEDULE] =
		TABLE("scheduled_jobs", "schedule", ALL, schedule, schedule),
	[HYP_TABLE_FIRE] =
		TABLE("schedule_executions", "fire", ALL, fire, fire),
	[HYP_TABLE_ENDPOINT] =
		TABLE("webhook_endpoints", "endpoint", ALL, endpoint, endpoint),
	[HYP_TABLE_DELIVERY] = TABLE("webhook_deliveries", "delivery", ALL,
				     delivery, delivery),
	[HYP_TABLE_SEEN] = TABLE("seen_vms", "seen VM",
				 VERB(PUT) | VERB(DELETE), seen, seen),
};

const struct hyp_store_table *hyp_store_table(uint32_t table)
{
	return table > 0 && table < HYP_TABLES ? &tables[table] : NULL;
}

int32_t hyp_store_row_copy(const struct hyp_store_table *table, void *to,
			   const void *row, struct hyp_error *err)
{
	uint32_t size = 0;

	if (row != NULL)
		memcpy(&size, row, sizeof(size));
	if (size < 2 * sizeof(uint32_t) || size > 65536)
		return hyp_error_set(err, HYP_E_USAGE, "bad_request", 0,
				     "a %s's record of %u bytes", table->what,
				     size);
	memset(to, 0, table->size);
	memcpy(to, row, size < table->size ? size : table->size);
	memcpy(to, &table->size, sizeof(table->size));
	return 0;
}

static const char *member(const void *row, const struct hyp_store_column *c)
{
	return (const char *)row + c->offset;
}

const char *hyp_row_text(const void *row, const struct hyp_store_column *c)
{
	const char *text;

	memcpy(&text, member(row, c), sizeof(text));
	return text != NULL ? text : "";
}

uint32_t hyp_row_u32(const void *row, const struct hyp_store_column *c)
{
	uint32_t value;

	memcpy(&value, member(row, c), sizeof(value));
	return value;
}

uint64_t hyp_row_u64(const void *row, const struct hyp_store_column *c)
{
	uint64_t value;

	memcpy(&value, member(row, c), sizeof(value));
	return value;
}

int64_t hyp_row_i64(const void *row, const struct hyp_store_column *c)
{
	int64_t value;

	memcpy(&value, member(row, c), sizeof(value));
	return value;
}

const void *hyp_row_bytes(const void *row, const struct hyp_store_column *c,
			  uint64_t *n)
{
	const void *bytes;

	memcpy(&bytes, member(row, c), sizeof(bytes));
	memcpy(n, member(row, c) + sizeof(bytes), sizeof(*n));
	if (bytes == NULL)
		*n = 0;
	return bytes;
}
