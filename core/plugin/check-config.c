/* SPDX-License-Identifier: Apache-2.0 */
#include "core/plugin/check-config.h"

struct check {
	struct hyp_registry *registry;
	uint32_t flags;
	struct hyp_problems *problems;
};

static void check_inner(const struct check *check, const struct hyp_part *part,
			const struct hyp_loaded *loaded)
{
	int wraps = loaded->plugin.kind == HYP_KIND_STORAGE &&
		    (loaded->plugin.flags & HYP_PLUGIN_WRAPS) != 0;

	if (wraps && part->inner == NULL)
		hyp_problems_add(check->problems, part->file, part->line,
				 "%s/%s wraps another storage: say which, "
				 "inner = { plugin = \"local\"; }",
				 hyp_kind_name(loaded->plugin.kind),
				 part->plugin);
	else if (!wraps && part->inner != NULL)
		hyp_problems_add(
			check->problems, part->inner->file, part->inner->line,
			"%s/%s wraps no other storage: leave inner "
			"out",
			hyp_kind_name(loaded->plugin.kind), part->plugin);
}

static void check_part(const struct check *check, const struct hyp_part *part,
		       uint32_t kind)
{
	const struct hyp_loaded *loaded;
	struct hyp_error err;
	char what[128];

	if (part->plugin == NULL)
		return;
	if (hyp_registry_find(check->registry, kind, part->plugin, &loaded,
			      &err) != 0) {
		hyp_problems_add(check->problems, part->file, part->line, "%s",
				 err.text);
	} else {
		snprintf(what, sizeof(what), "%s/%s", hyp_kind_name(kind),
			 part->plugin);
		hyp_options_fill(&loaded->options, &part->values, what,
				 check->flags, NULL, check->problems);
		check_inner(check, part, loaded);
	}
	if (part->inner != NULL)
		check_part(check, part->inner, kind);
}

int32_t hyp_config_check(const struct hyp_config *config,
			 struct hyp_registry *registry, uint32_t flags,
			 struct hyp_problems *problems)
{
	const struct check check = {registry, flags, problems};
	size_t before = problems->count;

	for (size_t i = 0; i < config->pipeline_count; i++) {
		const struct hyp_pipeline *p = &config->pipelines[i];

		check_part(&check, &p->provider, HYP_KIND_PROVIDER);
		check_part(&check, &p->packager, HYP_KIND_PACKAGER);
		check_part(&check, &p->storage, HYP_KIND_STORAGE);
	}
	for (size_t i = 0; i < config->webhook_count; i++)
		check_part(&check, &config->webhooks[i].part,
			   HYP_KIND_NOTIFIER);
	check_part(&check, &config->database, HYP_KIND_STORE);
	return problems->count > before || problems->lost ? HYP_E_USAGE : 0;
}

int32_t hyp_config_check_part(const struct hyp_part *part, uint32_t kind,
			      struct hyp_registry *registry,
			      struct hyp_error *err)
{
	struct hyp_problems problems = HYP_PROBLEMS_INIT;
	const struct check check = {registry, HYP_OPTIONS_CHECK_ONLY,
				    &problems};
	int32_t rc = 0;

	check_part(&check, part, kind);
	if (problems.count > 0 || problems.lost)
		rc = hyp_problems_error(&problems, err);
	hyp_problems_fini(&problems);
	return rc;
}
