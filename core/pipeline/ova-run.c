/* SPDX-License-Identifier: Apache-2.0 */
#include "core/pipeline/ova-run.h"
#include "core/base/units.h"
#include "core/package/judge.h"
#include "core/pipeline/result.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* What is read from a file comes at once: buffers that stay in the processor's
 * caches save a third of the time in the kernel against 1 MiB. */
#define BUFFER (256u << 10)

void hyp_ova_warn(struct hyp_ova_run *run, const char *kind, const char *text)
{
	if (run->job->warning != NULL)
		run->job->warning(run->job->ctx, kind, text);
}

/* What the structure alone says of the package. */
struct verdict {
	struct hyp_ova_run *run;
	struct hyp_error *err;
	int32_t rc;
};

/* Findings that mean other bytes than meant stop us, and so does a manifest
 * that was changed after it was signed. A rule of OVF that is broken does not:
 * the disks may be all that is left of a machine. Nor does a certificate that
 * proves nothing: there might as well be none. */
static int stops(const struct hyp_judgement *judgement)
{
	static const char *const kinds[] = {"corrupt_archive", "size_mismatch",
					    "bad_signature"};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(judgement->kind, kinds[i]) == 0)
			return judgement->severity == HYP_SEVERITY_ERROR;
	return 0;
}

static void take(void *ctx, const struct hyp_judgement *judgement)
{
	struct verdict *verdict = ctx;
	const char *gap = judgement->where[0] != '\0' ? ": " : "";
	char text[HYP_ERROR_TEXT_MAX];

	snprintf(text, sizeof(text), "%s%s%s", judgement->where, gap,
		 judgement->text);
	if (stops(judgement)) {
		if (verdict->rc == 0)
			verdict->rc = hyp_error_set(
				verdict->err, HYP_E_PERMANENT, judgement->kind,
				0, "%s: %s", verdict->run->job->package, text);
	} else if (judgement->severity != HYP_SEVERITY_INFO &&
		   !(verdict->run->creates &&
		     strcmp(judgement->kind, "no_manifest") == 0)) {
		/* Creating writes the manifest that was missing. */
		hyp_ova_warn(verdict->run, judgement->kind, text);
	}
}

static int32_t judge(struct hyp_ova_run *run, struct hyp_error *err)
{
	struct verdict verdict = {run, err, 0};
	struct hyp_judge_args args = {
		.found = take, .ctx = &verdict, .structure_only = 1};
	struct hyp_judge_counts counts;
	int32_t rc = hyp_judge_opened(run->pkg, &args, &counts, err);

	return rc != 0 ? rc : verdict.rc;
}

static uint32_t strongest(uint32_t algorithms)
{
	while ((algorithms & (algorithms - 1)) != 0)
		algorithms &= algorithms - 1;
	return algorithms;
}

static int32_t init_members(struct hyp_ova_run *run, struct hyp_error *err)
{
	const struct hyp_ova_job *job = run->job;
	struct hyp_pump_args args = {.digest = job->digest,
				     .cancel = job->cancel,
				     .inflate = HYP_VMDK_INFLATE_SOME,
				     .buffer = BUFFER};
	int32_t rc;

	run->host_job.job_id = job->id;
	run->host_job.attempt = 1;
	run->host_job.cancel = job->cancel;
	rc = hyp_member_init(&run->storage, job->registry, HYP_KIND_STORAGE,
			     job->storage, &run->host_job, NULL, err);
	if (rc == 0 && run->creates)
		rc = hyp_member_init(&run->packager, job->registry,
				     HYP_KIND_PACKAGER, job->packager,
				     &run->host_job, NULL, err);
	/* What the manifest was made with is computed too, to compare. */
	if (args.digest == 0)
		args.digest = strongest(run->pkg->manifest.algorithms);
	args.other = strongest(run->pkg->manifest.algorithms & ~args.digest);
	if (args.digest == 0)
		args.digest = HYP_DIGEST_SHA256;
	if (rc == 0)
		rc = hyp_pump_new(&args, &run->pump, err);
	return rc;
}

