/* SPDX-License-Identifier: Apache-2.0 */
#include "core/pipeline/attempt.h"

#include <stdio.h>
#include <string.h>

static int32_t fill_options(struct hyp_member *member,
			    const struct hyp_loaded *loaded,
			    const struct hyp_part *part, struct hyp_error *err)
{
	struct hyp_problems problems = HYP_PROBLEMS_INIT;
	int32_t rc;

	rc = hyp_options_fill(&loaded->options, &part->values, member->origin,
			      0, &member->options, &problems);
	if (rc < 0)
		rc = hyp_problems_error(&problems, err);
	if (rc == 0 && member->options == NULL)
		rc = hyp_error_set(err, HYP_E_USAGE, "bad_config", 0,
				   "%s: its options cannot be used",
				   member->origin);
	hyp_problems_fini(&problems);
	return rc;
}

static int32_t init_member(struct hyp_member *member,
			   struct hyp_registry *registry, uint32_t kind,
			   const struct hyp_part *part,
			   const struct hyp_host_job *job,
			   struct hyp_instance *inner, struct hyp_error *err)
{
	const struct hyp_loaded *loaded;
	int32_t rc;

	snprintf(member->origin, sizeof(member->origin), "%s/%s",
		 hyp_kind_name(kind), part->plugin);
	rc = hyp_registry_find(registry, kind, part->plugin, &loaded, err);
	if (rc == 0)
		rc = fill_options(member, loaded, part, err);
	if (rc == 0)
		rc = hyp_host_table_new(job, member->origin, &member->table,
					err);
	if (rc == 0)
		rc = hyp_instance_new(loaded, member->options,
				      hyp_host_table_get(member->table), inner,
				      &member->instance, err);
	return rc;
}

int32_t hyp_member_init(struct hyp_member *member,
			struct hyp_registry *registry, uint32_t kind,
			const struct hyp_part *part,
			const struct hyp_host_job *job,
			struct hyp_instance *inner, struct hyp_error *err)
{
	int32_t rc;

	memset(member, 0, sizeof(*member));
	if (part == NULL || part->plugin == NULL)
		return hyp_error_set(err, HYP_E_USAGE, "bad_config", 0,
				     "no %s is named: say which plugin to use",
				     hyp_kind_name(kind));
	rc = init_member(member, registry, kind, part, job, inner, err);
	if (rc < 0)
		hyp_member_fini(member);
	return rc;
}

void hyp_member_fini(struct hyp_member *member)
{
	if (member->instance != NULL)
		hyp_instance_free(member->instance);
	if (member->table != NULL)
		hyp_host_table_free(member->table);
	if (member->options != NULL)
		hyp_options_free(member->options);
	memset(member, 0, sizeof(*member));
}

/* From the innermost outwards, as an inner one must outlive its wrapper. */
int32_t hyp_storages_init(struct hyp_storages *storages,
			  struct hyp_registry *registry,
			  const struct hyp_part *part,
			  const struct hyp_host_job *job, struct hyp_error *err)
{
	const struct hyp_part *parts[HYP_STORAGE_DEPTH_MAX];
	struct hyp_instance *inner = NULL;
	size_t n = 0;
	int32_t rc = 0;

	for (; part != NULL; part = part->inner) {
		if (n == HYP_STORAGE_DEPTH_MAX)
			return hyp_error_set(
				err, HYP_E_USAGE, "bad_config", 0,
				"at most %d storages may wrap one another",
				HYP_STORAGE_DEPTH_MAX);
		parts[n++] = part;
	}
	if (n == 0) /* for its error */
		parts[n++] = NULL;
	while (n-- > 0 && rc == 0) {
		rc = hyp_member_init(&storages->members[n], registry,
				     HYP_KIND_STORAGE, parts[n], job, inner,
				     err);
		inner = storages->members[n].instance;
	}
	storages->storage = inner;
	return rc;
}

int32_t hyp_attempt_init(struct hyp_attempt *attempt,
			 const struct hyp_plan *plan,
			 const struct hyp_host_job *job, struct hyp_error *err)
{
	int32_t rc;

	rc = hyp_storages_init(&attempt->storages, plan->registry,
			       plan->storage, job, err);
	if (rc == 0)
		rc = hyp_member_init(&attempt->packager, plan->registry,
				     HYP_KIND_PACKAGER, plan->packager, job,
				     NULL, err);
	if (rc == 0)
		rc = hyp_member_init(&attempt->provider, plan->registry,
				     HYP_KIND_PROVIDER, plan->provider, job,
				     NULL, err);
	return rc;
}

void hyp_storages_fini(struct hyp_storages *storages)
{
	for (size_t i = 0; i < HYP_STORAGE_DEPTH_MAX; i++)
		hyp_member_fini(&storages->members[i]);
	storages->storage = NULL;
}

void hyp_attempt_fini(struct hyp_attempt *attempt)
{
	hyp_member_fini(&attempt->provider);
	hyp_member_fini(&attempt->packager);
	hyp_storages_fini(&attempt->storages);
}
