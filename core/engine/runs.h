/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The runs of schedules that are not over: what a later run must know of them,
 * and what the row of their fire will say when their last job ends. A run is a
 * job, or a group of jobs. Any thread.
 */
#ifndef HYP_ENGINE_RUNS_H
#define HYP_ENGINE_RUNS_H

#include "core/engine/draft.h"

struct hyp_runs;

#define HYP_RUN_BEGUN "running"
#define HYP_RUN_SKIPPED "skipped"
#define HYP_RUN_FAILED "failed"

int32_t hyp_runs_new(struct hyp_runs **out, struct hyp_error *err);
void hyp_runs_free(struct hyp_runs *runs); /* takes NULL */

/* fire: its row as it was written; job_id names the job, or the group. jobs:
 * how many are not over. */
int32_t hyp_runs_add(struct hyp_runs *runs, const struct hyp_fire_row *fire,
		     size_t jobs, uint32_t waiting, struct hyp_error *err);
/* One of its jobs had ended before it was added. */
void hyp_runs_note(struct hyp_runs *runs, const struct hyp_job_row *job);
/* It did not come to be. */
void hyp_runs_drop(struct hyp_runs *runs, const struct hyp_fire_row *fire);

struct hyp_runs_count {
	size_t begun, waiting;
	char first[129]; /* the oldest one's job or group, "" */
};
void hyp_runs_count(struct hyp_runs *runs, const char *schedule_id,
		    struct hyp_runs_count *out);
/* It waits no longer. */
void hyp_runs_begin(struct hyp_runs *runs, const char *schedule_id,
		    const char *job_id);
/* 1 if a run has ended since it was last asked. */
int hyp_runs_ended(struct hyp_runs *runs);

/*
 * For who applies a change: before it, what the ends of jobs in it mean for
 * their runs is added to the draft; after it, how it went is said. Between the
 * two the draft is the caller's. 1 if something was added.
 */
int hyp_runs_before(struct hyp_runs *runs, struct hyp_draft *draft);
void hyp_runs_after(struct hyp_runs *runs, struct hyp_draft *draft,
		    size_t count, int done);

#endif
