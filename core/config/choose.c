/* SPDX-License-Identifier: Apache-2.0 */
#include "core/config/choose.h"
#include "core/config/govc.h"
#include "core/config/parts.h"

#include <stdlib.h>

static int32_t from_pipeline(const struct hyp_pipeline *pipeline,
			     struct hyp_part *part, struct hyp_error *err)
{
	if (pipeline->provider.plugin == NULL)
		return hyp_error_set(err, HYP_E_USAGE, "bad_config", 0,
				     "%s:%u: pipeline %s has no provider",
				     pipeline->file, pipeline->line,
				     pipeline->name);
	return hyp_part_copy(part, &pipeline->provider, err);
}

int32_t hyp_choose_provider(const struct hyp_config *config, const char *name,
			    const char *provider, const char *where,
			    struct hyp_part *part,
			    const struct hyp_pipeline **pipeline,
			    struct hyp_error *err)
{
	*pipeline = NULL;
	if (name == NULL && provider != NULL)
		return hyp_part_named(part, provider, where, err);
	if (hyp_config_pipeline(config, name, pipeline, err) == 0)
		return from_pipeline(*pipeline, part, err);
	if (name != NULL)
		return err->code;
	if (hyp_govc_is_set())
		return hyp_govc_part(part, err);
	if (config->pipeline_count > 0)
		return err->code;
	return hyp_error_set(err, HYP_E_USAGE, "no_endpoint", 0,
			     "which vCenter? None is named, no pipeline is "
			     "configured (see " HYP_CONF_DIR "/conf.d), and "
			     "GOVC_URL is not set");
}

const char *hyp_choose_format(const struct hyp_pipeline *pipeline,
			      const char *asked)
{
	if (asked != NULL)
		return asked;
	if (pipeline != NULL && pipeline->packager.plugin != NULL)
		return pipeline->packager.plugin;
	return "ova";
}

int32_t hyp_choose_packager(const struct hyp_pipeline *pipeline,
			    const char *format, const char *where,
			    struct hyp_part *part, struct hyp_error *err)
{
	if (pipeline != NULL && pipeline->packager.plugin != NULL &&
	    strcmp(pipeline->packager.plugin, format) == 0)
		return hyp_part_copy(part, &pipeline->packager, err);
	return hyp_part_named(part, format, where, err);
}

int32_t hyp_choose_storage(const struct hyp_pipeline *pipeline,
			   const char *where, struct hyp_part *part,
			   struct hyp_error *err)
{
	if (pipeline != NULL && pipeline->storage.plugin != NULL)
		return hyp_part_copy(part, &pipeline->storage, err);
	return hyp_part_named(part, "local", where, err);
}

uint32_t hyp_choose_parallel(const struct hyp_pipeline *pipeline,
			     uint32_t asked)
{
	if (asked != 0)
		return asked;
	return pipeline != NULL ? pipeline->parallel_downloads
				: HYP_PARALLEL_DEFAULT;
}
