/* SPDX-License-Identifier: Apache-2.0 */
/* Kept as it was written for 1.0: a notifier that appends each event's type to
 * the file that its URL's path names. */
#include <hypersdk/notifier.h>

#include <errno.h>
#include <stdlib.h>

struct options {
	const char *url;
};

static const struct hyp_option option_table[] = {
	HYP_OPT_STRING(struct options, url, "url", NULL, HYP_OPT_REQUIRED,
		       "where events go"),
};

static int32_t create(const struct hyp_host *host, const void *options,
		      void **instance, struct hyp_error *err)
{
	const struct options *o = (const struct options *)options;
	const char *path = strstr(o->url, "//");

	path = path != NULL ? strchr(path + 2, '/') : NULL;
	if (path == NULL)
		return hyp_error_set(err, HYP_E_USAGE, "bad_url", 0,
				     "the URL names no file");
	*instance = strdup(path);
	if (*instance == NULL)
		return hyp_error_set(err, HYP_E_TRANSIENT, "no_memory", ENOMEM,
				     "out of memory");
	host->log(host->ctx, HYP_LOG_DEBUG, "a notifier of 1.0");
	return 0;
}

static void destroy(void *instance)
{
	free(instance);
}

static int32_t deliver(void *instance, const struct hyp_notice *notice,
		       struct hyp_outcome *outcome, struct hyp_error *err)
{
	FILE *f = fopen((const char *)instance, "ae");

	if (f == NULL)
		return hyp_error_set(err, HYP_E_TRANSIENT, "connect_failed",
				     errno, "%s", strerror(errno));
	fprintf(f, "%s %s\n", notice->type, notice->job_id);
	fclose(f);
	outcome->status = 204;
	return 0;
}

static const struct hyp_notifier_ops ops = {
	.size = sizeof(ops),
	.create = create,
	.destroy = destroy,
	.deliver = deliver,
};

static const struct hyp_plugin plugin = {
	.size = sizeof(plugin),
	.abi = HYP_ABI_VERSION,
	.kind = HYP_KIND_NOTIFIER,
	.threads = HYP_THREADS_INSTANCE,
	.options_size = sizeof(struct options),
	.name = "webhook",
	.version = "0.1",
	.summary = "A notifier of 1.0",
	.options = option_table,
	.option_stride = sizeof(option_table[0]),
	.option_count = 1,
	.ops = &ops,
};

HYP_PLUGIN_EXPORT
{
	return &plugin;
}
