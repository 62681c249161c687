/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/targets.h"
#include "core/app/endpoint.h"
#include "core/app/inventory.h"
#include "core/base/buf.h"

#include <stdlib.h>

static int is_pattern(const char *path)
{
	return strchr(path, '*') != NULL;
}

static int32_t add(struct hyp_targets *targets, const char *path,
		   struct hyp_error *err)
{
	char **paths = reallocarray(targets->paths, targets->count + 1,
				    sizeof(*paths));

	if (paths == NULL)
		return hyp_error_nomem(err);
	targets->paths = paths;
	if (hyp_strdup(path, &paths[targets->count], err) != 0)
		return err->code;
	targets->count++;
	return 0;
}

static int32_t add_matches(struct hyp_instance *provider, const char *pattern,
			   struct hyp_targets *targets, struct hyp_error *err)
{
	struct hyp_vm_filter filter = {.size = sizeof(filter), .glob = pattern};
	struct hyp_inventory vms = {NULL, 0, 0};
	struct hyp_vm_sink sink = hyp_inventory_sink(&vms);
	int32_t rc = hyp_provider_calls.list(provider, &filter, &sink, err);

	if (rc == 0 && vms.count == 0)
		rc = hyp_error_set(err, HYP_E_NOT_FOUND, "not_found", 0,
				   "no VM matches %s: hypersdk vms list shows "
				   "what there is (* stays within a folder, "
				   "** does not)",
				   pattern);
	hyp_inventory_sort(&vms);
	for (size_t i = 0; rc == 0 && i < vms.count; i++)
		rc = add(targets, vms.at[i].path, err);
	hyp_inventory_fini(&vms);
	return rc;
}

int32_t hyp_targets_find(struct hyp_app *app, struct hyp_targets *out,
			 struct hyp_error *err)
{
	const struct hyp_args *args = app->args;
	struct hyp_endpoint endpoint = {.instance = NULL};
	int32_t rc = 0;

	memset(out, 0, sizeof(*out));
	for (size_t i = 0; rc == 0 && i < args->operand_count; i++) {
		const char *path = args->operands[i];

		if (!is_pattern(path)) {
			rc = add(out, path, err);
			continue;
		}
		if (endpoint.instance == NULL)
			rc = hyp_endpoint_open(app, &endpoint, err);
		if (rc == 0)
			rc = add_matches(endpoint.instance, path, out, err);
	}
	if (endpoint.instance != NULL)
		hyp_endpoint_close(&endpoint);
	return rc;
}

void hyp_targets_fini(struct hyp_targets *targets)
{
	for (size_t i = 0; i < targets->count; i++)
		free(targets->paths[i]);
	free(targets->paths);
	memset(targets, 0, sizeof(*targets));
}
