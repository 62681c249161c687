/* SPDX-License-Identifier: Apache-2.0 */
#include "core/pipeline/proof.h"
#include "core/base/cleanup.h"
#include "core/base/digest.h"

#include <string.h>

/* From weak to strong. */
static const char *const levels[] = {HYP_PROOF_NONE,   HYP_PROOF_STRUCTURE,
				     HYP_PROOF_SIZE,   HYP_PROOF_SHA1,
				     HYP_PROOF_SHA256, HYP_PROOF_SHA512};

struct check {
	struct hyp_source_files *files;
	struct hyp_notes *notes;
	unsigned char seen[HYP_SOURCE_FILES_MAX];
};

static size_t rank(const char *level)
{
	size_t i = 0;

	while (i + 1 < HYP_COUNT(levels) && strcmp(levels[i], level) != 0)
		i++;
	return i;
}

const char *hyp_proof_lowest(const struct hyp_source_files *files)
{
	size_t lowest = HYP_COUNT(levels) - 1;
	int disks = files->count > 0 && files->at[0].file.role == HYP_ROLE_DISK;

	if (files->count == 0)
		return HYP_PROOF_NONE;
	for (size_t i = 0; i < files->count; i++) {
		size_t r = rank(files->at[i].proof);

		if ((files->at[i].file.role == HYP_ROLE_DISK || !disks) &&
		    r < lowest)
			lowest = r;
	}
	return levels[lowest];
}

static int32_t check_size(const struct hyp_source_file *file, uint64_t bytes,
			  struct hyp_error *err)
{
	if (bytes == HYP_UNKNOWN || bytes == file->file.bytes)
		return 0;
	return hyp_error_set(err, HYP_E_TRANSIENT, "size_mismatch", 0,
			     "%s: the source says it sent %llu bytes, %llu "
			     "arrived; nothing was kept, run the export again",
			     file->file.name, (unsigned long long)bytes,
			     (unsigned long long)file->file.bytes);
}

/* Our digest of that algorithm, or NULL. */
static const struct hyp_digest *ours(const struct hyp_source_file *file,
				     uint32_t algorithm)
{
	if (file->file.digest.algorithm == algorithm)
		return &file->file.digest;
	if (file->other.length > 0 && file->other.algorithm == algorithm)
		return &file->other;
	return NULL;
}

static int32_t digest_differs(const struct hyp_source_file *file,
			      const struct hyp_digest *said,
			      const struct hyp_digest *seen,
			      struct hyp_error *err)
{
	char a[HYP_DIGEST_HEX_MAX], b[HYP_DIGEST_HEX_MAX];

	hyp_digest_hex(said, a);
	hyp_digest_hex(seen, b);
	return hyp_error_set(err, HYP_E_TRANSIENT, "digest_mismatch", 0,
			     "%s: the source computed %s %s of what it sent, "
			     "but %s arrived; nothing was kept, run the export "
			     "again",
			     file->file.name, hyp_digest_label(said->algorithm),
			     a, b);
}

static const char *digest_level(uint32_t algorithm)
{
	return algorithm == HYP_DIGEST_SHA1	? HYP_PROOF_SHA1
	       : algorithm == HYP_DIGEST_SHA256 ? HYP_PROOF_SHA256
						: HYP_PROOF_SHA512;
}

static int32_t check_digest(struct hyp_source_file *file,
			    const struct hyp_digest *said,
			    struct hyp_error *err)
{
	const struct hyp_digest *seen = ours(file, said->algorithm);

	if (said->length == 0 || seen == NULL)
		return 0;
	if (!hyp_digest_equal(said, seen))
		return digest_differs(file, said, seen, err);
	file->proof = digest_level(said->algorithm);
	return 0;
}

static void check_capacity(const struct hyp_source_file *file, uint64_t said,
			   struct hyp_notes *notes)
{
	if (file->file.role != HYP_ROLE_DISK || said == 0 ||
	    said == file->image.capacity)
		return;
	hyp_notes_warn(notes, "capacity_differs",
		       "%s: the source speaks of a disk of %llu bytes, its "
		       "image of %llu; the package says what the image says",
		       file->file.name, (unsigned long long)said,
		       (unsigned long long)file->image.capacity);
}

static int32_t proof_add(void *ctx, const struct hyp_proof *proof,
			 struct hyp_error *err)
{
	struct check *check = ctx;
	struct hyp_source_file *file = &check->files->at[proof->index];
	int32_t rc;

	if (check->seen[proof->index]++)
		return hyp_error_set(err, HYP_E_PERMANENT, "plugin_fault", 0,
				     "the provider gave proof of %s twice",
				     file->file.name);
	rc = check_size(file, proof->bytes, err);
	if (rc == 0 && proof->bytes != HYP_UNKNOWN)
		file->proof = HYP_PROOF_SIZE;
	if (rc == 0)
		rc = check_digest(file, &proof->digest, err);
	if (rc < 0)
		return rc;
	if (proof->populated != HYP_UNKNOWN)
		file->file.populated = proof->populated;
	if (proof->capacity != file->stated_capacity)
		check_capacity(file, proof->capacity, check->notes);
	return 0;
}

/* What is known before the source is asked. */
static void begin(struct hyp_source_file *file, struct hyp_notes *notes)
{
	const struct hyp_vmdk_summary *image = &file->image;

	file->proof = HYP_PROOF_NONE;
	if (file->stated != HYP_UNKNOWN) /* the copy compared them */
		file->proof = HYP_PROOF_SIZE;
	if (file->file.role != HYP_ROLE_DISK)
		return;
	if (file->stated == HYP_UNKNOWN)
		file->proof = HYP_PROOF_STRUCTURE;
	check_capacity(file, file->stated_capacity, notes);
	file->file.capacity = image->capacity;
	if (file->file.populated == HYP_UNKNOWN)
		file->file.populated = image->grains * image->grain_size;
}

static void clamp_populated(struct hyp_file *file)
{
	if (file->role == HYP_ROLE_DISK && file->populated > file->capacity)
		file->populated = file->capacity;
}

int32_t hyp_proof_check(void *exported, struct hyp_source_files *files,
			struct hyp_notes *notes, struct hyp_error *err)
{
	struct check check = {.files = files, .notes = notes};
	struct hyp_proof_sink sink = {
		.size = sizeof(sink), .ctx = &check, .add = proof_add};
	int32_t rc;

	for (size_t i = 0; i < files->count; i++)
		begin(&files->at[i], notes);
	rc = hyp_provider_calls.proof(exported, &sink, err);
	if (rc == HYP_E_UNSUPPORTED)
		rc = 0;
	for (size_t i = 0; i < files->count && rc == 0; i++)
		clamp_populated(&files->at[i].file);
	return rc;
}
