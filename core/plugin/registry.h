/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a kind and a name to a loaded plugin. Folders hold KIND/NAME.so; a
 * plugin is trusted, probed in a child and loaded when first asked for, and
 * stays for ever. Several registries share what is mapped; any thread.
 */
#ifndef HYP_PLUGIN_REGISTRY_H
#define HYP_PLUGIN_REGISTRY_H

#include "core/config/options.h"
#include <hypersdk/plugin.h>

struct hyp_registry;

/* The core's own copy of what a plugin said, zero-padded to this core's
 * sizes; constant, and valid as long as the registry. */
#define HYP_LOADED_KNOWN 0u
#define HYP_LOADED_NEW 1u      /* by this scan */
#define HYP_LOADED_REPLACED 2u /* its file is another now, or elsewhere */
#define HYP_LOADED_GONE 3u     /* there is no such file any more */
struct hyp_loaded {
	struct hyp_plugin plugin;
	struct hyp_option_table options;
	const void *ops; /* struct hyp_KIND_ops, a padded copy */
	char *path;
	uint32_t state;	       /* HYP_LOADED_*, as of the last scan */
	struct hyp_gate *gate; /* of a HYP_THREADS_SERIAL plugin, else NULL */
};

struct hyp_refusal {
	uint32_t kind;
	char *path;
	char *reason; /* one line: what is wrong and what to do */
};

/* dirs: searched in order, the first that has the name wins, also when it is
 * then refused. prober: the path of the program that answers --probe-plugin
 * PATH (hypersdk itself). */
int32_t hyp_registry_new(const char *const *dirs, size_t count,
			 const char *prober, struct hyp_registry **out,
			 struct hyp_error *err);
void hyp_registry_free(struct hyp_registry *registry);

/* HYP_E_USAGE "plugin_unknown" with the nearest name, HYP_E_USAGE
 * "plugin_rejected" with the reason, or HYP_E_TRANSIENT. A refusal lasts until
 * the file or its rights change. */
int32_t hyp_registry_find(struct hyp_registry *registry, uint32_t kind,
			  const char *name, const struct hyp_loaded **out,
			  struct hyp_error *err);

/* Loads all there are. What is loaded stays as it is until the process ends,
 * whatever becomes of its file: state says so. Both lists are the registry's,
 * sorted by kind and name, valid until the next call. */
int32_t hyp_registry_scan(struct hyp_registry *registry,
			  const struct hyp_loaded *const **plugins,
			  size_t *plugin_count,
			  const struct hyp_refusal **refusals,
			  size_t *refusal_count, struct hyp_error *err);

/* "provider", ...; NULL and 0 if unknown. */
const char *hyp_kind_name(uint32_t kind);
uint32_t hyp_kind_by_name(const char *name);

/* What --probe-plugin does in the child: check, open, ask. Exit code 0 and
 * "fit" on standard output, or 1 and one line of reason. */
int hyp_probe_main(const char *path);

#endif
