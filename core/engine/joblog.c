/* SPDX-License-Identifier: Apache-2.0 */
#include "core/engine/joblog.h"
#include "core/base/log.h"

#include <string.h>

#define FLUSH_MS 500
#define QUEUE_MAX 10000 /* lines that wait; more are not kept */
#define BATCH 500	/* lines of one change */
#define TRIM_EXTRA 100	/* lines over the limit before the oldest go */
#define IDLE 120 /* flushes without a line of it, and a job is forgotten */

struct line {
	struct line *next;
	uint32_t level;
	int64_t time_ms;
	uint32_t is_end;	   /* no line: the job's last one is written */
	char *job, *origin, *text; /* in one allocation with it */
};

/* Lines of a job in the store, as far as it is known. */
struct count {
	struct count *next;
	int64_t lines; /* -1: to be counted */
	uint32_t ended;
	uint32_t idle; /* flushes since its last line: not every job has a
			* runner that ends it */
	char job[129];
};

struct hyp_joblog {
	struct hyp_engine *engine;
	struct hyp_log_tap tap;
	pthread_t thread;
	pthread_mutex_t lock; /* over what follows, but counts */
	pthread_cond_t changed;
	struct line *first, **last;
	size_t waiting;
	uint32_t ended;
	struct count *counts; /* the thread's */
};

static struct line *copy_line(const struct hyp_log_line *from)
{
	size_t job = strlen(from->job) + 1, origin = strlen(from->origin) + 1;
	size_t text = strlen(from->text) + 1;
	struct line *line = malloc(sizeof(*line) + job + origin + text);

	if (line == NULL)
		return NULL;
	memset(line, 0, sizeof(*line));
	line->level = from->level;
	line->time_ms = from->wall_ms;
	line->job = (char *)(line + 1);
	line->origin = line->job + job;
	line->text = line->origin + origin;
	memcpy(line->job, from->job, job);
	memcpy(line->origin, from->origin, origin);
	memcpy(line->text, from->text, text);
	return line;
}

static void enqueue(struct hyp_joblog *joblog, struct line *line)
{
	pthread_mutex_lock(&joblog->lock);
	if (line == NULL || joblog->waiting == QUEUE_MAX) {
		free(line);
	} else {
		*joblog->last = line;
		joblog->last = &line->next;
		joblog->waiting++;
	}
	pthread_mutex_unlock(&joblog->lock);
}

/* Called under the log's lock: must not log. */
static void sink(void *ctx, const struct hyp_log_line *from)
{
	if (from->job[0] != '\0')
		enqueue(ctx, copy_line(from));
}

void hyp_joblog_end(struct hyp_joblog *joblog, const char *job_id)
{
	const struct hyp_log_line mark = {
		.job = job_id, .origin = "", .text = ""};
	struct line *line = copy_line(&mark);

	if (line != NULL)
		line->is_end = 1;
	enqueue(joblog, line);
}

static void free_lines(struct line *line)
{
	while (line != NULL) {
		struct line *next = line->next;

		free(line);
		line = next;
	}
}

static int32_t add(struct hyp_draft *draft, const struct line *line,
		   struct hyp_error *err)
{
	const struct hyp_log_row row = {
		.size = sizeof(row),
		.level = line->level,
		.time_ms = line->time_ms,
		.job_id = line->job,
		.origin = line->origin,
		.text = line->text,
	};

	return hyp_draft_add(draft, HYP_OP_PUT, HYP_TABLE_LOG, &row, err);
}

/* From first, excluding end. */
static int32_t write_lines(struct hyp_joblog *joblog, const struct line *first,
			   const struct line *end)
{
	HYP_AUTO_DRAFT struct hyp_draft draft = {.flags = HYP_CHANGE_LAZY};
	struct hyp_error err;
	int32_t rc = 0;

	for (const struct line *l = first; rc == 0 && l != end; l = l->next)
		if (!l->is_end)
			rc = add(&draft, l, &err);
	return rc < 0 || draft.count == 0
		       ? rc
		       : hyp_engine_apply(joblog->engine, &draft, &err);
}

/* A job that has gone takes its lines with it, and must not take others'. */
static void write_batch(struct hyp_joblog *joblog, const struct line *first,
			const struct line *end)
{
	if (write_lines(joblog, first, end) != HYP_E_FENCED)
		return;
	for (; first != end; first = first->next)
		write_lines(joblog, first, first->next);
}

static struct count *count_of(struct hyp_joblog *joblog, const char *job)
{
	struct count *c = joblog->counts;

	while (c != NULL && strcmp(c->job, job) != 0)
		c = c->next;
	if (c != NULL)
		return c;
	c = calloc(1, sizeof(*c));
	if (c == NULL)
		return NULL;
	snprintf(c->job, sizeof(c->job), "%s", job);
	c->lines = -1;
	c->next = joblog->counts;
	joblog->counts = c;
	return c;
}

struct tally {
	int64_t lines;
	uint64_t seq; /* of the last one seen */
};

static int32_t tally(void *ctx, const void *row, struct hyp_error *err)
{
	struct tally *t = ctx;

	(void)err;
	t->lines++;
	t->seq = ((const struct hyp_log_row *)row)->seq;
	return 0;
}

