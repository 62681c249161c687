/* SPDX-License-Identifier: Apache-2.0 */
#include "core/lib/opening.h"
#include "core/base/log.h"
#include "core/engine/schedule.h"
#include "core/plugin/check-config.h"

#include <stdlib.h>

int32_t hyp_override(struct hyp_values *overrides, const char *pair,
		     struct hyp_error *err)
{
	const char *equals = strchr(pair, '=');
	char key[64];

	if (equals == NULL || equals == pair ||
	    (size_t)(equals - pair) >= sizeof(key))
		return hyp_error_set(err, HYP_E_USAGE, "usage", 0,
				     "--set %s: write KEY=VALUE, as in --set "
				     "state_dir=/srv/hypersdk",
				     pair);
	snprintf(key, sizeof(key), "%.*s", (int)(equals - pair), pair);
	return hyp_values_set(overrides, key, HYP_VALUE_TEXT, equals + 1,
			      "command line", 0, err);
}

int32_t hyp_opening_plugins(const char *named, const struct hyp_config *config,
			    const char *prober, struct hyp_registry **out,
			    struct hyp_error *err)
{
	const struct hyp_list *set = &config->settings->plugin_dirs;
	const char *const installed = HYP_PLUGIN_DIR;

	if (named == NULL)
		named = getenv("HYPERSDK_PLUGIN_DIR");
	if (named != NULL)
		return hyp_registry_new(&named, 1, prober, out, err);
	if (set->count > 0)
		return hyp_registry_new(set->items, set->count, prober, out,
					err);
	return hyp_registry_new(&installed, 1, prober, out, err);
}

/* What can be said without plugins, then what only they can say. */
static int32_t check(const struct hyp_opening *opening,
		     struct hyp_registry **registry, struct hyp_config *config,
		     struct hyp_problems *problems)
{
	struct hyp_error err;

	if (*registry == NULL &&
	    hyp_opening_plugins(opening->plugin_dir, config, opening->prober,
				registry, &err) != 0) {
		hyp_problems_add(problems, NULL, 0, "%s", err.text);
		return HYP_E_USAGE;
	}
	return hyp_config_check(config, *registry, HYP_OPTIONS_CHECK_ONLY,
				problems) |
	       hyp_schedules_check(config, problems);
}

int32_t hyp_opening_config(const struct hyp_opening *opening,
			   struct hyp_registry **registry,
			   struct hyp_config **out,
			   struct hyp_problems *problems)
{
	struct hyp_config *config = NULL;
	int32_t rc = hyp_config_read(opening->config, opening->overrides,
				     &config, problems);

	if (config != NULL && check(opening, registry, config, problems) != 0)
		rc = HYP_E_USAGE;
	if (rc == 0)
		*out = config;
	else
		hyp_config_free(config);
	return rc;
}

void hyp_opening_log(const char *prefix, const struct hyp_problems *problems)
{
	char line[HYP_ERROR_TEXT_MAX + 4096];

	for (size_t i = 0; i < problems->count; i++) {
		hyp_problem_format(&problems->at[i], line, sizeof(line));
		hyp_log(HYP_LOG_ERROR, "", "config", "%s%s", prefix, line);
	}
	if (problems->lost)
		hyp_log(HYP_LOG_ERROR, "", "config",
			"%sthere is more wrong, and no memory to say what",
			prefix);
}
