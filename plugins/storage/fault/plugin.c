/* SPDX-License-Identifier: Apache-2.0 */
/* storage/fault: the one symbol that is exported. */
#include "plugins/storage/fault/fault.h"

HYP_PLUGIN_EXPORT
{
	return &fault_plugin;
}
