/* SPDX-License-Identifier: Apache-2.0 */
#include "core/engine/scheduler.h"
#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/engine/transition.h"

#include <string.h>

#define LOOK_MS 1000 /* again at the clock, which may have been set */
#define BATCH 5000   /* rows of one change */

int32_t hyp_scheduler_new(struct hyp_engine *engine, struct hyp_scheduler **out,
			  struct hyp_error *err)
{
	struct hyp_scheduler *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return hyp_error_nomem(err);
	s->engine = engine;
	pthread_mutex_init(&s->lock, NULL);
	hyp_cond_init(&s->wake);
	*out = s;
	return 0;
}

void hyp_scheduler_free(struct hyp_scheduler *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < s->count; i++)
		hyp_schedule_put(s->entries[i].schedule);
	free(s->entries);
	pthread_cond_destroy(&s->wake);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

/* --- the entries --------------------------------------------------------- */

/* The first that does not come before id. */
static size_t place(const struct hyp_scheduler *s, const char *id)
{
	size_t from = 0, to = s->count;

	while (from < to) {
		size_t at = from + (to - from) / 2;

		if (strcmp(s->entries[at].schedule->row.id, id) < 0)
			from = at + 1;
		else
			to = at;
	}
	return from;
}

struct hyp_entry *hyp_scheduler_find(struct hyp_scheduler *s, const char *id)
{
	size_t at = place(s, id);

	return at < s->count && strcmp(s->entries[at].schedule->row.id, id) == 0
		       ? &s->entries[at]
		       : NULL;
}

int32_t hyp_scheduler_insert(struct hyp_scheduler *s,
			     struct hyp_schedule *schedule,
			     struct hyp_error *err)
{
	size_t at = place(s, schedule->row.id);
	struct hyp_entry *entries =
		reallocarray(s->entries, s->count + 1, sizeof(*entries));

	if (entries == NULL)
		return hyp_error_nomem(err);
	s->entries = entries;
	memmove(&entries[at + 1], &entries[at],
		(s->count - at) * sizeof(*entries));
	s->count++;
	memset(&entries[at], 0, sizeof(*entries));
	hyp_scheduler_replace(&entries[at], schedule);
	return 0;
}

void hyp_scheduler_remove(struct hyp_scheduler *s, struct hyp_entry *entry)
{
	size_t at = (size_t)(entry - s->entries);

	hyp_schedule_put(entry->schedule);
	s->count--;
	memmove(entry, entry + 1, (s->count - at) * sizeof(*entry));
}

void hyp_scheduler_replace(struct hyp_entry *entry,
			   struct hyp_schedule *schedule)
{
	hyp_schedule_put(entry->schedule);
	memset(entry, 0, sizeof(*entry));
	entry->schedule = schedule;
	entry->next_ms = schedule->row.next_run_ms;
	entry->last_run_ms = schedule->row.last_run_ms;
	entry->run_count = schedule->row.run_count;
}

void hyp_scheduler_kick(struct hyp_scheduler *s)
{
	s->kicked = 1;
	pthread_cond_broadcast(&s->wake);
}

/* --- from the store ------------------------------------------------------ */

struct loading {
	struct hyp_scheduler *s;
	int64_t now_ms;
};

/* A clock that was far ahead has left an instant far away; a zone that was
 * gone none. */
static void look_back(struct hyp_scheduler *s, struct hyp_entry *entry,
		      int64_t now_ms)
{
	int64_t next_ms = hyp_schedule_next(entry->schedule, now_ms);

	if (next_ms == 0 || (entry->next_ms != 0 && next_ms >= entry->next_ms))
		return;
	entry->next_ms = next_ms;
	entry->unwritten = s->unwritten = 1;
}

/* Else a restart would not know what it has missed since. What fails is tried
 * again at the next look. */
