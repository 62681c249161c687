/* SPDX-License-Identifier: Apache-2.0 */
#include "core/package/judge-parts.h"

#include <string.h>
#include <strings.h>

#define RULE_DISK "DSP0243 1.1, DiskSection"
#define RULE_FILE "DSP0243 1.1, File References"

static void judge_capacity(struct hyp_judge *judge,
			   const struct hyp_ovf_disk *disk)
{
	/* VirtualBox lists the images of CDs here, with capacity 0. */
	if (disk->capacity == 0 && strcasestr(disk->format, "vmdk") != NULL)
		hyp_judge_tell(judge, HYP_SEVERITY_ERROR, "bad_ovf", disk->id,
			       RULE_DISK, "is a disk of 0 bytes");
	else if (disk->capacity % 512 != 0)
		hyp_judge_tell(judge, HYP_SEVERITY_WARNING, "odd_capacity",
			       disk->id, RULE_DISK,
			       "%llu bytes are no whole number of sectors",
			       (unsigned long long)disk->capacity);
	if (disk->populated != HYP_UNKNOWN && disk->populated > disk->capacity)
		hyp_judge_tell(judge, HYP_SEVERITY_WARNING, "odd_populated",
			       disk->id, RULE_DISK,
			       "ovf:populatedSize %llu is more than the "
			       "capacity %llu",
			       (unsigned long long)disk->populated,
			       (unsigned long long)disk->capacity);
}

static int disk_is_used(const struct hyp_ovf *ovf, const char *id)
{
	for (size_t i = 0; i < ovf->item_count; i++) {
		const char *disk = hyp_judge_resource(&ovf->items[i], "disk");

		if (disk != NULL && strcmp(disk, id) == 0)
			return 1;
	}
	for (size_t i = 0; i < ovf->disk_count; i++)
		if (strcmp(ovf->disks[i].parent_ref, id) == 0)
			return 1;
	return 0;
}

static void judge_disk(struct hyp_judge *judge, const struct hyp_ovf_disk *disk)
{
	const struct hyp_ovf *ovf = &judge->pkg->ovf;

	judge_capacity(judge, disk);
	/* Of several systems only the first one's items are known. */
	if (ovf->systems == 1 && !disk_is_used(ovf, disk->id))
		hyp_judge_tell(judge, HYP_SEVERITY_WARNING, "unused_disk",
			       disk->id, RULE_DISK,
			       "no virtual hardware uses this disk");
	if (disk->file_ref[0] == '\0')
		hyp_judge_tell(judge, HYP_SEVERITY_INFO, "blank_disk", disk->id,
			       RULE_DISK ": without ovf:fileRef the disk is "
					 "blank",
			       "no file of the package fills it");
}

static void judge_file(struct hyp_judge *judge, const struct hyp_ovf_file *file)
{
	static const char *const known[] = {"", "identity", "gzip", "bzip2"};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(file->compression, known[i]) == 0)
			return;
	hyp_judge_tell(judge, HYP_SEVERITY_ERROR, "bad_ovf", file->href,
		       RULE_FILE ": ovf:compression is gzip, bzip2 or identity",
		       "is compressed by \"%s\", which nobody can undo",
		       file->compression);
}

void hyp_judge_descriptor(struct hyp_judge *judge)
{
	const struct hyp_ovf *ovf = &judge->pkg->ovf;

	if (ovf->systems > 1)
		hyp_judge_tell(judge, HYP_SEVERITY_INFO, "several_systems", "",
			       "DSP0243 1.1, Content Element",
			       "holds %u virtual systems; the hardware of the "
			       "first is judged",
			       ovf->systems);
	for (size_t i = 0; i < ovf->disk_count; i++)
		judge_disk(judge, &ovf->disks[i]);
	for (size_t i = 0; i < ovf->file_count; i++)
		judge_file(judge, &ovf->files[i]);
}
