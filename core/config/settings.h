/* SPDX-License-Identifier: Apache-2.0 */
/* The core's own settings: what each may be, and what they may be together.
 * Inside core/config. */
#ifndef HYP_CONFIG_SETTINGS_H
#define HYP_CONFIG_SETTINGS_H

#include "core/config/config.h"

/* values: what settings were filled from, for the places of problems. */
void hyp_settings_check(const struct hyp_settings *settings,
			const struct hyp_values *values,
			struct hyp_problems *problems);

#endif
