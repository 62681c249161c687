/* SPDX-License-Identifier: Apache-2.0 */
/* notifier/webhook: the one symbol that is exported. */
#include "plugins/notifier/webhook/webhook.h"

HYP_PLUGIN_EXPORT
{
	return &webhook_plugin;
}
