/* SPDX-License-Identifier: Apache-2.0 */
/* The VM that is to be exported: what decides how, and whether. */
#ifndef VSPHERE_TARGET_H
#define VSPHERE_TARGET_H

#include "plugins/provider/vsphere/hardware.h"
#include "plugins/provider/vsphere/vs.h"

struct vs_target {
	char name[256];		  /* decoded */
	uint32_t power;		  /* HYP_POWER_* */
	uint32_t flags;		  /* HYP_VM_* */
	uint32_t tools;		  /* 1: the guest's tools run */
	uint32_t locked_export;	  /* 1: the server has disabled ExportVm */
	uint32_t locked_snapshot; /* 1: ... CreateSnapshot_Task */
	uint32_t snapshots;	  /* 1: it has some already */
	char connection[32];	  /* runtime.connectionState */
};

/* hardware: filled too; the caller finis it. */
int32_t vs_target_read(struct vs *vs, const struct vs_ref *vm,
		       struct vs_target *out, struct vs_hardware *hardware,
		       struct hyp_error *err);

/*
 * How it is opened: HYP_MODE_COLD or _HOT; or why it cannot be, at all or in
 * that mode: "vm_encrypted", "host_disconnected",
 * "vm_inaccessible", "vm_powered_on", "vm_suspended", "vm_template".
 */
int32_t vs_target_mode(const struct vs_target *target, uint32_t wanted,
		       uint32_t *mode, struct hyp_error *err);

/* Inventory path of a VM, VS_PATH_MAX bytes; its id where it is not to be
 * had. */
void vs_target_path(struct vs *vs, const struct vs_ref *vm, char *out);

#endif
