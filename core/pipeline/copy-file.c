/* SPDX-License-Identifier: Apache-2.0 */
/* One file: entry, tries, restarts. */
#include "core/pipeline/copy.h"
#include "core/base/clock.h"
#include "core/pipeline/thread.h"

/* The first restart comes at once, as most breaks are short. */
static const uint64_t restart_wait_ms[HYP_COPY_RESTARTS] = {0, 1000, 5000};
#define RETRY_AFTER_MAX_MS 60000 /* of the source's own wish */

struct one {
	const struct hyp_copy_args *args;
	struct hyp_pump *pump;
	size_t index;
	struct hyp_source_file *file;
	void *entry;
};

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
	const struct hyp_copy_args *args = one->args;
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
	const struct hyp_copy_args *args = one->args;
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
		    hyp_cancel_is_set(one->args->cancel))
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

int32_t hyp_copy_file(const struct hyp_copy_args *args, struct hyp_pump *pump,
		      size_t index, struct hyp_error *err)
{
	struct one one = {
		.args = args,
		.pump = pump,
		.index = index,
		.file = &args->files->at[index],
	};
	struct hyp_entry_args entry = {
		.size = sizeof(entry),
		.index = (uint32_t)index,
		.name = one.file->file.name,
		.size_hint = size_hint(one.file),
	};
	uint64_t begin = hyp_clock_boot_ns();
	int32_t rc;

	rc = hyp_packager_calls.entry_open(args->package, &entry, &one.entry,
					   err);
	if (rc < 0)
		return hyp_error_prefix(err, "%s: ", one.file->file.name);
	rc = copy_entry(&one, err);
	if (rc == 0)
		rc = hyp_packager_calls.entry_close(
			one.entry, one.file->file.bytes, &one.file->file.digest,
			err);
	else
		hyp_packager_calls.entry_abort(one.entry);
	hyp_progress_end(args->progress, index, rc == 0);
	if (rc == 0 && one.file->file.role == HYP_ROLE_DISK)
		hyp_notes_took(args->notes, HYP_TOOK_DISK, &one.file->file,
			       hyp_clock_boot_ns() - begin);
	return rc < 0 ? hyp_error_prefix(err, "%s: ", one.file->file.name) : 0;
}
