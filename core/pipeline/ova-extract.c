/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/buf.h"
#include "core/base/cleanup.h"
#include "core/pipeline/ova-run.h"
#include "core/pipeline/result.h"

#include <string.h>

static int32_t take_one(struct hyp_ova_run *run, struct hyp_error *err)
{
	int32_t i = hyp_pkg_find(run->pkg, run->job->only);

	if (i < 0)
		return hyp_error_set(
			err, HYP_E_NOT_FOUND, "not_found", 0,
			"%s holds no file named %s; \"hypersdk ova "
			"show\" lists what there is",
			run->job->package, run->job->only);
	hyp_ova_run_take(run, (size_t)i);
	return 0;
}

/* What is not referenced stays behind. */
static void take_all(struct hyp_ova_run *run)
{
	const struct hyp_pkg *pkg = run->pkg;

	hyp_ova_run_take(run, pkg->descriptor);
	hyp_ova_run_take_references(run);
	if (pkg->manifest_index >= 0)
		hyp_ova_run_take(run, (size_t)pkg->manifest_index);
	if (pkg->cert_index >= 0)
		hyp_ova_run_take(run, (size_t)pkg->cert_index);
}

static int32_t extract_entry(struct hyp_ova_run *run, size_t nth,
			     struct hyp_error *err)
{
	const struct hyp_pkg_entry *e = &run->pkg->entries[run->order[nth]];
	struct hyp_file file = {.size = sizeof(file), .name = e->name};
	struct hyp_writer sink = {.size = sizeof(sink),
				  .write = hyp_storage_calls.write};
	struct hyp_error ignored;
	struct hyp_pump_result got;
	int32_t rc;

	rc = hyp_storage_calls.object_open(run->place, e->name, 0, &sink.ctx,
					   err);
	if (rc != 0)
		return rc;
	rc = hyp_ova_run_entry(run, nth, &sink, &got, err);
	if (rc != 0) {
		hyp_storage_calls.object_close(sink.ctx, &ignored);
		return rc;
	}
	rc = hyp_storage_calls.object_close(sink.ctx, err);
	if (rc != 0)
		return rc;
	file.bytes = got.bytes;
	file.digest = got.digest;
	run->result->package_bytes += got.bytes;
	return hyp_result_add_file(
		run->result, &file, 0,
		hyp_manifest_find(&run->pkg->manifest, e->name) != NULL
			? "manifest"
			: HYP_PROOF_NONE,
		err);
}

static int32_t run_all(struct hyp_ova_run *run, struct hyp_error *err)
{
	const struct hyp_ova_job *job = run->job;
	int32_t rc = hyp_ova_run_init(run, err);

	if (rc == 0 && job->only != NULL)
		rc = take_one(run, err);
	else if (rc == 0)
		take_all(run);
	if (rc == 0)
		rc = hyp_asprintf(&run->result->output, err, "%s/%s", job->dir,
				  job->name);
	if (rc == 0)
		rc = hyp_ova_run_place(run,
				       job->only != NULL ? HYP_LAYOUT_FILE
							 : HYP_LAYOUT_DIRECTORY,
				       run->total, err);
	for (size_t i = 0; rc == 0 && i < run->count; i++)
		rc = extract_entry(run, i, err);
	if (rc == 0)
		rc = hyp_storage_calls.seal(run->place, NULL, 0, err);
	if (rc == 0)
		rc = hyp_storage_calls.publish(run->place, err);
	if (rc == 0)
		run->place = NULL;
	return rc;
}

int32_t hyp_ova_extract(const struct hyp_ova_job *job,
			struct hyp_result *result, struct hyp_error *err)
{
	struct hyp_ova_run run = {.job = job, .result = result};
	int32_t rc;

	memset(result, 0, sizeof(*result));
	rc = run_all(&run, err);
	hyp_ova_run_fini(&run);
	return rc;
}
