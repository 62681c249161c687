/* SPDX-License-Identifier: Apache-2.0 */
/* Loading a plugin in a child first, which may crash, hang or misbehave. */
#ifndef HYP_PLUGIN_PROBE_H
#define HYP_PLUGIN_PROBE_H

#include <hypersdk/error.h>

#define HYP_PROBE_LIMIT_MS 5000

/* Runs "prober --probe-plugin path" and waits, at most the limit. 0 if the
 * plugin is fit; HYP_E_USAGE "plugin_rejected" with the child's reason, or
 * how it died. The child's whole process group is gone when this returns. */
int32_t hyp_probe_run(const char *prober, const char *path, uint64_t limit_ms,
		      struct hyp_error *err);

#endif
