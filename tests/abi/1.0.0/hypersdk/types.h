/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hypersdk/types.h - what several kinds of plugin speak of.
 *
 * Rules of the border:
 *
 * Numbers have a fixed width; flags and choices are uint32_t, yes and no are 1
 * and 0. Sizes are bytes unless the name says otherwise, *_ms milliseconds.
 *
 * A struct begins with its own size, which whoever makes it sets, and only
 * ever grows at its end. Where one side makes the struct and the other fills
 * it (hyp_outcome, hyp_store_counts, hyp_change in claim) the maker has set the
 * size, and the filler writes no byte beyond it and leaves it alone. Values
 * without a size of their own, and hyp_error, never grow: hyp_digest,
 * hyp_secret, hyp_list. What is reserved is 0 and not looked at.
 *
 * Strings are UTF-8 and NUL-terminated. The core hands out no NULL unless it
 * says so; a NULL from a plugin is taken for "". An array member is a triple:
 * pointer, stride (bytes from one element to the next) and count; the pointer
 * may be NULL where the count is 0.
 *
 * Pointers handed to a call, and those inside of what they point to, are valid
 * until that call returns: who wants them longer copies them. Nothing is freed
 * across the border. A plugin's handles (instance, export, package, entry,
 * place, object) are its own pointers, never NULL, which the core hands back;
 * where a call that makes one fails, there is none.
 *
 * Sinks, writers and other functions lent for a call are called from any
 * thread, one at a time, and only until that call returns. They may block. A
 * negative code from one ends the call, which then returns that code.
 */
#ifndef HYPERSDK_TYPES_H
#define HYPERSDK_TYPES_H

#include <hypersdk/error.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Is member within the size that the struct behind p states? */
#define HYP_HAS(p, member)                                                     \
	((p)->size >= (uint64_t)((const char *)(const void *)&(p)->member -    \
				 (const char *)(const void *)(p)) +            \
			      sizeof((p)->member))

/* Element i of a pointer-stride-count triple, as a pointer to type. */
#define HYP_AT(type, ptr, stride, i)                                           \
	((const type *)(const void *)((const char *)(const void *)(ptr) +      \
				      (uint64_t)(stride) * (i)))

/*
 * Where bytes go: the core's. write takes all n bytes (n >= 1, of any size) or
 * fails; the bytes are the caller's again when it returns. It may block: that
 * is the back-pressure, and the bandwidth limit.
 */
struct hyp_writer {
	uint32_t size;
	uint32_t reserved;
	void *ctx;
	int32_t (*write)(void *ctx, const void *buf, uint64_t n,
			 struct hyp_error *err);
};

/* Digest algorithms. Names as in FIPS 180-4. */
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

/* How a file's bytes are laid out. A disk must be STREAM_OPTIMIZED, since
 * that is what goes into OVF packages; all else is PLAIN. */
#define HYP_FORMAT_STREAM_OPTIMIZED 1u /* VMDK, either grain layout */
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
	const char *name;	  /* file name in the package, plain as in
				   * storage.h, at most 100 bytes */
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

/* One line of an inventory. id, name and power are mandatory. */
struct hyp_vm {
	uint32_t size;
	uint32_t power; /* HYP_POWER_* */
	uint32_t flags; /* HYP_VM_* */
	uint32_t num_cpu;
	uint64_t memory_mb;	 /* of 1,048,576 bytes */
	uint64_t storage_bytes;	 /* committed on the datastores, 0 unknown */
	uint64_t capacity_bytes; /* sum of the disks' virtual sizes, or 0 */
	const char *id;		 /* the provider's own, e.g. "vm-42" */
	const char *name;	 /* decoded, as a person reads it */
	const char *path;	 /* inventory path, e.g. "/DC0/vm/web/web01" */
	const char *endpoint;	 /* who answered, "vcenter.example:443" */
	const char *host;	 /* host it runs on, "" if unknown */
	const char *guest_os;	 /* full name, "" if unknown */
	const char *firmware;	 /* "bios", "efi" or "" */
};

/* A core-owned list of VMs: add copies. */
struct hyp_vm_sink {
	uint32_t size;
	uint32_t reserved;
	void *ctx;
	int32_t (*add)(void *ctx, const struct hyp_vm *vm,
		       struct hyp_error *err);
};

/*
 * Which VMs a list shall hold. NULL, "" and HYP_POWER_ANY: do not filter by
 * this. glob is matched on the whole path if it holds '/', else on the name:
 * '*' any text, '?' one character, [set] and [!set] one of a set (none of them
 * matches '/'), '**' as a component any folders or none, '\' takes the next
 * byte as it is.
 */
struct hyp_vm_filter {
	uint32_t size;
	uint32_t power;	  /* HYP_POWER_* */
	const char *glob; /* or NULL */
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
	uint64_t memory_mb;	   /* of 1,048,576 bytes */
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
