/* SPDX-License-Identifier: Apache-2.0 */
#include "core/pipeline/export.h"
#include "core/base/cleanup.h"
#include "core/base/clock.h"
#include "core/base/digest.h"
#include "core/base/log.h"
#include "core/base/text.h"
#include "core/pipeline/copy.h"
#include "core/pipeline/place-record.h"
#include "core/pipeline/proof.h"
#include "core/pipeline/result.h"
#include "core/pipeline/run.h"
#include "core/pipeline/thread.h"

#include <stdlib.h>
#include <string.h>

#define PARALLEL_MAX 16
#define JOB_ID_MAX 128

int32_t hyp_run_look(const struct hyp_run *run, struct hyp_error *err)
{
	return hyp_cancel_is_set(run->cancel) ? hyp_error_cancelled(err) : 0;
}

const char *hyp_run_storage_origin(const struct hyp_run *run)
{
	return run->attempt.storages.members[0].origin;
}

/* The digest that the source's proof will have, if it is not the package's
 * own; else 0. */
static uint32_t other_digest(struct hyp_run *run)
{
	char name[16];
	uint32_t algorithm;

	hyp_notes_fact(run->notes, "digest", name, sizeof(name));
	algorithm = hyp_digest_by_name(name);
	return algorithm == run->job->digest ? 0 : algorithm;
}

int32_t hyp_run_transfer(struct hyp_run *run, struct hyp_error *err)
{
	struct hyp_copy_args args = {
		.exported = run->exported,
		.package = run->package,
		.files = &run->files,
		.digest = run->job->digest,
		.other = other_digest(run),
		.parallel = run->job->parallel,
		.bandwidth = run->job->bandwidth,
		.cancel = run->cancel,
		.watch = run->watch,
		.notes = run->notes,
	};
	int32_t rc;

	rc = hyp_progress_new(&run->files, run->notes, &run->progress, err);
	args.progress = run->progress;
	if (rc == 0)
		rc = hyp_limiter_new(run->job->bandwidth, run->cancel,
				     &args.limiter, err);
	if (rc == 0)
		rc = hyp_copy_run(&args, err);
	hyp_limiter_free(args.limiter);
	if (rc == 0)
		rc = hyp_proof_check(run->exported, &run->files, run->notes,
				     err);
	return rc;
}

static void measure(struct hyp_run *run)
{
	struct hyp_result *result = run->result;

	if (run->progress != NULL)
		hyp_progress_totals(run->progress, &result->transferred,
				    &result->restarts);
	result->duration_ms = hyp_clock_boot_ms() - run->begin_ms;
}

/* From here on a cancellation comes too late: it is no longer handed on, but
 * for the observer, who may have accepted one. */
int32_t hyp_run_publish(struct hyp_run *run, struct hyp_error *err)
{
	int32_t rc;

	hyp_watch_stop(HYP_STEAL(run->watch));
	measure(run);
	rc = hyp_run_look(run, err);
	if (rc == 0)
		rc = hyp_notes_publishing(run->notes, run->result, err);
	if (rc < 0)
		return rc;
	hyp_notes_phase(run->notes, HYP_PHASE_PUBLISHING);
	rc = hyp_storage_calls.publish(run->place, err);
	if (rc == 0)
		run->place = NULL;
	return rc;
}

/* The place was published, aborted, or never made. */
static void forget_place(struct hyp_run *run)
{
	const struct hyp_host_job *host = &run->host_job;
	struct hyp_error error;

	if (!run->remembered)
		return;
	run->remembered = 0;
	if (host->forget(host->ctx, hyp_run_storage_origin(run), HYP_PLACE_KEY,
			 &error) < 0)
		hyp_log(HYP_LOG_WARNING, run->job->id, "pipeline", "%s",
			error.text);
}

void hyp_run_undo(struct hyp_run *run)
{
	if (run->exported != NULL)
		hyp_provider_calls.abort(HYP_STEAL(run->exported));
	if (run->package != NULL)
		hyp_packager_calls.abort(HYP_STEAL(run->package));
	if (run->place != NULL)
		hyp_storage_calls.abort(HYP_STEAL(run->place));
	forget_place(run);
}

