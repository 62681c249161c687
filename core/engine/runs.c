/* SPDX-License-Identifier: Apache-2.0 */
#include "core/engine/runs.h"
#include "core/base/buf.h"
#include "core/base/cleanup.h"
#include "core/base/clock.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct run {
	struct run *next;
	struct hyp_keep keep; /* of the row's texts */
	struct hyp_fire_row fire;
	size_t left; /* jobs that are not over */
	uint32_t waiting;
	uint32_t worst; /* state of the worst end */
	const char *error;
};

struct hyp_runs {
	pthread_mutex_t lock;
	struct run *first; /* the oldest first */
	uint32_t ended;
};

int32_t hyp_runs_new(struct hyp_runs **out, struct hyp_error *err)
{
	struct hyp_runs *runs = calloc(1, sizeof(*runs));

	if (runs == NULL)
		return hyp_error_nomem(err);
	pthread_mutex_init(&runs->lock, NULL);
	*out = runs;
	return 0;
}

static void run_free(struct run *run)
{
	hyp_keep_free(&run->keep);
	free(run);
}

void hyp_runs_free(struct hyp_runs *runs)
{
	struct run *run;

	if (runs == NULL)
		return;
	while ((run = runs->first) != NULL) {
		runs->first = run->next;
		run_free(run);
	}
	pthread_mutex_destroy(&runs->lock);
	free(runs);
}

static struct run **find(struct hyp_runs *runs, const char *schedule_id,
			 const char *job_id)
{
	struct run **at = &runs->first;

	while (*at != NULL && (strcmp((*at)->fire.job_id, job_id) != 0 ||
			       strcmp((*at)->fire.schedule_id, schedule_id)))
		at = &(*at)->next;
	return at;
}

int32_t hyp_runs_add(struct hyp_runs *runs, const struct hyp_fire_row *fire,
		     size_t jobs, uint32_t waiting, struct hyp_error *err)
{
	struct run *run = calloc(1, sizeof(*run)), **at;

	if (run == NULL)
		return hyp_error_nomem(err);
	run->fire = *fire;
	run->left = jobs;
	run->waiting = waiting;
	run->worst = HYP_JOB_COMPLETED;
	if (hyp_keep_string(&run->keep, &run->fire.schedule_id, err) != 0 ||
	    hyp_keep_string(&run->keep, &run->fire.job_id, err) != 0 ||
	    (fire->error != NULL &&
	     hyp_keep_string(&run->keep, &run->fire.error, err) != 0)) {
		run_free(run);
		return err->code;
	}
	run->fire.status = HYP_RUN_BEGUN;
	pthread_mutex_lock(&runs->lock);
	for (at = &runs->first; *at != NULL; at = &(*at)->next)
		;
	*at = run;
	pthread_mutex_unlock(&runs->lock);
	return 0;
}

static void take_out(struct hyp_runs *runs, struct run **at)
{
	struct run *run = *at;

	if (run == NULL)
		return;
	*at = run->next;
	run_free(run);
	runs->ended = 1;
}

void hyp_runs_drop(struct hyp_runs *runs, const struct hyp_fire_row *fire)
{
	pthread_mutex_lock(&runs->lock);
	take_out(runs, find(runs, fire->schedule_id, fire->job_id));
	pthread_mutex_unlock(&runs->lock);
}

void hyp_runs_count(struct hyp_runs *runs, const char *schedule_id,
		    struct hyp_runs_count *out)
{
	memset(out, 0, sizeof(*out));
	pthread_mutex_lock(&runs->lock);
	for (struct run *run = runs->first; run != NULL; run = run->next) {
		if (strcmp(run->fire.schedule_id, schedule_id) != 0)
			continue;
		if (out->first[0] == '\0')
			snprintf(out->first, sizeof(out->first), "%s",
				 run->fire.job_id);
		out->waiting += run->waiting;
		out->begun += !run->waiting;
	}
	pthread_mutex_unlock(&runs->lock);
}

void hyp_runs_begin(struct hyp_runs *runs, const char *schedule_id,
		    const char *job_id)
{
	struct run *run;

	pthread_mutex_lock(&runs->lock);
	run = *find(runs, schedule_id, job_id);
	if (run != NULL)
		run->waiting = 0;
	pthread_mutex_unlock(&runs->lock);
}

