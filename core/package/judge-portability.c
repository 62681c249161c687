/* SPDX-License-Identifier: Apache-2.0 */
#include "core/package/judge-parts.h"

#include <stdlib.h>
#include <string.h>

/* Hardware version ▶ the first ESXi that has it (Broadcom KB 315655, "Virtual
 * machine hardware versions"). */
static const struct {
	int version;
	const char *since;
} hardware[] = {{21, "ESXi 8.0 U2"}, {20, "ESXi 8.0"}, {19, "ESXi 7.0 U2"},
		{18, "ESXi 7.0 U1"}, {17, "ESXi 7.0"}, {15, "ESXi 6.7 U2"},
		{14, "ESXi 6.7"},    {13, "ESXi 6.5"}, {11, "ESXi 6.0"}};

static void judge_hardware(struct hyp_judge *judge)
{
	const struct hyp_ovf *ovf = &judge->pkg->ovf;
	int version;

	if (strncmp(ovf->hardware, "vmx-", 4) != 0)
		return;
	version = atoi(ovf->hardware + 4);
	for (size_t i = 0; i < sizeof(hardware) / sizeof(hardware[0]); i++)
		if (version >= hardware[i].version) {
			hyp_judge_tell(judge, HYP_SEVERITY_INFO,
				       "hardware_version", ovf->hardware,
				       "Broadcom KB 315655, hardware versions",
				       "vSphere imports it on %s and later",
				       hardware[i].since);
			return;
		}
}

static void judge_files(struct hyp_judge *judge)
{
	const struct hyp_ovf *ovf = &judge->pkg->ovf;

	for (size_t i = 0; i < ovf->file_count; i++) {
		const struct hyp_ovf_file *file = &ovf->files[i];

		if (file->chunk_size != 0)
			hyp_judge_tell(judge, HYP_SEVERITY_WARNING,
				       "chunked_file", file->href,
				       "virt-v2v(1) and VirtualBox read whole "
				       "files only",
				       "is split into pieces (ovf:chunkSize)");
		if (file->compression[0] != '\0' &&
		    strcmp(file->compression, "identity") != 0)
			hyp_judge_tell(judge, HYP_SEVERITY_WARNING,
				       "compressed_file", file->href,
				       "vSphere imports streamOptimized disks "
				       "as they are",
				       "is compressed again (%s)",
				       file->compression);
	}
}

static void judge_disks(struct hyp_judge *judge)
{
	const struct hyp_ovf *ovf = &judge->pkg->ovf;

	for (size_t i = 0; i < ovf->disk_count; i++) {
		const struct hyp_ovf_disk *disk = &ovf->disks[i];

		if (disk->parent_ref[0] != '\0')
			hyp_judge_tell(judge, HYP_SEVERITY_WARNING,
				       "delta_disk", disk->id,
				       "VirtualBox and virt-v2v read whole "
				       "disks only",
				       "is a difference to disk \"%s\"",
				       disk->parent_ref);
		if (disk->format[0] != '\0' &&
		    strstr(disk->format, "vmdk.html") == NULL)
			hyp_judge_tell(
				judge, HYP_SEVERITY_WARNING, "disk_format",
				disk->id,
				"vSphere imports " HYP_OVF_STREAM_OPTIMIZED,
				"has the format %s, which vSphere does "
				"not import",
				disk->format);
	}
}

void hyp_judge_portability(struct hyp_judge *judge)
{
	const struct hyp_pkg *pkg = judge->pkg;

	if (pkg->ovf.systems > 1)
		hyp_judge_tell(judge, HYP_SEVERITY_WARNING, "several_systems",
			       "", "virt-v2v(1): one VM per OVA",
			       "holds %u virtual systems; virt-v2v takes one",
			       pkg->ovf.systems);
	if (pkg->manifest_index >= 0 &&
	    (pkg->manifest.algorithms & HYP_DIGEST_SHA512) != 0)
		hyp_judge_tell(judge, HYP_SEVERITY_WARNING, "sha512", "",
			       "virt-v2v 2.2 checks SHA1 and SHA256 lines only",
			       "SHA-512 digests: older importers do not check "
			       "them, or refuse");
	if (strcmp(pkg->ovf.firmware, "efi") == 0)
		hyp_judge_tell(judge, HYP_SEVERITY_INFO, "efi", "",
			       "VirtualBox manual: firmware is taken from "
			       "vbox:Machine only",
			       "an EFI guest: VirtualBox needs EFI switched on "
			       "by hand after the import");
	judge_hardware(judge);
	judge_files(judge);
	judge_disks(judge);
}
