/* SPDX-License-Identifier: Apache-2.0 */
/* What parent and child of a probe agree on. */
#ifndef HYP_PLUGIN_PROBE_CHILD_H
#define HYP_PLUGIN_PROBE_CHILD_H

/* The child's whole answer when the plugin is fit. An exit code alone would
 * be no proof: a constructor may call exit(0). */
#define HYP_PROBE_FIT "fit\n"

#endif