int hyp_runs_ended(struct hyp_runs *runs)
{
	int ended;

	pthread_mutex_lock(&runs->lock);
	ended = runs->ended != 0;
	runs->ended = 0;
	pthread_mutex_unlock(&runs->lock);
	return ended;
}

/* The row of a job that ends in this operation, of a schedule; or NULL. */
static const struct hyp_job_row *end_of(const struct hyp_store_op *op)
{
	const struct hyp_job_row *job = op->row;

	if (op->table != HYP_TABLE_JOB || op->verb != HYP_OP_UPDATE ||
	    !(HYP_JOB_BIT(job->state) & HYP_JOBS_ENDED) ||
	    job->schedule_id == NULL || job->schedule_id[0] == '\0')
		return NULL;
	return job;
}

static struct run **run_of(struct hyp_runs *runs, const struct hyp_job_row *job)
{
	const char *group = job->group_id != NULL ? job->group_id : "";

	return find(runs, job->schedule_id, group[0] != '\0' ? group : job->id);
}

/* A failure is worse than that somebody cancelled it. */
static uint32_t worse(uint32_t a, uint32_t b)
{
	return a == HYP_JOB_FAILED || b == HYP_JOB_FAILED ? HYP_JOB_FAILED
	       : a > b					  ? a
							  : b;
}

/* What the fire's row says of all jobs, when the last has ended. */
static int32_t add_end(struct run *run, const struct hyp_job_row *job,
		       struct hyp_draft *draft, struct hyp_error *err)
{
	struct hyp_fire_row row = run->fire;
	int32_t rc;

	row.status = hyp_job_status_name(run->worst);
	row.duration_ms = job->completed_ms - row.executed_ms;
	if (row.duration_ms < 0)
		row.duration_ms = 0;
	if (run->error != NULL)
		row.error = run->error;
	rc = hyp_draft_keep(draft, &row.schedule_id, err);
	if (rc == 0)
		rc = hyp_draft_keep(draft, &row.job_id, err);
	if (rc == 0)
		rc = hyp_draft_keep(draft, &row.error, err);
	return rc == 0 ? hyp_draft_add(draft, HYP_OP_UPDATE, HYP_TABLE_FIRE,
				       &row, err)
		       : rc;
}

static void note_end(struct run *run, const struct hyp_job_row *job)
{
	struct hyp_error err;

	run->worst = worse(run->worst, job->state);
	if (job->state == HYP_JOB_FAILED && run->error == NULL) {
		run->error = job->error;
		if (hyp_keep_string(&run->keep, &run->error, &err) != 0)
			run->error = NULL;
	}
}

void hyp_runs_note(struct hyp_runs *runs, const struct hyp_job_row *job)
{
	struct run *run;

	pthread_mutex_lock(&runs->lock);
	run = *run_of(runs, job);
	if (run != NULL)
		note_end(run, job);
	pthread_mutex_unlock(&runs->lock);
}

int hyp_runs_before(struct hyp_runs *runs, struct hyp_draft *draft)
{
	size_t n = draft->count;
	struct hyp_error err;

	pthread_mutex_lock(&runs->lock);
	for (size_t i = 0; i < n; i++) {
		const struct hyp_job_row *job = end_of(&draft->ops[i]);
		struct run *run = job != NULL ? *run_of(runs, job) : NULL;

		if (run == NULL || run->left == 0)
			continue;
		note_end(run, job);
		if (--run->left == 0)
			add_end(run, job, draft, &err);
	}
	pthread_mutex_unlock(&runs->lock);
	return draft->count > n;
}

void hyp_runs_after(struct hyp_runs *runs, struct hyp_draft *draft,
		    size_t count, int done)
{
	pthread_mutex_lock(&runs->lock);
	for (size_t i = 0; i < count; i++) {
		const struct hyp_job_row *job = end_of(&draft->ops[i]);
		struct run **at = job != NULL ? run_of(runs, job) : NULL;

		if (at == NULL || *at == NULL)
			continue;
		if (!done)
			(*at)->left++;
		else if ((*at)->left == 0)
			take_out(runs, at);
	}
	draft->count = count;
	pthread_mutex_unlock(&runs->lock);
}
