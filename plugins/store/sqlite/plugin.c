/* SPDX-License-Identifier: Apache-2.0 */
/* store/sqlite: the one symbol that is exported. */
#include "plugins/store/sqlite/sqlite.h"

HYP_PLUGIN_EXPORT
{
	return &sqlite_plugin;
}
