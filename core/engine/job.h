/* SPDX-License-Identifier: Apache-2.0 */
/* A job's row with strings of its own. One owner, no locking. */
#ifndef HYP_ENGINE_JOB_H
#define HYP_ENGINE_JOB_H

#include <hypersdk/store.h>

struct hyp_job {
	struct hyp_job_row row; /* never with a NULL string */
};

/* A copy; NULL strings become "". */
int32_t hyp_job_new(const struct hyp_job_row *row, struct hyp_job **out,
		    struct hyp_error *err);
void hyp_job_free(struct hyp_job *job);
/* "publishing" had one, but it was not published. */
void hyp_job_clear_result(struct hyp_job *job);
int32_t hyp_job_set_error(struct hyp_job *job, const char *kind,
			  const char *text, struct hyp_error *err);

/* 1 if the job's state is one of these bits. */
static inline int hyp_job_is(const struct hyp_job *job, uint32_t states)
{
	return (HYP_JOB_BIT(job->row.state) & states) != 0;
}

#endif
