/* SPDX-License-Identifier: Apache-2.0 */
/* What the world is told of jobs: the event rows, whose data_json is as in
 * compatibility.md, "Events and webhooks". */
#ifndef HYP_ENGINE_EVENTS_H
#define HYP_ENGINE_EVENTS_H

#include "core/engine/draft.h"

/* How far a transfer is. */
struct hyp_advance {
	const char *phase;
	double percent; /* 0..100 */
	uint64_t files_done, files_total;
	uint64_t bytes_done, bytes_total;
};

/* "job.created", "job.started", "job.completed", "job.failed" or
 * "job.cancelled", of that row as it shall be. */
int32_t hyp_event_job(struct hyp_draft *draft, const char *type,
		      const struct hyp_job_row *job, struct hyp_error *err);
/* "job.progress". */
int32_t hyp_event_progress(struct hyp_draft *draft,
			   const struct hyp_job_row *job, int64_t now_ms,
			   const struct hyp_advance *advance,
			   struct hyp_error *err);

/* "vm.discovered", at that endpoint. */
struct hyp_sighting;
int32_t hyp_event_vm(struct hyp_draft *draft, const char *endpoint,
		     const struct hyp_sighting *vm, int64_t now_ms,
		     struct hyp_error *err);

#endif
