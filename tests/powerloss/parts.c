/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/powerloss/parts.h"
#include "core/base/cleanup.h"
#include "core/plugin/describe.h"
#include "plugins/packager/ova/ova.h"
#include "plugins/packager/ovf/ovf.h"
#include "plugins/storage/local/local.h"
#include "plugins/store/sqlite/sqlite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct part {
	uint32_t kind;
	const char *name;
	struct hyp_description description;
	struct hyp_loaded loaded;
} parts[] = {
	{.kind = HYP_KIND_PROVIDER, .name = "synthetic"},
	{.kind = HYP_KIND_PACKAGER, .name = "ova"},
	{.kind = HYP_KIND_PACKAGER, .name = "ovf"},
	{.kind = HYP_KIND_STORAGE, .name = "local"},
	{.kind = HYP_KIND_STORE, .name = "sqlite"},
};

static struct {
	const struct hyp_store_ops *real;
	parts_committed *committed;
	void *ctx;
} store;

static void committed(void *instance, int32_t rc, uint32_t flags)
{
	if (rc == 0 && (flags & HYP_CHANGE_LAZY) == 0 &&
	    store.committed != NULL)
		store.committed(store.ctx, store.real, instance);
}

static int32_t apply(void *instance, const struct hyp_change *change,
		     struct hyp_error *err)
{
	int32_t rc = store.real->apply(instance, change, err);

	committed(instance, rc, change->flags);
	return rc;
}

static int32_t
claim(void *instance, const struct hyp_claim *what,
      int32_t (*compose)(void *ctx, const struct hyp_job_row *chosen,
			 struct hyp_change *change, struct hyp_error *err),
      void *ctx, struct hyp_error *err)
{
	int32_t rc = store.real->claim(instance, what, compose, ctx, err);

	committed(instance, rc, 0);
	return rc;
}

static const struct hyp_plugin *raw(const struct part *part)
{
	switch (part->kind) {
	case HYP_KIND_PROVIDER:
		return hypersdk_plugin_v1();
	case HYP_KIND_PACKAGER:
		return strcmp(part->name, "ova") == 0 ? &ova_plugin
						      : &ovf_plugin;
	case HYP_KIND_STORAGE:
		return &local_plugin;
	default:
		return &sqlite_plugin;
	}
}

static void init(struct part *part)
{
	struct hyp_description *d = &part->description;
	struct hyp_error err;

	if (hyp_describe(raw(part), part->kind, part->name, d, &err) != 0) {
		fprintf(stderr, "%s\n", err.text);
		abort();
	}
	part->loaded = (struct hyp_loaded){
		.plugin = d->plugin,
		.options = {d->options, sizeof(*d->options),
			    d->plugin.option_count, d->plugin.options_size},
		.ops = d->ops,
	};
}

void parts_init(parts_committed *told, void *ctx)
{
	struct hyp_store_ops *ops;

	for (size_t i = 0; i < HYP_COUNT(parts); i++)
		init(&parts[i]);
	store.real = sqlite_plugin.ops;
	store.committed = told;
	store.ctx = ctx;
	ops = parts[HYP_COUNT(parts) - 1].description.ops;
	ops->apply = apply;
	ops->claim = claim;
}

void parts_fini(void)
{
	for (size_t i = 0; i < HYP_COUNT(parts); i++)
		hyp_description_fini(&parts[i].description);
}

/* In place of core/plugin's. */
int32_t hyp_registry_find(struct hyp_registry *registry, uint32_t kind,
			  const char *name, const struct hyp_loaded **out,
			  struct hyp_error *err)
{
	(void)registry;
	for (size_t i = 0; i < HYP_COUNT(parts); i++)
		if (parts[i].kind == kind && strcmp(parts[i].name, name) == 0) {
			*out = &parts[i].loaded;
			return 0;
		}
	return hyp_error_set(err, HYP_E_USAGE, "plugin_unknown", 0,
			     "no plugin %s here", name);
}

/* Nobody asks; but with it, nothing of core/plugin/registry.c is linked in. */
int32_t hyp_registry_scan(struct hyp_registry *registry,
			  const struct hyp_loaded *const **plugins,
			  size_t *plugin_count,
			  const struct hyp_refusal **refusals,
			  size_t *refusal_count, struct hyp_error *err)
{
	(void)registry;
	(void)plugins;
	(void)refusals;
	(void)plugin_count;
	(void)refusal_count;
	return hyp_error_set(err, HYP_E_UNSUPPORTED, "unsupported", 0,
			     "plugins are linked in here");
}
