/* SPDX-License-Identifier: Apache-2.0 */
/* packager/ova: the one symbol that is exported. */
#include "plugins/packager/ova/ova.h"

HYP_PLUGIN_EXPORT
{
	return &ova_plugin;
}
