/* SPDX-License-Identifier: Apache-2.0 */
#include "core/engine/recover.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/engine/leftovers.h"
#include "core/engine/transition.h"
#include "core/engine/runner.h"
#include "core/engine/undo.h"
#include "core/pipeline/place-record.h"

#include <string.h>

#define LIMIT_MS 5000 /* for what is to be undone */

/* Into the draft, of which job must then be a part as long as it lives. */
static int32_t add(struct hyp_engine *engine, struct hyp_draft *draft,
		   const struct hyp_job *job, uint32_t state,
		   const char *details, struct hyp_error *err)
{
	struct hyp_job_row next = job->row;
	int32_t rc = 0;

	next.state = state;
	if (HYP_JOB_BIT(state) & HYP_JOBS_ENDED)
		rc = hyp_leftovers_end(engine, draft, &next, err);
	if (rc < 0)
		return rc;
	hyp_log(HYP_LOG_INFO, job->row.id, HYP_ENGINE_ORIGIN,
		"after an interruption: %s %s (%s)", hyp_job_status_name(state),
		hyp_job_phase_name(state), details);
	return hyp_transition(draft, &next, HYP_JOB_BIT(job->row.state),
			      next.attempt, details, err);
}

/* A job that kills the daemon each time must not do so for ever; one that
 * gets on may be interrupted as often as it will. */
static int32_t add_again(struct hyp_engine *engine, struct hyp_draft *draft,
			 struct hyp_job *job, struct hyp_error *err)
{
	const struct hyp_config *config = hyp_settings_get(engine->book);
	int64_t most = config->settings->jobs.max_interruptions;
	struct hyp_job_row *row = &job->row;
	char text[256];
	int32_t rc;

	hyp_settings_put(engine->book, config);
	hyp_job_clear_result(job);
	row->interruptions = row->moved ? 0 : row->interruptions + 1;
	if (row->interruptions < most)
		return add(engine, draft, job, HYP_JOB_QUEUED, "interrupted",
			   err);
	snprintf(text, sizeof(text),
		 "the daemon ended %u times in a row while this job ran, each "
		 "time before a byte arrived: its log may say why",
		 row->interruptions);
	rc = hyp_job_set_error(job, "crash_loop", text, err);
	return rc < 0 ? rc
		      : add(engine, draft, job, HYP_JOB_FAILED, "crash_loop",
			    err);
}

static int32_t requeue(struct hyp_engine *engine, struct hyp_job *job,
		       struct hyp_error *err)
{
	HYP_AUTO_DRAFT struct hyp_draft draft = {.count = 0};
	int32_t rc = add_again(engine, &draft, job, err);

	return rc < 0 ? rc : hyp_engine_apply_surely(engine, &draft, err);
}

static int is_place(const struct hyp_undo_item *item, const struct hyp_job *job)
{
	return item->attempt == job->row.attempt &&
	       strcmp(item->key, HYP_PLACE_KEY) == 0;
}

/* *state: HYP_PLACE_PUBLISHED if the package is there now. The receipt at the
 * final place says so; the place's record, where that is. */
static int32_t look_at_place(struct hyp_engine *engine,
			     const struct hyp_job *job,
			     const struct hyp_undo_items *items,
			     struct hyp_draft *draft, uint32_t *state,
			     struct hyp_error *err)
{
	int32_t rc = 0;

	for (size_t i = 0; rc == 0 && i < items->count; i++) {
		const struct hyp_undo_item *item = &items->at[i];

		if (!is_place(item, job))
			continue;
		rc = hyp_undo_one(engine, item, 1, state, err);
		if (rc == 0)
			rc = hyp_undo_drop(draft, item->job_id, item->attempt,
					   item->origin, item->key, err);
	}
	return rc;
}

static int32_t settle_publishing(struct hyp_engine *engine, struct hyp_job *job,
				 struct hyp_error *err)
{
	HYP_AUTO_DRAFT struct hyp_draft draft = {.count = 0};
	struct hyp_undo_items items;
	uint32_t state = HYP_PLACE_NONE;
	int32_t rc = hyp_undo_list(engine, job->row.id, &items, err);

	if (rc == 0)
		rc = look_at_place(engine, job, &items, &draft, &state, err);
	if (rc == 0 && state == HYP_PLACE_PUBLISHED) {
		job->row.interruptions = 0;
		rc = add(engine, &draft, job, HYP_JOB_COMPLETED,
			 "published before the interruption", err);
	} else if (rc == 0) {
		rc = add_again(engine, &draft, job, err);
	}
	hyp_undo_items_fini(&items);
	return rc < 0 ? rc : hyp_engine_apply_surely(engine, &draft, err);
}

/* A short trouble of the store or the storage: looked at again later. What
 * cannot be found out runs again; what is there is not overwritten. */
static int is_passing(int32_t rc)
{
	return rc == HYP_E_TRANSIENT || rc == HYP_E_BUSY ||
	       rc == HYP_E_RESOURCE;
}

