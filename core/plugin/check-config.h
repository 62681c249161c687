/* SPDX-License-Identifier: Apache-2.0 */
/* What only the plugins can tell of a configuration: whether they are there,
 * and whether their options are right. */
#ifndef HYP_PLUGIN_CHECK_CONFIG_H
#define HYP_PLUGIN_CHECK_CONFIG_H

#include "core/config/config.h"
#include "core/plugin/registry.h"

/* Every part of every pipeline, the webhooks, and the database. flags:
 * HYP_OPTIONS_CHECK_ONLY, or 0 to read the secrets too. Returns 0 or
 * HYP_E_USAGE with problems added. */
int32_t hyp_config_check(const struct hyp_config *config,
			 struct hyp_registry *registry, uint32_t flags,
			 struct hyp_problems *problems);
/* One part alone, its secrets only as to their form. HYP_E_USAGE "bad_config".
 */
int32_t hyp_config_check_part(const struct hyp_part *part, uint32_t kind,
			      struct hyp_registry *registry,
			      struct hyp_error *err);

#endif