/* The job's first limit lines, 0 for all. */
static int32_t look(struct hyp_joblog *joblog, const char *job, int64_t limit,
		    struct tally *out)
{
	const struct hyp_store_query query = {
		.size = sizeof(query), .job_id = job, .limit = (uint32_t)limit};
	const struct hyp_row_sink rows = {
		.size = sizeof(rows), .ctx = out, .row = tally};
	struct hyp_error err;

	return hyp_store_calls.list(joblog->engine->store.instance,
				    HYP_TABLE_LOG, &query, &rows, &err);
}

static void drop_oldest(struct hyp_joblog *joblog, struct count *c,
			int64_t excess)
{
	HYP_AUTO_DRAFT struct hyp_draft draft = {.flags = HYP_CHANGE_LAZY};
	struct tally t = {0, 0};
	struct hyp_log_row row = {.size = sizeof(row), .job_id = c->job};
	struct hyp_error err;

	if (look(joblog, c->job, excess, &t) < 0 || t.seq == 0)
		return;
	row.seq = t.seq;
	if (hyp_draft_add(&draft, HYP_OP_DELETE, HYP_TABLE_LOG, &row, &err) ==
		    0 &&
	    hyp_engine_apply(joblog->engine, &draft, &err) == 0)
		c->lines -= t.lines;
}

static void trim(struct hyp_joblog *joblog, int64_t most)
{
	struct count **at = &joblog->counts;

	while (*at != NULL) {
		struct count *c = *at;
		struct tally t = {0, 0};

		c->ended |= c->idle++ >= IDLE;
		if (c->lines < 0 && look(joblog, c->job, 0, &t) == 0)
			c->lines = t.lines;
		if (c->lines > most + TRIM_EXTRA ||
		    (c->ended && c->lines > most))
			drop_oldest(joblog, c, c->lines - most);
		if (!c->ended) {
			at = &c->next;
			continue;
		}
		*at = c->next;
		free(c);
	}
}

static void count_lines(struct hyp_joblog *joblog, const struct line *line)
{
	for (; line != NULL; line = line->next) {
		struct count *c = count_of(joblog, line->job);

		if (c == NULL)
			continue;
		if (c->lines >= 0 && !line->is_end)
			c->lines++;
		c->ended = line->is_end;
		c->idle = 0;
	}
}

static void flush(struct hyp_joblog *joblog, const struct line *first)
{
	const struct hyp_config *config =
		hyp_settings_get(joblog->engine->book);
	int64_t most = config->settings->jobs.log_lines;

	hyp_settings_put(joblog->engine->book, config);
	count_lines(joblog, first);
	for (const struct line *end; first != NULL; first = end) {
		size_t n = 0;

		for (end = first; end != NULL && n < BATCH; end = end->next)
			n++;
		write_batch(joblog, first, end);
	}
	trim(joblog, most);
}

static struct line *take_all(struct hyp_joblog *joblog)
{
	struct line *first = joblog->first;

	joblog->first = NULL;
	joblog->last = &joblog->first;
	joblog->waiting = 0;
	return first;
}

static void *joblog_main(void *arg)
{
	struct hyp_joblog *joblog = arg;
	uint32_t ended = 0;

	pthread_mutex_lock(&joblog->lock);
	while (!ended) {
		struct line *lines;

		if (!joblog->ended)
			hyp_cond_wait_ms(&joblog->changed, &joblog->lock,
					 FLUSH_MS);
		ended = joblog->ended;
		lines = take_all(joblog);
		pthread_mutex_unlock(&joblog->lock);
		if (lines != NULL)
			flush(joblog, lines);
		free_lines(lines);
		pthread_mutex_lock(&joblog->lock);
	}
	pthread_mutex_unlock(&joblog->lock);
	return NULL;
}

int32_t hyp_joblog_new(struct hyp_engine *engine, struct hyp_joblog **out,
		       struct hyp_error *err)
{
	struct hyp_joblog *joblog = calloc(1, sizeof(*joblog));
	int32_t rc;

	if (joblog == NULL)
		return hyp_error_nomem(err);
	joblog->engine = engine;
	joblog->last = &joblog->first;
	pthread_mutex_init(&joblog->lock, NULL);
	hyp_cond_init(&joblog->changed);
	rc = hyp_thread_start(&joblog->thread, "hyp-joblog", joblog_main,
			      joblog, err);
	if (rc < 0) {
		free(joblog);
		return rc;
	}
	joblog->tap.sink = sink;
	joblog->tap.ctx = joblog;
	joblog->tap.owner = hyp_log_owner();
	hyp_log_tap(&joblog->tap);
	*out = joblog;
	return 0;
}

void hyp_joblog_free(struct hyp_joblog *joblog)
{
	if (joblog == NULL)
		return;
	hyp_log_untap(&joblog->tap);
	pthread_mutex_lock(&joblog->lock);
	joblog->ended = 1;
	pthread_cond_broadcast(&joblog->changed);
	pthread_mutex_unlock(&joblog->lock);
	pthread_join(joblog->thread, NULL);
	for (struct count *c = joblog->counts, *next; c != NULL; c = next) {
		next = c->next;
		free(c);
	}
	pthread_cond_destroy(&joblog->changed);
	pthread_mutex_destroy(&joblog->lock);
	free(joblog);
}