static void write_back(struct hyp_scheduler *s)
{
	HYP_AUTO_DRAFT struct hyp_draft draft = {.count = 0};
	struct hyp_error err;
	int32_t rc = 0;
	size_t i;

	for (i = 0; rc == 0 && i < s->count && draft.count < BATCH; i++) {
		struct hyp_schedule_row row = hyp_entry_row(&s->entries[i]);

		if (s->entries[i].unwritten)
			rc = hyp_draft_add(&draft, HYP_OP_UPDATE,
					   HYP_TABLE_SCHEDULE, &row, &err);
	}
	if (rc == 0 && draft.count > 0)
		rc = hyp_engine_apply(s->engine, &draft, &err);
	if (rc < 0)
		return;
	s->unwritten = i < s->count;
	while (i-- > 0)
		s->entries[i].unwritten = 0;
}

/* One that cannot be read, for its zone is gone, does not fire, and waits for
 * somebody to change it; the others go on. */
static int32_t read_row(const struct hyp_schedule_row *row,
			struct hyp_schedule **out, struct hyp_error *err)
{
	if (hyp_schedule_load(row, out, err) == 0)
		return 0;
	if (strcmp(err->kind, "no_memory") == 0)
		return err->code;
	hyp_log(HYP_LOG_ERROR, "", "schedule", "%s: it does not run: %s (%s)",
		row->id, err->text, err->kind);
	return hyp_schedule_keep(row, out, err);
}

static int32_t load_row(void *ctx, const void *at, struct hyp_error *err)
{
	const struct hyp_schedule_row *row = at;
	struct loading *l = ctx;
	struct hyp_schedule *schedule;
	struct hyp_entry *entry;

	if (read_row(row, &schedule, err) < 0)
		return err->code;
	if (hyp_scheduler_insert(l->s, schedule, err) < 0) {
		hyp_schedule_put(schedule);
		return err->code;
	}
	entry = hyp_scheduler_find(l->s, row->id);
	entry->unwritten = entry->next_ms != row->next_run_ms;
	l->s->unwritten |= entry->unwritten;
	look_back(l->s, entry, l->now_ms);
	return 0;
}

struct found_run {
	const char *key; /* the job, or the group */
	size_t jobs;
	uint32_t waiting;
};
struct run_search {
	struct hyp_runs *runs;
	struct found_run *at; /* by key */
	size_t count, left;
};

static const char *key_of(const struct hyp_job *job)
{
	return job->row.group_id[0] != '\0' ? job->row.group_id : job->row.id;
}

static int by_key(const void *a, const void *b)
{
	const struct found_run *x = a, *y = b;

	return strcmp(x->key, y->key);
}

static int32_t take_run(void *ctx, const void *at, struct hyp_error *err)
{
	const struct hyp_fire_row *fire = at;
	struct run_search *search = ctx;
	const struct found_run key = {.key = fire->job_id}, *found;

	found = bsearch(&key, search->at, search->count, sizeof(key), by_key);
	if (found == NULL)
		return 0;
	if (hyp_runs_add(search->runs, fire, found->jobs, found->waiting,
			 err) != 0)
		return err->code;
	return --search->left > 0 ? 0
				  : hyp_error_set(err, HYP_E_CANCELLED, "found",
						  0, "there are no more");
}

/* The runs that active jobs belong to, each once. */
static void collect_runs(const struct hyp_job_list *jobs,
			 struct run_search *search)
{
	size_t n = 0;

	for (size_t i = 0; i < jobs->count; i++)
		search->at[i] = (struct found_run){key_of(jobs->at[i]), 1,
						   jobs->at[i]->row.state ==
							   HYP_JOB_SCHEDULED};
	qsort(search->at, jobs->count, sizeof(*search->at), by_key);
	for (size_t i = 0; i < jobs->count; i++) {
		if (n > 0 && by_key(&search->at[n - 1], &search->at[i]) == 0)
			search->at[n - 1].jobs++;
		else
			search->at[n++] = search->at[i];
	}
	search->count = search->left = n;
}

