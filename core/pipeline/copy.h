/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All files of an export from the provider into the package, in its order, a
 * thread per file: one, and then more, up to parallel, for as long as those
 * that run bring less than HYP_COPY_ENOUGH each. Copying at once helps where
 * the source limits each stream, as ESXi does; it hurts where we are the
 * limit, as all but the first disk of an OVA are spooled. A file whose
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
#define HYP_COPY_ENOUGH (128u << 20) /* bytes per second of one stream */
#define HYP_COPY_SILENCE_MS (10u * 60 * 1000) /* then it is "stalled" */

struct hyp_copy_args {
	void *exported; /* of hyp_provider_calls */
	void *package;	/* of hyp_packager_calls */
	struct hyp_source_files *files;
	uint32_t digest; /* HYP_DIGEST_* of the package */
	uint32_t other;	 /* HYP_DIGEST_* of the source's proof if another */
	uint32_t parallel;
	struct hyp_limiter *limiter; /* or NULL */
	uint64_t bandwidth;	     /* its rate, or 0 */
	struct hyp_cancel *cancel;   /* the attempt's */
	struct hyp_watch *watch;
	struct hyp_progress *progress;
	struct hyp_notes *notes;
};

/* Returns when no thread of it runs any more. On success every entry is
 * closed, and each file has its bytes, digests and image summary; on failure
 * no entry is open, and the package must be aborted. */
int32_t hyp_copy_run(const struct hyp_copy_args *args, struct hyp_error *err);

/* Whether one more stream would bring more than it costs, where so many that
 * run bring rate bytes per second together; limit: the bandwidth's, or 0. */
int hyp_copy_wants_another(uint64_t rate, uint64_t running, uint64_t limit);

/* One file, through a pump that is not in use; any thread. The entry is
 * closed, or aborted on failure. */
int32_t hyp_copy_file(const struct hyp_copy_args *args, struct hyp_pump *pump,
		      size_t index, struct hyp_error *err);

#endif
