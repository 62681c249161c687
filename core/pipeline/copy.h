/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All files of an export from the provider into the package: a thread per
 * file, up to parallel at once, started in the package's order. A file whose
 * source breaks (HYP_E_TRANSIENT, or an image that ends too early) begins
 * anew, three times at most. The first failure stops them all, by setting the
 * attempt's cancellation, and is what the caller gets.
 */
#ifndef HYP_PIPELINE_COPY_H
#define HYP_PIPELINE_COPY_H

#include "core/pipeline/limiter.h"
#include "core/pipeline/progress.h"
#include "core/pipeline/watch.h"

#define HYP_COPY_RESTARTS 3
#define HYP_COPY_SILENCE_MS (10u * 60 * 1000) /* then it is "stalled" */

struct hyp_copy_args {
	void *exported; /* of hyp_provider_calls */
	void *package;	/* of hyp_packager_calls */
	struct hyp_source_files *files;
	uint32_t digest; /* HYP_DIGEST_* of the package */
	uint32_t other;	 /* HYP_DIGEST_* of the source's proof if another */
	uint32_t parallel;
	struct hyp_limiter *limiter; /* or NULL */
	struct hyp_cancel *cancel;   /* the attempt's */
	struct hyp_watch *watch;
	struct hyp_progress *progress;
	struct hyp_notes *notes;
};

/* Returns when no thread of it runs any more. On success every entry is
 * closed, and each file has its bytes, digests and image summary; on failure
 * no entry is open, and the package must be aborted. */
int32_t hyp_copy_run(const struct hyp_copy_args *args, struct hyp_error *err);

#endif