/* Their fires, the newest first: all of them are found soon. */
static int32_t find_runs(struct hyp_scheduler *s, const char *id,
			 const struct hyp_job_list *jobs, struct hyp_error *err)
{
	const struct hyp_store_query query = {.size = sizeof(query),
					      .flags = HYP_QUERY_REVERSE,
					      .schedule_id = id};
	struct run_search search = {
		.runs = s->engine->runs,
		.at = calloc(jobs->count, sizeof(struct found_run))};
	const struct hyp_row_sink sink = {
		.size = sizeof(sink), .ctx = &search, .row = take_run};
	int32_t rc;

	if (search.at == NULL)
		return hyp_error_nomem(err);
	collect_runs(jobs, &search);
	rc = hyp_store_calls.list(s->engine->store.instance, HYP_TABLE_FIRE,
				  &query, &sink, err);
	free(search.at);
	return rc == HYP_E_CANCELLED ? 0 : rc;
}

/* Those of a group that are over already. */
static int32_t note_ended(struct hyp_scheduler *s,
			  const struct hyp_job_list *jobs,
			  struct hyp_error *err)
{
	struct hyp_store_query query = {.size = sizeof(query),
					.states = HYP_JOBS_ENDED};
	const char *seen = "";
	struct hyp_job_list ended;
	int32_t rc = 0;

	for (size_t i = 0; rc == 0 && i < jobs->count; i++) {
		query.group_id = jobs->at[i]->row.group_id;
		if (query.group_id[0] == '\0' ||
		    strcmp(query.group_id, seen) == 0)
			continue;
		seen = query.group_id;
		rc = hyp_engine_jobs(s->engine, &query, &ended, err);
		for (size_t k = 0; rc == 0 && k < ended.count; k++)
			hyp_runs_note(s->engine->runs, &ended.at[k]->row);
		if (rc == 0)
			hyp_job_list_fini(&ended);
	}
	return rc;
}

static int32_t load_runs(struct hyp_scheduler *s, const char *id,
			 struct hyp_error *err)
{
	const struct hyp_store_query query = {.size = sizeof(query),
					      .flags = HYP_QUERY_REVERSE,
					      .states = HYP_JOBS_ACTIVE,
					      .schedule_id = id};
	struct hyp_job_list jobs;
	int32_t rc = hyp_engine_jobs(s->engine, &query, &jobs, err);

	if (rc < 0)
		return rc;
	if (jobs.count > 0)
		rc = find_runs(s, id, &jobs, err);
	if (rc == 0)
		rc = note_ended(s, &jobs, err);
	hyp_job_list_fini(&jobs);
	return rc;
}

int32_t hyp_scheduler_load(struct hyp_scheduler *s, struct hyp_error *err)
{
	const struct hyp_store_query query = {.size = sizeof(query)};
	struct loading loading = {s, hyp_clock_wall_ms()};
	const struct hyp_row_sink sink = {
		.size = sizeof(sink), .ctx = &loading, .row = load_row};
	int32_t rc;

	pthread_mutex_lock(&s->lock);
	s->ahead_ms = loading.now_ms - (int64_t)hyp_clock_boot_ms();
	rc = hyp_store_calls.list(s->engine->store.instance, HYP_TABLE_SCHEDULE,
				  &query, &sink, err);
	for (size_t i = 0; rc == 0 && i < s->count; i++)
		rc = load_runs(s, s->entries[i].schedule->row.id, err);
	pthread_mutex_unlock(&s->lock);
	return rc;
}

/* --- the clock ----------------------------------------------------------- */

/* Set forward: what it jumped over is made up for once, however far. Set back:
 * what comes again has a row of its fire, and does not fire again. */
