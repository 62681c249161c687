/* SPDX-License-Identifier: Apache-2.0 */
/* The provider's list and lookup. */
#ifndef VSPHERE_INVENTORY_H
#define VSPHERE_INVENTORY_H

#include "plugins/provider/vsphere/vs.h"

int32_t vs_list(void *instance, const struct hyp_vm_filter *filter,
		const struct hyp_vm_sink *sink, struct hyp_error *err);
int32_t vs_lookup(void *instance, const char *path,
		  const struct hyp_vm_sink *sink, struct hyp_error *err);

/* HYP_POWER_* of "poweredOn" and its kin, 0 if unknown. */
uint32_t vs_power(const char *state);

#endif