static int32_t check_job(const struct hyp_export_job *job,
			 struct hyp_error *err)
{
	if (job->id == NULL || !hyp_text_is_file_name(job->id, JOB_ID_MAX))
		return hyp_error_set(err, HYP_E_USAGE, "bad_request", 0,
				     "a job's id has 1 to 128 of "
				     "A-Z a-z 0-9 . _ -");
	if (job->vm == NULL || job->vm[0] == '\0')
		return hyp_error_set(err, HYP_E_USAGE, "bad_request", 0,
				     "no VM is named");
	if (job->parallel < 1 || job->parallel > PARALLEL_MAX)
		return hyp_error_set(err, HYP_E_USAGE, "bad_request", 0,
				     "%u files at once: choose 1 to %d",
				     job->parallel, PARALLEL_MAX);
	if (hyp_digest_length(job->digest) == 0)
		return hyp_error_set(err, HYP_E_USAGE, "bad_request", 0,
				     "unknown digest: choose sha256, sha1 or "
				     "sha512");
	if (job->output_dir == NULL || job->output_dir[0] != '/')
		return hyp_error_set(err, HYP_E_USAGE, "unsafe_path", 0,
				     "the output folder must be an absolute "
				     "path");
	return 0;
}

static int32_t init(struct hyp_run *run, const struct hyp_observer *observer,
		    struct hyp_error *err)
{
	const struct hyp_export_job *job = run->job;
	int32_t rc = check_job(job, err);

	if (rc == 0)
		rc = hyp_notes_new(observer, &run->notes, err);
	if (rc == 0)
		rc = hyp_cancel_new(&run->cancel, err);
	if (rc == 0)
		rc = hyp_watch_start(job->cancel, run->cancel, &run->watch,
				     err);
	if (rc < 0)
		return rc;
	run->host_job.job_id = job->id;
	run->host_job.attempt = job->attempt;
	run->host_job.cancel = run->cancel;
	hyp_notes_host(run->notes, &run->host_job);
	return hyp_attempt_init(&run->attempt, run->plan, &run->host_job, err);
}

/* What is known of the run goes into the result, also when it failed. */
static void conclude(struct hyp_run *run)
{
	struct hyp_result *result = run->result;
	struct hyp_error ignored;

	measure(run);
	if (run->notes == NULL)
		return;
	hyp_notes_take_warnings(run->notes, &result->warnings,
				&result->warning_count);
	if (result->source == NULL)
		hyp_result_facts(result, run->notes, &ignored);
}

static void fini(struct hyp_run *run)
{
	hyp_watch_stop(run->watch);
	hyp_attempt_fini(&run->attempt);
	hyp_counted_free(run->counted);
	hyp_progress_free(run->progress);
	hyp_source_files_fini(&run->files);
	hyp_source_machine_fini(&run->machine);
	hyp_source_vm_fini(&run->vm);
	free(run->name);
	hyp_cancel_free(run->cancel);
	hyp_notes_free(run->notes);
}

static int32_t stages(struct hyp_run *run, struct hyp_error *err)
{
	int32_t rc;

	hyp_notes_phase(run->notes, HYP_PHASE_PREPARING);
	if (run->job->dry_run)
		return hyp_run_rehearse(run, err);
	rc = hyp_run_prepare(run, err);
	if (rc < 0)
		return rc;
	hyp_notes_phase(run->notes, HYP_PHASE_TRANSFERRING);
	rc = hyp_run_transfer(run, err);
	if (rc < 0)
		return rc;
	hyp_notes_phase(run->notes, HYP_PHASE_PACKAGING);
	rc = hyp_run_package(run, err);
	if (rc < 0)
		return rc;
	return hyp_run_publish(run, err);
}

/* A cancelled job is cancelled, whatever the plugins made of it; and nobody
 * but the job's owner cancels it. */
static int32_t final_error(const struct hyp_export_job *job, int32_t rc,
			   struct hyp_error *err)
{
	int asked = job->cancel != NULL && hyp_cancel_is_set(job->cancel);

	if (asked && rc != HYP_E_FENCED)
		return hyp_error_cancelled(err);
	if (!asked && rc == HYP_E_CANCELLED)
		return hyp_error_set(err, HYP_E_PERMANENT, "plugin_fault", 0,
				     "a plugin stopped as if cancelled, but "
				     "nobody did cancel");
	return rc;
}

int32_t hyp_export_run(const struct hyp_plan *plan,
		       const struct hyp_export_job *job,
		       const struct hyp_observer *observer,
		       struct hyp_result *result, struct hyp_error *err)
{
	struct hyp_run run = {.plan = plan, .job = job, .result = result};
	int32_t rc;

	run.begin_ms = hyp_clock_boot_ms();
	memset(result, 0, sizeof(*result));
	rc = init(&run, observer, err);
	if (rc == 0)
		rc = stages(&run, err);
	hyp_run_undo(&run); /* after success nothing is open */
	conclude(&run);
	fini(&run);
	return rc < 0 ? final_error(job, rc, err) : 0;
}