int32_t hyp_ova_run_init(struct hyp_ova_run *run, struct hyp_error *err)
{
	int32_t rc = hyp_pkg_open(run->job->package, &run->pkg, err);

	if (rc == 0)
		rc = judge(run, err);
	if (rc == 0)
		rc = init_members(run, err);
	if (rc == 0)
		rc = hyp_result_set(&run->result->vm_name, run->pkg->ovf.name,
				    err);
	if (rc != 0)
		return rc;
	run->order = calloc(run->pkg->entry_count + 1, sizeof(*run->order));
	return run->order == NULL ? hyp_error_nomem(err) : 0;
}

void hyp_ova_run_take(struct hyp_ova_run *run, size_t index)
{
	run->order[run->count++] = index;
	run->total = hyp_add_sat(run->total, run->pkg->entries[index].bytes);
}

static int by_reference(const void *a, const void *b, void *ctx)
{
	const struct hyp_pkg *pkg = ctx;
	const struct hyp_pkg_entry *x = &pkg->entries[*(const size_t *)a];
	const struct hyp_pkg_entry *y = &pkg->entries[*(const size_t *)b];

	if (x->ref != y->ref)
		return x->ref < y->ref ? -1 : 1;
	return x->chunk < y->chunk ? -1 : x->chunk > y->chunk;
}

void hyp_ova_run_take_references(struct hyp_ova_run *run)
{
	size_t first = run->count;

	for (size_t i = 0; i < run->pkg->entry_count; i++)
		if (run->pkg->entries[i].ref >= 0)
			hyp_ova_run_take(run, i);
	qsort_r(run->order + first, run->count - first, sizeof(*run->order),
		by_reference, run->pkg);
}

void hyp_ova_run_fini(struct hyp_ova_run *run)
{
	hyp_pump_free(run->pump);
	if (run->place != NULL)
		hyp_storage_calls.abort(run->place);
	hyp_member_fini(&run->packager);
	hyp_member_fini(&run->storage);
	hyp_pkg_close(run->pkg);
	free(run->order);
}

int32_t hyp_ova_run_place(struct hyp_ova_run *run, uint32_t layout,
			  uint64_t expected, struct hyp_error *err)
{
	const struct hyp_ova_job *job = run->job;
	struct hyp_place_args args = {
		.size = sizeof(args),
		.layout = layout,
		.attempt = 1,
		.force = job->force,
		.job_id = job->id,
		.dir = job->dir,
		.name = job->name,
		.expected = expected,
	};

	return hyp_storage_calls.place_open(run->storage.instance, &args,
					    &run->place, err);
}

/* The reference that order[nth] is a piece of; -1 if there is no such. */
static int32_t ref_at(const struct hyp_ova_run *run, size_t nth)
{
	return nth < run->count ? run->pkg->entries[run->order[nth]].ref : -1;
}

/* How order[nth] is to be checked: HYP_PUMP_IMAGE... Pieces follow on each
 * other; a single one cannot be checked. */
static uint32_t image_at(const struct hyp_ova_run *run, size_t nth)
{
	const struct hyp_pkg *pkg = run->pkg;
	const struct hyp_pkg_entry *e = &pkg->entries[run->order[nth]];
	uint32_t image = HYP_PUMP_IMAGE;

	if (!hyp_pkg_is_image(pkg, e) ||
	    (run->job->only != NULL && pkg->ovf.files[e->ref].chunk_size != 0))
		return HYP_PUMP_PLAIN;
	if (nth > 0 && ref_at(run, nth - 1) == e->ref)
		image |= HYP_PUMP_IMAGE_GOES_ON;
	if (ref_at(run, nth + 1) == e->ref)
		image |= HYP_PUMP_IMAGE_IS_CUT;
	return image;
}

