/* SPDX-License-Identifier: Apache-2.0 */
#include "core/package/judge-parts.h"

#include <string.h>

#define RULE_DISK "DSP0243 9.1: DiskSection"
#define RULE_HARDWARE "DSP0243 8.3: VirtualHardwareSection"

/* CIM_ResourceAllocationSettingData.ResourceType */
#define TYPE_CPU 3u
#define TYPE_MEMORY 4u
#define TYPE_IDE 5u
#define TYPE_SCSI 6u
#define TYPE_ETHERNET 10u
#define TYPE_FLOPPY 14u
#define TYPE_CDROM 15u
#define TYPE_DISK 17u
#define TYPE_SATA 20u

static void judge_disk(struct hyp_judge *judge, const struct hyp_ovf_disk *disk)
{
	if (disk->capacity == 0)
		hyp_judge_tell(judge, HYP_SEVERITY_ERROR, "bad_ovf", disk->id,
			       RULE_DISK, "a disk without capacity");
	else if (disk->capacity % 512 != 0)
		hyp_judge_tell(judge, HYP_SEVERITY_WARNING, "odd_capacity",
			       disk->id, RULE_DISK,
			       "%llu bytes are no whole number of sectors",
			       (unsigned long long)disk->capacity);
	if (disk->populated != HYP_UNKNOWN && disk->populated > disk->capacity)
		hyp_judge_tell(judge, HYP_SEVERITY_ERROR, "bad_ovf", disk->id,
			       RULE_DISK,
			       "ovf:populatedSize %llu is more than the "
			       "capacity %llu",
			       (unsigned long long)disk->populated,
			       (unsigned long long)disk->capacity);
	if (disk->format[0] == '\0')
		hyp_judge_tell(judge, HYP_SEVERITY_ERROR, "bad_ovf", disk->id,
			       RULE_DISK, "ovf:format is missing");
}

/* The id that "ovf:/disk/ID" or "/disk/ID" ends in; NULL if none. */
static const char *host_resource(const char *value, const char *what)
{
	size_t n = strlen(what);

	if (strncmp(value, "ovf:", 4) == 0)
		value += 4;
	return strncmp(value, what, n) == 0 ? value + n : NULL;
}

static int disk_is_used(const struct hyp_ovf *ovf, const char *id)
{
	for (size_t i = 0; i < ovf->item_count; i++) {
		const char *ref =
			host_resource(ovf->items[i].host_resource, "/disk/");

		if (ref != NULL && strcmp(ref, id) == 0)
			return 1;
	}
	return 0;
}

static int has_disk(const struct hyp_ovf *ovf, const char *id)
{
	for (size_t i = 0; i < ovf->disk_count; i++)
		if (strcmp(ovf->disks[i].id, id) == 0)
			return 1;
	return 0;
}

static int has_file(const struct hyp_ovf *ovf, const char *id)
{
	for (size_t i = 0; i < ovf->file_count; i++)
		if (strcmp(ovf->files[i].id, id) == 0)
			return 1;
	return 0;
}

static const struct hyp_ovf_item *item_by_id(const struct hyp_ovf *ovf,
					     const char *id)
{
	for (size_t i = 0; i < ovf->item_count; i++)
		if (strcmp(ovf->items[i].instance_id, id) == 0)
			return &ovf->items[i];
	return NULL;
}

static int is_drive(uint32_t type)
{
	return type == TYPE_DISK || type == TYPE_CDROM || type == TYPE_FLOPPY;
}

