/* SPDX-License-Identifier: Apache-2.0 */
/* From a configuration to what an engine is opened with: for hypersdkd, for
 * the command, and for libhypersdk. */
#ifndef HYP_LIB_OPENING_H
#define HYP_LIB_OPENING_H

#include "core/config/config.h"
#include "core/plugin/registry.h"

struct hyp_opening {
	const char *config; /* NULL: the installed one */
	const struct hyp_values *overrides;
	const char *plugin_dir; /* as hyp_opening_plugins */
	const char *prober;	/* the program that answers --probe-plugin */
};

/* Adds "KEY=VALUE". HYP_E_USAGE "usage". */
int32_t hyp_override(struct hyp_values *overrides, const char *pair,
		     struct hyp_error *err);

/* The plugins of the named folder, else of HYPERSDK_PLUGIN_DIR, else of the
 * settings, else the installed ones. */
int32_t hyp_opening_plugins(const char *named, const struct hyp_config *config,
			    const char *prober, struct hyp_registry **out,
			    struct hyp_error *err);

/*
 * The configuration, checked with the plugins that it names. *registry NULL:
 * it is opened, and stays so also after a failure; else it is used. Every
 * problem is collected; 0 or HYP_E_USAGE. *out is the caller's.
 */
int32_t hyp_opening_config(const struct hyp_opening *opening,
			   struct hyp_registry **registry,
			   struct hyp_config **out,
			   struct hyp_problems *problems);

/* One line of the log for each problem. */
void hyp_opening_log(const char *prefix, const struct hyp_problems *problems);

#endif
