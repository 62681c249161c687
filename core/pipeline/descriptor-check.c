/* SPDX-License-Identifier: Apache-2.0 */
#include "core/package/ovf.h"
#include "core/pipeline/descriptor.h"

#include <string.h>

static int32_t bad(struct hyp_error *err, const char *name, const char *what)
{
	return hyp_error_set(err, HYP_E_PERMANENT, "bad_ovf", 0,
			     "the descriptor %s \"%.128s\"", what, name);
}

static const struct hyp_source_file *
find_file(const struct hyp_source_files *files, const char *name)
{
	for (size_t i = 0; i < files->count; i++)
		if (strcmp(files->at[i].file.name, name) == 0)
			return &files->at[i];
	return NULL;
}

static const struct hyp_ovf_file *
find_reference(const struct hyp_ovf *ovf, const char *name, unsigned *times)
{
	const struct hyp_ovf_file *found = NULL;

	*times = 0;
	for (size_t i = 0; i < ovf->file_count; i++)
		if (strcmp(ovf->files[i].href, name) == 0) {
			found = &ovf->files[i];
			*times += 1;
		}
	return found;
}

/* The one disk whose bytes are that reference's, or NULL. */
static const struct hyp_ovf_disk *find_disk(const struct hyp_ovf *ovf,
					    const char *file_id)
{
	const struct hyp_ovf_disk *found = NULL;

	for (size_t i = 0; i < ovf->disk_count; i++) {
		if (strcmp(ovf->disks[i].file_ref, file_id) != 0)
			continue;
		if (found != NULL)
			return NULL;
		found = &ovf->disks[i];
	}
	return found;
}

static int32_t check_disk(const struct hyp_ovf *ovf, const char *file_id,
			  const struct hyp_file *file, struct hyp_error *err)
{
	const struct hyp_ovf_disk *disk = find_disk(ovf, file_id);

	if (disk == NULL)
		return bad(err, file->name, "has not exactly one disk for");
	if (disk->capacity != file->capacity)
		return bad(err, file->name, "has another capacity for");
	if (disk->parent_ref[0] != '\0')
		return bad(err, file->name, "names a parent for");
	if (strstr(disk->format, "vmdk.html#streamOptimized") == NULL)
		return bad(err, file->name, "has another format for");
	return 0;
}

static int32_t check_file(const struct hyp_ovf *ovf,
			  const struct hyp_file *file, struct hyp_error *err)
{
	unsigned times;
	const struct hyp_ovf_file *reference =
		find_reference(ovf, file->name, &times);

	if (times != 1)
		return bad(err, file->name,
			   times == 0 ? "does not name"
				      : "names more than once");
	if (reference->bytes != file->bytes)
		return bad(err, file->name, "has another size for");
	if (reference->chunk_size != 0 ||
	    (reference->compression[0] != '\0' &&
	     strcmp(reference->compression, "identity") != 0))
		return bad(err, file->name,
			   "speaks of chunks or compression "
			   "that are not there, for");
	if (file->role == HYP_ROLE_DISK)
		return check_disk(ovf, reference->id, file, err);
	return 0;
}

static int32_t check(const struct hyp_ovf *ovf,
		     const struct hyp_source_files *files,
		     struct hyp_error *err)
{
	size_t disks = 0;
	int32_t rc = 0;

	for (size_t i = 0; i < files->count && rc == 0; i++) {
		rc = check_file(ovf, &files->at[i].file, err);
		disks += files->at[i].file.role == HYP_ROLE_DISK;
	}
	for (size_t i = 0; i < ovf->file_count && rc == 0; i++)
		if (find_file(files, ovf->files[i].href) == NULL)
			rc = bad(err, ovf->files[i].href,
				 "names a file that is not in the package,");
	if (rc == 0 && ovf->disk_count != disks)
		rc = hyp_error_set(err, HYP_E_PERMANENT, "bad_ovf", 0,
				   "the descriptor has %zu disks, the package "
				   "%zu",
				   ovf->disk_count, disks);
	return rc;
}

/* Packages are read in the order of their references. */
static int32_t check_order(const struct hyp_ovf *ovf,
			   const struct hyp_source_files *files,
			   struct hyp_error *err)
{
	for (size_t i = 0; i < files->count; i++)
		if (strcmp(ovf->files[i].href, files->at[i].file.name) != 0)
			return bad(err, files->at[i].file.name,
				   "has in another place than the package");
	return 0;
}

int32_t hyp_descriptor_check(const void *text, size_t n,
			     const struct hyp_source_files *files,
			     struct hyp_error *err)
{
	struct hyp_ovf ovf;
	int32_t rc = hyp_ovf_read(text, n, "the descriptor", &ovf, err);

	if (rc < 0)
		return rc;
	rc = check(&ovf, files, err);
	if (rc == 0)
		rc = check_order(&ovf, files, err);
	hyp_ovf_fini(&ovf);
	return rc;
}
