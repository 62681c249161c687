/* SPDX-License-Identifier: Apache-2.0 */
/* Temporaries of ours that nobody writes to. What a known attempt has left is
 * undone by its records; this is for what no record tells of. */
#include "core/base/log.h"
#include "core/config/choose.h"
#include "core/config/parts.h"
#include "core/engine/recover.h"
#include "core/engine/runner.h"
#include "core/engine/state-dir.h"

#include <string.h>

#define FOLDERS_MAX 1000 /* of jobs, at one time */

struct sweep {
	struct hyp_engine *engine;
	int shared; /* with other machines */
};

/* At work here, or maybe about to be published by recovery. A job that is not
 * known here may be one of another daemon: on this machine the storage sees
 * its lock, on another one nobody does. */
static uint32_t is_live(void *ctx, const char *job_id, uint32_t attempt)
{
	const struct sweep *sweep = ctx;
	struct hyp_engine *engine = sweep->engine;
	struct hyp_job *job;
	struct hyp_error err;
	uint32_t live;
	int32_t rc;

	if (hyp_runner_is_live(engine, job_id, attempt))
		return 1;
	rc = hyp_engine_job(engine, job_id, &job, &err);
	if (rc < 0)
		return rc != HYP_E_NOT_FOUND || sweep->shared;
	live = job->row.state == HYP_JOB_PUBLISHING &&
	       job->row.attempt == attempt;
	hyp_job_free(job);
	return live;
}

static void sweep_in(struct hyp_engine *engine, struct hyp_instance *storage,
		     const char *dir)
{
	struct sweep sweep = {engine, hyp_state_dir_is_shared(dir)};
	uint64_t removed = 0;
	struct hyp_error err;
	int32_t rc;

	rc = hyp_storage_calls.sweep(storage, dir, is_live, &sweep, &removed,
				     &err);
	if (rc < 0 && rc != HYP_E_UNSUPPORTED && rc != HYP_E_NOT_FOUND)
		hyp_log(HYP_LOG_WARNING, "", HYP_ENGINE_ORIGIN,
			"cannot sweep %s: %s", dir, err.text);
	else if (rc == 0 && removed > 0)
		hyp_log(HYP_LOG_INFO, "", HYP_ENGINE_ORIGIN,
			"removed %llu leftovers of interrupted exports in %s",
			(unsigned long long)removed, dir);
}

static int is_new(const struct hyp_job_list *jobs, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (strcmp(jobs->at[k]->row.output_path,
			   jobs->at[i]->row.output_path) == 0)
			return 0;
	return 1;
}

/* Beneath a root a job's temporaries lie in its own folder. */
static void sweep_jobs(struct hyp_engine *engine, struct hyp_instance *storage)
{
	const struct hyp_store_query query = {.size = sizeof(query),
					      .states = HYP_JOBS_ACTIVE,
					      .limit = FOLDERS_MAX};
	struct hyp_job_list jobs;
	struct hyp_error err;

	if (hyp_engine_jobs(engine, &query, &jobs, &err) < 0)
		return;
	for (size_t i = 0; i < jobs.count; i++)
		if (is_new(&jobs, i))
			sweep_in(engine, storage, jobs.at[i]->row.output_path);
	hyp_job_list_fini(&jobs);
}

/* The default storage with these roots: other storages sweep by their jobs'
 * records alone. */
static int32_t make_part(struct hyp_part *part, const struct hyp_list *roots,
			 struct hyp_error *err)
{
	int32_t rc = hyp_choose_storage(NULL, "sweep", part, err);

	return rc < 0 ? rc
		      : hyp_values_set_list(&part->values, "roots",
					    roots->items, roots->count, "sweep",
					    0, err);
}

static void sweep(struct hyp_engine *engine, const struct hyp_list *roots,
		  struct hyp_instance *storage)
{
	for (size_t i = 0; i < roots->count; i++)
		sweep_in(engine, storage, roots->items[i]);
	sweep_jobs(engine, storage);
}

void hyp_sweep(struct hyp_engine *engine)
{
	const struct hyp_config *config = hyp_settings_get(engine->book);
	const struct hyp_list *roots = hyp_config_roots(config);
	const struct hyp_host_job job = {.job_id = ""};
	struct hyp_storages storages = {.storage = NULL};
	struct hyp_part part;
	struct hyp_error err;
	int32_t rc;

	memset(&part, 0, sizeof(part));
	rc = make_part(&part, roots, &err);
	if (rc == 0)
		rc = hyp_storages_init(&storages, engine->registry, &part, &job,
				       &err);
	if (rc == 0)
		sweep(engine, roots, storages.storage);
	else
		hyp_log(HYP_LOG_WARNING, "", HYP_ENGINE_ORIGIN,
			"leftovers are not swept: %s", err.text);
	hyp_storages_fini(&storages);
	hyp_part_fini(&part);
	hyp_settings_put(engine->book, config);
}
