/* SPDX-License-Identifier: Apache-2.0 */
/* A plugin of a major version to come. */
__attribute__((visibility("default"))) const void *hypersdk_plugin_v2(void);

const void *hypersdk_plugin_v2(void)
{
	return "in a form that nobody knows yet";
}
