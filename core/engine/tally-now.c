/* SPDX-License-Identifier: Apache-2.0 */
/* What is so at the moment of a scrape, and what must be known for it from
 * before the start. */
#include "core/base/cleanup.h"
#include "core/base/clock.h"
#include "core/engine/disks.h"
#include "core/engine/outbox.h"
#include "core/engine/scheduler.h"
#include "core/engine/tally.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define OPEN_DELIVERIES                                                        \
	(HYP_JOB_BIT(HYP_DELIVERY_PENDING) | HYP_JOB_BIT(HYP_DELIVERY_SENDING))
/* Fires that are looked through for a success at the start: of each schedule,
 * and then of those that had none so far, together. */
#define FIRES_FIRST 1000
#define FIRES_MORE 200000

static double seconds(int64_t ms)
{
	return (double)ms / 1000;
}

static void gather_jobs(struct hyp_engine *engine, struct hyp_gathering *g)
{
	struct hyp_store_counts counts;
	uint64_t active = 0, queued = 0;
	struct hyp_error err;

	if (hyp_store_calls.counts(engine->store.instance, &counts, &err) < 0)
		return;
	for (uint32_t i = 0; i < HYP_JOB_STATES; i++) {
		if (HYP_JOBS_RUNNING & HYP_JOB_BIT(i))
			active += counts.jobs[i];
		if (HYP_JOBS_PENDING & HYP_JOB_BIT(i))
			queued += counts.jobs[i];
	}
	hyp_gather(g, HYP_FAMILY_ACTIVE_JOBS, (double)active, NULL);
	hyp_gather(g, HYP_FAMILY_QUEUED_JOBS, (double)queued, NULL);
}

/* --- schedules ----------------------------------------------------------- */

/* What is told of a schedule; of several, the times that are longest ago. */
struct told {
	const char *id;
	int64_t created_ms, next_ms, last_run_ms, success_ms; /* 0: none */
	int enabled;
};

/* Since when it waits for a success. */
static int64_t waits_since(const struct told *t)
{
	return t->success_ms > 0 ? t->success_ms : t->created_ms;
}

/* Those that wait longest first, and disabled ones last. */
static int by_need(const void *a, const void *b)
{
	const struct told *x = a, *y = b;
	int64_t since = waits_since(x), other = waits_since(y);

	if (x->enabled != y->enabled)
		return x->enabled ? -1 : 1;
	if (since != other)
		return since < other ? -1 : 1;
	return strcmp(x->id, y->id);
}

static void sooner(int64_t *ms, int64_t other)
{
	if (other > 0 && (*ms == 0 || other < *ms))
		*ms = other;
}

static void gather_time(struct hyp_gathering *g, enum hyp_family family,
			int64_t ms, const char *id)
{
	if (ms > 0)
		hyp_gather(g, family, seconds(ms), HYP_LABELS(id));
}

static void gather_one(struct hyp_gathering *g, const struct told *t)
{
	hyp_gather(g, HYP_FAMILY_SCHEDULE_ENABLED, t->enabled,
		   HYP_LABELS(t->id));
	gather_time(g, HYP_FAMILY_SCHEDULE_CREATED, t->created_ms, t->id);
	gather_time(g, HYP_FAMILY_SCHEDULE_NEXT_RUN, t->next_ms, t->id);
	gather_time(g, HYP_FAMILY_SCHEDULE_LAST_RUN, t->last_run_ms, t->id);
	gather_time(g, HYP_FAMILY_SCHEDULE_LAST_SUCCESS, t->success_ms, t->id);
}

/* Where there are more than have room, none that is overdue may be among those
 * without a name. A disabled one is not, there. */
static void gather_told(struct hyp_gathering *g, struct told *all, size_t count)
{
	size_t room = hyp_families[HYP_FAMILY_SCHEDULE_ENABLED].max;
	struct told rest = {.id = "other", .enabled = 1};
	size_t i;

	if (count > room)
		qsort(all, count, sizeof(*all), by_need);
	for (i = 0; i < count && i < room; i++)
		gather_one(g, &all[i]);
	if (i == count || !all[i].enabled)
		return;
	for (; i < count && all[i].enabled; i++) {
		sooner(&rest.created_ms, all[i].created_ms);
		sooner(&rest.next_ms, all[i].next_ms);
		sooner(&rest.last_run_ms, all[i].last_run_ms);
		sooner(&rest.success_ms, all[i].success_ms);
	}
	gather_one(g, &rest);
}

