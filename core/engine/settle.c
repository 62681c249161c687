/* SPDX-License-Identifier: Apache-2.0 */
/* How an attempt ended becomes the job's next state. */
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/units.h"
#include "core/engine/leftovers.h"
#include "core/engine/outcome.h"
#include "core/engine/runner.h"
#include "core/engine/undo.h"

#include <string.h>

#define AGAIN_MS 500
#define PLAIN "why cannot be recorded here: the daemon's log says it"

struct ending {
	struct hyp_job_row next;
	char *result, *details;
};

static int32_t complete(struct hyp_runner *runner,
			const struct hyp_result *result, struct ending *ending,
			struct hyp_error *err)
{
	HYP_AUTO_BUF struct hyp_buf text = HYP_BUF_INIT(HYP_RESULT_TEXT_MAX);
	int32_t rc = hyp_result_text(result, NULL, &text, err);

	if (rc == 0)
		rc = hyp_strdup(hyp_buf_str(&text), &ending->result, err);
	if (rc < 0)
		return rc;
	ending->next.state = HYP_JOB_COMPLETED;
	ending->next.result_json = ending->result;
	ending->next.interruptions = 0;
	hyp_log(HYP_LOG_INFO, runner->id, HYP_ENGINE_ORIGIN, "completed: %s",
		result->output);
	return 0;
}

static int32_t explain(const struct hyp_error *why,
		       const struct hyp_verdict *verdict, char **out,
		       struct hyp_error *err)
{
	char wait[HYP_UNITS_TEXT_MAX];

	if (verdict->state != HYP_JOB_RETRY_WAIT)
		return hyp_asprintf(out, err, "%s: %s", why->kind, why->text);
	hyp_format_duration(verdict->wait_ms, wait);
	return hyp_asprintf(out, err, "%s: %s; tried again in %s", why->kind,
			    why->text, wait);
}

/* What is known of a run that failed for good. */
static int32_t failed_result(const struct hyp_result *result,
			     const struct hyp_error *why, char **out,
			     struct hyp_error *err)
{
	HYP_AUTO_BUF struct hyp_buf text = HYP_BUF_INIT(HYP_RESULT_TEXT_MAX);
	int32_t rc = hyp_result_text(result, why->text, &text, err);

	return rc < 0 ? rc : hyp_strdup(hyp_buf_str(&text), out, err);
}

static struct hyp_verdict verdict_on(const struct hyp_runner *runner,
				     const struct hyp_error *why)
{
	if (strcmp(why->kind, HYP_KIND_HOST_FULL) == 0)
		return (struct hyp_verdict){HYP_JOB_QUEUED, 0, 0};
	return hyp_outcome_judge(why, runner->job->row.failures,
				 &runner->config->settings->jobs);
}

static int is_stopped(const struct hyp_runner *runner, int32_t rc)
{
	return rc == HYP_E_CANCELLED && runner->why == HYP_WHY_STOP;
}

static int32_t fail(struct hyp_runner *runner, const struct hyp_result *result,
		    const struct hyp_error *why, struct ending *ending,
		    struct hyp_error *err)
{
	struct hyp_job_row *next = &ending->next;
	struct hyp_verdict verdict = verdict_on(runner, why);
	int32_t rc;

	next->state = verdict.state;
	next->failures += verdict.charged;
	next->interruptions = 0;
	next->due_ms = hyp_clock_wall_ms() + (int64_t)verdict.wait_ms;
	if (verdict.state != HYP_JOB_QUEUED) {
		next->error = why->text;
		next->error_kind = why->kind;
	}
	rc = explain(why, &verdict, &ending->details, err);
	if (rc == 0 && verdict.state == HYP_JOB_FAILED) {
		rc = failed_result(result, why, &ending->result, err);
		next->result_json = ending->result;
	}
	if (rc == 0)
		hyp_log(verdict.state == HYP_JOB_FAILED ? HYP_LOG_ERROR
							: HYP_LOG_WARNING,
			runner->id, HYP_ENGINE_ORIGIN, "%s", ending->details);
	return rc;
}

static int32_t judge(struct hyp_runner *runner, int32_t rc,
		     const struct hyp_result *result,
		     const struct hyp_error *why, struct ending *ending,
		     struct hyp_error *err)
{
	struct hyp_job_row *next = &ending->next;

	*next = runner->job->row;
	if (runner->host != NULL)
		next->host = runner->host;
	next->result_json = ""; /* of a publishing that failed */
	if (next->state == HYP_JOB_CANCELLING) {
		next->state = HYP_JOB_CANCELLED;
		hyp_log(HYP_LOG_INFO, runner->id, HYP_ENGINE_ORIGIN,
			"cancelled");
		return 0;
	}
	if (rc == 0)
		return complete(runner, result, ending, err);
	if (!is_stopped(runner, rc))
		return fail(runner, result, why, ending, err);
	next->state = HYP_JOB_QUEUED;
	hyp_log(HYP_LOG_INFO, runner->id, HYP_ENGINE_ORIGIN,
		"interrupted: queued again");
	return hyp_strdup("interrupted by a stop", &ending->details, err);
}

