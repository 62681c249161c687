/* SPDX-License-Identifier: Apache-2.0 */
#include "core/engine/outbox-queue.h"

#include <string.h>

#define PAGE 1000
#define BUCKETS 4096
#define STEP_MS 1000 /* by less a clock is not set, only corrected */

/* Jobs of which an earlier event waits. */
struct waiting {
	struct waiting *next;
	char id[];
};

struct look {
	struct hyp_pending_list *out;
	int64_t now_ms;
	struct waiting *waiting[BUCKETS];
	uint64_t last_seq;
	size_t page; /* rows of this page */
	int full;
};

static size_t bucket_of(const char *id)
{
	uint32_t hash = 2166136261u; /* FNV-1a */

	for (; *id != '\0'; id++)
		hash = (hash ^ (unsigned char)*id) * 16777619u;
	return hash % BUCKETS;
}

static int is_waiting(const struct look *look, const char *id)
{
	const struct waiting *w = look->waiting[bucket_of(id)];

	while (w != NULL && strcmp(w->id, id) != 0)
		w = w->next;
	return w != NULL;
}

static int32_t add_waiting(struct look *look, const char *id,
			   struct hyp_error *err)
{
	size_t n = strlen(id) + 1, b = bucket_of(id);
	struct waiting *w = malloc(sizeof(*w) + n);

	if (w == NULL)
		return hyp_error_nomem(err);
	memcpy(w->id, id, n);
	w->next = look->waiting[b];
	look->waiting[b] = w;
	return 0;
}

static int32_t add_due(struct hyp_pending_list *out,
		       const struct hyp_delivery_row *row,
		       struct hyp_error *err)
{
	struct hyp_pending *to = &out->at[out->count];
	int32_t rc;

	memset(to, 0, sizeof(*to));
	to->tries = row->tries;
	to->due_ms = row->due_ms;
	rc = hyp_strdup(row->event_id, &to->event_id, err);
	if (rc == 0)
		rc = hyp_strdup(row->job_id, &to->job_id, err);
	if (rc < 0)
		free(to->event_id);
	else
		out->count++;
	return rc;
}

/* Not for the time by which the clock was set back. */
static int is_due(const struct hyp_delivery_row *row, int64_t now_ms)
{
	return row->due_ms <= now_ms || row->updated_ms > now_ms + STEP_MS;
}

static int32_t see(void *ctx, const void *at, struct hyp_error *err)
{
	const struct hyp_delivery_row *row = at;
	struct look *look = ctx;
	struct hyp_pending_list *out = look->out;

	look->page++;
	look->last_seq = row->event_seq;
	if (out->count == HYP_PENDING_MAX) {
		look->full = 1;
		return 0;
	}
	if (row->job_id[0] != '\0' && is_waiting(look, row->job_id))
		return 0;
	if (is_due(row, look->now_ms))
		return add_due(out, row, err);
	if (row->due_ms < out->next_ms)
		out->next_ms = row->due_ms;
	return row->job_id[0] != '\0' ? add_waiting(look, row->job_id, err) : 0;
}

static int32_t read_pages(struct hyp_engine *engine, const char *endpoint_id,
			  struct look *look, struct hyp_error *err)
{
	struct hyp_store_query query = {
		.size = sizeof(query),
		.states = HYP_JOB_BIT(HYP_DELIVERY_PENDING),
		.limit = PAGE,
		.endpoint_id = endpoint_id,
	};
	const struct hyp_row_sink sink = {
		.size = sizeof(sink), .ctx = look, .row = see};
	int32_t rc;

	do {
		look->page = 0;
		query.after_seq = look->last_seq;
		rc = hyp_store_calls.list(engine->store.instance,
					  HYP_TABLE_DELIVERY, &query, &sink,
					  err);
		look->out->looked_at += look->page;
	} while (rc == 0 && look->page == PAGE && !look->full);
	return rc;
}

int32_t hyp_pending_list(struct hyp_engine *engine, const char *endpoint_id,
			 int64_t now_ms, struct hyp_pending_list *out,
			 struct hyp_error *err)
{
	struct look *look = calloc(1, sizeof(*look));
	struct waiting *w;
	int32_t rc;

	out->count = out->looked_at = 0;
	out->next_ms = INT64_MAX;
	if (look == NULL)
		return hyp_error_nomem(err);
	look->out = out;
	look->now_ms = now_ms;
	rc = read_pages(engine, endpoint_id, look, err);
	for (size_t i = 0; i < BUCKETS; i++)
		while ((w = look->waiting[i]) != NULL) {
			look->waiting[i] = w->next;
			free(w);
		}
	free(look);
	if (rc < 0)
		hyp_pending_list_fini(out);
	return rc;
}

void hyp_pending_list_fini(struct hyp_pending_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		free(list->at[i].event_id);
		free(list->at[i].job_id);
	}
	list->count = 0;
}
