/* SPDX-License-Identifier: Apache-2.0 */
#include "core/engine/outbox-queue.h"
#include "core/base/clock.h"
#include "core/base/text.h"

#include <string.h>

#define PAGE 1000
#define AHEAD                                                                  \
	256 /* as many are known before the first is sent, if there            \
	     * are so many: so that none waits for a later one */
#define FIRST_ROOM 64

/* --- the heap ------------------------------------------------------------ */

static int is_before(const struct hyp_waiting *a, const struct hyp_waiting *b)
{
	return a->due_ms != b->due_ms ? a->due_ms < b->due_ms : a->seq < b->seq;
}

static void put(struct hyp_backlog *b, struct hyp_waiting *w, size_t at)
{
	b->heap[at] = w;
	w->at = at;
}

/* w has no place in the heap; at is one that is free. */
static void sift(struct hyp_backlog *b, struct hyp_waiting *w, size_t at)
{
	size_t child;

	while (at > 0 && is_before(w, b->heap[(at - 1) / 2])) {
		put(b, b->heap[(at - 1) / 2], at);
		at = (at - 1) / 2;
	}
	while ((child = 2 * at + 1) < b->count) {
		if (child + 1 < b->count &&
		    is_before(b->heap[child + 1], b->heap[child]))
			child++;
		if (!is_before(b->heap[child], w))
			break;
		put(b, b->heap[child], at);
		at = child;
	}
	put(b, w, at);
}

/* --- by job -------------------------------------------------------------- */

static struct hyp_waiting **bucket_of(const struct hyp_backlog *b,
				      const char *id)
{
	return &b->buckets[hyp_text_hash(id, strlen(id)) &
			   (b->bucket_count - 1)];
}

static struct hyp_waiting *find(const struct hyp_backlog *b, const char *job_id)
{
	struct hyp_waiting *w;

	if (job_id[0] == '\0' || b->bucket_count == 0)
		return NULL;
	w = *bucket_of(b, job_id);
	while (w != NULL && strcmp(w->job_id, job_id) != 0)
		w = w->next;
	return w;
}

static void link_job(struct hyp_backlog *b, struct hyp_waiting *w)
{
	struct hyp_waiting **bucket = bucket_of(b, w->job_id);

	if (w->job_id[0] == '\0')
		return;
	w->next = *bucket;
	*bucket = w;
}

/* Twice as many of each, or the first. */
static int32_t make_room(struct hyp_backlog *b, struct hyp_error *err)
{
	size_t room = b->room > 0 ? 2 * b->room : FIRST_ROOM;
	struct hyp_waiting **heap, **buckets;

	if (b->count < b->room)
		return 0;
	heap = reallocarray(b->heap, room, sizeof(struct hyp_waiting *));
	if (heap == NULL)
		return hyp_error_nomem(err);
	b->heap = heap;
	buckets = calloc(room, sizeof(struct hyp_waiting *));
	if (buckets == NULL)
		return hyp_error_nomem(err);
	free(b->buckets);
	b->buckets = buckets;
	b->bucket_count = b->room = room;
	for (size_t i = 0; i < b->count; i++)
		link_job(b, b->heap[i]);
	return 0;
}

/* --- rows ------------------------------------------------------------------
 */

/* Not for the time by which the clock was set back. */
static int64_t due_of(const struct hyp_delivery_row *row, int64_t now_ms)
{
	return row->updated_ms > now_ms + HYP_CLOCK_STEP_MS &&
			       row->due_ms > now_ms
		       ? now_ms
		       : row->due_ms;
}

static int32_t add(struct hyp_backlog *b, const struct hyp_delivery_row *row,
		   struct hyp_error *err)
{
	size_t event = strlen(row->event_id) + 1;
	size_t job = strlen(row->job_id) + 1;
	struct hyp_waiting *w;

	if (make_room(b, err) < 0)
		return err->code;
	w = calloc(1, sizeof(*w) + event + job);
	if (w == NULL)
		return hyp_error_nomem(err);
	w->seq = row->event_seq;
	w->due_ms = due_of(row, hyp_clock_wall_ms());
	w->tries = row->tries;
	w->event_id = memcpy(w->texts, row->event_id, event);
	w->job_id = memcpy(w->texts + event, row->job_id, job);
	link_job(b, w);
	sift(b, w, b->count++);
	return 0;
}

static void unlink_job(struct hyp_backlog *b, struct hyp_waiting *w)
{
	struct hyp_waiting **at = bucket_of(b, w->job_id);

	if (w->job_id[0] == '\0')
		return;
	while (*at != w)
		at = &(*at)->next;
	*at = w->next;
}

static void remove_one(struct hyp_backlog *b, struct hyp_waiting *w)
{
	struct hyp_waiting *last;

	unlink_job(b, w);
	last = b->heap[--b->count];
	if (last != w)
		sift(b, last, w->at);
	free(w);
}

