/* SPDX-License-Identifier: Apache-2.0 */
/* As virt-v2v 2.2 reads packages; each seen with its --print-source. */
#include "core/package/judge-parts.h"

#include <string.h>
#include <strings.h>

#define READER "virt-v2v 2.2, OVF reader: "

static void judge_envelope(struct hyp_judge *judge)
{
	const struct hyp_ovf *ovf = &judge->pkg->ovf;

	if (ovf->version != 1)
		hyp_judge_tell(judge, HYP_SEVERITY_WARNING, "ovf2", "",
			       READER "namespace " HYP_OVF_NS,
			       "an OVF %u envelope: virt-v2v finds nothing in "
			       "it",
			       ovf->version);
	else if (ovf->in_collection)
		hyp_judge_tell(judge, HYP_SEVERITY_WARNING, "collection", "",
			       READER "/Envelope/VirtualSystem",
			       "its VMs stand in a VirtualSystemCollection, "
			       "where virt-v2v does not look");
}

/* What virt-v2v multiplies by 2^20 whatever the units are. */
static void judge_memory(struct hyp_judge *judge,
			 const struct hyp_ovf_item *item)
{
	static const char *const mib[] = {"", "MegaBytes", "MB", "byte * 2^20",
					  "byte*2^20"};

	for (size_t i = 0; i < sizeof(mib) / sizeof(mib[0]); i++)
		if (strcasecmp(item->units, mib[i]) == 0)
			return;
	hyp_judge_tell(judge, HYP_SEVERITY_WARNING, "memory_units",
		       hyp_judge_item_name(item),
		       READER "memory is VirtualQuantity times 2^20",
		       "has memory in units of \"%.64s\": virt-v2v takes the "
		       "number for MiB",
		       item->units);
}

static const struct hyp_ovf_disk *disk_by_id(const struct hyp_ovf *ovf,
					     const char *id)
{
	for (size_t i = 0; i < ovf->disk_count; i++)
		if (strcmp(ovf->disks[i].id, id) == 0)
			return &ovf->disks[i];
	return NULL;
}

static void judge_disk(struct hyp_judge *judge, const struct hyp_ovf_item *item)
{
	const char *id = hyp_judge_resource(item, "disk");
	const struct hyp_ovf_disk *disk;

	if (strncmp(item->host_resource, "ovf:/disk/", 10) != 0 &&
	    strncmp(item->host_resource, "/disk/", 6) != 0) {
		hyp_judge_tell(judge, HYP_SEVERITY_WARNING, "host_resource",
			       hyp_judge_item_name(item),
			       READER "HostResource begins ovf:/disk/ or "
				      "/disk/",
			       "has the HostResource \"%.64s\": virt-v2v "
			       "refuses it",
			       item->host_resource);
		return;
	}
	disk = id == NULL ? NULL : disk_by_id(&judge->pkg->ovf, id);
	if (disk != NULL && disk->file_ref[0] == '\0')
		hyp_judge_tell(judge, HYP_SEVERITY_WARNING, "blank_disk",
			       hyp_judge_item_name(item),
			       READER "a disk has ovf:fileRef",
			       "is a disk without a file: virt-v2v refuses it");
}

static void judge_file(struct hyp_judge *judge, const struct hyp_ovf_file *file)
{
	if (file->chunk_size != 0)
		hyp_judge_tell(judge, HYP_SEVERITY_WARNING, "chunked_file",
			       file->href,
			       "virt-v2v 2.2, -i ova: NAME.DIGITS are "
			       "snapshots, the highest counts",
			       "is split into pieces: virt-v2v takes the last "
			       "for the whole disk");
	if (strcmp(file->compression, "bzip2") == 0)
		hyp_judge_tell(judge, HYP_SEVERITY_WARNING, "compressed_file",
			       file->href, READER "compression is gzip",
			       "is compressed by bzip2: virt-v2v refuses it");
	else if (strcmp(file->compression, "gzip") == 0)
		hyp_judge_tell(judge, HYP_SEVERITY_INFO, "compressed_file",
			       file->href,
			       "virt-v2v 2.2, -i ova: compressed disks are "
			       "unpacked first",
			       "is compressed by gzip: importing takes its "
			       "room once more");
}

/* SHA1(name)= hex or SHA256(name)= hex, and nothing between. */
static int is_plain_line(const char *line, size_t n)
{
	const char *open = memchr(line, '(', n),
		   *equals = memrchr(line, '=', n);
	size_t label = open == NULL ? 0 : (size_t)(open - line);

	if (open == NULL || equals == NULL || equals <= open + 1)
		return 0;
	return ((label == 4 && memcmp(line, "SHA1", 4) == 0) ||
		(label == 6 && memcmp(line, "SHA256", 6) == 0)) &&
	       equals[-1] == ')' && line + n - equals > 2 && equals[1] == ' ' &&
	       equals[2] != ' ';
}

static void judge_manifest(struct hyp_judge *judge)
{
	const struct hyp_pkg *pkg = judge->pkg;
	const char *line = hyp_buf_str(&pkg->manifest_text);

	while (*line != '\0') {
		size_t n = strcspn(line, "\n");

		if (n > 0 && !is_plain_line(line, n)) {
			hyp_judge_tell(judge, HYP_SEVERITY_WARNING,
				       "manifest_form",
				       pkg->entries[pkg->manifest_index].name,
				       "virt-v2v 2.2, -i ova: lines are "
				       "SHA1(name)= hex or SHA256(name)= hex",
				       "has lines of another form: virt-v2v "
				       "does not check them");
			return;
		}
		line += n + (line[n] == '\n');
	}
}

void hyp_judge_virt_v2v(struct hyp_judge *judge)
{
	const struct hyp_ovf *ovf = &judge->pkg->ovf;

	judge_envelope(judge);
	for (size_t i = 0; i < ovf->item_count; i++) {
		if (ovf->items[i].type == HYP_TYPE_MEMORY)
			judge_memory(judge, &ovf->items[i]);
		if (ovf->items[i].type == HYP_TYPE_DISK)
			judge_disk(judge, &ovf->items[i]);
	}
	for (size_t i = 0; i < ovf->file_count; i++)
		judge_file(judge, &ovf->files[i]);
	if (judge->pkg->manifest_index >= 0)
		judge_manifest(judge);
}