static void watch_clock(struct hyp_scheduler *s, int64_t now_ms)
{
	int64_t ahead_ms = now_ms - (int64_t)hyp_clock_boot_ms();
	int64_t step_ms = ahead_ms - s->ahead_ms;

	s->ahead_ms = ahead_ms;
	if (step_ms > -HYP_CLOCK_STEP_MS && step_ms < HYP_CLOCK_STEP_MS)
		return;
	hyp_log(HYP_LOG_WARNING, "", "schedule",
		"the clock was set %s by %lld s",
		step_ms > 0 ? "forward" : "back",
		(long long)(step_ms > 0 ? step_ms : -step_ms) / 1000);
	for (size_t i = 0; i < s->count; i++) {
		struct hyp_entry *entry = &s->entries[i];

		entry->hold_ms = 0;
		if (step_ms < 0)
			look_back(s, entry, now_ms);
		else if (entry->next_ms != 0 && entry->next_ms <= now_ms)
			entry->stepped = 1;
	}
}

static int64_t due_at(const struct hyp_entry *entry)
{
	if (entry->next_ms == 0)
		return INT64_MAX;
	return entry->next_ms > entry->hold_ms ? entry->next_ms
					       : entry->hold_ms;
}

/* Nobody is asked for it now, and may be. */
static int has_turn(const struct hyp_scheduler *s,
		    const struct hyp_entry *entry, uint32_t groups)
{
	return !entry->schedule->is_group ||
	       (groups && !entry->asking && s->asking < HYP_ASKING_MAX);
}

/* The one that is due longest, or NULL. Sets when to look again. */
static struct hyp_entry *first_due(struct hyp_scheduler *s, int64_t now_ms,
				   uint32_t groups)
{
	struct hyp_entry *first = NULL;

	s->soonest_ms = INT64_MAX;
	for (size_t i = 0; i < s->count; i++) {
		struct hyp_entry *entry = &s->entries[i];
		int64_t at = due_at(entry);

		if (!has_turn(s, entry, groups))
			continue;
		if (at < s->soonest_ms)
			s->soonest_ms = at;
		if (at > now_ms)
			continue;
		if (first == NULL || at < due_at(first))
			first = entry;
	}
	return first;
}

/* --- runs that wait ------------------------------------------------------ */

static int32_t begin_run(struct hyp_scheduler *s, struct hyp_job_list *jobs,
			 size_t first, struct hyp_error *err)
{
	HYP_AUTO_DRAFT struct hyp_draft draft = {.count = 0};
	const char *group = jobs->at[first]->row.group_id;
	const char *key = group[0] != '\0' ? group : jobs->at[first]->row.id;
	const char *schedule = jobs->at[first]->row.schedule_id;
	int32_t rc = 0;

	for (size_t i = first; rc == 0 && i < jobs->count; i++) {
		struct hyp_job_row *job = &jobs->at[i]->row;

		if (i != first &&
		    (group[0] == '\0' || strcmp(job->group_id, group) != 0))
			continue;
		job->state = HYP_JOB_QUEUED;
		rc = hyp_transition(&draft, job, HYP_JOB_BIT(HYP_JOB_SCHEDULED),
				    job->attempt, "the run before is over",
				    err);
	}
	if (rc == 0)
		rc = hyp_engine_apply(s->engine, &draft, err);
	if (rc == 0)
		hyp_runs_begin(s->engine->runs, schedule, key);
	return rc;
}

/* The next of those whose earlier run is over. What failed is tried again at
 * the next look, and told once. */
static void begin_waiting(struct hyp_scheduler *s)
{
	const struct hyp_store_query query = {
		.size = sizeof(query),
		.flags = HYP_QUERY_REVERSE,
		.states = HYP_JOB_BIT(HYP_JOB_SCHEDULED)};
	struct hyp_job_list jobs;
	struct hyp_runs_count runs;
	uint32_t told = s->unbegun;
	struct hyp_error err;
	int32_t rc = hyp_engine_jobs(s->engine, &query, &jobs, &err);

	s->unbegun = rc < 0;
	if (rc < 0)
		return;
	for (size_t i = 0; i < jobs.count; i++) {
		if (jobs.at[i]->row.state != HYP_JOB_SCHEDULED)
			continue;
		hyp_runs_count(s->engine->runs, jobs.at[i]->row.schedule_id,
			       &runs);
		if (runs.begun > 0)
			continue;
		rc = begin_run(s, &jobs, i, &err);
		s->unbegun |= rc < 0;
		if (rc < 0 && rc != HYP_E_FENCED && !told)
			hyp_log(HYP_LOG_WARNING, "", "schedule", "%s: %s",
				jobs.at[i]->row.schedule_id, err.text);
	}
	hyp_job_list_fini(&jobs);
}

