/* SPDX-License-Identifier: Apache-2.0 */
/* The log's sink of a daemon: every line goes where it went, and those of jobs
 * also into the store, a few at a time. */
#ifndef HYP_ENGINE_JOBLOG_H
#define HYP_ENGINE_JOBLOG_H

#include "core/engine/inside.h"

/* Takes the log's sink over; only one engine of a process may. */
int32_t hyp_joblog_new(struct hyp_engine *engine, struct hyp_joblog **out,
		       struct hyp_error *err);
/* Writes what there is, and gives the sink back. Takes NULL. */
void hyp_joblog_free(struct hyp_joblog *joblog);
/* No more lines of that job for now: what was counted of it is forgotten. */
void hyp_joblog_end(struct hyp_joblog *joblog, const char *job_id);

#endif
