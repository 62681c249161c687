/* SPDX-License-Identifier: Apache-2.0 */
/* Where plugins are looked for. */
#ifndef HYP_APP_PLUGIN_DIRS_H
#define HYP_APP_PLUGIN_DIRS_H

#include "core/config/config.h"
#include "core/plugin/registry.h"

/* The plugins of the named folder, else of HYPERSDK_PLUGIN_DIR, else of the
 * settings, else the installed ones. self answers --probe-plugin. */
int32_t hyp_plugin_dirs_open(const char *named, const struct hyp_config *config,
			     const char *self, struct hyp_registry **out,
			     struct hyp_error *err);

#endif
