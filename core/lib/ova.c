/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/buf.h"
#include "core/base/cleanup.h"
#include "core/base/clock.h"
#include "core/base/digest.h"
#include "core/base/json-text.h"
#include "core/lib/inside.h"
#include "core/lib/package-json.h"
#include "core/lib/packing.h"

#include <json-c/json.h>
#include <stdlib.h>

#define EVERY_MS 200

/* One call with the caller's wishes. */
struct run {
	struct hypersdk_ova ova;
	struct hyp_cancel *cancel;
	uint64_t told_ms;
	struct json_object *findings;
};

static int32_t begin(struct hypersdk *h, struct run *run,
		     const struct hypersdk_ova *ova, uint32_t flags,
		     struct hyp_error *err)
{
	memset(run, 0, sizeof(*run));
	if (hyp_needs(h, "hypersdk", err) != 0 ||
	    hyp_take_struct(&run->ova, sizeof(run->ova),
			    HYP_UPTO(hypersdk_ova, ctx), ova, "hypersdk_ova",
			    err) != 0 ||
	    hyp_needs(run->ova.package, "package", err) != 0)
		return err->code;
	if (run->ova.flags & ~flags)
		return hyp_error_set(err, HYP_E_USAGE, "bad_argument", 0,
				     "hypersdk_ova: a flag that this function "
				     "does not know");
	return hyp_cancel_new(&run->cancel, err);
}

static void progress(void *ctx, const char *file, uint64_t done, uint64_t total)
{
	struct run *run = ctx;
	uint64_t now = hyp_clock_boot_ms();

	if (run->ova.progress == NULL ||
	    (now - run->told_ms < EVERY_MS && done < total))
		return;
	run->told_ms = now;
	if (run->ova.progress(run->ova.ctx, file, done, total) != 0)
		hyp_cancel_set(run->cancel);
}

static void warning(void *ctx, const char *kind, const char *text)
{
	(void)ctx;
	hyp_log(HYP_LOG_WARNING, "", "ova", "%s (%s)", text, kind);
}

/* Puts o. */
static int32_t give(struct json_object *o, char **json, struct hyp_error *err)
{
	const char *text = NULL;
	int32_t rc = 0;

	if (json != NULL) {
		text = hyp_json_to_string(
			o, JSON_C_TO_STRING_PLAIN |
				   JSON_C_TO_STRING_NOSLASHESCAPE);
		rc = text != NULL ? hyp_strdup(text, json, err)
				  : hyp_error_nomem(err);
	}
	json_object_put(o);
	return rc;
}

static int32_t wishes(const struct run *run, struct hyp_ova_job *job,
		      struct hyp_error *err)
{
	const struct hypersdk_ova *ova = &run->ova;

	job->digest = ova->digest == NULL ? HYP_DIGEST_SHA256
					  : hyp_digest_by_name(ova->digest);
	if (job->digest == 0)
		return hyp_error_set(err, HYP_E_USAGE, "bad_argument", 0,
				     "digest %s: give sha256, sha1 or sha512",
				     ova->digest);
	if ((ova->key_file == NULL) != (ova->cert_file == NULL))
		return hyp_error_set(err, HYP_E_USAGE, "bad_argument", 0,
				     "key_file and cert_file go together");
	job->key_file = ova->key_file;
	job->cert_file = ova->cert_file;
	job->force = (ova->flags & HYPERSDK_OVA_REPLACE) != 0;
	return 0;
}

static void listen(struct run *run, struct hyp_ova_job *job)
{
	job->cancel = run->cancel;
	job->ctx = run;
	job->progress = progress;
	job->warning = warning;
}

/* Ends it with rc. */
static int32_t finish(struct hyp_packing *packing, struct hyp_result *result,
		      int32_t rc, char **json, struct hyp_error *err)
{
	if (rc == 0)
		rc = give(hyp_package_made_json(result), json, err);
	hyp_result_fini(result);
	hyp_packing_fini(packing);
	return rc;
}

static int32_t create(struct hypersdk *h, struct run *run, char **json,
		      struct hyp_error *err)
{
	HYP_AUTO_FREE char *dir = NULL, *name = NULL;
	struct hyp_packing packing = {.name = NULL};
	struct hyp_result result = {0};
	int32_t rc = hyp_packing_split(run->ova.output, &dir, &name, err);

