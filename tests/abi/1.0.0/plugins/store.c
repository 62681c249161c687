/* SPDX-License-Identifier: Apache-2.0 */
/* Kept as it was written for 1.0: a store that hands all to the sqlite.so
 * beside it, which it loads and asks as a core of 1.0 would. */
#include <hypersdk/store.h>

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>

struct options {
	const char *path;
	uint32_t read_only;
};

struct kept {
	void *file;
	const struct hyp_store_ops *ops;
	void *options;
	void *instance;
};

static const struct hyp_option options[] = {
	HYP_OPT_STRING(struct options, path, "path", NULL, 0, "the database"),
	HYP_OPT_BOOL(struct options, read_only, "read_only", "false", 0,
		     "change nothing"),
};

static int32_t out_of_memory(struct hyp_error *err)
{
	return hyp_error_set(err, HYP_E_TRANSIENT, "no_memory", ENOMEM,
			     "out of memory");
}

/* The one beside this file. */
static const struct hyp_plugin *load(struct kept *k, struct hyp_error *err)
{
	const struct hyp_plugin *(*describe)(void) = NULL;
	char path[4096];
	Dl_info self;

	if (dladdr(options, &self) == 0)
		self.dli_fname = "";
	snprintf(path, sizeof(path), "%s", self.dli_fname);
	if (strrchr(path, '/') != NULL)
		snprintf(strrchr(path, '/'), 16, "/sqlite.so");
	k->file = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (k->file != NULL)
		*(void **)&describe = dlsym(k->file, "hypersdk_plugin_v1");
	if (describe == NULL) {
		hyp_error_set(err, HYP_E_PERMANENT, "no_sqlite", 0,
			      "%s: is no plugin", path);
		return NULL;
	}
	return describe();
}

/* All of them are 0, or what is given here by the same name. */
static int32_t fill(struct kept *k, const struct hyp_plugin *p,
		    const struct options *given, struct hyp_error *err)
{
	char *at = (char *)calloc(1, p->options_size);

	k->options = at;
	if (at == NULL)
		return out_of_memory(err);
	for (uint32_t i = 0; i < p->option_count; i++) {
		const struct hyp_option *o =
			(const struct hyp_option *)((const char *)p->options +
						    (size_t)i *
							    p->option_stride);

		if (strcmp(o->name, "path") == 0)
			memcpy(at + o->offset, &given->path,
			       sizeof(given->path));
		if (strcmp(o->name, "read_only") == 0)
			memcpy(at + o->offset, &given->read_only,
			       sizeof(given->read_only));
	}
	return 0;
}

static void destroy(void *instance)
{
	struct kept *k = (struct kept *)instance;

	if (k->instance != NULL)
		k->ops->destroy(k->instance);
	if (k->file != NULL)
		dlclose(k->file);
	free(k->options);
	free(k);
}

static int32_t create(const struct hyp_host *host, const void *given,
		      void **instance, struct hyp_error *err)
{
	struct kept *k = (struct kept *)calloc(1, sizeof(*k));
	const struct hyp_plugin *p;
	int32_t rc = HYP_E_PERMANENT;

	if (k == NULL)
		return out_of_memory(err);
	p = load(k, err);
	if (p != NULL) {
		k->ops = (const struct hyp_store_ops *)p->ops;
		rc = fill(k, p, (const struct options *)given, err);
	}
	if (rc == 0)
		rc = k->ops->create(host, k->options, &k->instance, err);
	if (rc != 0)
		destroy(k);
	else
		*instance = k;
	return rc;
}

#define OPS(i) ((const struct kept *)(i))->ops
#define INSTANCE(i) ((const struct kept *)(i))->instance

static int32_t apply(void *i, const struct hyp_change *change,
		     struct hyp_error *err)
{
	return OPS(i)->apply(INSTANCE(i), change, err);
}

static int32_t
claim(void *i, const struct hyp_claim *which,
      int32_t (*compose)(void *ctx, const struct hyp_job_row *chosen,
			 struct hyp_change *change, struct hyp_error *err),
      void *ctx, struct hyp_error *err)
{
	return OPS(i)->claim(INSTANCE(i), which, compose, ctx, err);
}

static int32_t list(void *i, uint32_t table,
		    const struct hyp_store_query *query,
		    const struct hyp_row_sink *sink, struct hyp_error *err)
{
	return OPS(i)->list(INSTANCE(i), table, query, sink, err);
}

static int32_t get(void *i, const char *job_id, const struct hyp_row_sink *sink,
		   struct hyp_error *err)
{
	return OPS(i)->get(INSTANCE(i), job_id, sink, err);
}

static int32_t counts(void *i, struct hyp_store_counts *out,
		      struct hyp_error *err)
{
	return OPS(i)->counts(INSTANCE(i), out, err);
}

static int32_t prune(void *i, const struct hyp_prune *what, uint64_t *removed,
		     struct hyp_error *err)
{
	return OPS(i)->prune(INSTANCE(i), what, removed, err);
}

static int32_t backup(void *i, const char *path, struct hyp_error *err)
{
	return OPS(i)->backup(INSTANCE(i), path, err);
}

static int32_t check(void *i, void (*problem)(void *ctx, const char *text),
		     void *ctx, struct hyp_error *err)
{
	return OPS(i)->check(INSTANCE(i), problem, ctx, err);
}

static const struct hyp_store_ops ops = {
	.size = sizeof(ops),
	.create = create,
	.destroy = destroy,
	.apply = apply,
	.claim = claim,
	.list = list,
	.get = get,
	.counts = counts,
	.prune = prune,
	.backup = backup,
	.check = check,
};

static const struct hyp_plugin plugin = {
	.size = sizeof(plugin),
	.abi = HYP_ABI_VERSION,
	.kind = HYP_KIND_STORE,
	.threads = HYP_THREADS_PARALLEL,
	.options_size = sizeof(struct options),
	.name = "kept",
	.version = "0.1",
	.summary = "A store of 1.0",
	.options = options,
	.option_stride = sizeof(options[0]),
	.option_count = sizeof(options) / sizeof(options[0]),
	.ops = &ops,
};

HYP_PLUGIN_EXPORT
{
	return &plugin;
}
