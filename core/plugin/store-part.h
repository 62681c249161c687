/* SPDX-License-Identifier: Apache-2.0 */
/* Which store a configuration means. */
#ifndef HYP_PLUGIN_STORE_PART_H
#define HYP_PLUGIN_STORE_PART_H

#include "core/config/config.h"

/* The plugin and its options: what "database" says, store/sqlite if it names
 * none; and path, state_dir/jobs.db if it gives none. out is the caller's,
 * hyp_part_fini. HYP_E_TRANSIENT "no_memory". */
int32_t hyp_store_part(const struct hyp_config *config, struct hyp_part *out,
		       struct hyp_error *err);

#endif
