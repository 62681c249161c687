/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is said during a run: facts and warnings of the plugins, kept for the
 * result, and everything the observer is told, one call at a time. Any
 * thread.
 */
#ifndef HYP_PIPELINE_NOTES_H
#define HYP_PIPELINE_NOTES_H

#include "core/pipeline/export.h"

#define HYP_NOTES_WARNINGS_MAX 100 /* more are told, but not kept */

struct hyp_notes;

/* observer may be NULL; it must outlive the notes. */
int32_t hyp_notes_new(const struct hyp_observer *observer,
		      struct hyp_notes **out, struct hyp_error *err);
void hyp_notes_free(struct hyp_notes *notes);

/* Fills the members of a host table's job that end here. */
void hyp_notes_host(struct hyp_notes *notes, struct hyp_host_job *job);

/* A fact of provider.h by name, copied to out ("unknown" if not stated). */
void hyp_notes_fact(struct hyp_notes *notes, const char *name, char *out,
		    size_t max);
__attribute__((format(printf, 3, 4))) void
hyp_notes_warn(struct hyp_notes *notes, const char *kind, const char *fmt, ...);
/* Appends the kept warnings to a list and forgets them. */
void hyp_notes_take_warnings(struct hyp_notes *notes, char ***at,
			     size_t *count);

/* To the observer, if it listens. */
void hyp_notes_phase(struct hyp_notes *notes, uint32_t phase);
void hyp_notes_finding(struct hyp_notes *notes,
		       const struct hyp_finding *finding);
void hyp_notes_progress(struct hyp_notes *notes,
			const struct hyp_export_file_state *files,
			size_t count);
/* 0 also where nobody asks to be asked. */
int32_t hyp_notes_found(struct hyp_notes *notes, const struct hyp_vm *vm,
			struct hyp_error *err);
int32_t hyp_notes_publishing(struct hyp_notes *notes,
			     const struct hyp_result *result,
			     struct hyp_error *err);
void hyp_notes_took(struct hyp_notes *notes, uint32_t what,
		    const struct hyp_file *file, uint64_t ns);
void hyp_notes_restart(struct hyp_notes *notes, const char *file,
		       uint32_t restart, const struct hyp_error *why);

#endif
