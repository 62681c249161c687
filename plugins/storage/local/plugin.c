/* SPDX-License-Identifier: Apache-2.0 */
/* storage/local: the one symbol that is exported. */
#include "plugins/storage/local/local.h"

HYP_PLUGIN_EXPORT
{
	return &local_plugin;
}
