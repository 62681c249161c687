/* SPDX-License-Identifier: Apache-2.0 */
/* One plugin with its options, as the files name it. */
#ifndef HYP_CONFIG_PART_H
#define HYP_CONFIG_PART_H

#include "core/config/options.h"

/* One plugin of a pipeline with its options, in conf.d:
 *	provider = { plugin = "vsphere"; url = "https://vc/sdk"; ... };
 *	packager = "ova";
 * Members other than plugin and inner are the plugin's options. */
struct hyp_part {
	char *plugin; /* NULL: not given (never the provider's) */
	struct hyp_values values;
	struct hyp_part *inner; /* of a storage that wraps another, or NULL */
	char *file;
	unsigned line;
};

#endif
