/* SPDX-License-Identifier: Apache-2.0 */
#include "core/package/judge-parts.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define RULE_HARDWARE "Broadcom KB 315655, virtual machine hardware versions"

/* Hardware versions, each with the first ESXi that has it. Versions between
 * are those of Workstation and Fusion, for which the next one counts. */
static const struct {
	long version;
	const char *since;
} esxi[] = {
	{4, "ESX 3.0"},	  {7, "ESXi 4.0"},     {8, "ESXi 5.0"},
	{9, "ESXi 5.1"},  {10, "ESXi 5.5"},    {11, "ESXi 6.0"},
	{13, "ESXi 6.5"}, {14, "ESXi 6.7"},    {15, "ESXi 6.7 U2"},
	{17, "ESXi 7.0"}, {18, "ESXi 7.0 U1"}, {19, "ESXi 7.0 U2"},
	{20, "ESXi 8.0"}, {21, "ESXi 8.0 U2"},
};

static void judge_version(struct hyp_judge *judge)
{
	const char *hardware = judge->pkg->ovf.hardware;
	size_t i = 0;
	long version;

	if (strncmp(hardware, "vmx-", 4) != 0)
		return;
	version = strtol(hardware + 4, NULL, 10);
	while (i < sizeof(esxi) / sizeof(esxi[0]) && esxi[i].version < version)
		i++;
	if (i == sizeof(esxi) / sizeof(esxi[0]))
		hyp_judge_tell(judge, HYP_SEVERITY_WARNING, "hardware_version",
			       "", RULE_HARDWARE,
			       "\"%.32s\" is newer than vmx-21 (ESXi 8.0 U2), "
			       "the newest known here",
			       hardware);
	else
		hyp_judge_tell(judge, HYP_SEVERITY_INFO, "hardware_version", "",
			       RULE_HARDWARE,
			       "\"%.32s\": vSphere imports it on %s and later",
			       hardware, esxi[i].since);
}

static void judge_format(struct hyp_judge *judge,
			 const struct hyp_ovf_disk *disk)
{
	if (disk->format[0] == '\0' || disk->file_ref[0] == '\0' ||
	    strcasestr(disk->format, "vmdk") != NULL ||
	    strcasestr(disk->format, "Ecma-119") != NULL)
		return;
	hyp_judge_tell(judge, HYP_SEVERITY_WARNING, "disk_format", disk->id,
		       "vSphere imports " HYP_OVF_STREAM_OPTIMIZED,
		       "has the format \"%s\": vSphere does not import it, and "
		       "its structure was not looked into",
		       disk->format);
}

void hyp_judge_vsphere(struct hyp_judge *judge)
{
	const struct hyp_ovf *ovf = &judge->pkg->ovf;

	judge_version(judge);
	for (size_t i = 0; i < ovf->disk_count; i++)
		judge_format(judge, &ovf->disks[i]);
}
