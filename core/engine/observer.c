/* SPDX-License-Identifier: Apache-2.0 */
/* What a run tells its runner, and what the store is told of it. */
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/engine/runner.h"
#include "core/engine/transition.h"
#include "core/engine/undo.h"
#include "core/pipeline/place-record.h"

#include <string.h>

#define WRITE_MS 1000 /* between two progress rows */
#define WORKING                                                                \
	(HYP_JOB_BIT(HYP_JOB_PREPARING) | HYP_JOB_BIT(HYP_JOB_TRANSFERRING) |  \
	 HYP_JOB_BIT(HYP_JOB_PACKAGING))

/* The row is another's now: nothing more is written, and the run ends. With
 * the runner's lock held. */
static void fenced(struct hyp_runner *runner)
{
	runner->why = HYP_WHY_FENCED;
	hyp_cancel_set(runner->cancel);
}

static int32_t failed_step(struct hyp_runner *runner, int32_t rc,
			   const struct hyp_error *err)
{
	if (rc == HYP_E_FENCED)
		fenced(runner);
	else if (rc < 0)
		hyp_log(HYP_LOG_WARNING, runner->id, HYP_ENGINE_ORIGIN, "%s",
			err->text);
	return rc;
}

/* Others on the VM or its host? With the engine's lock held. */
static int32_t look_around(const struct hyp_runner *me, const struct hyp_vm *vm,
			   struct hyp_error *err)
{
	int64_t most = me->config->settings->jobs.max_per_host, n = 0;

	for (struct hyp_runner *r = me->engine->runners; r; r = r->next) {
		if (r == me || r->vm_id == NULL ||
		    strcmp(r->endpoint, me->endpoint) != 0)
			continue;
		if (strcmp(r->vm_id, vm->id) == 0)
			return hyp_error_set(err, HYP_E_BUSY, "vm_in_use", 0,
					     "job %s exports this VM now",
					     r->id);
		n += vm->host != NULL && vm->host[0] != '\0' &&
		     strcmp(r->host, vm->host) == 0;
	}
	if (most > 0 && n >= most)
		return hyp_error_set(err, HYP_E_BUSY, HYP_KIND_HOST_FULL, 0,
				     "%lld export%s on host %s already",
				     (long long)n, n == 1 ? " runs" : "s run",
				     vm->host);
	return 0;
}

static int32_t settle_in(struct hyp_runner *runner, const struct hyp_vm *vm,
			 struct hyp_error *err)
{
	int32_t rc;

	rc = hyp_strdup(vm->host != NULL ? vm->host : "", &runner->host, err);
	if (rc == 0)
		rc = look_around(runner, vm, err);
	if (rc == 0)
		rc = hyp_strdup(vm->id, &runner->vm_id, err);
	return rc;
}

/* So that a claim knows it. */
static void write_host(struct hyp_runner *runner)
{
	HYP_AUTO_DRAFT struct hyp_draft draft = {.count = 0};
	struct hyp_job_row next;
	struct hyp_job *job = NULL;
	struct hyp_error err;
	int32_t rc;

	pthread_mutex_lock(&runner->lock);
	next = runner->job->row;
	next.host = runner->host;
	rc = hyp_job_new(&next, &job, &err);
	if (rc == 0 && hyp_job_is(runner->job, WORKING)) {
		rc = hyp_transition_none(&draft, &job->row, &err);
		if (rc == 0)
			rc = hyp_engine_apply(runner->engine, &draft, &err);
	}
	if (rc == 0) {
		hyp_job_free(runner->job);
		runner->job = job;
	} else {
		hyp_job_free(job);
	}
	failed_step(runner, rc, &err);
	pthread_mutex_unlock(&runner->lock);
}

static int32_t on_found(void *ctx, const struct hyp_vm *vm,
			struct hyp_error *err)
{
	struct hyp_runner *runner = ctx;
	struct hyp_engine *engine = runner->engine;
	int32_t rc;

	hyp_breaker_accepted(engine->breaker, runner->endpoint, runner->user);
	runner->measured.os_type = hyp_os_type(vm->guest_os);
	pthread_mutex_lock(&engine->lock);
	rc = settle_in(runner, vm, err);
	pthread_mutex_unlock(&engine->lock);
	if (runner->host != NULL && runner->host[0] != '\0')
		write_host(runner);
	return rc;
}

static void step_to(struct hyp_runner *runner, uint32_t state)
{
	struct hyp_job_row next = runner->job->row;
	struct hyp_error err;
	int32_t rc;

	next.state = state;
	rc = hyp_runner_step(runner, &next, HYP_JOB_BIT(runner->job->row.state),
			     "", 0, NULL, &err);
	failed_step(runner, rc, &err);
}