static int32_t pump_all(struct hyp_ova_run *run, size_t index,
			struct hyp_error *err)
{
	const struct hyp_pkg_entry *e = &run->pkg->entries[index];
	const struct hyp_ova_job *job = run->job;
	uint64_t at = 0;
	int32_t rc = 0;

	while (rc == 0 && at < e->bytes) {
		void *room;
		size_t n;

		rc = hyp_pump_room(run->pump, &room, &n, err);
		if (rc == 0)
			rc = hyp_pkg_read(run->pkg, index, at, room, n, &n,
					  err);
		if (rc == 0)
			rc = hyp_pump_filled(run->pump, n, err);
		if (rc != 0)
			break;
		at += n;
		run->done += n;
		if (job->progress != NULL)
			job->progress(job->ctx, e->name, run->done, run->total);
	}
	return rc;
}

/* A file that has grown, or been replaced, is not the one that was judged. */
static int32_t check_unchanged(const struct hyp_pkg *pkg,
			       const struct hyp_pkg_entry *e,
			       struct hyp_error *err)
{
	struct stat st;

	if (pkg->is_ova || fstat(e->fd, &st) != 0 ||
	    (uint64_t)st.st_size == e->bytes)
		return 0;
	return hyp_error_set(err, HYP_E_PERMANENT, "size_mismatch", 0,
			     "%s grew while it was read: something writes to "
			     "it; stop that and try again",
			     e->name);
}

static int32_t compare(const struct hyp_pkg *pkg, const struct hyp_pkg_entry *e,
		       const struct hyp_pump_result *got, struct hyp_error *err)
{
	const struct hyp_digest *want =
		hyp_manifest_find(&pkg->manifest, e->name);
	const struct hyp_digest *have = NULL;
	char hex[HYP_DIGEST_HEX_MAX], want_hex[HYP_DIGEST_HEX_MAX];

	if (want == NULL)
		return 0;
	if (got->digest.algorithm == want->algorithm)
		have = &got->digest;
	else if (got->other.length > 0 &&
		 got->other.algorithm == want->algorithm)
		have = &got->other;
	if (have == NULL)
		return hyp_error_set(
			err, HYP_E_PERMANENT, "corrupt_archive", 0,
			"the manifest mixes more digest algorithms "
			"than two; %s cannot be checked",
			e->name);
	if (hyp_digest_equal(have, want))
		return 0;
	hyp_digest_hex(have, hex);
	hyp_digest_hex(want, want_hex);
	return hyp_error_set(err, HYP_E_PERMANENT, "digest_mismatch", 0,
			     "%s has the %s digest %s, the manifest says %s: "
			     "its bytes were changed; nothing was kept",
			     e->name, hyp_digest_label(want->algorithm), hex,
			     want_hex);
}

int32_t hyp_ova_run_entry(struct hyp_ova_run *run, size_t nth,
			  const struct hyp_writer *sink,
			  struct hyp_pump_result *out, struct hyp_error *err)
{
	size_t index = run->order[nth];
	const struct hyp_pkg_entry *e = &run->pkg->entries[index];
	uint32_t image = image_at(run, nth);
	int32_t rc = hyp_pump_start(run->pump, sink, image, err);

	if (rc != 0)
		return rc;
	rc = pump_all(run, index, err);
	if (rc == 0)
		rc = hyp_pump_finish(run->pump, out, err);
	else
		hyp_pump_stop(run->pump);
	if (rc == HYP_E_TRANSIENT && image != HYP_PUMP_PLAIN &&
	    strcmp(err->kind, "size_mismatch") == 0) {
		/* In a file that is complete, a missing end is a lie. */
		err->code = rc = HYP_E_PERMANENT;
		strcpy(err->kind, "unsafe_image");
	}
	if (rc == 0)
		rc = check_unchanged(run->pkg, e, err);
	if (rc == 0)
		rc = compare(run->pkg, e, out, err);
	return rc == HYP_E_PERMANENT && strcmp(err->kind, "unsafe_image") == 0
		       ? hyp_error_prefix(err, "%s: ", e->name)
		       : rc;
}
