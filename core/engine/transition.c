/* SPDX-License-Identifier: Apache-2.0 */
#include "core/engine/transition.h"
#include "core/base/clock.h"
#include "core/engine/events.h"
#include "core/engine/telling.h"

#define PROGRESS_MAX (4u << 20)
#define NEW HYP_JOB_BIT(0) /* there is no such job yet */
#define BIT(state) HYP_JOB_BIT(HYP_JOB_##state)
#define WORKING (BIT(PREPARING) | BIT(TRANSFERRING) | BIT(PACKAGING))

/* By the state that a job comes to: those that it may come from. */
static const uint32_t ways[HYP_JOB_STATES] = {
	[HYP_JOB_SCHEDULED] = NEW,
	[HYP_JOB_QUEUED] = NEW | BIT(SCHEDULED) | WORKING | BIT(PUBLISHING),
	[HYP_JOB_RETRY_WAIT] = WORKING | BIT(PUBLISHING),
	[HYP_JOB_PREPARING] = BIT(QUEUED) | BIT(RETRY_WAIT),
	[HYP_JOB_TRANSFERRING] = BIT(PREPARING),
	[HYP_JOB_PACKAGING] = BIT(PREPARING) | BIT(TRANSFERRING),
	[HYP_JOB_PUBLISHING] = WORKING,
	[HYP_JOB_CANCELLING] = WORKING,
	[HYP_JOB_COMPLETED] = BIT(PUBLISHING),
	[HYP_JOB_FAILED] = WORKING | BIT(PUBLISHING),
	[HYP_JOB_CANCELLED] = HYP_JOBS_PENDING | BIT(CANCELLING),
};

static int is_ended(const struct hyp_job_row *job)
{
	return (HYP_JOB_BIT(job->state) & HYP_JOBS_ENDED) != 0;
}

static const char *event_type(const struct hyp_job_row *next, uint32_t from,
			      int first_start)
{
	if (from == 0)
		return "job.created";
	switch (next->state) {
	case HYP_JOB_PREPARING:
		return first_start ? "job.started" : NULL;
	case HYP_JOB_COMPLETED:
		return "job.completed";
	case HYP_JOB_FAILED:
		return "job.failed";
	case HYP_JOB_CANCELLED:
		return "job.cancelled";
	default:
		return NULL;
	}
}

static void set_times(struct hyp_job_row *next, uint32_t from)
{
	int64_t now = hyp_clock_wall_ms();

	next->size = sizeof(*next);
	next->updated_ms = now;
	if (from == 0)
		next->created_ms = now;
	if (next->state == HYP_JOB_PREPARING && next->started_ms == 0)
		next->started_ms = now;
	if (is_ended(next))
		next->completed_ms = now;
	if (next->state != HYP_JOB_RETRY_WAIT)
		next->due_ms = 0;
}

/* Its progress is that of its last attempt, whose phases are over. */
static int32_t end_progress(struct hyp_draft *draft, struct hyp_job_row *job,
			    struct hyp_error *err)
{
	HYP_AUTO_BUF struct hyp_buf text = HYP_BUF_INIT(PROGRESS_MAX);
	int32_t rc;

	if (job->progress_json == NULL || job->progress_json[0] == '\0')
		return 0;
	rc = hyp_telling_ended(job->progress_json,
			       job->state == HYP_JOB_COMPLETED, &text, err);
	if (rc < 0)
		return rc;
	job->progress_json = hyp_buf_str(&text);
	return hyp_draft_keep(draft, &job->progress_json, err);
}

static int32_t add_row(struct hyp_draft *draft, const struct hyp_job_row *next,
		       uint32_t from, uint32_t attempt, struct hyp_error *err)
{
	struct hyp_job_row row = *next;
	const struct hyp_store_op op = {
		.size = sizeof(op),
		.verb = from == 0 ? HYP_OP_PUT : HYP_OP_UPDATE,
		.table = HYP_TABLE_JOB,
		.states = from,
		.attempt = attempt,
	};

	if (is_ended(next) && end_progress(draft, &row, err) < 0)
		return err->code;
	return hyp_draft_op(draft, &op, &row, sizeof(row), err);
}

static int32_t add_history(struct hyp_draft *draft,
			   const struct hyp_job_row *next, const char *details,
			   struct hyp_error *err)
{
	struct hyp_history_row row = {
		.size = sizeof(row),
		.attempt = next->attempt,
		.time_ms = next->updated_ms,
		.job_id = next->id,
		.status = hyp_job_status_name(next->state),
		.phase = hyp_job_phase_name(next->state),
		.details = details,
	};
	int32_t rc = hyp_draft_keep(draft, &row.details, err);

	return rc < 0 ? rc
		      : hyp_draft_add(draft, HYP_OP_PUT, HYP_TABLE_HISTORY,
				      &row, err);
}

static int32_t drop_secret(struct hyp_draft *draft, const char *id,
			   struct hyp_error *err)
{
	struct hyp_secret_row row = {.size = sizeof(row), .owner = id};

	return hyp_draft_add(draft, HYP_OP_DELETE, HYP_TABLE_SECRET, &row, err);
}

int32_t hyp_transition(struct hyp_draft *draft, struct hyp_job_row *next,
		       uint32_t from, uint32_t attempt, const char *details,
		       struct hyp_error *err)
{
	int first_start = next->started_ms == 0;
	const char *event;
	int32_t rc;

	if (next->state >= HYP_JOB_STATES ||
	    ((from == 0 ? NEW : from) & ~ways[next->state]) != 0)
		return hyp_error_set(err, HYP_E_PERMANENT, "bad_transition", 0,
				     "job %s cannot become %s %s from there: "
				     "this is a mistake in hypersdk",
				     next->id, hyp_job_status_name(next->state),
				     hyp_job_phase_name(next->state));
	set_times(next, from);
	event = event_type(next, from, first_start);
	rc = add_row(draft, next, from, attempt, err);
	if (rc == 0)
		rc = add_history(draft, next, details, err);
	if (rc == 0 && event != NULL)
		rc = hyp_event_job(draft, event, next, err);
	if (rc == 0 && is_ended(next))
		rc = drop_secret(draft, next->id, err);
	draft->queued |= (HYP_JOB_BIT(next->state) & HYP_JOBS_PENDING) != 0;
	return rc;
}

int32_t hyp_transition_none(struct hyp_draft *draft, struct hyp_job_row *next,
			    struct hyp_error *err)
{
	next->updated_ms = hyp_clock_wall_ms();
	return add_row(draft, next, HYP_JOB_BIT(next->state), next->attempt,
		       err);
}