	if (rc == 0)
		rc = hyp_packing_check_ova(run->ova.output, name, err);
	if (rc == 0)
		rc = hyp_packing_init(&packing, h->registry, run->ova.package,
				      dir, name, err);
	if (rc == 0)
		rc = wishes(run, &packing.job, err);
	listen(run, &packing.job);
	if (rc == 0)
		rc = hyp_ova_create(&packing.job, &result, err);
	return finish(&packing, &result, rc, json, err);
}

static int32_t extract(struct hypersdk *h, struct run *run, char **json,
		       struct hyp_error *err)
{
	HYP_AUTO_FREE char *dir = NULL, *name = NULL;
	struct hyp_packing packing = {.name = NULL};
	struct hyp_result result = {0};
	const char *only = run->ova.file;
	int32_t rc;

	rc = only != NULL
		     ? hyp_strdup(run->ova.output, &dir, err)
		     : hyp_packing_split(run->ova.output, &dir, &name, err);
	if (rc == 0)
		rc = hyp_packing_init(&packing, h->registry, run->ova.package,
				      dir, only != NULL ? only : name, err);
	packing.job.only = only;
	listen(run, &packing.job);
	if (rc == 0)
		rc = hyp_ova_extract(&packing.job, &result, err);
	return finish(&packing, &result, rc, json, err);
}

typedef int32_t make_fn(struct hypersdk *h, struct run *run, char **json,
			struct hyp_error *err);

static int32_t make(struct hypersdk *h, const struct hypersdk_ova *ova,
		    uint32_t flags, make_fn *work, char **json,
		    struct hyp_error *err)
{
	struct run run;
	HYP_VISIT(h, err);
	int32_t rc = begin(h, &run, ova, flags, err);

	if (rc == 0)
		rc = hyp_needs(run.ova.output, "output", err);
	if (rc == 0)
		rc = work(h, &run, json, err);
	hyp_cancel_free(run.cancel);
	return rc;
}

int32_t hypersdk_ova_create(struct hypersdk *h, const struct hypersdk_ova *ova,
			    char **json, struct hyp_error *err)
{
	return make(h, ova, HYPERSDK_OVA_REPLACE, create, json, err);
}

int32_t hypersdk_ova_extract(struct hypersdk *h, const struct hypersdk_ova *ova,
			     char **json, struct hyp_error *err)
{
	return make(h, ova, 0, extract, json, err);
}

int32_t hypersdk_ova_show(struct hypersdk *h, const struct hypersdk_ova *ova,
			  char **json, struct hyp_error *err)
{
	struct hyp_pkg *pkg = NULL;
	struct run run;
	HYP_VISIT(h, err);
	int32_t rc = begin(h, &run, ova, 0, err);

	if (rc == 0)
		rc = hyp_pkg_open(run.ova.package, &pkg, err);
	if (rc == 0)
		rc = give(hyp_package_json(pkg), json, err);
	hyp_pkg_close(pkg);
	hyp_cancel_free(run.cancel);
	return rc;
}

static int is_cancelled(void *ctx)
{
	return hyp_cancel_is_set(((struct run *)ctx)->cancel);
}

static void judged(void *ctx, uint64_t done, uint64_t total)
{
	progress(ctx, "", done, total);
}

static void found(void *ctx, const struct hyp_judgement *judgement)
{
	json_object_array_add(((struct run *)ctx)->findings,
			      hyp_package_finding_json(judgement));
}

static int32_t judge(struct run *run, uint32_t *errors, char **json,
		     struct hyp_error *err)
{
	const struct hyp_judge_args args = {
		.cancelled = is_cancelled,
		.progress = judged,
		.found = found,
		.ctx = run,
		.ca_file = run->ova.cert_file,
		.deep = (run->ova.flags & HYPERSDK_OVA_DEEP) != 0,
	};
	struct hyp_judge_counts counts;

	run->findings = json_object_new_array();
	if (run->findings == NULL)
		return hyp_error_nomem(err);
	if (hyp_judge(run->ova.package, &args, &counts, err) != 0 ||
	    give(hyp_package_verdict_json(run->ova.package, &counts,
					  json_object_get(run->findings)),
		 json, err) != 0)
		return err->code;
	if (errors != NULL)
		*errors = counts.errors;
	return 0;
}

int32_t hypersdk_ova_validate(struct hypersdk *h,
			      const struct hypersdk_ova *ova, uint32_t *errors,
			      char **json, struct hyp_error *err)
{
	struct run run;
	HYP_VISIT(h, err);
	int32_t rc = begin(h, &run, ova, HYPERSDK_OVA_DEEP, err);

	if (rc == 0)
		rc = judge(&run, errors, json, err);
	json_object_put(run.findings);
	hyp_cancel_free(run.cancel);
	return rc;
}
