/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/buf.h"
#include "core/base/cleanup.h"
#include "core/base/clock.h"
#include "core/base/units.h"
#include "core/package/cert.h"
#include "core/pipeline/counted.h"
#include "core/pipeline/ova-run.h"
#include "core/pipeline/receipt.h"
#include "core/pipeline/result.h"

#include <string.h>

struct creating {
	struct hyp_ova_run run;
	struct hyp_counted *counted;
	void *package; /* open, or NULL */
	char base[256];
	uint64_t *sizes; /* of the entries that are taken */
};

/* The descriptor's name without ".ovf": manifest and certificate share it. */
static void take_base(struct creating *c)
{
	const struct hyp_pkg *pkg = c->run.pkg;

	snprintf(c->base, sizeof(c->base), "%s",
		 pkg->entries[pkg->descriptor].name);
	c->base[strlen(c->base) - strlen(".ovf")] = '\0';
}

static int32_t measure(struct creating *c, struct hyp_error *err)
{
	struct hyp_ova_run *run = &c->run;

	hyp_ova_run_take_references(run);
	c->sizes = calloc(run->count + 1, sizeof(*c->sizes));
	if (c->sizes == NULL)
		return hyp_error_nomem(err);
	for (size_t i = 0; i < run->count; i++)
		c->sizes[i] = run->pkg->entries[run->order[i]].bytes;
	return 0;
}

static int32_t sign(void *ctx, const char *manifest_name, const void *manifest,
		    uint64_t n, const struct hyp_writer *out,
		    struct hyp_error *err)
{
	const struct hyp_ova_job *job = ctx;
	HYP_AUTO_BUF struct hyp_buf text = HYP_BUF_INIT(HYP_PKG_CERT_MAX);
	int32_t rc =
		hyp_cert_sign(job->key_file, job->cert_file, job->digest,
			      manifest_name, manifest, (size_t)n, &text, err);

	return rc != 0 ? rc : out->write(out->ctx, text.data, text.len, err);
}

/* The package is signed already: that holds for the same manifest only. */
static int32_t keep_signature(void *ctx, const char *manifest_name,
			      const void *manifest, uint64_t n,
			      const struct hyp_writer *out,
			      struct hyp_error *err)
{
	struct creating *c = ctx;
	const struct hyp_pkg *pkg = c->run.pkg;

	if (strcmp(manifest_name, pkg->entries[pkg->manifest_index].name) ==
		    0 &&
	    n == pkg->manifest_text.len &&
	    memcmp(manifest, pkg->manifest_text.data, n) == 0)
		return out->write(out->ctx, pkg->cert_text.data,
				  pkg->cert_text.len, err);
	hyp_ova_warn(&c->run, "signature_dropped",
		     "the package was signed, but the new manifest is not the "
		     "one that was: the OVA carries no signature. Give --sign "
		     "and --cert to sign it anew");
	return 0;
}

static void choose_signature(struct creating *c, struct hyp_package_args *args)
{
	const struct hyp_pkg *pkg = c->run.pkg;

	if (c->run.job->key_file != NULL) {
		args->sign = sign;
		args->sign_ctx = (void *)(uintptr_t)c->run.job;
	} else if (pkg->cert_index >= 0 && pkg->manifest_index >= 0) {
		args->sign = keep_signature;
		args->sign_ctx = c;
	}
}

static int32_t begin(struct creating *c, struct hyp_error *err)
{
	struct hyp_ova_run *run = &c->run;
	struct hyp_instance *packager = run->packager.instance;
	struct hyp_package_args args = {
		.size = sizeof(args),
		.digest = run->job->digest,
		.entry_count = (uint32_t)run->count,
		.parallel = 1,
		.name = c->base,
		.descriptor_max = run->pkg->descriptor_text.len,
		.storage = &hyp_counted_ops,
	};
	uint64_t expected;
	int32_t rc;

	choose_signature(c, &args);
	rc = hyp_packager_calls.space(packager, &args, c->sizes,
				      args.entry_count, &expected, err);
	if (rc == 0)
		rc = hyp_ova_run_place(run, hyp_packager_layout(packager),
				       expected, err);
	if (rc == 0)
		rc = hyp_counted_new(&hyp_storage_calls, run->place,
				     &c->counted, err);
	args.place = c->counted;
	if (rc == 0)
		rc = hyp_packager_calls.begin(packager, &args, &c->package,
					      err);
	return rc;
}

