/* SPDX-License-Identifier: Apache-2.0 */
#include "core/engine/runner.h"
#include "core/base/log.h"
#include "core/engine/joblog.h"
#include "core/engine/leftovers.h"
#include "core/engine/secrets.h"
#include "core/engine/transition.h"
#include "core/engine/undo.h"
#include "core/pipeline/place-record.h"

#include <poll.h>
#include <string.h>

#define LOOK_MS 5 /* between looks at a lock */

int32_t hyp_runner_new(struct hyp_engine *engine, struct hyp_job *job,
		       struct hyp_runner **out, struct hyp_error *err)
{
	struct hyp_runner *runner = calloc(1, sizeof(*runner));
	int32_t rc;

	if (runner == NULL)
		return hyp_error_nomem(err);
	runner->engine = engine;
	runner->attempt = job->row.attempt;
	snprintf(runner->id, sizeof(runner->id), "%s", job->row.id);
	pthread_mutex_init(&runner->lock, NULL);
	runner->config = hyp_settings_get(engine->book);
	rc = hyp_cancel_new(&runner->cancel, err);
	if (rc == 0)
		rc = hyp_strdup(job->row.endpoint, &runner->endpoint, err);
	if (rc == 0)
		rc = hyp_strdup(job->row.user, &runner->user, err);
	if (rc < 0) {
		hyp_runner_free(runner);
		return rc;
	}
	runner->job = job;
	*out = runner;
	return 0;
}

void hyp_runner_free(struct hyp_runner *runner)
{
	if (runner == NULL)
		return;
	hyp_resolved_fini(&runner->resolved);
	hyp_definition_free(runner->definition);
	hyp_settings_put(runner->engine->book, runner->config);
	hyp_job_free(runner->job);
	if (runner->cancel != NULL)
		hyp_cancel_free(runner->cancel);
	pthread_mutex_destroy(&runner->lock);
	free(runner->endpoint);
	free(runner->user);
	free(runner->vm_id);
	free(runner->place);
	free(runner->host);
	free(runner);
}

static struct hyp_runner *find(struct hyp_engine *engine, const char *id)
{
	struct hyp_runner *runner = engine->runners;

	while (runner != NULL && strcmp(runner->id, id) != 0)
		runner = runner->next;
	return runner;
}

struct hyp_runner *hyp_runner_find(struct hyp_engine *engine, const char *id)
{
	struct hyp_runner *runner;

	pthread_mutex_lock(&engine->lock);
	runner = find(engine, id);
	if (runner != NULL)
		runner->refs++;
	pthread_mutex_unlock(&engine->lock);
	return runner;
}

void hyp_runner_put(struct hyp_runner *runner)
{
	struct hyp_engine *engine = runner->engine;

	pthread_mutex_lock(&engine->lock);
	runner->refs--;
	pthread_cond_broadcast(&engine->changed);
	pthread_mutex_unlock(&engine->lock);
}

int hyp_runner_lock(struct hyp_runner *runner, uint32_t patience_ms)
{
	for (uint32_t ms = 0; pthread_mutex_trylock(&runner->lock) != 0;
	     ms += LOOK_MS) {
		if (ms >= patience_ms)
			return 0;
		poll(NULL, 0, LOOK_MS);
	}
	return 1;
}

uint32_t hyp_runner_is_live(void *ctx, const char *job_id, uint32_t attempt)
{
	struct hyp_engine *engine = ctx;
	struct hyp_runner *runner;
	uint32_t live;

	pthread_mutex_lock(&engine->lock);
	runner = find(engine, job_id);
	live = runner != NULL && runner->attempt == attempt;
	pthread_mutex_unlock(&engine->lock);
	return live;
}

int32_t hyp_runner_step(struct hyp_runner *runner, struct hyp_job_row *next,
			uint32_t from, const char *details, uint32_t surely,
			const struct hyp_actor *actor, struct hyp_error *err)
{
	HYP_AUTO_DRAFT struct hyp_draft draft = {.count = 0};
	struct hyp_engine *engine = runner->engine;
	struct hyp_job *job;
	int32_t rc;

	rc = HYP_JOB_BIT(next->state) & HYP_JOBS_ENDED
		     ? hyp_leftovers_end(engine, &draft, next, err)
		     : 0;
	if (rc == 0)
		rc = hyp_transition(&draft, next, from, runner->attempt,
				    details, err);
	if (rc == 0 && runner->place != NULL)
		rc = hyp_undo_drop(&draft, next->id, runner->attempt,
				   runner->place, HYP_PLACE_KEY, err);
	if (rc == 0)
		rc = hyp_audit_add(&draft, actor, next->id, "ok", 1, err);
	if (rc == 0)
		rc = hyp_job_new(next, &job, err);
	if (rc < 0)
		return rc;
	draft.measured = &runner->measured;
	rc = surely ? hyp_engine_apply_surely(engine, &draft, err)
		    : hyp_engine_apply(engine, &draft, err);
	if (rc == 0) {
		hyp_job_free(runner->job);
		runner->job = job;
	} else {
		hyp_job_free(job);
	}
	return rc;
}

/* The job as it is now: a cancellation may exchange it at any time. */
static int32_t snapshot(struct hyp_runner *runner, struct hyp_job **out,
			struct hyp_error *err)
{
	int32_t rc;

