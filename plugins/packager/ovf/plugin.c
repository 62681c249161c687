/* SPDX-License-Identifier: Apache-2.0 */
/* packager/ovf: the one symbol that is exported. */
#include "plugins/packager/ovf/ovf.h"

HYP_PLUGIN_EXPORT
{
	return &ovf_plugin;
}
