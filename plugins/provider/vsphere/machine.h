/* SPDX-License-Identifier: Apache-2.0 */
/* The provider's machine. */
#ifndef VSPHERE_MACHINE_H
#define VSPHERE_MACHINE_H

#include "plugins/provider/vsphere/vs.h"

int32_t vs_machine(void *instance, const char *vm_id,
		   const struct hyp_machine_sink *sink, struct hyp_error *err);

/* What ties a machine's disk to an export's file: "/vm-42/KEY", in the form
 * of a lease's own keys. */
void vs_device_id(const char *vm_id, const char *key, char *out, size_t max);

#endif
