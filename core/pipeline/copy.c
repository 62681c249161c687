/* SPDX-License-Identifier: Apache-2.0 */
#include "core/pipeline/copy.h"
#include "core/base/buf.h"
#include "core/base/cleanup.h"
#include "core/base/units.h"
#include "core/pipeline/pump.h"
#include "core/pipeline/thread.h"

#include <stdlib.h>
#include <string.h>

/* The first restart comes at once, as most breaks are short. */
static const uint64_t restart_wait_ms[HYP_COPY_RESTARTS] = {0, 1000, 5000};
#define RETRY_AFTER_MAX_MS 60000 /* of the source's own wish */

struct copies {
	const struct hyp_copy_args *args;
	pthread_mutex_t lock;	  /* over what follows */
	size_t next;		  /* first file that nobody took */
	struct hyp_error failure; /* code 0: none yet */
};

/* One thread's work on one file. */
struct one {
	struct copies *copies;
	struct hyp_pump *pump;
	size_t index;
	struct hyp_source_file *file;
	void *entry;
};

static void fail(struct copies *copies, const struct hyp_error *error)
{
	pthread_mutex_lock(&copies->lock);
	if (copies->failure.code == 0)
		copies->failure = *error;
	pthread_mutex_unlock(&copies->lock);
	hyp_cancel_set(copies->args->cancel);
}

static int32_t check_bytes(const struct hyp_source_file *file, uint64_t bytes,
			   struct hyp_error *err)
{
	if (file->stated == HYP_UNKNOWN || file->stated == bytes)
		return 0;
	return hyp_error_set(err, HYP_E_TRANSIENT, "size_mismatch", 0,
			     "the source said %llu bytes, %llu arrived",
			     (unsigned long long)file->stated,
			     (unsigned long long)bytes);
}

/* One try. *again: a failure that another try may mend. */
static int32_t try_copy(struct one *one, struct hyp_pump_result *result,
			int *again, struct hyp_error *err)
{
	const struct hyp_copy_args *args = one->copies->args;
	struct hyp_writer sink = {.size = sizeof(sink),
				  .ctx = one->entry,
				  .write = hyp_packager_calls.entry_write};
	struct hyp_writer out = {
		.size = sizeof(out), .ctx = one->pump, .write = hyp_pump_write};
	uint32_t image = one->file->file.format == HYP_FORMAT_STREAM_OPTIMIZED
				 ? HYP_PUMP_IMAGE
				 : HYP_PUMP_PLAIN;
	int32_t rc;

	*again = 0;
	rc = hyp_pump_start(one->pump, &sink, image, err);
	if (rc < 0)
		return rc;
	hyp_progress_begin(args->progress, one->index, one->pump);
	rc = hyp_provider_calls.copy(args->exported, (uint32_t)one->index, &out,
				     err);
	if (rc == 0)
		rc = hyp_pump_finish(one->pump, result, err);
	else
		hyp_pump_stop(one->pump);
	if (rc == 0)
		rc = check_bytes(one->file, result->bytes, err);
	*again = rc == HYP_E_TRANSIENT;
	/* The pump's own failure comes first: the source only passed it on. */
	if (rc < 0 && hyp_pump_failure(one->pump, err) < 0) {
		*again = 0;
		rc = err->code;
	}
	return rc;
}

/* After a failed try: the entry empty again, and a moment's patience. */
static int32_t restart(struct one *one, uint32_t nth, struct hyp_error *err)
{
	const struct hyp_copy_args *args = one->copies->args;
	uint64_t ms = restart_wait_ms[nth], wish = err->retry_after_ms;

	hyp_progress_restart(args->progress, one->index);
	hyp_notes_restart(args->notes, one->file->file.name, nth + 1, err);
	if (wish > RETRY_AFTER_MAX_MS)
		wish = RETRY_AFTER_MAX_MS;
	if (ms < wish)
		ms = wish;
	if (hyp_wait_ns(args->cancel, ms * 1000000))
		return hyp_error_cancelled(err);
	return hyp_packager_calls.entry_restart(one->entry, err);
}

static int32_t copy_entry(struct one *one, struct hyp_error *err)
{
	struct hyp_pump_result result;
	struct hyp_source_file *file = one->file;
	int again;
	int32_t rc;

	for (uint32_t nth = 0;; nth++) {
		rc = try_copy(one, &result, &again, err);
		if (rc == 0)
			break;
		if (!again || nth == HYP_COPY_RESTARTS ||
		    hyp_cancel_is_set(one->copies->args->cancel))
			return rc;
		rc = restart(one, nth, err);
		if (rc < 0)
			return rc;
	}
	file->file.bytes = result.bytes;
	file->file.digest = result.digest;
	file->other = result.other;
	file->image = result.image;
	return 0;
}

