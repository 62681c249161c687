/* SPDX-License-Identifier: Apache-2.0 */
/* Which VMs an export was asked for: paths and names as they are, patterns
 * (with a '*') as the paths of all VMs that match. */
#ifndef HYP_APP_TARGETS_H
#define HYP_APP_TARGETS_H

#include "core/app/app.h"

struct hyp_targets {
	char **paths;
	size_t count;
};

/* From the operands, in their order; the endpoint is asked only for patterns.
 * HYP_E_NOT_FOUND if one matches nothing. The caller finis it always. */
int32_t hyp_targets_find(struct hyp_app *app, struct hyp_targets *out,
			 struct hyp_error *err);
void hyp_targets_fini(struct hyp_targets *targets);

#endif
