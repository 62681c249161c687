/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/cleanup.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/config/parts.h"
#include "core/engine/disks.h"
#include "core/engine/joblog.h"
#include "core/engine/outbox.h"
#include "core/engine/recover.h"
#include "core/engine/scheduler.h"
#include "core/engine/tally.h"
#include "core/plugin/store-part.h"

#include <string.h>

#define SQLITE "sqlite"

static void free_all(struct hyp_engine *engine)
{
	hyp_tally_end(engine);
	hyp_outbox_free(engine->outbox);
	hyp_joblog_free(engine->joblog);
	hyp_bus_free(engine->bus);
	hyp_breaker_free(engine->breaker);
	hyp_scheduler_free(engine->scheduler);
	hyp_runs_free(engine->runs);
	hyp_member_fini(&engine->store);
	hyp_cancel_free(engine->asking.cancel);
	hyp_settings_book_free(engine->book);
	hyp_state_dir_close(&engine->state);
	hyp_disks_free(engine->disks);
	hyp_metrics_free(engine->metrics);
	free(engine->store_path);
	pthread_mutex_destroy(&engine->successes_lock);
	pthread_cond_destroy(&engine->work);
	pthread_cond_destroy(&engine->changed);
	pthread_mutex_destroy(&engine->seeing);
	pthread_mutex_destroy(&engine->lock);
	free(engine);
}

/* For its size, and before anything opens it: see the lock. */
static int32_t claim_file(struct hyp_engine *engine,
			  const struct hyp_config *config,
			  const struct hyp_part *part, struct hyp_error *err)
{
	const struct hyp_value *path = hyp_values_get(&part->values, "path");
	int32_t rc;

	if (path == NULL)
		return 0;
	rc = hyp_strdup(path->text, &engine->store_path, err);
	return rc != 0 ? rc
		       : hyp_state_dir_lock_store(&engine->state,
						  engine->store_path,
						  config->settings, err);
}

/* As the configuration says; sqlite's journal suits the file system unless it
 * says of that, too. */
static int32_t choose_store(struct hyp_engine *engine,
			    const struct hyp_config *config,
			    struct hyp_part *part, struct hyp_error *err)
{
	int32_t rc = hyp_store_part(config, part, err);

	if (rc < 0 || strcmp(part->plugin, SQLITE) != 0)
		return rc;
	rc = claim_file(engine, config, part, err);
	if (rc < 0 || !engine->state.network ||
	    hyp_values_get(&part->values, "journal") != NULL)
		return rc;
	return hyp_part_set_from(part, "journal", "rollback", "state_dir", err);
}

static int32_t open_store(struct hyp_engine *engine,
			  const struct hyp_config *config,
			  struct hyp_error *err)
{
	struct hyp_part part;
	int32_t rc;

	memset(&part, 0, sizeof(part));
	engine->store_job.job_id = "";
	rc = choose_store(engine, config, &part, err);
	if (rc == 0)
		rc = hyp_member_init(&engine->store, engine->registry,
				     HYP_KIND_STORE, &part, &engine->store_job,
				     NULL, err);
	hyp_part_fini(&part);
	return rc;
}

static int32_t open_all(struct hyp_engine *engine,
			const struct hyp_config *config, struct hyp_error *err)
{
	int32_t rc = hyp_metrics_new(&engine->metrics, err);

	if (rc == 0)
		rc = hyp_disks_new(statvfs, &engine->disks, err);
	if (rc == 0)
		rc = hyp_state_dir_open(&engine->state, config->settings, err);
	if (rc == 0)
		rc = open_store(engine, config, err);
	engine->asking.job_id = "";
	if (rc == 0)
		rc = hyp_cancel_new(&engine->asking.cancel, err);
	if (rc == 0)
		rc = hyp_breaker_new(&engine->breaker, err);
	if (rc == 0)
		rc = hyp_bus_new(&engine->bus, err);
	if (rc == 0)
		rc = hyp_runs_new(&engine->runs, err);
	if (rc == 0)
		rc = hyp_scheduler_new(engine, &engine->scheduler, err);
	if (rc == 0)
		rc = hyp_outbox_new(engine, &engine->outbox, err);
	if (rc == 0)
		rc = hyp_tally_begin(engine, err);
	return rc;
}

int32_t hyp_engine_open(struct hyp_config *config,
			struct hyp_registry *registry, struct hyp_engine **out,
			struct hyp_error *err)
{
	struct hyp_engine *engine = calloc(1, sizeof(*engine));
	int32_t rc;

	if (engine == NULL)
		return hyp_error_nomem(err);
	engine->registry = registry;
	engine->began_ms = hyp_clock_boot_ms();
	engine->state.folder = engine->state.lock = -1;
	engine->state.store_lock = -1;
	pthread_mutex_init(&engine->lock, NULL);
	pthread_mutex_init(&engine->successes_lock, NULL);
	pthread_mutex_init(&engine->seeing, NULL);
	hyp_cond_init(&engine->changed);
	hyp_cond_init(&engine->work);
	rc = open_all(engine, config, err);
	if (rc == 0)
		rc = hyp_settings_book_new(config, &engine->book, err);
	if (rc == 0) {
		rc = hyp_joblog_new(engine, &engine->joblog, err);
		if (rc < 0) /* config is still the caller's */
			hyp_settings_book_give_back(engine->book);
	}
	if (rc < 0)
		free_all(engine);
	else
		*out = engine;
	return rc;
}

