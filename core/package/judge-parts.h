/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of a judgement; each tells what it finds to the same place. */
#ifndef HYP_PACKAGE_JUDGE_PARTS_H
#define HYP_PACKAGE_JUDGE_PARTS_H

#include "core/package/judge.h"

/* CIM_ResourceAllocationSettingData.ResourceType */
#define HYP_TYPE_CPU 3u
#define HYP_TYPE_MEMORY 4u
#define HYP_TYPE_IDE 5u
#define HYP_TYPE_SCSI 6u
#define HYP_TYPE_FC 7u
#define HYP_TYPE_ISCSI 8u
#define HYP_TYPE_ETHERNET 10u
#define HYP_TYPE_FLOPPY 14u
#define HYP_TYPE_CD 15u
#define HYP_TYPE_DVD 16u
#define HYP_TYPE_DISK 17u
#define HYP_TYPE_STORAGE 20u /* SATA, NVMe and the like, by subtype */
#define HYP_TYPE_USB 23u
#define HYP_TYPE_SOUND 35u

struct hyp_judge {
	const struct hyp_judge_args *args;
	const struct hyp_pkg *pkg;
	struct hyp_judge_counts counts;
};

__attribute__((format(printf, 6, 7))) void
hyp_judge_tell(struct hyp_judge *judge, uint32_t severity, const char *kind,
	       const char *where, const char *rule, const char *fmt, ...);

/* Order, dialect, and every reference with its size. */
void hyp_judge_archive(struct hyp_judge *judge);
/* The manifest's lines, and the certificate that signs it. */
void hyp_judge_manifest(struct hyp_judge *judge);
/* The descriptor's disks and files against the rules of OVF 1.x. */
void hyp_judge_descriptor(struct hyp_judge *judge);
/* Its virtual hardware. */
void hyp_judge_hardware(struct hyp_judge *judge);
/* What known importers would stumble over: the rules are lines of theirs. */
void hyp_judge_vsphere(struct hyp_judge *judge);
void hyp_judge_virtualbox(struct hyp_judge *judge);
void hyp_judge_virt_v2v(struct hyp_judge *judge);
/* Every byte: digests, sizes, disk images. HYP_E_CANCELLED, or what kept it
 * from reading. */
int32_t hyp_judge_bytes(struct hyp_judge *judge, struct hyp_error *err);

/* What an item of the first virtual system is called in a finding. */
const char *hyp_judge_item_name(const struct hyp_ovf_item *item);
/* The item with that id, or NULL. */
const struct hyp_ovf_item *hyp_judge_item(const struct hyp_ovf *ovf,
					  const char *id);
/* What follows "/disk/" or "/file/" (kind) in a HostResource, or NULL. */
const char *hyp_judge_resource(const struct hyp_ovf_item *item,
			       const char *kind);

#endif