static void on_phase(void *ctx, uint32_t phase)
{
	struct hyp_runner *runner = ctx;
	uint32_t state = phase == HYP_PHASE_TRANSFERRING ? HYP_JOB_TRANSFERRING
			 : phase == HYP_PHASE_PACKAGING	 ? HYP_JOB_PACKAGING
							 : 0;

	runner->telling.phase = phase;
	if (phase == HYP_PHASE_TRANSFERRING)
		hyp_telling_begin(&runner->telling, runner->attempt,
				  hyp_clock_boot_ms());
	hyp_log(HYP_LOG_INFO, runner->id, HYP_ENGINE_ORIGIN, "%s",
		hyp_phase_name(phase));
	if (state == 0)
		return;
	pthread_mutex_lock(&runner->lock);
	if (hyp_job_is(runner->job, WORKING))
		step_to(runner, state);
	pthread_mutex_unlock(&runner->lock);
}

static int32_t add_progress(struct hyp_runner *runner, struct hyp_draft *draft,
			    const char *json, struct hyp_error *err)
{
	const struct hyp_job_row *job = &runner->job->row;
	const struct hyp_progress_row row = {
		.size = sizeof(row),
		.moved = 1,
		.updated_ms = hyp_clock_wall_ms(),
		.job_id = job->id,
		.progress_json = json,
	};
	const struct hyp_store_op op = {
		.size = sizeof(op),
		.verb = HYP_OP_UPDATE,
		.table = HYP_TABLE_PROGRESS,
		.states = WORKING,
		.attempt = runner->attempt,
	};

	return hyp_draft_op(draft, &op, &row, sizeof(row), err);
}

/* The runner's copy follows the store's row. */
static int32_t take_progress(struct hyp_runner *runner, const char *json,
			     struct hyp_error *err)
{
	struct hyp_job_row next = runner->job->row;
	struct hyp_job *job;
	int32_t rc;

	next.moved = 1;
	next.progress_json = json;
	rc = hyp_job_new(&next, &job, err);
	if (rc < 0)
		return rc;
	hyp_job_free(runner->job);
	runner->job = job;
	return 0;
}

/* With the runner's lock held. */
static int32_t write_progress(struct hyp_runner *runner, uint64_t now_ms,
			      struct hyp_error *err)
{
	struct hyp_telling *telling = &runner->telling;
	HYP_AUTO_DRAFT struct hyp_draft draft = {.count = 0};
	HYP_AUTO_BUF struct hyp_buf json = HYP_BUF_INIT(HYP_RESULT_TEXT_MAX);
	int due = hyp_telling_is_due(telling, now_ms);
	int32_t rc;

	draft.flags = telling->moved ? HYP_CHANGE_LAZY : 0;
	rc = hyp_telling_json(telling, now_ms, &json, err);
	if (rc == 0)
		rc = add_progress(runner, &draft, hyp_buf_str(&json), err);
	telling->last.phase = hyp_phase_name(telling->phase);
	if (rc == 0 && due)
		rc = hyp_event_progress(&draft, &runner->job->row,
					hyp_clock_wall_ms(), &telling->last,
					err);
	if (rc == 0)
		rc = hyp_engine_apply(runner->engine, &draft, err);
	if (rc == 0)
		rc = take_progress(runner, hyp_buf_str(&json), err);
	if (rc < 0)
		return rc;
	telling->moved = 1;
	if (due)
		hyp_telling_told(telling, now_ms);
	return 0;
}

static void on_progress(void *ctx, const struct hyp_export_file_state *files,
			size_t count)
{
	struct hyp_runner *runner = ctx;
	struct hyp_telling *telling = &runner->telling;
	uint64_t now_ms = hyp_clock_boot_ms();
	struct hyp_error err;

	hyp_telling_measure(telling, files, count);
	hyp_runner_count_bytes(runner, telling->transferred);
	if (telling->received == 0 ||
	    (telling->moved && now_ms - telling->written_ms < WRITE_MS))
		return;
	telling->written_ms = now_ms;
	pthread_mutex_lock(&runner->lock);
	if (hyp_job_is(runner->job, WORKING))
		failed_step(runner, write_progress(runner, now_ms, &err), &err);
	pthread_mutex_unlock(&runner->lock);
}

/* With the runner's lock held. A cancellation that was accepted before wins,
 * and so does a stop. */
static int32_t commit_publishing(struct hyp_runner *runner,
				 const struct hyp_result *result,
				 struct hyp_error *err)
{
	HYP_AUTO_BUF struct hyp_buf text = HYP_BUF_INIT(HYP_RESULT_TEXT_MAX);
	HYP_AUTO_BUF struct hyp_buf progress =
		HYP_BUF_INIT(HYP_RESULT_TEXT_MAX);
	struct hyp_job_row next = runner->job->row;
	int32_t rc;