	pthread_mutex_lock(&runner->lock);
	rc = hyp_job_new(&runner->job->row, out, err);
	pthread_mutex_unlock(&runner->lock);
	return rc;
}

static int32_t prepare(struct hyp_runner *runner, const struct hyp_job_row *row,
		       struct hyp_error *err)
{
	char *password = NULL;
	int32_t rc;

	rc = hyp_secret_open(runner->engine, row->id, &password, err);
	if (rc == 0)
		rc = hyp_definition_load(row->definition_json, password,
					 &runner->definition, err);
	hyp_secret_wipe(password);
	if (rc == 0)
		rc = hyp_definition_resolve(runner->definition, runner->config,
					    &runner->resolved, err);
	return rc;
}

static int32_t export(struct hyp_runner *runner, const char *output_dir,
		      struct hyp_result *result, struct hyp_error *err)
{
	const struct hyp_definition *definition = runner->definition;
	const struct hyp_resolved *resolved = &runner->resolved;
	const struct hyp_observer observer = hyp_runner_observer(runner);
	const struct hyp_plan plan = {
		.registry = runner->engine->registry,
		.provider = &resolved->provider,
		.packager = &resolved->packager,
		.storage = &resolved->storage,
	};
	const struct hyp_export_job job = {
		.id = runner->id,
		.attempt = runner->attempt,
		.vm = definition->vm_path,
		.mode = definition->mode,
		.with_images = definition->with_images,
		.digest = definition->digest,
		.parallel = resolved->parallel,
		.bandwidth = definition->bandwidth,
		.output_dir = output_dir,
		.force = definition->force,
		.cancel = runner->cancel,
	};

	return hyp_export_run(&plan, &job, &observer, result, err);
}

void hyp_runner_count_bytes(struct hyp_runner *runner, uint64_t transferred)
{
	if (transferred <= runner->counted)
		return;
	hyp_metrics_add(runner->engine->metrics, HYP_FAMILY_BYTES_TRANSFERRED,
			transferred - runner->counted,
			HYP_LABELS(runner->measured.provider));
	runner->counted = transferred;
}

/* From now on the metrics know whose it is. */
static void begin_measuring(struct hyp_runner *runner)
{
	hyp_labels active = {runner->resolved.provider.plugin, "active"},
		   idle = {runner->resolved.provider.plugin, "idle"};

	runner->measured.provider = runner->resolved.provider.plugin;
	hyp_metrics_shift(runner->engine->metrics, HYP_FAMILY_POOL_SIZE, 1,
			  active);
	/* none waits for use: each attempt makes its own */
	hyp_metrics_shift(runner->engine->metrics, HYP_FAMILY_POOL_SIZE, 0,
			  idle);
}

static void end_measuring(struct hyp_runner *runner,
			  const struct hyp_result *result)
{
	const struct hyp_resolved *resolved = &runner->resolved;
	struct hyp_engine *engine = runner->engine;
	struct hyp_measured *m = &runner->measured;

	hyp_tally_plugin(engine, HYP_KIND_PROVIDER, &resolved->provider);
	hyp_tally_plugin(engine, HYP_KIND_PACKAGER, &resolved->packager);
	hyp_tally_plugin(engine, HYP_KIND_STORAGE, &resolved->storage);
	hyp_metrics_shift(engine->metrics, HYP_FAMILY_POOL_SIZE, -1,
			  HYP_LABELS(m->provider, "active"));
	hyp_runner_count_bytes(runner, result->transferred);
	m->proof = result->proof;
	m->package_bytes = result->package_bytes;
	m->transferred = result->transferred;
	m->duration_ms = result->duration_ms;
}

static int32_t run(struct hyp_runner *runner, struct hyp_result *result,
		   struct hyp_error *err)
{
	struct hyp_job *job = NULL;
	int32_t rc = snapshot(runner, &job, err);

	if (rc == 0)
		rc = prepare(runner, &job->row, err);
	if (rc == 0) {
		begin_measuring(runner);
		rc = export(runner, job->row.output_path, result, err);
		end_measuring(runner, result);
	}
	hyp_job_free(job);
	return rc;
}

/* From those that run to those that are to be joined. */
static void end(struct hyp_runner *runner, uint32_t left)
{
	struct hyp_engine *engine = runner->engine;
	struct hyp_runner **at = &engine->runners;

	hyp_joblog_end(engine->joblog, runner->id);
	pthread_mutex_lock(&engine->lock);
	while (*at != runner)
		at = &(*at)->next;
	*at = runner->next;
	runner->next = engine->ended;
	engine->ended = runner;
	engine->running--;
	engine->leftovers |= left;
	engine->kicked = 1;
	pthread_cond_signal(&engine->work);
	pthread_cond_broadcast(&engine->changed);
	pthread_mutex_unlock(&engine->lock);
}

void *hyp_runner_main(void *arg)
{
	struct hyp_runner *runner = arg;
	struct hyp_result result;
	struct hyp_error err;
	uint32_t left;
	int32_t rc;

	memset(&result, 0, sizeof(result));
	rc = run(runner, &result, &err);
	left = hyp_runner_settle(runner, rc, &result, &err);
	hyp_result_fini(&result);
	end(runner, left);
	return NULL;
}
