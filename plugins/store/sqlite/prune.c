/* SPDX-License-Identifier: Apache-2.0 */
/* What has grown old goes, a batch in each transaction. */
#include "core/base/cleanup.h"
#include "plugins/store/sqlite/sqlite.h"

#include <stddef.h>

/* ?1: older than, ?2: at most so many. Deliveries before events: an event
 * stays as long as a delivery names it. */
static const struct {
	size_t before; /* in struct hyp_prune */
	const char *sql;
} rules[] = {
	{offsetof(struct hyp_prune, completed_ms),
	 "DELETE FROM jobs WHERE rowid IN (SELECT rowid FROM jobs"
	 " WHERE state = 9 AND completed_at < ?1 LIMIT ?2)"},
	{offsetof(struct hyp_prune, completed_ms),
	 "DELETE FROM jobs WHERE rowid IN (SELECT rowid FROM jobs"
	 " WHERE state = 11 AND completed_at < ?1 LIMIT ?2)"},
	{offsetof(struct hyp_prune, failed_ms),
	 "DELETE FROM jobs WHERE rowid IN (SELECT rowid FROM jobs"
	 " WHERE state = 10 AND completed_at < ?1 LIMIT ?2)"},
	{offsetof(struct hyp_prune, deliveries_ms),
	 "DELETE FROM webhook_deliveries WHERE rowid IN (SELECT rowid"
	 " FROM webhook_deliveries WHERE state >= 3 AND updated_at < ?1"
	 " LIMIT ?2)"},
	{offsetof(struct hyp_prune, events_ms),
	 "DELETE FROM events WHERE seq IN (SELECT seq FROM events AS e"
	 " WHERE timestamp < ?1 AND NOT EXISTS (SELECT 1 FROM"
	 " webhook_deliveries WHERE event_id = e.id) LIMIT ?2)"},
	{offsetof(struct hyp_prune, idempotency_ms),
	 "DELETE FROM idempotency WHERE rowid IN (SELECT rowid FROM"
	 " idempotency WHERE created_at < ?1 LIMIT ?2)"},
	{offsetof(struct hyp_prune, audit_ms),
	 "DELETE FROM audit WHERE id IN (SELECT id FROM audit"
	 " WHERE timestamp < ?1 LIMIT ?2)"},
	{offsetof(struct hyp_prune, fires_ms),
	 "DELETE FROM schedule_executions WHERE id IN (SELECT id FROM"
	 " schedule_executions WHERE instant < ?1 LIMIT ?2)"},
};

static int32_t run_rule(struct store *s, const char *sql, int64_t before,
			uint32_t limit, uint64_t *removed,
			struct hyp_error *err)
{
	struct conn *c = &s->writer.conn;
	char text[TIME_TEXT];
	sqlite3_stmt *stmt;
	int32_t rc = conn_prepare(s, c, sql, &stmt, err);
	int code;

	if (rc != 0)
		return rc;
	time_to_text(before, text);
	sqlite3_bind_text(stmt, 1, text, -1, SQLITE_TRANSIENT);
	sqlite3_bind_int64(stmt, 2, limit);
	code = sqlite3_step(stmt);
	if (code == SQLITE_DONE)
		*removed += (uint64_t)sqlite3_changes(c->db);
	else
		rc = store_error(s, c, code, "pruning", err);
	sqlite3_reset(stmt);
	return rc;
}

static int32_t run_prune(struct store *s, struct request *r,
			 struct hyp_error *err)
{
	const struct hyp_prune *p = r->args;
	uint64_t *removed = r->out, done = 0;
	int32_t rc = 0;

	for (size_t i = 0; i < HYP_COUNT(rules) && rc == 0; i++) {
		int64_t before;

		if (p->size < rules[i].before + sizeof(before))
			continue;
		memcpy(&before, (const char *)p + rules[i].before,
		       sizeof(before));
		if (before != 0)
			rc = run_rule(s, rules[i].sql, before, p->limit, &done,
				      err);
	}
	if (rc == 0)
		*removed = done;
	return rc;
}

int32_t op_prune(void *instance, const struct hyp_prune *prune,
		 uint64_t *removed, struct hyp_error *err)
{
	uint64_t done = 0;
	struct request r = {
		.run = run_prune, .args = prune, .out = &done, .lazy = 1};
	int32_t rc = writer_do(instance, &r, err);

	if (rc == 0)
		*removed = done;
	return rc;
}
