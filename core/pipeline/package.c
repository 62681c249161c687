/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/cleanup.h"
#include "core/base/clock.h"
#include "core/base/digest.h"
#include "core/base/units.h"
#include "core/pipeline/descriptor.h"
#include "core/pipeline/proof.h"
#include "core/pipeline/receipt.h"
#include "core/pipeline/result.h"
#include "core/pipeline/run.h"

#include <string.h>

/* The files that the packager says it packed. */
struct packed {
	struct hyp_run *run;
	size_t sources; /* how many of them came from the source */
};

static int32_t pack_fault(struct hyp_error *err, const char *name,
			  const char *what)
{
	return hyp_error_set(err, HYP_E_PERMANENT, "plugin_fault", 0,
			     "the packager %s %.128s: this is a mistake in the "
			     "plugin, nothing was kept",
			     what, name);
}

static int32_t add_packed(void *ctx, const struct hyp_file *file,
			  struct hyp_error *err)
{
	struct packed *packed = ctx;
	struct hyp_source_files *files = &packed->run->files;
	struct hyp_result *result = packed->run->result;

	for (size_t i = 0; i < result->file_count; i++)
		if (strcmp(result->files[i].name, file->name) == 0)
			return pack_fault(err, file->name, "packed twice");
	for (size_t i = 0; i < files->count; i++) {
		const struct hyp_source_file *source = &files->at[i];

		if (strcmp(source->file.name, file->name) != 0)
			continue;
		if (source->file.bytes != file->bytes ||
		    !hyp_digest_equal(&source->file.digest, &file->digest))
			return pack_fault(err, file->name,
					  "has other bytes of");
		packed->sources++;
		return hyp_result_add_file(result, file, source->file.role,
					   source->proof, err);
	}
	return hyp_result_add_file(result, file, 0, HYP_PROOF_NONE, err);
}

static int32_t finish_package(struct hyp_run *run,
			      const struct hyp_buf *descriptor,
			      struct hyp_error *err)
{
	struct packed packed = {.run = run};
	void *package = HYP_STEAL(run->package); /* freed also on failure */
	int32_t rc;

	rc = hyp_packager_calls.finish(package, descriptor->data,
				       descriptor->len, add_packed, &packed,
				       err);
	if (rc == 0 && packed.sources != run->files.count)
		rc = pack_fault(err, run->base, "did not say all it packed of");
	run->result->package_bytes = hyp_counted_bytes(run->counted);
	return rc;
}

static int32_t finish_source(struct hyp_run *run, struct hyp_error *err)
{
	void *exported = HYP_STEAL(run->exported); /* freed also on failure */
	int32_t rc = hyp_provider_calls.finish(exported, err);

	return rc < 0 ? rc : hyp_run_look(run, err);
}

static int32_t fill_result(struct hyp_run *run, struct hyp_error *err)
{
	struct hyp_result *result = run->result;

	result->capacity = 0;
	for (size_t i = 0; i < run->files.count; i++)
		result->capacity = hyp_add_sat(result->capacity,
					       run->files.at[i].file.capacity);
	hyp_notes_take_warnings(run->notes, &result->warnings,
				&result->warning_count);
	return hyp_result_set(&result->proof, hyp_proof_lowest(&run->files),
			      err);
}

static int32_t seal(struct hyp_run *run, struct hyp_error *err)
{
	HYP_AUTO_FREE char *receipt = NULL;
	size_t len = 0;
	int32_t rc = fill_result(run, err);

	if (rc == 0)
		rc = hyp_result_facts(run->result, run->notes, err);
	if (rc == 0)
		rc = hyp_receipt_write(run->job, run->result,
				       hyp_clock_wall_ms(), &receipt, &len,
				       err);
	if (rc == 0)
		rc = hyp_storage_calls.seal(run->place, receipt, len, err);
	return rc;
}

int32_t hyp_run_package(struct hyp_run *run, struct hyp_error *err)
{
	HYP_AUTO_BUF struct hyp_buf descriptor =
		HYP_BUF_INIT((size_t)run->descriptor_max + 1);
	uint64_t begin = hyp_clock_boot_ns();
	int32_t rc;

	rc = hyp_descriptor_make(run->exported, &run->machine.machine,
				 &run->files, run->descriptor_max, run->notes,
				 &descriptor, err);
	if (rc == 0)
		hyp_notes_took(run->notes, HYP_TOOK_DESCRIPTOR, NULL,
			       hyp_clock_boot_ns() - begin);
	if (rc == 0)
		rc = finish_source(run, err);
	if (rc == 0)
		rc = finish_package(run, &descriptor, err);
	if (rc == 0)
		rc = seal(run, err);
	return rc;
}
