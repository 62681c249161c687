/* SPDX-License-Identifier: Apache-2.0 */
/* From definitions to new jobs, all in one change. */
#ifndef HYP_ENGINE_INTAKE_H
#define HYP_ENGINE_INTAKE_H

#include "core/engine/inside.h"

#define HYP_INTAKE_JOBS_MAX 1000 /* of one call */
/* Details of the history of a job whose password was sealed. */
#define HYP_INTAKE_SEALED "submitted with a password"

/* The run of a schedule that the jobs belong to. */
struct hyp_intake_run {
	const char *schedule_id;
	int64_t instant_ms; /* {date} and {time} */
	uint32_t waiting;   /* for an earlier run */
};

struct hyp_intake {
	struct hyp_engine *engine;
	struct hyp_submitted *out;
	const struct hyp_config *config;
	int64_t now_ms;
	struct hyp_draft draft;
	struct hyp_job_list jobs;	  /* new */
	size_t *from;			  /* per job: index of its definition */
	size_t index;			  /* of the definition at hand */
	const struct hyp_intake_run *run; /* NULL: somebody submits */
};

void hyp_intake_init(struct hyp_intake *intake, struct hyp_engine *engine,
		     struct hyp_submitted *out);
void hyp_intake_fini(struct hyp_intake *intake);

/* Adds the jobs of a definition; on failure none of them. VMs of a group that
 * must be left out go to out as rejections. retry_of may be NULL. */
int32_t hyp_intake_add(struct hyp_intake *intake,
		       const struct hyp_definition *definition,
		       const char *retry_of, struct hyp_error *err);
/* The active job with the same VM and output as the new job, or with its id:
 * HYP_E_CONFLICT "conflict" that names it. */
int32_t hyp_intake_check(struct hyp_engine *engine, const struct hyp_job *job,
			 struct hyp_error *err);

/* submit.c */
int32_t hyp_submitted_reject(struct hyp_submitted *out, size_t index,
			     const struct hyp_error *why,
			     struct hyp_error *err);

#endif