static int32_t pack_entry(struct creating *c, size_t nth, struct hyp_error *err)
{
	const struct hyp_pkg_entry *e = &c->run.pkg->entries[c->run.order[nth]];
	struct hyp_entry_args args = {.size = sizeof(args),
				      .index = (uint32_t)nth,
				      .name = e->name,
				      .size_hint = e->bytes};
	struct hyp_writer sink = {.size = sizeof(sink),
				  .write = hyp_packager_calls.entry_write};
	struct hyp_pump_result got;
	int32_t rc;

	rc = hyp_packager_calls.entry_open(c->package, &args, &sink.ctx, err);
	if (rc != 0)
		return rc;
	rc = hyp_ova_run_entry(&c->run, nth, &sink, &got, err);
	if (rc != 0) {
		hyp_packager_calls.entry_abort(sink.ctx);
		return rc;
	}
	return hyp_packager_calls.entry_close(sink.ctx, got.bytes, &got.digest,
					      err);
}

static int32_t pack_entries(struct creating *c, struct hyp_error *err)
{
	int32_t rc = 0;

	for (size_t i = 0; rc == 0 && i < c->run.count; i++)
		rc = pack_entry(c, i, err);
	return rc;
}

/* The descriptor's own line of an existing manifest. */
static int32_t check_descriptor(const struct hyp_pkg *pkg,
				struct hyp_error *err)
{
	const char *name = pkg->entries[pkg->descriptor].name;
	const struct hyp_digest *want = hyp_manifest_find(&pkg->manifest, name);
	struct hyp_digest got;
	int32_t rc;

	if (want == NULL)
		return 0;
	rc = hyp_digest_bytes(want->algorithm, pkg->descriptor_text.data,
			      pkg->descriptor_text.len, &got, err);
	if (rc == 0 && !hyp_digest_equal(want, &got))
		rc = hyp_error_set(err, HYP_E_PERMANENT, "digest_mismatch", 0,
				   "%s is not what the manifest says: it was "
				   "edited. Remove the manifest to have a new "
				   "one written",
				   name);
	return rc;
}

static int32_t add_file(void *ctx, const struct hyp_file *file,
			struct hyp_error *err)
{
	struct creating *c = ctx;

	return hyp_result_add_file(c->run.result, file, 0, HYP_PROOF_NONE, err);
}

static int32_t seal(struct creating *c, struct hyp_error *err)
{
	struct hyp_ova_run *run = &c->run;
	struct hyp_export_job job = {
		.id = run->job->id, .attempt = 1, .digest = run->job->digest};
	HYP_AUTO_FREE char *receipt = NULL;
	size_t len = 0;
	int32_t rc;

	run->result->package_bytes = hyp_counted_bytes(c->counted);
	rc = hyp_result_set(&run->result->source, run->job->package, err);
	if (rc == 0)
		rc = hyp_receipt_write(&job, run->result, hyp_clock_wall_ms(),
				       &receipt, &len, err);
	if (rc == 0)
		rc = hyp_storage_calls.seal(run->place, receipt, len, err);
	if (rc == 0)
		rc = hyp_storage_calls.publish(run->place, err);
	if (rc == 0)
		run->place = NULL;
	return rc;
}

static int32_t run_all(struct creating *c, struct hyp_error *err)
{
	const struct hyp_ova_job *job = c->run.job;
	int32_t rc = hyp_ova_run_init(&c->run, err);

	if (rc == 0)
		rc = check_descriptor(c->run.pkg, err);
	if (rc == 0)
		rc = hyp_asprintf(&c->run.result->output, err, "%s/%s",
				  job->dir, job->name);
	if (rc == 0)
		rc = measure(c, err);
	if (rc != 0)
		return rc;
	take_base(c);
	rc = begin(c, err);
	if (rc == 0)
		rc = pack_entries(c, err);
	if (rc == 0)
		rc = hyp_packager_calls.finish(
			HYP_STEAL(c->package), c->run.pkg->descriptor_text.data,
			c->run.pkg->descriptor_text.len, add_file, c, err);
	return rc != 0 ? rc : seal(c, err);
}

int32_t hyp_ova_create(const struct hyp_ova_job *job, struct hyp_result *result,
		       struct hyp_error *err)
{
	struct creating c = {
		.run = {.job = job, .result = result, .creates = 1}};
	int32_t rc;

	memset(result, 0, sizeof(*result));
	rc = run_all(&c, err);
	if (c.package != NULL)
		hyp_packager_calls.abort(c.package);
	hyp_ova_run_fini(&c.run);
	hyp_counted_free(c.counted);
	free(c.sizes);
	return rc;
}
