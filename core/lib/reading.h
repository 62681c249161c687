/* SPDX-License-Identifier: Apache-2.0 */
/* The configured store, opened for reading: also while a daemon has it. */
#ifndef HYP_LIB_READING_H
#define HYP_LIB_READING_H

#include "core/config/config.h"
#include "core/pipeline/attempt.h"

struct hyp_reading {
	struct hyp_host_job job;
	struct hyp_part part;
	struct hyp_member member;
};

/* The caller finis out when it returns 0; it must not move meanwhile. */
int32_t hyp_reading_open(const struct hyp_config *config,
			 struct hyp_registry *registry, struct hyp_reading *out,
			 struct hyp_error *err);
void hyp_reading_fini(struct hyp_reading *reading);

/* path, made absolute by the working folder; *out is the caller's. HYP_E_USAGE
 * "usage". */
int32_t hyp_reading_path(const char *path, char **out, struct hyp_error *err);

#endif
