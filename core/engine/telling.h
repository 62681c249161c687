/* SPDX-License-Identifier: Apache-2.0 */
/* How far an attempt is, as its progress_json and its events tell it. */
#ifndef HYP_ENGINE_TELLING_H
#define HYP_ENGINE_TELLING_H

#include "core/base/buf.h"
#include "core/engine/events.h"
#include "core/pipeline/export.h"

struct hyp_telling {
	uint32_t phase; /* HYP_PHASE_* */
	uint32_t moved; /* a byte has arrived, and that is recorded */
	uint64_t written_ms, told_ms; /* boot clock: progress row, event */
	uint32_t told_step;	      /* tenths of the whole, of that event */
	uint64_t began_ms;	      /* boot clock: of the transfer */
	uint64_t began_done;
	struct hyp_advance last;
	uint64_t received;
	uint64_t transferred; /* with what failed tries received */
	char current[128];
};

/* The transfer of that attempt begins. */
void hyp_telling_begin(struct hyp_telling *telling, uint32_t attempt,
		       uint64_t now_ms);
/* What the files add up to; keeps it in telling. */
void hyp_telling_measure(struct hyp_telling *telling,
			 const struct hyp_export_file_state *files,
			 size_t count);
/* progress of compatibility.md, "Job JSON". */
int32_t hyp_telling_json(const struct hyp_telling *telling, uint64_t now_ms,
			 struct hyp_buf *out, struct hyp_error *err);
/* The same of a job that has ended: no phase, no file, nothing that remains;
 * all of it if it is completed. What cannot be read stays as it is. */
int32_t hyp_telling_ended(const char *progress, uint32_t completed,
			  struct hyp_buf *out, struct hyp_error *err);
/* 1 if an event is due: every tenth of the whole, but not within 5 s, and every
 * minute. */
int hyp_telling_is_due(const struct hyp_telling *telling, uint64_t now_ms);
void hyp_telling_told(struct hyp_telling *telling, uint64_t now_ms);

/* There is one method of export: the disks' bytes, as they are served. */
#define HYP_EXPORT_METHOD "http"

#define HYP_RESULT_TEXT_MAX (4u << 20)
/* How a warning begins that something stays at the source. */
#define HYP_LEFT_BEHIND "left_behind: "

/* result of compatibility.md. error NULL: it succeeded. */
int32_t hyp_result_text(const struct hyp_result *result, const char *error,
			struct hyp_buf *out, struct hyp_error *err);
/* The same as text was, or without any ("") as of a job that ended with error,
 * with these warnings in the place of all that say what was left behind. */
int32_t hyp_result_left(const char *text, const char *error,
			const char *const *warnings, size_t count,
			struct hyp_buf *out, struct hyp_error *err);

#endif