static void gather_schedules(struct hyp_engine *engine, struct hyp_gathering *g)
{
	struct hyp_scheduler *s = engine->scheduler;
	HYP_AUTO_FREE struct told *all = NULL;

	pthread_mutex_lock(&s->lock);
	all = calloc(s->count + 1, sizeof(*all));
	for (size_t i = 0; all != NULL && i < s->count; i++) {
		const struct hyp_entry *e = &s->entries[i];
		const struct hyp_schedule_row *row = &e->schedule->row;

		all[i] = (struct told){
			.id = row->id,
			.created_ms = row->created_ms,
			.next_ms = row->enabled ? e->next_ms : 0,
			.last_run_ms = e->last_run_ms,
			.success_ms = hyp_tally_success(engine, row->id),
			.enabled = row->enabled != 0,
		};
	}
	if (all != NULL)
		gather_told(g, all, s->count);
	pthread_mutex_unlock(&s->lock);
}

struct search {
	struct hyp_engine *engine;
	const char *id;
	uint32_t left; /* fires that may still be looked at */
};

static int32_t take_fire(void *ctx, const void *at, struct hyp_error *err)
{
	const struct hyp_fire_row *fire = at;
	struct search *search = ctx;

	search->left--;
	if (strcmp(fire->status, hyp_job_status_name(HYP_JOB_COMPLETED)) != 0)
		return 0;
	hyp_tally_succeeded(search->engine, search->id,
			    fire->executed_ms + fire->duration_ms);
	return hyp_error_set(err, HYP_E_CANCELLED, "found", 0,
			     "that is enough");
}

static int32_t look_back(struct search *search, struct hyp_error *err)
{
	const struct hyp_store_query query = {.size = sizeof(query),
					      .flags = HYP_QUERY_REVERSE,
					      .limit = search->left,
					      .schedule_id = search->id};
	const struct hyp_row_sink sink = {
		.size = sizeof(sink), .ctx = search, .row = take_fire};
	int32_t rc;

	if (search->left == 0)
		return 0;
	rc = hyp_store_calls.list(search->engine->store.instance,
				  HYP_TABLE_FIRE, &query, &sink, err);
	return rc == HYP_E_CANCELLED ? 0 : rc;
}

static int32_t load_success(struct hyp_engine *engine, const char *id,
			    uint32_t *more, struct hyp_error *err)
{
	struct search search = {engine, id, FIRES_FIRST};
	int32_t rc = look_back(&search, err);

	if (rc < 0 || search.left > 0 || hyp_tally_success(engine, id) > 0)
		return rc;
	search.left = *more;
	rc = look_back(&search, err);
	*more = search.left;
	return rc;
}

/* --- webhooks ------------------------------------------------------------ */

static int32_t take_open(void *ctx, const void *at, struct hyp_error *err)
{
	const struct hyp_delivery_row *row = at;
	struct hyp_engine *engine = ctx;

	(void)err;
	hyp_metrics_shift(engine->metrics, HYP_FAMILY_WEBHOOK_BACKLOG, 1,
			  HYP_LABELS(row->endpoint_id));
	return 0;
}

int32_t hyp_tally_load(struct hyp_engine *engine, struct hyp_error *err)
{
	const struct hyp_store_query query = {.size = sizeof(query),
					      .states = OPEN_DELIVERIES};
	const struct hyp_row_sink sink = {
		.size = sizeof(sink), .ctx = engine, .row = take_open};

	return hyp_store_calls.list(engine->store.instance, HYP_TABLE_DELIVERY,
				    &query, &sink, err);
}

int32_t hyp_tally_load_schedules(struct hyp_engine *engine,
				 struct hyp_error *err)
{
	struct hyp_scheduler *s = engine->scheduler;
	uint32_t more = FIRES_MORE;
	int32_t rc = 0;

	pthread_mutex_lock(&s->lock);
	for (size_t i = 0; rc == 0 && i < s->count; i++)
		rc = load_success(engine, s->entries[i].schedule->row.id, &more,
				  err);
	pthread_mutex_unlock(&s->lock);
	return rc;
}

struct oldest {
	uint64_t seq; /* of the event */
	int64_t time_ms;
};

static int32_t take_first(void *ctx, const void *at, struct hyp_error *err)
{
	(void)err;
	((struct oldest *)ctx)->seq =
		((const struct hyp_delivery_row *)at)->event_seq;
	return 0;
}

static int32_t take_time(void *ctx, const void *at, struct hyp_error *err)
{
	const struct hyp_event_row *row = at;
	struct oldest *oldest = ctx;

	(void)err;
	if (row->seq == oldest->seq)
		oldest->time_ms = row->time_ms;
	return 0;
}

