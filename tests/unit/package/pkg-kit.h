/* SPDX-License-Identifier: Apache-2.0 */
/* For tests: a folder of one's own, archives made entry by entry, and a small
 * sound package whose parts a test changes before it is written. */
#ifndef HYP_TEST_PKG_KIT_H
#define HYP_TEST_PKG_KIT_H

#include "core/base/buf.h"
#include "core/package/package-read.h"
#include "tests/lib/unit.h"

struct pkg_kit {
	char dir[64];	      /* in TMPDIR */
	char path[96];	      /* of the archive in it: DIR/x.ova */
	struct hyp_buf bytes; /* of the archive so far */
	struct hyp_buf image; /* a sound streamOptimized VMDK of 1 MiB */
	struct hyp_error err;
};

void pkg_kit_init(struct pkg_kit *kit);
void pkg_kit_fini(struct pkg_kit *kit);

/* Append a header block of that type, its checksum right, without a body. */
void pkg_kit_header(struct pkg_kit *kit, const char *name, uint64_t size,
		    char type);
/* Append a whole entry. */
void pkg_kit_entry(struct pkg_kit *kit, const char *name, const void *data,
		   size_t n);
void pkg_kit_text(struct pkg_kit *kit, const char *name, const char *text);
void pkg_kit_zeros(struct pkg_kit *kit, size_t n);
/* The checksum of the header block at that byte, anew. */
void pkg_kit_sum(struct pkg_kit *kit, size_t at);
/* Write the archive to path, after size bytes of zeros' worth of a hole
 * behind it, and begin an empty one. */
void pkg_kit_write(struct pkg_kit *kit, uint64_t hole);
/* A file of the folder. */
void pkg_kit_file(struct pkg_kit *kit, const char *name, const void *data,
		  size_t n);

/* Parts of a descriptor. */
#define OVF_FILE(id, href, more)                                               \
	"<File ovf:id=\"" id "\" ovf:href=\"" href "\" " more "/>"
#define OVF_DISK(id, capacity, ref, more)                                      \
	"<Disk ovf:diskId=\"" id "\" ovf:capacity=\"" capacity                 \
	"\" ovf:fileRef=\"" ref "\" " more "/>"
#define OVF_VMDK "ovf:format=\"" HYP_OVF_STREAM_OPTIMIZED "\""
#define OVF_ITEM(id, type, more)                                               \
	"<Item><rasd:ElementName>item " id "</rasd:ElementName>"               \
	"<rasd:InstanceID>" id "</rasd:InstanceID>" more                       \
	"<rasd:ResourceType>" type "</rasd:ResourceType></Item>"
#define OVF_CPU                                                                \
	OVF_ITEM("1", "3", "<rasd:VirtualQuantity>2</rasd:VirtualQuantity>")
#define OVF_MEMORY                                                             \
	OVF_ITEM("2", "4",                                                     \
		 "<rasd:AllocationUnits>byte * 2^20</rasd:AllocationUnits>"    \
		 "<rasd:VirtualQuantity>512</rasd:VirtualQuantity>")
#define OVF_SCSI                                                               \
	OVF_ITEM("3", "6",                                                     \
		 "<rasd:ResourceSubType>lsilogic</rasd:ResourceSubType>")
#define OVF_DRIVE(id, address, disk)                                           \
	OVF_ITEM(id, "17",                                                     \
		 "<rasd:AddressOnParent>" address "</rasd:AddressOnParent>"    \
		 "<rasd:HostResource>ovf:/disk/" disk "</rasd:HostResource>"   \
		 "<rasd:Parent>3</rasd:Parent>")
#define OVF_HARDWARE OVF_CPU OVF_MEMORY OVF_SCSI OVF_DRIVE("4", "0", "d1")
#define OVF_SYSTEM(items)                                                      \
	"<VirtualSystem ovf:id=\"vm\"><Info/><Name>vm</Name>"                  \
	"<VirtualHardwareSection><Info/><System>"                              \
	"<vssd:VirtualSystemType>vmx-13</vssd:VirtualSystemType></"            \
	"System>" items "</VirtualHardwareSection></VirtualSystem>"
#define OVF_WITH(files, disks, networks, system)                               \
	"<Envelope xmlns=\"" HYP_OVF_NS "\" xmlns:ovf=\"" HYP_OVF_NS "\" "     \
	"xmlns:vmw=\"http://www.vmware.com/schema/ovf\" "                      \
	"xmlns:rasd=\"http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/"      \
	"CIM_ResourceAllocationSettingData\" "                                 \
	"xmlns:vssd=\"http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/"      \
	"CIM_VirtualSystemSettingData\"><References>" files                    \
	"</References><DiskSection><Info/>" disks "</DiskSection>"             \
	"<NetworkSection><Info/>" networks "</NetworkSection>" system          \
	"</Envelope>"
#define OVF_PLAIN                                                              \
	OVF_WITH(OVF_FILE("f1", "d.vmdk", ""),                                 \
		 OVF_DISK("d1", "1048576", "f1", OVF_VMDK), "",                \
		 OVF_SYSTEM(OVF_HARDWARE))

/* The manifest lines of what the archive holds so far, by that algorithm. */
void pkg_kit_manifest(struct pkg_kit *kit, uint32_t algorithm);
/* descriptor and d.vmdk, not yet a manifest or an end. */
void pkg_kit_package(struct pkg_kit *kit, const char *descriptor);

#endif
