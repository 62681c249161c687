/* SPDX-License-Identifier: Apache-2.0 */
/* Between the parts of the OVF writer. Private to core/package. */
#ifndef HYP_PACKAGE_OVF_WRITE_H
#define HYP_PACKAGE_OVF_WRITE_H

#include "core/package/ovf.h"
#include "core/package/xml-write.h"

#define HYP_OVF_NO_NETWORK "VM Network" /* for a card that names none */

struct hyp_ovf_controller { /* as it will be written */
	uint32_t type, bus, id;
	const char *subtype;
};

struct hyp_ovf_drive {	     /* a CD-ROM or floppy drive with an image in it */
	uint32_t file;	     /* index */
	uint32_t controller; /* index; floppies have none */
	uint32_t unit;
};

/* Which file, controller and address everything gets, settled before a byte
 * is written. */
struct hyp_ovf_plan {
	const struct hyp_machine *machine;
	const struct hyp_file *files;
	uint32_t stride, count;
	uint32_t *disk_file; /* machine's disk i is in file disk_file[i] */
	struct hyp_ovf_controller *controllers;
	uint32_t controller_count;
	struct hyp_ovf_drive *drives;
	uint32_t drive_count;
	uint32_t next_id; /* InstanceID of the next item */
};

/* Refuses what does not fit together: HYP_E_PERMANENT "bad_ovf". */
int32_t hyp_ovf_plan_make(struct hyp_ovf_plan *plan, struct hyp_error *err);
void hyp_ovf_plan_fini(struct hyp_ovf_plan *plan);

static inline const struct hyp_file *
hyp_ovf_plan_file(const struct hyp_ovf_plan *plan, uint32_t i)
{
	return HYP_AT(struct hyp_file, plan->files, plan->stride, i);
}

static inline const struct hyp_vdisk *
hyp_ovf_plan_disk(const struct hyp_ovf_plan *plan, uint32_t i)
{
	return HYP_AT(struct hyp_vdisk, plan->machine->disks,
		      plan->machine->disk_stride, i);
}

static inline const struct hyp_nic *
hyp_ovf_plan_nic(const struct hyp_ovf_plan *plan, uint32_t i)
{
	return HYP_AT(struct hyp_nic, plan->machine->nics,
		      plan->machine->nic_stride, i);
}

static inline const char *hyp_ovf_network(const struct hyp_nic *nic)
{
	return nic->network == NULL || nic->network[0] == '\0'
		       ? HYP_OVF_NO_NETWORK
		       : nic->network;
}

/* VirtualHardwareSection. */
void hyp_ovf_write_hardware(struct hyp_xmlw *x, struct hyp_ovf_plan *plan);

/* CIM_OperatingSystem.OsType of a vSphere guest id; 1 (other) if unknown. */
uint32_t hyp_ovf_os_type(const char *guest_id);

#endif
