/* SPDX-License-Identifier: Apache-2.0 */
/* Jobs watched to their end. */
#ifndef HYP_APP_WATCH_JOBS_H
#define HYP_APP_WATCH_JOBS_H

#include "core/app/client.h"

/*
 * Returns when every one has ended. A daemon that goes away and comes back
 * ends nothing. *code: HYP_EXIT_DONE if all were completed, else the exit code
 * of the first, in order, that was not. json: shows nothing on the way, and
 * prints the server's {jobs[]} at the end. HYP_E_CANCELLED on Ctrl-C, which
 * cancels no job.
 */
int32_t hyp_watch_jobs(struct hyp_client *client, const char *const *ids,
		       size_t count, int json, int *code,
		       struct hyp_error *err);

/* The answer to a submit or a retry: IDs on standard output, refusals on
 * stderr; with --wait the jobs are watched, with --json the last answer is
 * printed. names: of what was submitted, for refusals; may be NULL. */
int32_t hyp_submitted_tell(struct hyp_client *client,
			   const struct hyp_args *args,
			   struct json_object *reply, const char *const *names,
			   size_t name_count, int *code, struct hyp_error *err);

#endif
