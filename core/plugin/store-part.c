/* SPDX-License-Identifier: Apache-2.0 */
#include "core/plugin/store-part.h"
#include "core/base/buf.h"
#include "core/base/cleanup.h"
#include "core/config/parts.h"

static int32_t add_defaults(const struct hyp_config *config,
			    struct hyp_part *part, struct hyp_error *err)
{
	HYP_AUTO_FREE char *path = NULL;
	int32_t rc = 0;

	if (part->plugin == NULL)
		rc = hyp_strdup("sqlite", &part->plugin, err);
	if (rc != 0 || hyp_values_get(&part->values, "path") != NULL)
		return rc;
	rc = hyp_asprintf(&path, err, "%s/jobs.db",
			  config->settings->state_dir);
	if (rc == 0)
		rc = hyp_part_set_from(part, "path", path, "state_dir", err);
	return rc;
}

int32_t hyp_store_part(const struct hyp_config *config, struct hyp_part *out,
		       struct hyp_error *err)
{
	struct hyp_part part = {.plugin = NULL};
	int32_t rc = hyp_part_copy(&part, &config->database, err);

	if (rc == 0)
		rc = add_defaults(config, &part, err);
	if (rc != 0) {
		hyp_part_fini(&part);
		return rc;
	}
	*out = part;
	return 0;
}
