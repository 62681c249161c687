/* SPDX-License-Identifier: Apache-2.0 */
/* One run of hyp_export_run: its state, and its stages in their order. */
#ifndef HYP_PIPELINE_RUN_H
#define HYP_PIPELINE_RUN_H

#include "core/pipeline/attempt.h"
#include "core/pipeline/counted.h"
#include "core/pipeline/names.h"
#include "core/pipeline/notes.h"
#include "core/pipeline/progress.h"
#include "core/pipeline/source.h"
#include "core/pipeline/watch.h"

struct hyp_run {
	const struct hyp_plan *plan;
	const struct hyp_export_job *job;
	struct hyp_result *result;

	uint64_t begin_ms; /* of the boot clock */
	struct hyp_notes *notes;
	struct hyp_cancel *cancel; /* this attempt's: job's, or a failure */
	struct hyp_watch *watch;
	struct hyp_host_job host_job;
	struct hyp_attempt attempt;

	struct hyp_source_vm vm;
	struct hyp_source_machine machine;
	struct hyp_source_files files;
	struct hyp_progress *progress;
	char *name;		 /* of the package, without suffix */
	char base[HYP_NAME_MAX]; /* of the files in it */
	uint64_t descriptor_max;

	/* What is open, and must be ended in this order should it fail. */
	void *exported;
	void *package;
	void *place;
	struct hyp_counted *counted; /* around place */
	int remembered;		     /* place-record.h */
};

/* "storage/local": whose place it is. */
const char *hyp_run_storage_origin(const struct hyp_run *run);
/* HYP_E_CANCELLED once the attempt is cancelled. */
int32_t hyp_run_look(const struct hyp_run *run, struct hyp_error *err);

/* Before a byte moves: find the VM, look at it, open the place, then the
 * source, then the package. The place comes first: no snapshot or lease is
 * made for an output that is there already, or that would not fit. */
int32_t hyp_run_prepare(struct hyp_run *run, struct hyp_error *err);
/* The same, as far as it changes nothing at the source. */
int32_t hyp_run_rehearse(struct hyp_run *run, struct hyp_error *err);

/* All bytes, and what the source says of them. */
int32_t hyp_run_transfer(struct hyp_run *run, struct hyp_error *err);
/* Descriptor, end of the source's export, manifest, receipt: sealed. */
int32_t hyp_run_package(struct hyp_run *run, struct hyp_error *err);
int32_t hyp_run_publish(struct hyp_run *run, struct hyp_error *err);

/* Ends all that is open, whatever state it is in. */
void hyp_run_undo(struct hyp_run *run);

#endif
