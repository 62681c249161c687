/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/store.h"
#include "core/config/parts.h"
#include "core/plugin/store-part.h"

int32_t hyp_app_store_open(struct hyp_app *app, struct hyp_app_store *out,
			   struct hyp_error *err)
{
	const struct hyp_config *config = hyp_app_config(app);
	struct hyp_registry *registry;
	int32_t rc;

	registry = config != NULL ? hyp_app_registry(app) : NULL;
	if (registry == NULL)
		return hyp_app_told(err);
	memset(out, 0, sizeof(*out));
	out->job.job_id = "";
	rc = hyp_store_part(config, &out->part, err);
	if (rc == 0)
		rc = hyp_part_set(&out->part, "read_only", "true", err);
	if (rc == 0)
		rc = hyp_member_init(&out->member, registry, HYP_KIND_STORE,
				     &out->part, &out->job, NULL, err);
	if (rc != 0)
		hyp_part_fini(&out->part);
	return rc;
}

void hyp_app_store_fini(struct hyp_app_store *store)
{
	hyp_member_fini(&store->member);
	hyp_part_fini(&store->part);
}