/* Not if it was stopped meanwhile. */
static int32_t begin(struct hyp_engine *engine, struct hyp_error *err)
{
	int32_t rc = 0;

	pthread_mutex_lock(&engine->lock);
	if (engine->life == HYP_LIFE_STARTING)
		engine->life = HYP_LIFE_RUNNING;
	else
		rc = hyp_error_set(err, HYP_E_CANCELLED, "stopping", 0,
				   "stopped before it had started");
	pthread_mutex_unlock(&engine->lock);
	return rc;
}

int32_t hyp_engine_start(struct hyp_engine *engine, struct hyp_error *err)
{
	int32_t rc = hyp_tally_load(engine, err);

	/* what recovery changes is told, too */
	if (rc == 0)
		rc = hyp_outbox_load(engine->outbox, 0, err);
	if (rc == 0)
		rc = hyp_scheduler_load(engine->scheduler, err);
	if (rc == 0)
		rc = hyp_tally_load_schedules(engine, err);
	if (rc == 0)
		rc = hyp_recover(engine, err);
	if (rc == 0)
		rc = hyp_scheduler_catch_up(engine->scheduler, err);
	if (rc == 0)
		rc = begin(engine, err);
	if (rc == 0)
		rc = hyp_outbox_start(engine->outbox, err);
	if (rc < 0)
		return rc;
	rc = hyp_thread_start(&engine->dispatcher, "hyp-dispatch",
			      hyp_dispatch_main, engine, err);
	engine->has_dispatcher = rc == 0;
	if (rc == 0)
		rc = hyp_thread_start(&engine->keeper, "hyp-keeper",
				      hyp_keeper_main, engine, err);
	engine->has_keeper = rc == 0;
	if (rc == 0)
		rc = hyp_scheduler_start(engine->scheduler, err);
	return rc;
}

const char *hyp_engine_unready(struct hyp_engine *engine)
{
	const char *kind;

	pthread_mutex_lock(&engine->lock);
	kind = engine->life == HYP_LIFE_STARTING  ? "starting"
	       : engine->life != HYP_LIFE_RUNNING ? "stopping"
						  : engine->trouble;
	/* a lost store ends the daemon, whatever else it does */
	if (engine->trouble != NULL && strcmp(engine->trouble, "db_lost") == 0)
		kind = engine->trouble;
	pthread_mutex_unlock(&engine->lock);
	return kind;
}

int32_t hyp_engine_accepts(struct hyp_engine *engine, struct hyp_error *err)
{
	enum hyp_engine_life life;

	pthread_mutex_lock(&engine->lock);
	life = engine->life;
	pthread_mutex_unlock(&engine->lock);
	if (life == HYP_LIFE_RUNNING)
		return 0;
	return hyp_error_set(err, HYP_E_BUSY, "not_ready", 0,
			     "the daemon %s: try again soon",
			     life == HYP_LIFE_STARTING ? "is starting"
						       : "stops");
}

void hyp_engine_close(struct hyp_engine *engine)
{
	if (engine == NULL)
		return;
	hyp_engine_stop(engine);
	free_all(engine);
}

int32_t hyp_engine_reload(struct hyp_engine *engine, struct hyp_config *config,
			  struct hyp_error *err)
{
	struct hyp_error why;
	int32_t rc = hyp_settings_replace(engine->book, config, err);

	if (rc < 0)
		return rc;
	hyp_scheduler_reload(engine->scheduler);
	hyp_engine_kick(engine);
	if (hyp_engine_accepts(engine, &why) == 0 &&
	    hyp_outbox_load(engine->outbox, 1, &why) < 0)
		hyp_log(HYP_LOG_ERROR, "", HYP_ENGINE_ORIGIN,
			"webhooks: the reload is not complete: %s", why.text);
	return 0;
}

const struct hyp_config *hyp_engine_config_get(struct hyp_engine *engine)
{
	return hyp_settings_get(engine->book);
}

void hyp_engine_config_put(struct hyp_engine *engine,
			   const struct hyp_config *config)
{
	hyp_settings_put(engine->book, config);
}

struct hyp_metrics *hyp_engine_metrics(struct hyp_engine *engine)
{
	return engine->metrics;
}

struct hyp_registry *hyp_engine_registry(struct hyp_engine *engine)
{
	return engine->registry;
}

struct hyp_instance *hyp_engine_store(struct hyp_engine *engine)
{
	return engine->store.instance;
}

uint64_t hyp_engine_uptime_ms(struct hyp_engine *engine)
{
	return hyp_clock_boot_ms() - engine->began_ms;
}

int32_t hyp_engine_subscribe(struct hyp_engine *engine,
			     hyp_engine_listener *listener, void *ctx,
			     struct hyp_subscription **out,
			     struct hyp_error *err)
{
	return hyp_bus_add(engine->bus, listener, ctx, out, err);
}
