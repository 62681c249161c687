/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packages that exist: packed into an OVA, and taken out of one. The same
 * reader, packager and storage as everywhere; every byte is hashed as it
 * passes, and nothing is visible before all of it is proven. Blocking.
 */
#ifndef HYP_PIPELINE_OVA_H
#define HYP_PIPELINE_OVA_H

#include "core/package/package-read.h"
#include "core/pipeline/export.h"

struct hyp_ova_job {
	struct hyp_registry *registry;
	const struct hyp_part *packager; /* create only */
	const struct hyp_part *storage;
	const char *id;	     /* of this run: [A-Za-z0-9._-]{1,128} */
	const char *package; /* what to read: OVA, folder or descriptor */
	const char *dir;     /* absolute folder that the output goes into */
	const char *name;    /* the output's name in it, suffix included */
	const char *only;    /* extract: this file alone, or NULL */
	uint32_t digest;     /* create: HYP_DIGEST_* of the manifest */
	const char *key_file, *cert_file; /* create: sign; both, or NULL */
	uint32_t force; /* create: replace an OVA that is provably ours */
	struct hyp_cancel *cancel; /* or NULL */

	/* Members may be NULL; called in the caller's thread. */
	void *ctx;
	void (*progress)(void *ctx, const char *file, uint64_t done,
			 uint64_t total);
	void (*warning)(void *ctx, const char *kind, const char *text);
};

/*
 * Pack exactly what the descriptor references, in its order, whatever else
 * lies beside it. An existing manifest is checked, and a new one written.
 * HYP_E_PERMANENT "digest_mismatch", "size_mismatch" (also when a file changes
 * while it is read), and all that hyp_pkg_open refuses.
 */
int32_t hyp_ova_create(const struct hyp_ova_job *job, struct hyp_result *result,
		       struct hyp_error *err);

/*
 * Take the descriptor, the referenced files, manifest and certificate out
 * into a new folder dir/name, or with only that one file to dir/name. Images
 * are checked as they pass ("unsafe_image"). A package without manifest is
 * extracted with a warning.
 */
int32_t hyp_ova_extract(const struct hyp_ova_job *job,
			struct hyp_result *result, struct hyp_error *err);

#endif
