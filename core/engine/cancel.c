/* SPDX-License-Identifier: Apache-2.0 */
/* Cancelling and deleting jobs. */
#include "core/base/log.h"
#include "core/engine/leftovers.h"
#include "core/engine/runner.h"
#include "core/engine/transition.h"

#include <string.h>

#define PATIENCE_MS 5000 /* with a runner that writes just then */
#define LOOKS 100	 /* at a job that changes while it is looked at */

static int32_t too_late(const struct hyp_job *job, struct hyp_error *err)
{
	return hyp_error_set(err, HYP_E_CONFLICT, "too_late", 0,
			     job->row.state == HYP_JOB_PUBLISHING
				     ? "job %s is being published: it can no "
				       "longer be cancelled"
				     : "job %s has ended: it can no longer be "
				       "cancelled",
			     job->row.id);
}

static int32_t lock(struct hyp_runner *runner, struct hyp_error *err)
{
	if (hyp_runner_lock(runner, PATIENCE_MS))
		return 0;
	return hyp_error_set(err, HYP_E_BUSY, "db_busy", 0,
			     "the state of job %s is being written, which "
			     "takes long: try again soon",
			     runner->id);
}

/* With the runner's lock held. */
static int32_t cancel_in(struct hyp_runner *runner,
			 const struct hyp_actor *actor, struct hyp_error *err)
{
	struct hyp_job_row next = runner->job->row;
	int32_t rc;

	if (next.state == HYP_JOB_CANCELLING || next.state == HYP_JOB_CANCELLED)
		return 0;
	if (next.state == HYP_JOB_PUBLISHING ||
	    hyp_job_is(runner->job, HYP_JOBS_ENDED))
		return too_late(runner->job, err);
	/* queued again, or waiting, by its runner's last act: then it is as
	 * any that does not run */
	if (!hyp_job_is(runner->job, HYP_JOBS_RUNNING))
		return HYP_E_FENCED;
	next.state = HYP_JOB_CANCELLING;
	rc = hyp_runner_step(runner, &next, HYP_JOB_BIT(runner->job->row.state),
			     "cancelled", 0, actor, err);
	if (rc < 0)
		return rc;
	if (runner->why == HYP_WHY_NOT)
		runner->why = HYP_WHY_CANCEL;
	hyp_cancel_set(runner->cancel);
	return 0;
}

static int32_t cancel_running(struct hyp_runner *runner,
			      const struct hyp_actor *actor,
			      struct hyp_error *err)
{
	int32_t rc = lock(runner, err);

	if (rc < 0)
		return rc;
	rc = cancel_in(runner, actor, err);
	pthread_mutex_unlock(&runner->lock);
	return rc;
}

static int32_t cancel_pending(struct hyp_engine *engine,
			      const struct hyp_actor *actor,
			      struct hyp_job *job, struct hyp_error *err)
{
	HYP_AUTO_DRAFT struct hyp_draft draft = {.count = 0};
	struct hyp_job_row next = job->row;
	int32_t rc;

	next.state = HYP_JOB_CANCELLED;
	hyp_leftovers_soon(engine, job->row.id);
	rc = hyp_leftovers_end(engine, &draft, &next, err);
	if (rc == 0)
		rc = hyp_transition(&draft, &next, HYP_JOB_BIT(job->row.state),
				    next.attempt, "cancelled", err);
	if (rc == 0)
		rc = hyp_audit_add(&draft, actor, job->row.id, "ok", 1, err);
	if (rc == 0)
		rc = hyp_engine_apply(engine, &draft, err);
	if (rc == 0)
		hyp_log(HYP_LOG_INFO, job->row.id, HYP_ENGINE_ORIGIN,
			"cancelled");
	return rc;
}

/* Claimed, and its runner not listed yet; or just taken off the list. */
static void wait_for_claim(struct hyp_engine *engine)
{
	pthread_mutex_lock(&engine->lock);
	while (engine->claiming)
		pthread_cond_wait(&engine->changed, &engine->lock);
	pthread_mutex_unlock(&engine->lock);
}

/* HYP_E_FENCED: it has changed meanwhile. */
static int32_t cancel_row(struct hyp_engine *engine,
			  const struct hyp_actor *actor, const char *id,
			  struct hyp_error *err)
{
	struct hyp_job *job = NULL;
	int32_t rc = hyp_engine_job(engine, id, &job, err);

	if (rc < 0)
		return rc;
	if (hyp_job_is(job, HYP_JOBS_PENDING))
		rc = cancel_pending(engine, actor, job, err);
	else if (job->row.state == HYP_JOB_PUBLISHING ||
		 job->row.state == HYP_JOB_COMPLETED ||
		 job->row.state == HYP_JOB_FAILED)
		rc = too_late(job, err);
	else if (job->row.state != HYP_JOB_CANCELLING &&
		 job->row.state != HYP_JOB_CANCELLED) {
		wait_for_claim(engine);
		rc = HYP_E_FENCED;
	}
	hyp_job_free(job);
	return rc;
}

int32_t hyp_engine_cancel(struct hyp_engine *engine,
			  const struct hyp_actor *actor, const char *id,
			  struct hyp_error *err)
{
	int32_t rc = hyp_engine_accepts(engine, err);

	if (rc < 0)
		return rc;
	for (int i = 0; i < LOOKS; i++) {
		struct hyp_runner *runner = hyp_runner_find(engine, id);

		if (runner != NULL) {
			rc = cancel_running(runner, actor, err);
			hyp_runner_put(runner);
		}
		if (runner == NULL || rc == HYP_E_FENCED)
			rc = cancel_row(engine, actor, id, err);
		if (rc != HYP_E_FENCED)
			return rc;
	}
	return hyp_error_set(err, HYP_E_BUSY, "db_busy", 0,
			     "job %s changes all the time: try again soon", id);
}

int32_t hyp_engine_delete(struct hyp_engine *engine,
			  const struct hyp_actor *actor, const char *id,
			  struct hyp_error *err)
{
	HYP_AUTO_DRAFT struct hyp_draft draft = {.count = 0};
	const struct hyp_store_op op = {
		.size = sizeof(op),
		.verb = HYP_OP_DELETE,
		.table = HYP_TABLE_JOB,
		.states = HYP_JOBS_ENDED,
	};
	struct hyp_job *job = NULL;
	int32_t rc = hyp_engine_accepts(engine, err);

	if (rc == 0)
		rc = hyp_engine_job(engine, id, &job, err);
	if (rc < 0)
		return rc;
	if (!hyp_job_is(job, HYP_JOBS_ENDED))
		rc = hyp_error_set(err, HYP_E_CONFLICT, "not_ended", 0,
				   "job %s is %s: cancel it first", id,
				   hyp_job_status_name(job->row.state));
	if (rc == 0)
		rc = hyp_leftovers_none(engine, id, err);
	if (rc == 0)
		rc = hyp_draft_op(&draft, &op, &job->row, sizeof(job->row),
				  err);
	if (rc == 0)
		rc = hyp_audit_add(&draft, actor, id, "ok", 1, err);
	if (rc == 0)
		rc = hyp_engine_apply(engine, &draft, err);
	hyp_job_free(job);
	if (rc == HYP_E_FENCED)
		return hyp_error_set(err, HYP_E_NOT_FOUND, "not_found", 0,
				     "there is no job %s any more", id);
	return rc;
}
