/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OVF descriptors (DMTF DSP0243 1.x): one model, one writer, one reader.
 */
#ifndef HYP_PACKAGE_OVF_H
#define HYP_PACKAGE_OVF_H

#include "core/base/buf.h"
#include <hypersdk/types.h>

#define HYP_OVF_NS "http://schemas.dmtf.org/ovf/envelope/1"
#define HYP_OVF_STREAM_OPTIMIZED                                               \
	"http://www.vmware.com/interfaces/specifications/"                     \
	"vmdk.html#streamOptimized"
#define HYP_OVF_MAX (4u << 20) /* bytes of a descriptor we read */

/*
 * Write the descriptor of a machine with these files (disks matched to the
 * machine's by device_id; nvram as a file that ExtraConfig names; images as
 * files of CD-ROM and floppy items) by xmlTextWriter. Valid against DMTF's
 * schema of OVF 1.1. Names are escaped, never trusted.
 * A disk without a file, or the reverse: HYP_E_PERMANENT "bad_ovf".
 */
int32_t hyp_ovf_write(const struct hyp_machine *machine,
		      const struct hyp_file *files, uint32_t stride,
		      uint32_t count, struct hyp_buf *out,
		      struct hyp_error *err);

struct hyp_ovf_file { /* ovf:File */
	char *id, *href;
	uint64_t bytes;	     /* ovf:size, HYP_UNKNOWN if absent */
	uint64_t chunk_size; /* ovf:chunkSize, 0 if absent */
	char *compression;   /* "" if absent */
};

struct hyp_ovf_disk {				   /* ovf:Disk */
	char *id, *file_ref, *format, *parent_ref; /* "" if absent */
	uint64_t capacity;  /* bytes, allocation units applied */
	uint64_t populated; /* HYP_UNKNOWN if absent */
};

struct hyp_ovf_item { /* rasd:Item and its StorageItem, EthernetPortItem kin */
	char *instance_id, *parent, *name, *subtype, *connection,
		*host_resource, *units; /* "" if absent */
	uint32_t type;			/* CIM ResourceType */
	uint64_t quantity;	   /* VirtualQuantity; of memory in bytes */
	int32_t address_on_parent; /* -1 if absent */
	uint32_t is_optional;	   /* 1: ovf:required is false */
};

struct hyp_ovf {
	char *name;	/* of the (first) virtual system */
	char *os;	/* OperatingSystemSection's description or vmw:osType */
	char *firmware; /* "bios", "efi" or "" */
	char *hardware; /* VirtualSystemType, "" */
	uint32_t version;	/* of the envelope: 1 or 2 */
	uint32_t systems;	/* virtual systems in the envelope */
	uint32_t in_collection; /* 1: the first stands in a collection */
	uint32_t num_cpu;
	uint64_t memory_mb;
	struct hyp_ovf_file *files;
	size_t file_count;
	struct hyp_ovf_disk *disks;
	size_t disk_count;
	struct hyp_ovf_item *items;
	size_t item_count;
	char **networks;
	size_t network_count;
};

/* Takes descriptors of vCenter, ovftool, VirtualBox and ourselves. Refuses
 * what cannot be meant (duplicate ids, dangling references, arithmetic that
 * overflows, cyclic parents): HYP_E_PERMANENT "bad_ovf", "xml_forbidden",
 * "xml_limit", "too_large". References are not judged as paths here. */
int32_t hyp_ovf_read(const void *text, size_t n, const char *what,
		     struct hyp_ovf *out, struct hyp_error *err);
void hyp_ovf_fini(struct hyp_ovf *ovf);

/* Bytes of "capacity" with "ovf:capacityAllocationUnits" ("byte * 2^30",
 * "MegaBytes", ...; NULL or "": bytes). HYP_E_PERMANENT "bad_ovf". */
int32_t hyp_ovf_capacity(const char *value, const char *units, uint64_t *bytes,
			 struct hyp_error *err);

#endif
