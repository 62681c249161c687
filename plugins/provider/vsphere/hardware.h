/* SPDX-License-Identifier: Apache-2.0 */
/* A VM's virtual hardware as the server describes it, read once. */
#ifndef VSPHERE_HARDWARE_H
#define VSPHERE_HARDWARE_H

#include <hypersdk/provider.h>
#include <libxml/tree.h>
#include <stddef.h>

#define VS_DISK_INDEPENDENT 1u
#define VS_DISK_RDM 2u		/* raw device mapping of either mode */
#define VS_DISK_RDM_PHYSICAL 4u /* which snapshots cannot hold still */
#define VS_DISK_SHARED 8u	/* multi-writer */

struct vs_disk {
	char key[128]; /* "VirtualLsiLogicController0:0" */
	char label[128];
	char file[256]; /* "[datastore1] web01/web01.vmdk" */
	uint32_t flags; /* VS_DISK_* */
	uint32_t controller;
	uint32_t unit;
	uint64_t capacity; /* bytes */
};

struct vs_controller {
	char type[64]; /* class name */
	uint32_t key, bus;
	uint32_t kind; /* HYP_CONTROLLER_*, 0: no disk controller */
	const char *subtype;
	char sharing[32]; /* SCSI: "noSharing", ... */
};

struct vs_nic {
	const char *subtype;
	char network[128];
	char portgroup[128]; /* of a distributed switch: id to be resolved */
	char label[128];
};

struct vs_image { /* a CD-ROM or floppy drive */
	char key[128];
	uint32_t controller;
	uint32_t unit;
	uint32_t role; /* HYP_ROLE_ISO or _FLOPPY */
	uint32_t has_file;
};

/* Arrays are malloc'ed; disks in the VM's order. */
struct vs_hardware {
	struct vs_controller *controllers;
	size_t controller_count;
	struct vs_disk *disks;
	size_t disk_count;
	struct vs_nic *nics;
	size_t nic_count;
	struct vs_image *images;
	size_t image_count;
	uint32_t passthrough; /* PCI devices of the host */
};

/* hardware: the value of config.hardware. */
int32_t vs_hardware_read(xmlNodePtr hardware, struct vs_hardware *out,
			 struct hyp_error *err);
void vs_hardware_fini(struct vs_hardware *hw);

/* The disk or image whose key is the last part of a lease's device key
 * ("/vm-42/VirtualLsiLogicController0:0"), or NULL. */
const struct vs_disk *vs_hardware_disk(const struct vs_hardware *hw,
				       const char *device_key);
const struct vs_image *vs_hardware_image(const struct vs_hardware *hw,
					 const char *device_key);

#endif
