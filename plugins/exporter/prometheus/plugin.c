/* SPDX-License-Identifier: Apache-2.0 */
#include "plugins/exporter/prometheus/prometheus.h"

#include <stdlib.h>

/* It keeps nothing; but an instance is no NULL. */
static int32_t create(const struct hyp_host *host, const void *options,
		      void **instance, struct hyp_error *err)
{
	void *made = malloc(1);

	(void)host;
	(void)options;
	if (made == NULL)
		return hyp_error_set(err, HYP_E_TRANSIENT, "no_memory", 0,
				     "out of memory");
	*instance = made;
	return 0;
}

static void destroy(void *instance)
{
	free(instance);
}

static int32_t content_types(void *instance,
			     int32_t (*add)(void *ctx, const char *type,
					    struct hyp_error *err),
			     void *ctx, struct hyp_error *err)
{
	static const char *const types[PROMETHEUS_TYPES] = {
		[PROMETHEUS_TEXT] = "text/plain; version=0.0.4; charset=utf-8",
		[PROMETHEUS_OPENMETRICS] = "application/openmetrics-text; "
					   "version=1.0.0; charset=utf-8",
	};
	int32_t rc = 0;

	(void)instance;
	for (uint32_t i = 0; rc == 0 && i < PROMETHEUS_TYPES; i++)
		rc = add(ctx, types[i], err);
	return rc;
}

static const struct hyp_exporter_ops ops = {
	.size = sizeof(ops),
	.create = create,
	.destroy = destroy,
	.content_types = content_types,
	.render = prometheus_render,
};

static const struct hyp_plugin plugin = {
	.size = sizeof(plugin),
	.abi = HYP_ABI_VERSION,
	.kind = HYP_KIND_EXPORTER,
	.threads = HYP_THREADS_PARALLEL,
	.name = "prometheus",
	.version = "1.0.0",
	.summary = "metrics as Prometheus and OpenMetrics text",
	.ops = &ops,
};

HYP_PLUGIN_EXPORT
{
	return &plugin;
}
