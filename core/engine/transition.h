/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one place where a job's state changes. What belongs to the change goes
 * into the same draft: the row, its history, the events, and the end of its
 * sealed secret when the job ends.
 */
#ifndef HYP_ENGINE_TRANSITION_H
#define HYP_ENGINE_TRANSITION_H

#include "core/engine/draft.h"

/*
 * next: the job as it shall be, with its new state; its times are set here,
 * and its strings must live as long as the draft. from: the states (bits) that
 * it must be in, 0 for a new job; attempt: the one it must have. details: for
 * the history. Applying the draft gives HYP_E_FENCED where the row is another.
 * HYP_E_PERMANENT "bad_transition" where the states know no such way.
 */
int32_t hyp_transition(struct hyp_draft *draft, struct hyp_job_row *next,
		       uint32_t from, uint32_t attempt, const char *details,
		       struct hyp_error *err);

/* The row with other members, its state as it is. */
int32_t hyp_transition_none(struct hyp_draft *draft, struct hyp_job_row *next,
			    struct hyp_error *err);

#endif