static void judge_place(struct hyp_judge *judge, size_t index)
{
	const struct hyp_ovf *ovf = &judge->pkg->ovf;
	const struct hyp_ovf_item *item = &ovf->items[index];
	const struct hyp_ovf_item *parent = item_by_id(ovf, item->parent);

	if (parent == NULL || !is_drive(item->type))
		return;
	if (parent->type != TYPE_IDE && parent->type != TYPE_SCSI &&
	    parent->type != TYPE_SATA)
		hyp_judge_tell(judge, HYP_SEVERITY_ERROR, "bad_ovf", item->name,
			       RULE_HARDWARE,
			       "its parent \"%s\" is no disk controller",
			       parent->name);
	if (parent->type == TYPE_SCSI && item->address_on_parent == 7)
		hyp_judge_tell(judge, HYP_SEVERITY_WARNING, "reserved_address",
			       item->name,
			       "vSphere API VirtualSCSIController: unit 7 is "
			       "the controller's own",
			       "stands at address 7 of its SCSI controller");
	for (size_t i = 0; i < index; i++)
		if (is_drive(ovf->items[i].type) &&
		    ovf->items[i].address_on_parent >= 0 &&
		    ovf->items[i].address_on_parent ==
			    item->address_on_parent &&
		    strcmp(ovf->items[i].parent, item->parent) == 0)
			hyp_judge_tell(judge, HYP_SEVERITY_ERROR, "bad_ovf",
				       item->name, RULE_HARDWARE,
				       "has the same address on its controller "
				       "as \"%s\"",
				       ovf->items[i].name);
}

static void judge_network(struct hyp_judge *judge,
			  const struct hyp_ovf_item *item)
{
	const struct hyp_ovf *ovf = &judge->pkg->ovf;

	if (item->type != TYPE_ETHERNET || item->connection[0] == '\0')
		return;
	for (size_t i = 0; i < ovf->network_count; i++)
		if (strcmp(ovf->networks[i], item->connection) == 0)
			return;
	hyp_judge_tell(judge, HYP_SEVERITY_ERROR, "bad_ovf", item->name,
		       "DSP0243 9.2: NetworkSection",
		       "is on network \"%s\", which no NetworkSection names",
		       item->connection);
}

static void judge_item(struct hyp_judge *judge, size_t index)
{
	const struct hyp_ovf *ovf = &judge->pkg->ovf;
	const struct hyp_ovf_item *item = &ovf->items[index];
	const char *disk = host_resource(item->host_resource, "/disk/");
	const char *file = host_resource(item->host_resource, "/file/");

	if (disk != NULL && !has_disk(ovf, disk))
		hyp_judge_tell(
			judge, HYP_SEVERITY_ERROR, "bad_ovf", item->name,
			RULE_HARDWARE,
			"is backed by disk \"%s\", which the DiskSection "
			"does not have",
			disk);
	if (file != NULL && !has_file(ovf, file))
		hyp_judge_tell(
			judge, HYP_SEVERITY_ERROR, "bad_ovf", item->name,
			RULE_HARDWARE,
			"is backed by file \"%s\", which References does "
			"not have",
			file);
	if (item->type == TYPE_DISK && item->parent[0] == '\0')
		hyp_judge_tell(judge, HYP_SEVERITY_WARNING, "no_controller",
			       item->name, RULE_HARDWARE,
			       "a disk without a controller as its parent");
	judge_place(judge, index);
	judge_network(judge, item);
}

void hyp_judge_descriptor(struct hyp_judge *judge)
{
	const struct hyp_ovf *ovf = &judge->pkg->ovf;
	const char *name = judge->pkg->entries[judge->pkg->descriptor].name;

	if (ovf->systems == 0)
		hyp_judge_tell(judge, HYP_SEVERITY_ERROR, "bad_ovf", name,
			       "DSP0243 7: an envelope has content",
			       "there is no VirtualSystem in it");
	if (ovf->systems == 1 && ovf->num_cpu == 0)
		hyp_judge_tell(judge, HYP_SEVERITY_ERROR, "bad_ovf", name,
			       RULE_HARDWARE, "the VM has no processor");
	if (ovf->systems == 1 && ovf->memory_mb == 0)
		hyp_judge_tell(judge, HYP_SEVERITY_ERROR, "bad_ovf", name,
			       RULE_HARDWARE, "the VM has no memory");
	for (size_t i = 0; i < ovf->disk_count; i++) {
		judge_disk(judge, &ovf->disks[i]);
		if (!disk_is_used(ovf, ovf->disks[i].id))
			hyp_judge_tell(judge, HYP_SEVERITY_WARNING,
				       "unused_disk", ovf->disks[i].id,
				       RULE_DISK,
				       "no virtual hardware uses this disk");
	}
	for (size_t i = 0; i < ovf->item_count; i++)
		judge_item(judge, i);
}
