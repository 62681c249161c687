/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which parts do a job: the one place where that is decided, for commands and
 * for the daemon's jobs. where says who asks, for messages ("command line",
 * "job"). A part is empty before and the caller's to fini, also on failure.
 */
#ifndef HYP_CONFIG_CHOOSE_H
#define HYP_CONFIG_CHOOSE_H

#include "core/config/config.h"

#define HYP_PARALLEL_DEFAULT 3
#define HYP_PARALLEL_MAX 16

/*
 * The pipeline of that name; else that provider; else (both NULL) the default
 * pipeline; else the only one; else GOVC_*. *pipeline: the one it is from, or
 * NULL. HYP_E_USAGE "no_pipeline", or "no_endpoint" where nothing says any.
 */
int32_t hyp_choose_provider(const struct hyp_config *config, const char *name,
			    const char *provider, const char *where,
			    struct hyp_part *part,
			    const struct hyp_pipeline **pipeline,
			    struct hyp_error *err);

/* The package's format: as asked for, else the pipeline's, else "ova". Valid
 * as long as both. pipeline may be NULL, here and below. */
const char *hyp_choose_format(const struct hyp_pipeline *pipeline,
			      const char *asked);
/* The pipeline's packager where it makes that format. */
int32_t hyp_choose_packager(const struct hyp_pipeline *pipeline,
			    const char *format, const char *where,
			    struct hyp_part *part, struct hyp_error *err);
/* The pipeline's storage, else storage/local. */
int32_t hyp_choose_storage(const struct hyp_pipeline *pipeline,
			   const char *where, struct hyp_part *part,
			   struct hyp_error *err);
/* As asked for, else (0) the pipeline's, else 3. */
uint32_t hyp_choose_parallel(const struct hyp_pipeline *pipeline,
			     uint32_t asked);

#endif
