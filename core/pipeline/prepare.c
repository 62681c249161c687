/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/buf.h"
#include "core/base/cleanup.h"
#include "core/pipeline/descriptor.h"
#include "core/pipeline/place-record.h"
#include "core/pipeline/result.h"
#include "core/pipeline/run.h"
#include "core/pipeline/space.h"

#include <string.h>

/* The findings of a preflight: all are told, the first error is kept. */
struct findings {
	struct hyp_run *run;
	struct hyp_error first; /* code 0: none */
};

static void find(struct findings *findings, const struct hyp_finding *finding)
{
	struct hyp_notes *notes = findings->run->notes;

	hyp_notes_finding(notes, finding);
	if (finding->level == HYP_FINDING_WARNING)
		hyp_notes_warn(notes, finding->kind, "%s", finding->text);
	if (finding->level == HYP_FINDING_ERROR && findings->first.code == 0)
		hyp_error_set(&findings->first,
			      finding->code < 0 ? finding->code
						: HYP_E_PERMANENT,
			      finding->kind, 0, "%s", finding->text);
}

static int32_t add_finding(void *ctx, const struct hyp_finding *finding,
			   struct hyp_error *err)
{
	(void)err;
	find(ctx, finding);
	return 0;
}

/* A failure of ours as a finding, so that a dry run goes on. */
static void find_error(struct findings *findings, const struct hyp_error *error)
{
	struct hyp_finding finding = {
		.size = sizeof(finding),
		.level = HYP_FINDING_ERROR,
		.code = error->code,
		.kind = error->kind,
		.text = error->text,
	};

	find(findings, &finding);
}

static struct hyp_open_args open_args(const struct hyp_run *run)
{
	return (struct hyp_open_args){
		.size = sizeof(struct hyp_open_args),
		.mode = run->job->mode,
		.with_images = run->job->with_images,
		.digest = run->job->digest,
		.vm_id = run->vm.vm.id,
	};
}

static int32_t join_path(const char *dir, const char *name, const char *suffix,
			 char **out, struct hyp_error *err)
{
	size_t n = strlen(dir);

	return hyp_asprintf(out, err, "%s%s%s%s", dir,
			    n > 0 && dir[n - 1] == '/' ? "" : "/", name,
			    suffix);
}

static int32_t name_outputs(struct hyp_run *run, struct hyp_error *err)
{
	struct hyp_instance *packager = run->attempt.packager.instance;
	struct hyp_result *result = run->result;
	int32_t rc;

	rc = hyp_name_package(run->job->output_name, run->vm.vm.name,
			      &run->name, err);
	if (rc < 0)
		return rc;
	hyp_name_base(run->name, run->base);
	rc = join_path(run->job->output_dir, run->name,
		       hyp_packager_suffix(packager), &result->output, err);
	if (rc == 0)
		rc = hyp_asprintf(&result->receipt, err,
				  hyp_packager_layout(packager) ==
						  HYP_LAYOUT_DIRECTORY
					  ? "%s/receipt.json"
					  : "%s.receipt.json",
				  result->output);
	return rc;
}

static int32_t find_vm(struct hyp_run *run, struct hyp_error *err)
{
	struct hyp_result *result = run->result;
	const struct hyp_vm *vm = &run->vm.vm;
	int32_t rc;

	rc = hyp_source_lookup(run->attempt.provider.instance, run->job->vm,
			       &run->vm, err);
	if (rc == 0)
		rc = hyp_result_set(&result->vm_name, vm->name, err);
	if (rc == 0)
		rc = hyp_result_set(&result->vm_path, vm->path, err);
	if (rc == 0)
		rc = name_outputs(run, err);
	if (rc == 0)
		rc = hyp_notes_found(run->notes, vm, err);
	return rc;
}

static int32_t preflight(struct hyp_run *run, struct findings *findings,
			 struct hyp_error *err)
{
	struct hyp_open_args args = open_args(run);
	struct hyp_finding_sink sink = {
		.size = sizeof(sink), .ctx = findings, .add = add_finding};
	int32_t rc;

	rc = hyp_provider_calls.preflight(run->attempt.provider.instance, &args,
					  &sink, err);
	if (rc == 0)
		rc = hyp_source_machine_get(run->attempt.provider.instance,
					    run->vm.vm.id, &run->machine, err);
	return rc;
}

static struct hyp_package_args package_args(const struct hyp_run *run)
{
	return (struct hyp_package_args){
		.size = sizeof(struct hyp_package_args),
		.digest = run->job->digest,
		.entry_count = (uint32_t)run->files.count,
		.parallel = run->job->parallel,
		.name = run->base,
		.descriptor_max = run->descriptor_max,
	};
}

static int32_t remember_place(struct hyp_run *run,
			      const struct hyp_place_args *args,
			      struct hyp_error *err)
{
	const struct hyp_host_job *host = &run->host_job;
	HYP_AUTO_BUF struct hyp_buf record = HYP_BUF_INIT(65536);
	int32_t rc = hyp_place_encode(args, &record, err);