static int32_t settle_one(struct hyp_engine *engine, struct hyp_job *job,
			  uint32_t *unsettled, struct hyp_error *err)
{
	int32_t rc = settle_publishing(engine, job, err);

	if (rc == 0)
		return 0;
	hyp_log(HYP_LOG_WARNING, job->row.id, HYP_ENGINE_ORIGIN,
		"whether it was published is not known: %s", err->text);
	if (is_passing(rc)) {
		(*unsettled)++;
		return 0;
	}
	return rc == HYP_E_FENCED ? 0 : requeue(engine, job, err);
}

static int32_t settle_all(struct hyp_engine *engine, struct hyp_job_list *jobs,
			  struct hyp_error *err)
{
	uint32_t unsettled = 0;
	int32_t rc = 0;

	for (size_t i = 0; rc == 0 && i < jobs->count; i++)
		if (jobs->at[i]->row.state == HYP_JOB_PUBLISHING)
			rc = settle_one(engine, jobs->at[i], &unsettled, err);
	pthread_mutex_lock(&engine->lock);
	engine->unsettled = unsettled;
	pthread_mutex_unlock(&engine->lock);
	return rc;
}

static int32_t list_jobs(struct hyp_engine *engine, uint32_t states,
			 struct hyp_job_list *out, struct hyp_error *err)
{
	const struct hyp_store_query query = {.size = sizeof(query),
					      .states = states};

	return hyp_engine_jobs(engine, &query, out, err);
}

void hyp_recover_publishing(struct hyp_engine *engine)
{
	struct hyp_job_list jobs;
	struct hyp_error err;

	if (list_jobs(engine, HYP_JOB_BIT(HYP_JOB_PUBLISHING), &jobs, &err) < 0)
		return;
	/* those at work here look after themselves */
	for (size_t i = 0; i < jobs.count; i++)
		if (hyp_runner_is_live(engine, jobs.at[i]->row.id,
				       jobs.at[i]->row.attempt))
			jobs.at[i]->row.state = HYP_JOB_SCHEDULED;
	if (settle_all(engine, &jobs, &err) < 0)
		hyp_log(HYP_LOG_WARNING, "", HYP_ENGINE_ORIGIN, "%s", err.text);
	hyp_job_list_fini(&jobs);
}

/* All in one change: a hundred take no longer than one. */
static int32_t release(struct hyp_engine *engine, struct hyp_job_list *jobs,
		       struct hyp_error *err)
{
	HYP_AUTO_DRAFT struct hyp_draft draft = {.count = 0};
	int32_t rc = 0;

	for (size_t i = 0; rc == 0 && i < jobs->count; i++) {
		struct hyp_job *job = jobs->at[i];

		if (job->row.state == HYP_JOB_CANCELLING)
			rc = add(engine, &draft, job, HYP_JOB_CANCELLED,
				 "cancelled before the interruption", err);
		else
			rc = add_again(engine, &draft, job, err);
	}
	if (rc == 0 && draft.count > 0)
		rc = hyp_engine_apply_surely(engine, &draft, err);
	return rc;
}

int32_t hyp_recover_waiting(struct hyp_engine *engine, struct hyp_error *err)
{
	HYP_AUTO_DRAFT struct hyp_draft draft = {.count = 0};
	int64_t now_ms = hyp_clock_wall_ms();
	struct hyp_job_list jobs;
	int32_t rc =
		list_jobs(engine, HYP_JOB_BIT(HYP_JOB_RETRY_WAIT), &jobs, err);

	if (rc < 0)
		return rc;
	for (size_t i = 0; rc == 0 && i < jobs.count; i++) {
		struct hyp_job_row *row = &jobs.at[i]->row;

		if (row->updated_ms <= now_ms + HYP_CLOCK_STEP_MS ||
		    row->due_ms <= now_ms)
			continue;
		row->due_ms = now_ms;
		rc = hyp_transition_none(&draft, row, err);
	}
	if (rc == 0 && draft.count > 0)
		rc = hyp_engine_apply(engine, &draft, err);
	if (rc == 0 && draft.count > 0)
		hyp_log(HYP_LOG_WARNING, "", HYP_ENGINE_ORIGIN,
			"the clock was set back: %zu jobs that wait for "
			"another try begin it now",
			draft.count);
	hyp_job_list_fini(&jobs);
	return rc;
}

int32_t hyp_recover(struct hyp_engine *engine, struct hyp_error *err)
{
	struct hyp_job_list publishing, running;
	int32_t rc;

	/* First what needs a job's password, which goes with its end. */
	rc = hyp_undo_pass(engine, LIMIT_MS, err);
	if (rc == 0)
		rc = list_jobs(engine, HYP_JOB_BIT(HYP_JOB_PUBLISHING),
			       &publishing, err);
	if (rc < 0)
		return rc;
	rc = settle_all(engine, &publishing, err);
	hyp_job_list_fini(&publishing);
	if (rc == 0)
		rc = list_jobs(engine,
			       HYP_JOBS_RUNNING &
				       ~HYP_JOB_BIT(HYP_JOB_PUBLISHING),
			       &running, err);
	if (rc < 0)
		return rc;
	rc = release(engine, &running, err);
	hyp_job_list_fini(&running);
	if (rc == 0)
		hyp_sweep(engine);
	return rc;
}
