/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/cleanup.h"
#include "core/base/text.h"
#include "core/config/config.h"

#include <stdlib.h>

static void list_names(const struct hyp_config *config, char *out, size_t max)
{
	size_t n = 0;

	out[0] = '\0';
	for (size_t i = 0; i < config->pipeline_count && n < max; i++)
		n += (size_t)snprintf(out + n, max - n, "%s%s",
				      i > 0 ? ", " : "",
				      config->pipelines[i].name);
}

static const char *nearest(const struct hyp_config *config, const char *name)
{
	HYP_AUTO_FREE const char **names =
		calloc(config->pipeline_count + 1, sizeof(*names));

	for (size_t i = 0; names != NULL && i < config->pipeline_count; i++)
		names[i] = config->pipelines[i].name;
	return names == NULL
		       ? NULL
		       : hyp_text_nearest(name, names, config->pipeline_count);
}

static int32_t unknown(const struct hyp_config *config, const char *name,
		       struct hyp_error *err)
{
	const char *near = nearest(config, name);
	char known[512];

	list_names(config, known, sizeof(known));
	if (near != NULL)
		return hyp_error_set(err, HYP_E_USAGE, "no_pipeline", 0,
				     "there is no pipeline \"%s\"; did you "
				     "mean \"%s\"?",
				     name, near);
	if (config->pipeline_count == 0)
		return hyp_error_set(err, HYP_E_USAGE, "no_pipeline", 0,
				     "there is no pipeline \"%s\": none is "
				     "configured (see " HYP_CONF_DIR "/conf.d)",
				     name);
	return hyp_error_set(err, HYP_E_USAGE, "no_pipeline", 0,
			     "there is no pipeline \"%s\"; there are: %s", name,
			     known);
}

static int32_t none(const struct hyp_config *config, struct hyp_error *err)
{
	char known[512];

	list_names(config, known, sizeof(known));
	if (config->pipeline_count == 0)
		return hyp_error_set(
			err, HYP_E_USAGE, "no_pipeline", 0,
			"no pipeline is configured (see " HYP_CONF_DIR
			"/conf.d)");
	return hyp_error_set(err, HYP_E_USAGE, "no_pipeline", 0,
			     "which pipeline? None has default = true; there "
			     "are: %s",
			     known);
}

int32_t hyp_config_pipeline(const struct hyp_config *config, const char *name,
			    const struct hyp_pipeline **out,
			    struct hyp_error *err)
{
	for (size_t i = 0; i < config->pipeline_count; i++) {
		const struct hyp_pipeline *p = &config->pipelines[i];

		if (name != NULL
			    ? strcmp(p->name, name) == 0
			    : p->is_default || config->pipeline_count == 1) {
			*out = p;
			return 0;
		}
	}
	return name != NULL ? unknown(config, name, err) : none(config, err);
}
