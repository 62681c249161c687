/* SPDX-License-Identifier: Apache-2.0 */
/* Kept as it was written for 1.0: an exporter that writes each counter and
 * gauge as its name and the sum of its series. */
#include <hypersdk/exporter.h>

static int32_t create(const struct hyp_host *host, const void *options,
		      void **instance, struct hyp_error *err)
{
	static const char here;

	(void)host;
	(void)options;
	(void)err;
	*instance = (void *)(uintptr_t)&here;
	return 0;
}

static void destroy(void *instance)
{
	(void)instance;
}

static int32_t content_types(void *instance,
			     int32_t (*add)(void *ctx, const char *type,
					    struct hyp_error *err),
			     void *ctx, struct hyp_error *err)
{
	(void)instance;
	return add(ctx, "text/plain; version=1.0-kept", err);
}

static int32_t render(void *instance, uint32_t type,
		      const struct hyp_metric_snapshot *snapshot,
		      const struct hyp_writer *out, struct hyp_error *err)
{
	int32_t rc = 0;

	(void)instance;
	(void)type;
	for (uint32_t i = 0; i < snapshot->family_count && rc == 0; i++) {
		const struct hyp_metric_family *f =
			HYP_AT(struct hyp_metric_family, snapshot->families,
			       snapshot->family_stride, i);
		double sum = 0;
		char line[512];

		if (f->type == HYP_METRIC_HISTOGRAM)
			continue;
		for (uint32_t k = 0; k < f->series_count; k++)
			sum += HYP_AT(struct hyp_metric_series, f->series,
				      f->series_stride, k)
				       ->value;
		snprintf(line, sizeof(line), "%s %g\n", f->name, sum);
		rc = out->write(out->ctx, line, strlen(line), err);
	}
	return rc;
}

static const struct hyp_exporter_ops ops = {
	.size = sizeof(ops),
	.create = create,
	.destroy = destroy,
	.content_types = content_types,
	.render = render,
};

static const struct hyp_plugin plugin = {
	.size = sizeof(plugin),
	.abi = HYP_ABI_VERSION,
	.kind = HYP_KIND_EXPORTER,
	.threads = HYP_THREADS_PARALLEL,
	.name = "prometheus",
	.version = "0.1",
	.summary = "An exporter of 1.0",
	.ops = &ops,
};

HYP_PLUGIN_EXPORT
{
	return &plugin;
}
