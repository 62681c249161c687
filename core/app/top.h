/* SPDX-License-Identifier: Apache-2.0 */
/* The daemon at a glance: its jobs, how fast they go, what waits. */
#ifndef HYP_APP_TOP_H
#define HYP_APP_TOP_H

#include "core/app/client.h"
#include <stdio.h>

/* What was seen, over many looks. One thread. */
struct hyp_top;

int32_t hyp_top_new(struct hyp_client *client, struct hyp_top **out,
		    struct hyp_error *err);
void hyp_top_free(struct hyp_top *top); /* takes NULL */

/*
 * Ask once more. *doc, the caller's to put: {status, bytes_per_second, jobs[],
 * timestamp}. Status is the answer to /status. Jobs are those that run and
 * those that wait, at most 100 of each, and the 10 newest that have ended; a
 * rate is null before it was seen twice. HYP_E_TRANSIENT and _BUSY: it does not
 * answer now, and what was seen is kept.
 */
int32_t hyp_top_look(struct hyp_top *top, struct json_object **doc,
		     struct hyp_error *err);

/* That document for a person, in lines of at most columns (0: any), of which
 * there are at most lines (0: any). */
int32_t hyp_top_print(struct json_object *doc, unsigned columns, unsigned lines,
		      FILE *out, struct hyp_error *err);

#endif