	if (rc == 0)
		rc = host->remember(host->ctx, hyp_run_storage_origin(run),
				    HYP_PLACE_KEY, record.data, record.len,
				    err);
	run->remembered = rc == 0;
	return rc;
}

static int32_t open_place(struct hyp_run *run, struct hyp_error *err)
{
	struct hyp_instance *packager = run->attempt.packager.instance;
	struct hyp_package_args sizes = package_args(run);
	struct hyp_place_args args = {
		.size = sizeof(args),
		.layout = hyp_packager_layout(packager),
		.attempt = run->job->attempt,
		.force = run->job->force,
		.job_id = run->job->id,
		.dir = run->job->output_dir,
	};
	HYP_AUTO_FREE char *name = NULL;
	int32_t rc;

	sizes.descriptor_max = HYP_DESCRIPTOR_MIN;
	rc = hyp_space_expected(packager, &sizes, &run->vm.vm,
				&run->machine.machine, &args.expected, err);
	if (rc == 0)
		rc = hyp_asprintf(&name, err, "%s%s", run->name,
				  hyp_packager_suffix(packager));
	if (rc < 0)
		return rc;
	args.name = name;
	rc = remember_place(run, &args, err);
	if (rc == 0)
		rc = hyp_storage_calls.place_open(run->attempt.storages.storage,
						  &args, &run->place, err);
	if (rc == 0)
		rc = hyp_counted_new(&hyp_storage_calls, run->place,
				     &run->counted, err);
	return rc;
}

static int32_t open_source(struct hyp_run *run, struct hyp_error *err)
{
	struct hyp_instance *provider = run->attempt.provider.instance;
	struct hyp_open_args args = open_args(run);
	int32_t rc;

	rc = hyp_provider_calls.open(provider, &args, &run->exported, err);
	if (rc == 0)
		rc = hyp_source_files_get(run->exported, run->base, &run->files,
					  err);
	/* again: it may have changed until it stood still */
	if (rc == 0)
		rc = hyp_source_machine_get(provider, run->vm.vm.id,
					    &run->machine, err);
	if (rc == 0)
		rc = hyp_run_look(run, err);
	if (rc == 0)
		rc = hyp_descriptor_dry(run->exported, &run->machine.machine,
					&run->files, &run->descriptor_max, err);
	return rc;
}

static int32_t open_package(struct hyp_run *run, struct hyp_error *err)
{
	struct hyp_package_args args = package_args(run);

	args.storage = &hyp_counted_ops;
	args.place = run->counted;
	return hyp_packager_calls.begin(run->attempt.packager.instance, &args,
					&run->package, err);
}

int32_t hyp_run_prepare(struct hyp_run *run, struct hyp_error *err)
{
	struct findings findings = {.run = run};
	int32_t rc;

	rc = find_vm(run, err);
	if (rc == 0)
		rc = preflight(run, &findings, err);
	if (rc == 0 && findings.first.code < 0) {
		*err = findings.first;
		rc = findings.first.code;
	}
	if (rc == 0)
		rc = open_place(run, err);
	if (rc == 0)
		rc = hyp_run_look(run, err);
	if (rc == 0)
		rc = open_source(run, err);
	if (rc == 0)
		rc = open_package(run, err);
	return rc;
}

/* The files that an export of this machine would have: one for each disk. */
static int32_t imagine_files(struct hyp_run *run, struct hyp_error *err)
{
	const struct hyp_machine *m = &run->machine.machine;
	int32_t rc = 0;

	run->files.base = run->base;
	for (uint32_t i = 0; i < m->disk_count && rc == 0; i++) {
		const struct hyp_vdisk *disk =
			HYP_AT(struct hyp_vdisk, m->disks, m->disk_stride, i);
		struct hyp_file file = {
			.size = sizeof(file),
			.role = HYP_ROLE_DISK,
			.format = HYP_FORMAT_STREAM_OPTIMIZED,
			.device_id = disk->device_id,
			.bytes = HYP_UNKNOWN,
			.capacity = disk->capacity,
			.populated = HYP_UNKNOWN,
		};

		rc = hyp_source_files_add(&run->files, &file, err);
	}
	return rc;
}

int32_t hyp_run_rehearse(struct hyp_run *run, struct hyp_error *err)
{
	struct findings findings = {.run = run};
	int32_t rc;

	rc = find_vm(run, err);
	if (rc == 0)
		rc = preflight(run, &findings, err);
	if (rc < 0)
		return rc;
	if (imagine_files(run, err) < 0 ||
	    hyp_descriptor_dry(NULL, &run->machine.machine, &run->files,
			       &run->descriptor_max, err) < 0)
		find_error(&findings, err);
	rc = hyp_run_look(run, err);
	if (rc < 0)
		return rc;
	if (open_place(run, err) < 0)
		find_error(&findings, err);
	if (findings.first.code < 0)
		*err = findings.first;
	return findings.first.code;
}