/* --- the thread ---------------------------------------------------------- */

static void sync_files(struct hyp_scheduler *s)
{
	struct hyp_error err;

	s->unsynced = hyp_scheduler_sync(s, &err) < 0;
	if (s->unsynced)
		hyp_log(HYP_LOG_WARNING, "", "schedule",
			"the files' schedules are not in force yet: %s",
			err.text);
}

static void tick(struct hyp_scheduler *s, uint32_t groups)
{
	struct hyp_entry *entry;
	int64_t now_ms = hyp_clock_wall_ms();

	hyp_group_reap(s, 0);
	watch_clock(s, now_ms);
	if (s->unwritten)
		write_back(s);
	if (s->unsynced)
		sync_files(s);
	if (hyp_runs_ended(s->engine->runs) || s->unbegun)
		begin_waiting(s);
	while (!s->stopping && (entry = first_due(s, now_ms, groups)) != NULL) {
		hyp_scheduler_fire(s, entry, now_ms);
		now_ms = hyp_clock_wall_ms();
		watch_clock(s, now_ms);
	}
}

void hyp_scheduler_tick(struct hyp_scheduler *s)
{
	pthread_mutex_lock(&s->lock);
	tick(s, 1);
	while (s->asking > 0) {
		pthread_cond_wait(&s->wake, &s->lock);
		tick(s, 1);
	}
	pthread_mutex_unlock(&s->lock);
}

/* A second at the most, so that a clock that is set is seen soon; less when an
 * instant comes before that. */
static void wait_for_next(struct hyp_scheduler *s)
{
	int64_t left = s->soonest_ms - hyp_clock_wall_ms();

	if (s->kicked || s->stopping)
		return;
	if (left < 1)
		left = 1;
	hyp_cond_wait_ms(&s->wake, &s->lock,
			 left < LOOK_MS ? (uint32_t)left : LOOK_MS);
}

static void *schedule_main(void *arg)
{
	struct hyp_scheduler *s = arg;

	pthread_mutex_lock(&s->lock);
	while (!s->stopping) {
		s->kicked = 0;
		tick(s, 1);
		wait_for_next(s);
	}
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

int32_t hyp_scheduler_catch_up(struct hyp_scheduler *s, struct hyp_error *err)
{
	int32_t rc;

	pthread_mutex_lock(&s->lock);
	rc = hyp_scheduler_sync(s, err);
	if (rc == 0) {
		begin_waiting(s);
		tick(s, 0);
	}
	pthread_mutex_unlock(&s->lock);
	return rc;
}

int32_t hyp_scheduler_start(struct hyp_scheduler *s, struct hyp_error *err)
{
	int32_t rc = hyp_thread_start(&s->thread, "hyp-schedule", schedule_main,
				      s, err);

	s->has_thread = rc == 0;
	return rc;
}

void hyp_scheduler_stop(struct hyp_scheduler *s)
{
	pthread_mutex_lock(&s->lock);
	s->stopping = 1;
	pthread_cond_broadcast(&s->wake);
	pthread_mutex_unlock(&s->lock);
	hyp_cancel_set(s->engine->asking.cancel);
	if (s->has_thread)
		pthread_join(s->thread, NULL);
	s->has_thread = 0;
	hyp_group_reap(s, 1);
}

void hyp_scheduler_reload(struct hyp_scheduler *s)
{
	pthread_mutex_lock(&s->lock);
	sync_files(s);
	hyp_scheduler_kick(s);
	pthread_mutex_unlock(&s->lock);
}