	if (hyp_cancel_is_set(runner->cancel) ||
	    !hyp_job_is(runner->job, WORKING))
		return hyp_error_cancelled(err);
	runner->telling.phase = HYP_PHASE_PUBLISHING;
	runner->telling.last.percent = 100;
	rc = hyp_result_text(result, NULL, &text, err);
	if (rc == 0)
		rc = hyp_telling_json(&runner->telling, hyp_clock_boot_ms(),
				      &progress, err);
	if (rc < 0)
		return rc;
	next.state = HYP_JOB_PUBLISHING;
	next.result_json = hyp_buf_str(&text);
	next.progress_json = hyp_buf_str(&progress);
	rc = hyp_runner_step(runner, &next, HYP_JOB_BIT(runner->job->row.state),
			     "", 1, NULL, err);
	if (rc == HYP_E_FENCED)
		fenced(runner);
	return rc;
}

static int32_t on_publishing(void *ctx, const struct hyp_result *result,
			     struct hyp_error *err)
{
	struct hyp_runner *runner = ctx;
	int32_t rc;

	pthread_mutex_lock(&runner->lock);
	rc = commit_publishing(runner, result, err);
	pthread_mutex_unlock(&runner->lock);
	return rc;
}

static void on_finding(void *ctx, const struct hyp_finding *finding)
{
	struct hyp_runner *runner = ctx;
	uint32_t level = finding->level == HYP_FINDING_ERROR ? HYP_LOG_ERROR
			 : finding->level == HYP_FINDING_WARNING
				 ? HYP_LOG_WARNING
				 : HYP_LOG_INFO;

	hyp_log(level, runner->id, "preflight", "%s: %s", finding->kind,
		finding->text);
}

static void on_warning(void *ctx, const char *kind, const char *text)
{
	hyp_log(HYP_LOG_WARNING, ((struct hyp_runner *)ctx)->id, "pipeline",
		"%s: %s", kind, text);
}

static void on_restart(void *ctx, const char *file, uint32_t restart,
		       const struct hyp_error *why)
{
	struct hyp_runner *runner = ctx;

	hyp_metrics_add(runner->engine->metrics, HYP_FAMILY_RETRIES, 1,
			HYP_LABELS("disk", runner->measured.provider));
	hyp_log(HYP_LOG_WARNING, runner->id, "pipeline",
		"%s begins anew (%u): %s", file, restart, why->text);
}

static int32_t on_remember(void *ctx, const char *origin, const char *key,
			   const void *bytes, uint64_t n, struct hyp_error *err)
{
	struct hyp_runner *runner = ctx;

	return hyp_undo_remember(runner->engine, runner->id, runner->attempt,
				 origin, key, bytes, n, err);
}

static int32_t on_forget(void *ctx, const char *origin, const char *key,
			 struct hyp_error *err)
{
	struct hyp_runner *runner = ctx;
	int32_t rc = 1;

	/* Until "completed" is written, the place's record is what recovery
	 * finds the receipt by: it goes in that very change. */
	pthread_mutex_lock(&runner->lock);
	if (runner->job->row.state == HYP_JOB_PUBLISHING &&
	    strcmp(key, HYP_PLACE_KEY) == 0)
		rc = hyp_strdup(origin, &runner->place, err);
	pthread_mutex_unlock(&runner->lock);
	if (rc <= 0)
		return rc;
	return hyp_undo_forget(runner->engine, runner->id, runner->attempt,
			       origin, key, err);
}

static void on_took(void *ctx, uint32_t what, const struct hyp_file *file,
		    uint64_t ns)
{
	struct hyp_runner *runner = ctx;
	struct hyp_metrics *metrics = runner->engine->metrics;
	double seconds = (double)ns / 1e9;

	if (what == HYP_TOOK_DISK)
		hyp_metrics_observe(metrics, HYP_FAMILY_DISK_DOWNLOAD, seconds,
				    HYP_LABELS(runner->measured.provider,
					       hyp_disk_size(file->capacity)));
	else if (what == HYP_TOOK_DESCRIPTOR)
		hyp_metrics_observe(metrics, HYP_FAMILY_OVF_GENERATION, seconds,
				    NULL);
}

static void on_count(void *ctx, const char *origin, const char *counter,
		     uint64_t add)
{
	struct hyp_runner *runner = ctx;

	hyp_metrics_add(runner->engine->metrics, HYP_FAMILY_PLUGIN_EVENTS, add,
			HYP_LABELS(origin, counter));
}

struct hyp_observer hyp_runner_observer(struct hyp_runner *runner)
{
	return (struct hyp_observer){
		.ctx = runner,
		.found = on_found,
		.publishing = on_publishing,
		.phase = on_phase,
		.finding = on_finding,
		.progress = on_progress,
		.warning = on_warning,
		.restart = on_restart,
		.took = on_took,
		.count = on_count,
		.remember = on_remember,
		.forget = on_forget,
	};
}