/* The end itself, without what an attempt may have made its texts of. */
static void make_plain(struct hyp_runner *runner, struct ending *ending)
{
	struct hyp_job_row *next = &ending->next;

	next->host = runner->job->row.host;
	next->result_json = "";
	if (next->error[0] != '\0')
		next->error = PLAIN;
	free(ending->details);
	ending->details = NULL;
}

static int32_t write_down(struct hyp_runner *runner, int32_t rc,
			  const struct hyp_result *result,
			  const struct hyp_error *why, int plain,
			  struct hyp_error *err)
{
	struct ending ending = {.result = NULL};
	int32_t done = judge(runner, rc, result, why, &ending, err);

	if (done == 0 && plain)
		make_plain(runner, &ending);
	if (done == 0)
		done = hyp_runner_step(runner, &ending.next,
				       HYP_JOB_BIT(runner->job->row.state),
				       ending.details != NULL ? ending.details
							      : "",
				       1, NULL, err);
	free(ending.result);
	free(ending.details);
	return done;
}

/* Not for the store's sake: trying again would fail again. */
static int is_refused(int32_t done, const struct hyp_error *err)
{
	return done == HYP_E_USAGE ||
	       (done == HYP_E_PERMANENT && strncmp(err->kind, "db_", 3) != 0);
}

/* With the runner's lock held. A row that stays running would have nobody who
 * runs it, so that an end which is refused is written once more without its
 * texts. */
static int32_t record(struct hyp_runner *runner, int32_t rc,
		      const struct hyp_result *result,
		      const struct hyp_error *why, struct hyp_error *err)
{
	int plain = 0;
	int32_t done;

	for (;;) {
		done = write_down(runner, rc, result, why, plain, err);
		if (is_refused(done, err) && !plain) {
			hyp_log(HYP_LOG_ERROR, runner->id, HYP_ENGINE_ORIGIN,
				"its end is recorded without the reason, as "
				"that is refused: %s",
				err->text);
			plain = 1;
			continue;
		}
		if (done != HYP_E_TRANSIENT ||
		    !hyp_engine_pause(runner->engine, AGAIN_MS))
			return done;
	}
}

/* As judge will say, unless it is cancelled meanwhile. */
static int will_end(struct hyp_runner *runner, int32_t rc,
		    const struct hyp_error *why)
{
	int ends;

	pthread_mutex_lock(&runner->lock);
	ends = runner->why != HYP_WHY_FENCED &&
	       (rc == 0 || runner->job->row.state == HYP_JOB_CANCELLING ||
		(!is_stopped(runner, rc) &&
		 verdict_on(runner, why).state == HYP_JOB_FAILED));
	pthread_mutex_unlock(&runner->lock);
	return ends;
}

/* What an abort could not remove stays remembered. */
static uint32_t has_leftovers(struct hyp_runner *runner)
{
	struct hyp_undo_items items;
	struct hyp_error err;
	uint32_t has;

	has = hyp_undo_list(runner->engine, runner->id, &items, &err) < 0 ||
	      items.count > 0;
	hyp_undo_items_fini(&items);
	return has;
}

uint32_t hyp_runner_settle(struct hyp_runner *runner, int32_t rc,
			   const struct hyp_result *result,
			   struct hyp_error *why)
{
	const struct hyp_job_settings *jobs = &runner->config->settings->jobs;
	struct hyp_error err;
	int32_t done = HYP_E_FENCED;

	if (rc == HYP_E_AUTH)
		hyp_breaker_refused(runner->engine->breaker, runner->endpoint,
				    runner->user, jobs->breaker);
	if (rc < 0)
		hyp_redact(why->text);
	if (will_end(runner, rc, why))
		hyp_leftovers_try(runner->engine, runner->id);
	pthread_mutex_lock(&runner->lock);
	if (runner->why != HYP_WHY_FENCED)
		done = record(runner, rc, result, why, &err);
	pthread_mutex_unlock(&runner->lock);
	if (done == HYP_E_FENCED)
		hyp_log(HYP_LOG_WARNING, runner->id, HYP_ENGINE_ORIGIN,
			"fenced: the job is no longer this attempt's");
	else if (done < 0)
		hyp_log(HYP_LOG_ERROR, runner->id, HYP_ENGINE_ORIGIN,
			"its end cannot be recorded now, the next start "
			"recovers it: %s",
			err.text);
	return has_leftovers(runner);
}
