/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/plugin-dirs.h"

#include <stdlib.h>

int32_t hyp_plugin_dirs_open(const char *named, const struct hyp_config *config,
			     const char *self, struct hyp_registry **out,
			     struct hyp_error *err)
{
	const struct hyp_list *set = &config->settings->plugin_dirs;
	const char *const installed = HYP_PLUGIN_DIR;

	if (named == NULL)
		named = getenv("HYPERSDK_PLUGIN_DIR");
	if (named != NULL)
		return hyp_registry_new(&named, 1, self, out, err);
	if (set->count > 0)
		return hyp_registry_new(set->items, set->count, self, out, err);
	return hyp_registry_new(&installed, 1, self, out, err);
}
