/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/store.h"

int32_t hyp_app_store_open(struct hyp_app *app, struct hyp_reading *out,
			   struct hyp_error *err)
{
	const struct hyp_config *config = hyp_app_config(app);
	struct hyp_registry *registry;

	registry = config != NULL ? hyp_app_registry(app) : NULL;
	if (registry == NULL)
		return hyp_app_told(err);
	return hyp_reading_open(config, registry, out, err);
}
