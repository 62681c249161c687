/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/buf.h"
#include "core/pipeline/export.h"
#include "core/pipeline/names.h"
#include "core/pipeline/source.h"

#include <stdlib.h>
#include <string.h>

static int32_t fault(struct hyp_error *err, const char *device_id,
		     const char *what)
{
	return hyp_error_set(err, HYP_E_PERMANENT, "plugin_fault", 0,
			     "the provider gave the file \"%.128s\" %s: this "
			     "is a mistake in the plugin",
			     device_id, what);
}

static int32_t grow(struct hyp_source_files *files, struct hyp_error *err)
{
	size_t cap = files->cap == 0 ? 8 : files->cap * 2;
	struct hyp_source_file *at;

	if (files->count < files->cap)
		return 0;
	at = reallocarray(files->at, cap, sizeof(*at));
	if (at == NULL)
		return hyp_error_nomem(err);
	files->at = at;
	files->cap = cap;
	return 0;
}

static int32_t judge(const struct hyp_source_files *files,
		     const struct hyp_file *file, struct hyp_error *err)
{
	const char *id = file->device_id;

	if (files->count >= HYP_SOURCE_FILES_MAX)
		return fault(err, id, "beyond the 1000th");
	if (file->role == HYP_ROLE_DISK &&
	    file->format != HYP_FORMAT_STREAM_OPTIMIZED)
		return hyp_error_set(
			err, HYP_E_PERMANENT, "unsupported_format", 0,
			"disk \"%.128s\" comes in a format other than "
			"streamOptimized VMDK, which OVF packages need",
			id);
	if (file->role == HYP_ROLE_DISK && files->count > 0 &&
	    files->at[files->count - 1].file.role != HYP_ROLE_DISK)
		return fault(err, id, "after files that are no disks");
	for (size_t i = 0; i < files->count && *id != '\0'; i++)
		if (strcmp(files->at[i].file.device_id, id) == 0)
			return fault(err, id, "twice");
	return 0;
}

static unsigned nth_of_role(const struct hyp_source_files *files, uint32_t role)
{
	unsigned n = 1;

	for (size_t i = 0; i < files->count; i++)
		n += files->at[i].file.role == role;
	return n;
}

int32_t hyp_source_files_add(struct hyp_source_files *files,
			     const struct hyp_file *from, struct hyp_error *err)
{
	struct hyp_source_file to = {.file = *from, .proof = HYP_PROOF_NONE};
	struct hyp_file *file = &to.file;
	char name[HYP_FILE_NAME_MAX];
	int32_t rc;

	rc = judge(files, file, err);
	if (rc == 0)
		rc = grow(files, err);
	if (rc < 0)
		return rc;
	hyp_name_file(files->base, file->role, nth_of_role(files, file->role),
		      name);
	file->name = name;
	rc = hyp_keep_string(&files->keep, &file->name, err);
	if (rc == 0)
		rc = hyp_keep_string(&files->keep, &file->device_id, err);
	if (rc < 0)
		return rc;
	/* 0 and absurd sizes are what some servers say for "unknown" */
	if (file->bytes == 0 || file->bytes > INT64_MAX)
		file->bytes = HYP_UNKNOWN;
	if (file->capacity > INT64_MAX)
		file->capacity = 0;
	memset(&file->digest, 0, sizeof(file->digest));
	to.stated = file->bytes;
	to.stated_capacity = file->capacity;
	files->at[files->count++] = to;
	return 0;
}

static int32_t files_add(void *ctx, const struct hyp_file *file,
			 struct hyp_error *err)
{
	return hyp_source_files_add(ctx, file, err);
}

int32_t hyp_source_files_get(void *exported, const char *base,
			     struct hyp_source_files *out,
			     struct hyp_error *err)
{
	struct hyp_file_sink sink = {
		.size = sizeof(sink), .ctx = out, .add = files_add};

	out->base = base;
	return hyp_provider_calls.files(exported, &sink, err);
}

void hyp_source_files_fini(struct hyp_source_files *files)
{
	hyp_keep_free(&files->keep);
	free(files->at);
	memset(files, 0, sizeof(*files));
}
