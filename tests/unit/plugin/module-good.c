/* SPDX-License-Identifier: Apache-2.0 */
/* A provider that keeps every rule and does next to nothing. */
#include <hypersdk/provider.h>

static int32_t create(const struct hyp_host *host, const void *options,
		      void **instance, struct hyp_error *err)
{
	(void)host;
	(void)err;
	/* Any address will do; the options' is at hand and never NULL. */
	memcpy(instance, &options, sizeof(options));
	return 0;
}

static void destroy(void *instance)
{
	(void)instance;
}

static int32_t no(struct hyp_error *err)
{
	return hyp_error_set(err, HYP_E_NOT_FOUND, "vm_not_found", 0,
			     "there are no VMs here");
}

static int32_t list(void *instance, const struct hyp_vm_filter *filter,
		    const struct hyp_vm_sink *sink, struct hyp_error *err)
{
	(void)instance;
	(void)filter;
	(void)sink;
	(void)err;
	return 0;
}

static int32_t lookup(void *instance, const char *path,
		      const struct hyp_vm_sink *sink, struct hyp_error *err)
{
	(void)instance;
	(void)path;
	(void)sink;
	return no(err);
}

static int32_t machine(void *instance, const char *vm_id,
		       const struct hyp_machine_sink *sink,
		       struct hyp_error *err)
{
	(void)instance;
	(void)vm_id;
	(void)sink;
	return no(err);
}

static int32_t preflight(void *instance, const struct hyp_open_args *args,
			 const struct hyp_finding_sink *sink,
			 struct hyp_error *err)
{
	(void)instance;
	(void)args;
	(void)sink;
	return no(err);
}

static int32_t open_vm(void *instance, const struct hyp_open_args *args,
		       void **exported, struct hyp_error *err)
{
	(void)instance;
	(void)args;
	(void)exported;
	return no(err);
}

static int32_t files(void *exported, const struct hyp_file_sink *sink,
		     struct hyp_error *err)
{
	(void)exported;
	(void)sink;
	return no(err);
}

static int32_t copy(void *exported, uint32_t index,
		    const struct hyp_writer *out, struct hyp_error *err)
{
	(void)exported;
	(void)index;
	(void)out;
	return no(err);
}

static int32_t finish(void *exported, struct hyp_error *err)
{
	(void)exported;
	return no(err);
}

static void abort_export(void *exported)
{
	(void)exported;
}

static const struct hyp_provider_ops ops = {
	.size = sizeof(ops),
	.create = create,
	.destroy = destroy,
	.list = list,
	.lookup = lookup,
	.machine = machine,
	.preflight = preflight,
	.open = open_vm,
	.files = files,
	.copy = copy,
	.finish = finish,
	.abort = abort_export,
};

struct options {
	const char *text;
};

static const struct hyp_option options[] = {
	HYP_OPT_STRING(struct options, text, "text", "x", 0, "any text"),
};

#ifndef MODULE_NAME
#define MODULE_NAME "good"
#endif
#ifndef MODULE_SUMMARY
#define MODULE_SUMMARY "Keeps every rule"
#endif

static const struct hyp_plugin description = {
	.size = sizeof(description),
	.abi = HYP_ABI_VERSION,
	.kind = HYP_KIND_PROVIDER,
	.threads = HYP_THREADS_SERIAL,
	.options_size = sizeof(struct options),
	.name = MODULE_NAME,
	.version = "1.0",
	.summary = MODULE_SUMMARY,
	.options = options,
	.option_stride = sizeof(options[0]),
	.option_count = 1,
	.ops = &ops,
};

#ifndef MODULE_IS_ODD
HYP_PLUGIN_EXPORT
{
	return &description;
}
#endif
