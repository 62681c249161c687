/* SPDX-License-Identifier: Apache-2.0 */
/* As VirtualBox 7.0 reads descriptors: its ovfreader.cpp. */
#include "core/package/judge-parts.h"

#include <string.h>
#include <strings.h>

#define READER "VirtualBox 7.0, ovfreader.cpp: "

static int is_one_of(const char *text, const char *const *words)
{
	for (; *words != NULL; words++)
		if (strcasecmp(text, *words) == 0)
			return 1;
	return 0;
}

static void judge_memory(struct hyp_judge *judge,
			 const struct hyp_ovf_item *item)
{
	static const char *const units[] = {"MegaBytes", "MB", "byte * 2^20",
					    "GigaBytes", "GB", "byte * 2^30",
					    NULL};

	if (!is_one_of(item->units, units))
		hyp_judge_tell(judge, HYP_SEVERITY_WARNING, "memory_units",
			       hyp_judge_item_name(item),
			       READER "MegaBytes, MB, byte * 2^20, GigaBytes, "
				      "GB or byte * 2^30",
			       "has memory in units of \"%.64s\": VirtualBox "
			       "refuses it",
			       item->units);
}

static void judge_storage(struct hyp_judge *judge,
			  const struct hyp_ovf_item *item)
{
	static const char *const subtypes[] = {
		"AHCI", "vmware.sata.ahci",	  "VirtioSCSI", "virtio-scsi",
		"NVMe", "vmware.nvme.controller", NULL};

	if (!is_one_of(item->subtype, subtypes))
		hyp_judge_tell(judge, HYP_SEVERITY_WARNING, "controller_type",
			       hyp_judge_item_name(item),
			       READER "ResourceType 20 is AHCI, virtio-scsi or "
				      "NVMe",
			       "is a controller of type \"%.64s\": VirtualBox "
			       "refuses it",
			       item->subtype);
}

static void judge_drive(struct hyp_judge *judge,
			const struct hyp_ovf_item *item)
{
	if (hyp_judge_item(&judge->pkg->ovf, item->parent) == NULL)
		hyp_judge_tell(judge, HYP_SEVERITY_WARNING, "no_parent",
			       hyp_judge_item_name(item),
			       READER "disks and CD drives have a controller "
				      "as Parent",
			       "has no parent: VirtualBox refuses it");
	if (item->type == HYP_TYPE_DISK &&
	    hyp_judge_resource(item, "disk") == NULL)
		hyp_judge_tell(judge, HYP_SEVERITY_WARNING, "no_disk",
			       hyp_judge_item_name(item),
			       READER "HostResource of a disk is /disk/ID",
			       "is backed by no disk: VirtualBox refuses it");
}

static void judge_item(struct hyp_judge *judge, const struct hyp_ovf_item *item)
{
	switch (item->type) {
	case HYP_TYPE_MEMORY:
		judge_memory(judge, item);
		break;
	case HYP_TYPE_STORAGE:
		judge_storage(judge, item);
		break;
	case HYP_TYPE_CD:
	case HYP_TYPE_DISK:
		judge_drive(judge, item);
		break;
	case HYP_TYPE_CPU:
	case HYP_TYPE_IDE:
	case HYP_TYPE_SCSI:
	case HYP_TYPE_ETHERNET:
	case HYP_TYPE_FLOPPY:
	case HYP_TYPE_USB:
	case HYP_TYPE_SOUND:
		break;
	default:
		if (!item->is_optional)
			hyp_judge_tell(judge, HYP_SEVERITY_WARNING,
				       "unknown_hardware",
				       hyp_judge_item_name(item),
				       READER "other types need "
					      "ovf:required=\"false\"",
				       "has the ResourceType %u: VirtualBox "
				       "refuses it",
				       item->type);
	}
}

static void judge_files(struct hyp_judge *judge)
{
	const struct hyp_ovf *ovf = &judge->pkg->ovf;

	for (size_t i = 0; i < ovf->file_count; i++)
		if (ovf->files[i].chunk_size != 0)
			hyp_judge_tell(judge, HYP_SEVERITY_WARNING,
				       "chunked_file", ovf->files[i].href,
				       READER "ovf:chunkSize is not read",
				       "is split into pieces: VirtualBox does "
				       "not find it");
	for (size_t i = 0; i < ovf->disk_count; i++) {
		if (ovf->disks[i].format[0] == '\0')
			hyp_judge_tell(judge, HYP_SEVERITY_WARNING, "no_format",
				       ovf->disks[i].id,
				       READER "a Disk must have ovf:format",
				       "has no format: VirtualBox refuses it");
		if (ovf->disks[i].parent_ref[0] != '\0')
			hyp_judge_tell(judge, HYP_SEVERITY_WARNING,
				       "delta_disk", ovf->disks[i].id,
				       READER "ovf:parentRef is not read",
				       "is the difference to disk \"%s\": "
				       "VirtualBox takes it for a whole one",
				       ovf->disks[i].parent_ref);
	}
}

void hyp_judge_virtualbox(struct hyp_judge *judge)
{
	const struct hyp_ovf *ovf = &judge->pkg->ovf;

	judge_files(judge);
	for (size_t i = 0; i < ovf->item_count; i++)
		judge_item(judge, &ovf->items[i]);
	/* Its own packages say it in vbox:Machine. */
	if (strcmp(ovf->firmware, "efi") == 0 &&
	    strncmp(ovf->hardware, "virtualbox", 10) != 0)
		hyp_judge_tell(judge, HYP_SEVERITY_INFO, "efi", "",
			       READER "vmw:Config is not read",
			       "an EFI guest: in VirtualBox, EFI must be "
			       "switched on by hand after the import");
}