static uint64_t size_hint(const struct hyp_source_file *file)
{
	return file->stated != HYP_UNKNOWN ? file->stated
	       : file->file.populated != HYP_UNKNOWN && file->file.populated > 0
		       ? file->file.populated
		       : HYP_UNKNOWN;
}

static int32_t copy_file(struct one *one, struct hyp_error *err)
{
	const struct hyp_copy_args *args = one->copies->args;
	struct hyp_entry_args entry = {
		.size = sizeof(entry),
		.index = (uint32_t)one->index,
		.name = one->file->file.name,
		.size_hint = size_hint(one->file),
	};
	int32_t rc;

	rc = hyp_packager_calls.entry_open(args->package, &entry, &one->entry,
					   err);
	if (rc < 0)
		return rc;
	rc = copy_entry(one, err);
	if (rc == 0)
		rc = hyp_packager_calls.entry_close(
			one->entry, one->file->file.bytes,
			&one->file->file.digest, err);
	else
		hyp_packager_calls.entry_abort(one->entry);
	hyp_progress_end(args->progress, one->index, rc == 0);
	return rc;
}

static int take(struct copies *copies, size_t *index)
{
	int got;

	pthread_mutex_lock(&copies->lock);
	got = copies->failure.code == 0 &&
	      copies->next < copies->args->files->count;
	if (got)
		*index = copies->next++;
	pthread_mutex_unlock(&copies->lock);
	return got && !hyp_cancel_is_set(copies->args->cancel);
}

static int32_t work(struct copies *copies, struct hyp_error *err)
{
	const struct hyp_copy_args *args = copies->args;
	struct hyp_pump_args pump = {
		.digest = args->digest,
		.other = args->other,
		.limiter = args->limiter,
		.cancel = args->cancel,
	};
	struct one one = {.copies = copies};
	int32_t rc = hyp_pump_new(&pump, &one.pump, err);

	while (rc == 0 && take(copies, &one.index)) {
		one.file = &args->files->at[one.index];
		rc = copy_file(&one, err);
		if (rc < 0)
			hyp_error_prefix(err, "%s: ", one.file->file.name);
	}
	hyp_pump_free(one.pump);
	return rc;
}

static void *work_main(void *arg)
{
	struct copies *copies = arg;
	struct hyp_error error;

	if (work(copies, &error) < 0)
		fail(copies, &error);
	return NULL;
}

static void tick(void *arg)
{
	struct copies *copies = arg;
	const char *name = "";
	struct hyp_error error;
	uint64_t ms;

	hyp_progress_tick(copies->args->progress);
	ms = hyp_progress_silence_ms(copies->args->progress, &name);
	if (ms < HYP_COPY_SILENCE_MS)
		return;
	hyp_error_set(&error, HYP_E_TRANSIENT, "stalled", 0,
		      "%s: not a byte came from the source for %u minutes",
		      name, HYP_COPY_SILENCE_MS / 60000);
	fail(copies, &error);
}

static void run_threads(struct copies *copies, pthread_t *threads, size_t n)
{
	struct hyp_error error;
	size_t started = 0;

	while (started < n) {
		if (hyp_thread_start(&threads[started], "hyp-copy", work_main,
				     copies, &error) < 0) {
			fail(copies, &error);
			break;
		}
		started++;
	}
	while (started > 0)
		pthread_join(threads[--started], NULL);
}

int32_t hyp_copy_run(const struct hyp_copy_args *args, struct hyp_error *err)
{
	struct copies copies = {.args = args};
	size_t n = args->files->count < args->parallel ? args->files->count
						       : args->parallel;
	HYP_AUTO_FREE pthread_t *threads = calloc(n + 1, sizeof(*threads));

	if (threads == NULL)
		return hyp_error_nomem(err);
	pthread_mutex_init(&copies.lock, NULL);
	hyp_watch_set_tick(args->watch, tick, &copies);
	run_threads(&copies, threads, n);
	hyp_watch_set_tick(args->watch, NULL, NULL);
	pthread_mutex_destroy(&copies.lock);
	if (copies.failure.code < 0) {
		*err = copies.failure;
		return copies.failure.code;
	}
	if (hyp_cancel_is_set(args->cancel))
		return hyp_error_cancelled(err);
	return 0;
}
