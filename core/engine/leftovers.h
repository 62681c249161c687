/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a job that came with a password of its own has left at its source. The
 * password goes in the change that ends the job, and with it the only way to
 * what is left there: so that is tried once more before, and what stays is said
 * in the job's result. Other jobs' records are kept and undone later.
 */
#ifndef HYP_ENGINE_LEFTOVERS_H
#define HYP_ENGINE_LEFTOVERS_H

#include "core/engine/inside.h"

/* Undoes and forgets what it can. Blocks while the source is asked; without
 * locks. */
void hyp_leftovers_try(struct hyp_engine *engine, const char *job_id);

/* The same for one that does not run, by the keeper and for some seconds at the
 * most: somebody waits for an answer. */
void hyp_leftovers_soon(struct hyp_engine *engine, const char *job_id);

/* 0, or HYP_E_CONFLICT "left_behind": the job has records of what it left. */
int32_t hyp_leftovers_none(struct hyp_engine *engine, const char *job_id,
			   struct hyp_error *err);

/* The job ends in draft: its records go, and the result of next names each
 * ("left_behind: ..."). That text lives as long as the draft. */
int32_t hyp_leftovers_end(struct hyp_engine *engine, struct hyp_draft *draft,
			  struct hyp_job_row *next, struct hyp_error *err);

#endif
