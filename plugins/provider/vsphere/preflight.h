/* SPDX-License-Identifier: Apache-2.0 */
/* The provider's preflight. */
#ifndef VSPHERE_PREFLIGHT_H
#define VSPHERE_PREFLIGHT_H

#include "plugins/provider/vsphere/vs.h"

int32_t vs_preflight(void *instance, const struct hyp_open_args *args,
		     const struct hyp_finding_sink *sink,
		     struct hyp_error *err);

#endif
