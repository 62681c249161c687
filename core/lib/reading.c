/* SPDX-License-Identifier: Apache-2.0 */
#include "core/lib/reading.h"
#include "core/base/buf.h"
#include "core/config/parts.h"
#include "core/plugin/store-part.h"

#include <errno.h>
#include <limits.h>
#include <unistd.h>

int32_t hyp_reading_open(const struct hyp_config *config,
			 struct hyp_registry *registry, struct hyp_reading *out,
			 struct hyp_error *err)
{
	int32_t rc;

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

void hyp_reading_fini(struct hyp_reading *reading)
{
	hyp_member_fini(&reading->member);
	hyp_part_fini(&reading->part);
}

int32_t hyp_reading_path(const char *path, char **out, struct hyp_error *err)
{
	char here[PATH_MAX];

	if (path[0] == '/')
		return hyp_strdup(path, out, err);
	if (getcwd(here, sizeof(here)) == NULL)
		return hyp_error_set(err, HYP_E_USAGE, "usage", errno,
				     "the working directory is gone: give an "
				     "absolute path");
	return hyp_asprintf(out, err, "%s/%s", here, path);
}