/* When the event was that waits longest for this endpoint, 0 if none does. */
static int64_t oldest_ms(struct hyp_engine *engine, const char *endpoint)
{
	struct hyp_store_query query = {.size = sizeof(query),
					.states = OPEN_DELIVERIES,
					.limit = 1,
					.endpoint_id = endpoint};
	struct oldest oldest = {0, 0};
	struct hyp_row_sink sink = {
		.size = sizeof(sink), .ctx = &oldest, .row = take_first};
	void *store = engine->store.instance;
	struct hyp_error err;

	if (hyp_store_calls.list(store, HYP_TABLE_DELIVERY, &query, &sink,
				 &err) < 0 ||
	    oldest.seq == 0)
		return 0;
	query = (struct hyp_store_query){
		.size = sizeof(query), .limit = 1, .after_seq = oldest.seq - 1};
	sink.row = take_time;
	hyp_store_calls.list(store, HYP_TABLE_EVENT, &query, &sink, &err);
	return oldest.time_ms;
}

struct names {
	char at[HYP_WEBHOOKS_MAX][129];
	size_t count;
};

static void list_endpoints(struct hyp_outbox *outbox, struct names *out)
{
	struct hyp_endpoint *e;

	out->count = 0;
	pthread_mutex_lock(&outbox->lock);
	for (e = outbox->endpoints; e != NULL && out->count < HYP_WEBHOOKS_MAX;
	     e = e->next)
		snprintf(out->at[out->count++], sizeof(out->at[0]), "%s",
			 e->webhook.name);
	pthread_mutex_unlock(&outbox->lock);
}

static void gather_webhooks(struct hyp_engine *engine, struct hyp_gathering *g)
{
	int64_t now = hyp_clock_wall_ms();
	struct names names;

	list_endpoints(engine->outbox, &names);
	for (size_t i = 0; i < names.count; i++) {
		int64_t since = oldest_ms(engine, names.at[i]);

		hyp_gather(g, HYP_FAMILY_WEBHOOK_OLDEST,
			   since > 0 && since < now ? seconds(now - since) : 0,
			   HYP_LABELS(names.at[i]));
		/* so that it is there from the start */
		hyp_metrics_shift(engine->metrics, HYP_FAMILY_WEBHOOK_BACKLOG,
				  0, HYP_LABELS(names.at[i]));
	}
}

/* --- disks --------------------------------------------------------------- */

static void gather_size(struct hyp_gathering *g, enum hyp_family family,
			const char *path, const char *end)
{
	char whole[4096];
	struct stat st;
	int n = snprintf(whole, sizeof(whole), "%s%s", path, end);

	if (n > 0 && (size_t)n < sizeof(whole) && stat(whole, &st) == 0)
		hyp_gather(g, family, (double)st.st_size, NULL);
}

static void gather_disks(struct hyp_engine *engine, struct hyp_gathering *g)
{
	const struct hyp_config *config = hyp_settings_get(engine->book);
	const struct hyp_list *roots = hyp_config_roots(config);
	struct hyp_disk disk;

	hyp_disks_ask(engine->disks, roots);
	for (uint64_t i = 0; i < roots->count; i++) {
		const char *root = roots->items[i];

		if (!hyp_disks_get(engine->disks, root, &disk))
			continue;
		hyp_gather(g, HYP_FAMILY_STORAGE_FREE, disk.free,
			   HYP_LABELS(root));
		hyp_gather(g, HYP_FAMILY_STORAGE_SIZE, disk.size,
			   HYP_LABELS(root));
		hyp_gather(g, HYP_FAMILY_STORAGE_CHECKED, seconds(disk.time_ms),
			   HYP_LABELS(root));
	}
	hyp_settings_put(engine->book, config);
	if (engine->store_path == NULL)
		return;
	gather_size(g, HYP_FAMILY_STORE_SIZE, engine->store_path, "");
	gather_size(g, HYP_FAMILY_STORE_WAL, engine->store_path, "-wal");
}

void hyp_tally_collect(void *ctx, struct hyp_gathering *g)
{
	struct hyp_engine *engine = ctx;

	gather_jobs(engine, g);
	gather_schedules(engine, g);
	gather_webhooks(engine, g);
	gather_disks(engine, g);
	hyp_gather(g, HYP_FAMILY_READY, hyp_engine_unready(engine) == NULL,
		   NULL);
	hyp_gather_process(g);
}
