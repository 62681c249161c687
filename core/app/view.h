/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How an export is shown while it runs, and what is said at its end: bars on a
 * terminal, a line now and then without one, JSON events for machines. Calls
 * come from the export's threads, one at a time, as from struct hyp_observer.
 */
#ifndef HYP_APP_VIEW_H
#define HYP_APP_VIEW_H

#include "core/pipeline/export.h"

struct hyp_view {
	const struct hyp_view_ops *ops;
};

/* Which export begins; valid until end. */
struct hyp_view_job {
	const struct hyp_export_job *job;
	const char *format;  /* "ova" or "ovf" */
	size_t index, count; /* this one of how many, from 0 */
};

struct hyp_view_ops {
	void (*begin)(struct hyp_view *view, const struct hyp_view_job *job);
	void (*phase)(struct hyp_view *view, uint32_t phase);
	void (*finding)(struct hyp_view *view,
			const struct hyp_finding *finding);
	void (*progress)(struct hyp_view *view,
			 const struct hyp_export_file_state *files,
			 size_t count);
	void (*warning)(struct hyp_view *view, const char *kind,
			const char *text);
	void (*restart)(struct hyp_view *view, const char *file,
			uint32_t restart, const struct hyp_error *why);
	/* why is NULL when the export succeeded. */
	void (*end)(struct hyp_view *view, const struct hyp_result *result,
		    const struct hyp_error *why);
	void (*free)(struct hyp_view *view);
};

/* cancel may be NULL; it is looked at to say that cancelling is under way. */
int32_t hyp_view_tty_new(const struct hyp_cancel *cancel, struct hyp_view **out,
			 struct hyp_error *err);
int32_t hyp_view_plain_new(struct hyp_view **out, struct hyp_error *err);
int32_t hyp_view_json_new(struct hyp_view **out, struct hyp_error *err);

/* The end for a person: summary on standard output, error on stderr. */
void hyp_summary_print(const struct hyp_view_job *job,
		       const struct hyp_result *result,
		       const struct hyp_error *why);
/* One finding of a preflight, on standard output. */
void hyp_finding_print(const struct hyp_finding *finding);

/* For VM names: the last part of an inventory path. */
const char *hyp_view_name(const struct hyp_export_job *job);

#endif
