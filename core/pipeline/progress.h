/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where each file stands, told to the observer at most every 100 ms and at
 * each file's end; and how long the source has been silent. Any thread.
 */
#ifndef HYP_PIPELINE_PROGRESS_H
#define HYP_PIPELINE_PROGRESS_H

#include "core/pipeline/notes.h"
#include "core/pipeline/pump.h"
#include "core/pipeline/source.h"

struct hyp_progress;

/* files' names are borrowed. */
int32_t hyp_progress_new(const struct hyp_source_files *files,
			 struct hyp_notes *notes, struct hyp_progress **out,
			 struct hyp_error *err);
void hyp_progress_free(struct hyp_progress *progress);

/* File i is copied through this pump from now on (a try of it), which must
 * live until restart or end. */
void hyp_progress_begin(struct hyp_progress *progress, size_t i,
			struct hyp_pump *pump);
/* The try failed and there will be another: counted, and its bytes so far
 * stay in the total. */
void hyp_progress_restart(struct hyp_progress *progress, size_t i);
/* No longer through the pump. complete 1: it arrived. */
void hyp_progress_end(struct hyp_progress *progress, size_t i, int complete);

/* Now and then: tells the observer if it is time and anything changed. */
void hyp_progress_tick(struct hyp_progress *progress);
/* The longest silence of a source, ms, and the file's name. */
uint64_t hyp_progress_silence_ms(struct hyp_progress *progress,
				 const char **name);

void hyp_progress_totals(struct hyp_progress *progress, uint64_t *transferred,
			 uint32_t *restarts);

#endif
