/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Configured instances, and the checked way to call them.
 *
 * For each kind there is one table of calls with the kind's own ops type.
 * Its functions take a core handle where a plugin's take its instance (and
 * hyp_place, hyp_export, ... handles where they take a place, an export), and
 * around the plugin's function: take the gate's lock, refuse an absent
 * optional member with HYP_E_UNSUPPORTED, check arguments and results
 * (a success without its output, a positive or unknown code, an error without
 * a kind become HYP_E_PERMANENT "plugin_fault" that names plugin and member).
 * create is NULL in these tables: hyp_instance_new is the way.
 */
#ifndef HYP_PLUGIN_INSTANCE_H
#define HYP_PLUGIN_INSTANCE_H

#include "core/plugin/registry.h"
#include <hypersdk/notifier.h>
#include <hypersdk/exporter.h>
#include <hypersdk/packager.h>
#include <hypersdk/provider.h>
#include <hypersdk/storage.h>
#include <hypersdk/store.h>

struct hyp_instance;

/* options and host must outlive the instance. inner: for a plugin with
 * HYP_PLUGIN_WRAPS the wrapped storage's instance (which must outlive it),
 * else NULL. */
int32_t hyp_instance_new(const struct hyp_loaded *loaded,
			 const struct hyp_options *options,
			 const struct hyp_host *host,
			 struct hyp_instance *inner, struct hyp_instance **out,
			 struct hyp_error *err);
void hyp_instance_free(struct hyp_instance *instance);
const struct hyp_loaded *hyp_instance_plugin(const struct hyp_instance *i);

extern const struct hyp_provider_ops hyp_provider_calls;
extern const struct hyp_packager_ops hyp_packager_calls;
extern const struct hyp_storage_ops hyp_storage_calls;
extern const struct hyp_store_ops hyp_store_calls;
extern const struct hyp_notifier_ops hyp_notifier_calls;
extern const struct hyp_exporter_ops hyp_exporter_calls;

/* The packager's constants, which are no calls. */
uint32_t hyp_packager_layout(const struct hyp_instance *packager);
const char *hyp_packager_suffix(const struct hyp_instance *packager);

#endif
