/* SPDX-License-Identifier: Apache-2.0 */
#include "core/api/scrape.h"
#include "core/api/request.h"
#include "core/api/server.h"
#include "core/base/cleanup.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/engine/metrics.h"
#include "core/pipeline/attempt.h"

#include <pthread.h>
#include <stdatomic.h>

#define EXPORTER "prometheus"
#define TYPES_MAX 16

struct hyp_scrape {
	struct hyp_engine *engine;
	struct hyp_host_job job;
	struct hyp_member exporter;
	char *types[TYPES_MAX];
	size_t type_count;
	pthread_mutex_t lock; /* of loading */
	_Atomic uint32_t loaded;
};

static int32_t add_type(void *ctx, const char *type, struct hyp_error *err)
{
	struct hyp_scrape *scrape = ctx;

	if (scrape->type_count == TYPES_MAX)
		return hyp_error_set(err, HYP_E_PERMANENT, "plugin_fault", 0,
				     "too many content types");
	if (hyp_strdup(type, &scrape->types[scrape->type_count], err) != 0)
		return err->code;
	scrape->type_count++;
	return 0;
}

static void count(void *ctx, const char *origin, const char *counter,
		  uint64_t add)
{
	struct hyp_scrape *scrape = ctx;

	hyp_metrics_add(hyp_engine_metrics(scrape->engine),
			HYP_FAMILY_PLUGIN_EVENTS, add,
			HYP_LABELS(origin, counter));
}

static void note_plugin(struct hyp_scrape *scrape)
{
	const struct hyp_plugin *plugin =
		&hyp_instance_plugin(scrape->exporter.instance)->plugin;

	hyp_metrics_set(hyp_engine_metrics(scrape->engine),
			HYP_FAMILY_PLUGIN_INFO, 1,
			HYP_LABELS(hyp_kind_name(plugin->kind), plugin->name,
				   plugin->version));
}

static int32_t load(struct hyp_scrape *scrape, struct hyp_error *err)
{
	char name[] = EXPORTER;
	const struct hyp_part part = {.plugin = name};
	int32_t rc;

	scrape->job.job_id = "";
	scrape->job.ctx = scrape;
	scrape->job.count = count;
	rc = hyp_member_init(&scrape->exporter,
			     hyp_engine_registry(scrape->engine),
			     HYP_KIND_EXPORTER, &part, &scrape->job, NULL, err);
	if (rc == 0)
		note_plugin(scrape);
	if (rc == 0)
		rc = hyp_exporter_calls.content_types(scrape->exporter.instance,
						      add_type, scrape, err);
	return rc;
}

static void unload(struct hyp_scrape *scrape)
{
	hyp_member_fini(&scrape->exporter);
	while (scrape->type_count > 0)
		free(scrape->types[--scrape->type_count]);
}

/* Tried again by each scrape: what keeps it away may pass. */
static int32_t ensure(struct hyp_scrape *scrape, struct hyp_error *err)
{
	int32_t rc = 0;

	if (atomic_load(&scrape->loaded))
		return 0;
	pthread_mutex_lock(&scrape->lock);
	if (!atomic_load(&scrape->loaded)) {
		rc = load(scrape, err);
		if (rc < 0)
			unload(scrape);
		else
			atomic_store(&scrape->loaded, 1);
	}
	pthread_mutex_unlock(&scrape->lock);
	return rc;
}

int32_t hyp_scrape_new(struct hyp_engine *engine, struct hyp_scrape **out,
		       struct hyp_error *err)
{
	struct hyp_scrape *scrape = calloc(1, sizeof(*scrape));
	struct hyp_error why;

	if (scrape == NULL)
		return hyp_error_nomem(err);
	scrape->engine = engine;
	pthread_mutex_init(&scrape->lock, NULL);
	if (ensure(scrape, &why) < 0)
		hyp_log(HYP_LOG_WARNING, "", "api", "there are no metrics: %s",
			why.text);
	*out = scrape;
	return 0;
}

void hyp_scrape_free(struct hyp_scrape *scrape)
{
	if (scrape == NULL)
		return;
	unload(scrape);
	pthread_mutex_destroy(&scrape->lock);
	free(scrape);
}

int32_t hyp_scrape_render(struct hyp_scrape *scrape, const char *accept,
			  struct hyp_buf *out, const char **type,
			  struct hyp_error *err)
{
	const struct hyp_writer writer = {
		.size = sizeof(writer), .ctx = out, .write = hyp_buf_write};
	struct hyp_snapshot snapshot;
	size_t chosen;
	struct hyp_error why;
	int32_t rc = ensure(scrape, &why);

	if (rc < 0) /* a plugin that is missing is no mistake of the client's */
		return hyp_error_set(
			err, HYP_E_TRANSIENT,
			rc == HYP_E_TRANSIENT ? why.kind : "no_exporter", 0,
			"there are no metrics: %.900s", why.text);
	rc = hyp_metrics_snapshot(hyp_engine_metrics(scrape->engine), &snapshot,
				  err);
	if (rc < 0)
		return rc;
	chosen = hyp_accept_choose(accept, (const char *const *)scrape->types,
				   scrape->type_count);
	rc = hyp_exporter_calls.render(scrape->exporter.instance,
				       (uint32_t)chosen, &snapshot.view,
				       &writer, err);
	hyp_snapshot_fini(&snapshot);
	if (rc == 0)
		*type = scrape->types[chosen];
	return rc;
}

/* A client may write any word there. */
static const char *method_of(const struct hyp_request *rq)
{
	static const char *const known[] = {"GET",    "HEAD",	 "POST", "PUT",
					    "DELETE", "OPTIONS", "PATCH"};

	for (size_t i = 0; i < HYP_COUNT(known); i++)
		if (strcmp(rq->method, known[i]) == 0)
			return known[i];
	return "other";
}

void hyp_measure_request(const struct hyp_request *rq, uint32_t status)
{
	struct hyp_metrics *metrics = hyp_engine_metrics(rq->engine);
	const char *endpoint = rq->route != NULL ? rq->route->path : "other";
	const char *method = method_of(rq);
	char code[16];

	snprintf(code, sizeof(code), "%u", status);
	hyp_metrics_add(metrics, HYP_FAMILY_API_REQUESTS, 1,
			HYP_LABELS(method, endpoint, code));
	/* a stream is over when its reader wants */
	if (rq->reply.stream == NULL)
		hyp_metrics_observe(
			metrics, HYP_FAMILY_API_DURATION,
			(double)(hyp_clock_boot_ns() - rq->began_ns) / 1e9,
			HYP_LABELS(method, endpoint));
}
