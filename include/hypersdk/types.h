/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hypersdk/types.h - what several kinds of plugin speak of.
 *
 * Rules of the border: fixed-width integers; flags and choices are uint32_t;
 * every struct begins with its own size and only ever grows at its end;
 * strings are UTF-8 and NUL-terminated; sizes are bytes unless the name says
 * otherwise. Pointers inside a struct handed to a call are valid until that
 * call returns: who wants them longer copies them. An array member is a
 * triple: pointer, stride (bytes from one element to the next) and count.
 */
#ifndef HYPERSDK_TYPES_H
#define HYPERSDK_TYPES_H

#include <hypersdk/error.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Element i of a pointer-stride-count triple, as a pointer to type. */
#define HYP_AT(type, ptr, stride, i)                                           \
	((const type *)(const void *)((const char *)(const void *)(ptr) +      \
				      (uint64_t)(stride) * (i)))

/*
 * Where bytes go. The core gives it; the receiver may call write from one
 * thread at a time. write takes all n bytes (n >= 1) or fails; after a
 * failure the caller stops and returns that code. It may block: that is the
 * back-pressure, and the bandwidth limit.
 */
struct hyp_writer {
	uint32_t size;
	uint32_t reserved;
	void *ctx;
	int32_t (*write)(void *ctx, const void *buf, uint64_t n,
			 struct hyp_error *err);
};

/* Digest algorithms, also bits of a set. Names as in FIPS 180-4. */
#define HYP_DIGEST_SHA1 1u
#define HYP_DIGEST_SHA256 2u
#define HYP_DIGEST_SHA512 4u
#define HYP_DIGEST_MAX 64 /* bytes of the longest */

/* One digest, raw bytes; a value, so without a size of its own. length is 0
 * where there is none. */
struct hyp_digest {
	uint32_t algorithm; /* one HYP_DIGEST_* */
	uint32_t length;    /* bytes used of value */
	uint8_t value[HYP_DIGEST_MAX];
};

/* What a file of a package is. */
#define HYP_ROLE_DISK 1u
#define HYP_ROLE_NVRAM 2u
#define HYP_ROLE_ISO 3u
#define HYP_ROLE_FLOPPY 4u
#define HYP_ROLE_OTHER 5u

/* How a disk's bytes are laid out. */
#define HYP_FORMAT_STREAM_OPTIMIZED 1u /* VMDK, either layout */
#define HYP_FORMAT_PLAIN 2u	       /* bytes as they are (nvram, images) */

#define HYP_UNKNOWN UINT64_MAX /* a size that nobody knows yet */

/*
 * One file of an export or a package: a disk, or what lies beside the disks.
 * The core fixes name before the first byte; bytes, digest and populated are
 * filled as they become known.
 */
struct hyp_file {
	uint32_t size;	 /* sizeof(struct hyp_file) */
	uint32_t role;	 /* HYP_ROLE_* */
	uint32_t format; /* HYP_FORMAT_* */
	uint32_t reserved;
	const char *device_id;	  /* the provider's key, "" if none */
	const char *name;	  /* file name in the package, [A-Za-z0-9._-] */
	uint64_t bytes;		  /* length of the file, or HYP_UNKNOWN */
	uint64_t capacity;	  /* disks: virtual size in bytes, else 0 */
	uint64_t populated;	  /* disks: bytes in use, or HYP_UNKNOWN */
	struct hyp_digest digest; /* of the package's algorithm */
};

/* VM power states (vSphere: VirtualMachinePowerState). */
#define HYP_POWER_ANY 0u /* in filters only */
#define HYP_POWER_OFF 1u
#define HYP_POWER_ON 2u
#define HYP_POWER_SUSPENDED 3u

#define HYP_VM_TEMPLATE 1u
#define HYP_VM_ENCRYPTED 2u
#define HYP_VM_DISCONNECTED 4u /* its host does not answer */

/* One line of an inventory. */
struct hyp_vm {
	uint32_t size;
	uint32_t power; /* HYP_POWER_* */
	uint32_t flags; /* HYP_VM_* */
	uint32_t num_cpu;
	uint64_t memory_mb;
	uint64_t storage_bytes; /* committed on the datastores */
	uint64_t
		capacity_bytes; /* sum of the disks' virtual sizes, 0 unknown */
	const char *id;		/* the provider's own, e.g. "vm-42" */
	const char *name;	/* decoded, as a person reads it */
	const char *path;	/* inventory path, e.g. "/DC0/vm/web/web01" */
	const char *endpoint;	/* who answered, e.g. "vcenter.example:443" */
	const char *host;	/* host it runs on, "" if unknown */
	const char *guest_os;	/* full name, "" if unknown */
	const char *firmware;	/* "bios", "efi" or "" */
};

/* A core-owned list of VMs: add copies. Stop at a negative code. */
struct hyp_vm_sink {
	uint32_t size;
	uint32_t reserved;
	void *ctx;
	int32_t (*add)(void *ctx, const struct hyp_vm *vm,
		       struct hyp_error *err);
};

/* Which VMs a list shall hold. NULL or 0 means: do not filter by this. */
struct hyp_vm_filter {
	uint32_t size;
	uint32_t power;	  /* HYP_POWER_* */
	const char *glob; /* matched on path if it holds '/', else on name */
};

/* Disk controllers, as OVF's CIM ResourceType and ResourceSubType name them. */
#define HYP_CONTROLLER_IDE 5u
#define HYP_CONTROLLER_SCSI 6u
#define HYP_CONTROLLER_SATA 20u
#define HYP_CONTROLLER_NVME 21u /* OVF: 20, vmware.nvme.controller */

struct hyp_controller {
	uint32_t size;
	uint32_t type; /* HYP_CONTROLLER_* */
	uint32_t bus;  /* number among its type, from 0 */
	uint32_t reserved;
	const char *subtype; /* "lsilogic", "lsilogicsas", "VirtualSCSI", ... */
};

struct hyp_vdisk {
	uint32_t size;
	uint32_t controller; /* index into hyp_machine.controllers */
	uint32_t unit;	     /* address on the controller */
	uint32_t reserved;
	uint64_t capacity;     /* bytes */
	const char *device_id; /* the same as its hyp_file's */
	const char *label;     /* "Hard disk 1" */
};

struct hyp_nic {
	uint32_t size;
	uint32_t reserved;
	const char *subtype; /* "VmxNet3", "E1000", "E1000e", ... */
	const char *network; /* network's name */
	const char *label;
};

/*
 * A VM's virtual hardware, enough to write its OVF descriptor and to show it
 * to a person. Strings are as the provider has them, unescaped.
 */
struct hyp_machine {
	uint32_t size;
	uint32_t num_cpu;
	uint32_t cores_per_socket; /* 0: not stated */
	uint32_t secure_boot;	   /* 1: EFI secure boot is on */
	uint64_t memory_mb;
	const char *name;
	const char *guest_id;	/* vSphere guest id, "otherGuest64" */
	const char *guest_name; /* full name */
	const char *firmware;	/* "bios" or "efi" */
	const char *hardware;	/* "vmx-19", or "" */
	const char *annotation;
	const char *uuid; /* BIOS UUID, or "" */
	const struct hyp_controller *controllers;
	uint32_t controller_stride, controller_count;
	const struct hyp_vdisk *disks;
	uint32_t disk_stride, disk_count;
	const struct hyp_nic *nics;
	uint32_t nic_stride, nic_count;
};

#ifdef __cplusplus
}
#endif
#endif