static int32_t see(void *ctx, const void *at, struct hyp_error *err)
{
	const struct hyp_delivery_row *row = at;
	struct hyp_backlog *b = ctx;
	struct hyp_waiting *before = find(b, row->job_id);
	int32_t rc = 0;

	if (before != NULL)
		before->behind++;
	else
		rc = add(b, row, err);
	if (rc == 0) {
		b->rows++;
		b->seen_seq = row->event_seq;
	}
	return rc;
}

static int32_t read_page(struct hyp_backlog *b, struct hyp_error *err)
{
	const struct hyp_store_query query = {
		.size = sizeof(query),
		.states = HYP_JOB_BIT(HYP_DELIVERY_PENDING),
		.limit = PAGE,
		.endpoint_id = b->endpoint_id,
		.after_seq = b->seen_seq,
	};
	const struct hyp_row_sink sink = {
		.size = sizeof(sink), .ctx = b, .row = see};
	uint64_t before = b->rows;
	int32_t rc;

	b->lists++;
	rc = hyp_store_calls.list(b->engine->store.instance, HYP_TABLE_DELIVERY,
				  &query, &sink, err);
	b->all_read = rc == 0 && b->rows - before < PAGE;
	return rc;
}

struct following {
	struct hyp_backlog *b;
	uint32_t behind;
};

static int32_t see_next(void *ctx, const void *at, struct hyp_error *err)
{
	struct following *f = ctx;
	const struct hyp_delivery_row *row = at;
	int32_t rc = add(f->b, row, err);

	f->b->rows++;
	if (rc == 0)
		find(f->b, row->job_id)->behind = f->behind;
	return rc;
}

static int32_t read_next(struct hyp_backlog *b, const char *job_id,
			 uint32_t behind, struct hyp_error *err)
{
	const struct hyp_store_query query = {
		.size = sizeof(query),
		.states = HYP_JOB_BIT(HYP_DELIVERY_PENDING),
		.limit = 1,
		.endpoint_id = b->endpoint_id,
		.job_id = job_id,
	};
	struct following f = {b, behind - 1};
	const struct hyp_row_sink sink = {
		.size = sizeof(sink), .ctx = &f, .row = see_next};

	b->lists++;
	return hyp_store_calls.list(b->engine->store.instance,
				    HYP_TABLE_DELIVERY, &query, &sink, err);
}

/* --- what the thread asks --------------------------------------------------
 */

static int64_t ahead_now(void)
{
	return hyp_clock_wall_ms() - (int64_t)hyp_clock_boot_ms();
}

void hyp_backlog_init(struct hyp_backlog *b, struct hyp_engine *engine,
		      const char *endpoint_id)
{
	memset(b, 0, sizeof(*b));
	b->engine = engine;
	b->endpoint_id = endpoint_id;
	b->ahead_ms = ahead_now();
}

void hyp_backlog_forget(struct hyp_backlog *b)
{
	for (size_t i = 0; i < b->count; i++)
		free(b->heap[i]);
	free(b->heap);
	free(b->buckets);
	b->heap = b->buckets = NULL;
	b->count = b->room = b->bucket_count = 0;
	b->seen_seq = 0;
	b->all_read = 0;
}

int hyp_backlog_stepped(struct hyp_backlog *b)
{
	int64_t ahead = ahead_now();
	int stepped = ahead < b->ahead_ms - HYP_CLOCK_STEP_MS;

	b->ahead_ms = ahead;
	if (stepped)
		hyp_backlog_forget(b);
	return stepped;
}

static int is_first_due(const struct hyp_backlog *b)
{
	return b->count > 0 && b->heap[0]->due_ms <= hyp_clock_wall_ms();
}

int32_t hyp_backlog_due(struct hyp_backlog *b, struct hyp_waiting **out,
			struct hyp_error *err)
{
	int32_t rc = 0;

	hyp_backlog_stepped(b);
	while (rc == 0 && !b->all_read && b->count < HYP_WAITING_MAX &&
	       (b->count < AHEAD || !is_first_due(b)))
		rc = read_page(b, err);
	if (rc < 0)
		return rc;
	*out = is_first_due(b) ? b->heap[0] : NULL;
	return 0;
}

int64_t hyp_backlog_next_ms(const struct hyp_backlog *b)
{
	return b->count > 0 ? b->heap[0]->due_ms : INT64_MAX;
}

void hyp_backlog_later(struct hyp_backlog *b, struct hyp_waiting *w)
{
	sift(b, w, w->at);
}

int32_t hyp_backlog_done(struct hyp_backlog *b, struct hyp_waiting *w,
			 struct hyp_error *err)
{
	char job_id[129];
	uint32_t behind = w->behind;

	snprintf(job_id, sizeof(job_id), "%s", w->job_id);
	remove_one(b, w);
	return behind > 0 ? read_next(b, job_id, behind, err) : 0;
}
