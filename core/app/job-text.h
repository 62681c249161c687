/* SPDX-License-Identifier: Apache-2.0 */
/* A job, as the daemon's JSON tells it, for a person. Any answer is survived:
 * what is missing or of another type is empty. */
#ifndef HYP_APP_JOB_TEXT_H
#define HYP_APP_JOB_TEXT_H

#include "core/base/units.h"
#include <json-c/json.h>

const char *hyp_job_text_id(struct json_object *job);
const char *hyp_job_text_name(struct json_object *job);
/* Where it stands in one word: the phase, else the status. */
const char *hyp_job_text_state(struct json_object *job);
/* "completed", "failed", "cancelled": 1. */
int hyp_job_text_ended(const char *status);
/* 0..100, or -1: unknown. */
int hyp_job_text_percent(struct json_object *job);
/* "42 %", "" if unknown or not begun. */
void hyp_job_text_done(struct json_object *job, char out[16]);

/* RFC 3339 in UTC to ms since 1970; 0: it is none. */
int64_t hyp_job_text_time(const char *text);
/* How long ago that was: "5s", "3m", "7h", "12d"; "" if it is no time. */
void hyp_job_text_ago(const char *text, int64_t now_ms,
		      char out[HYP_UNITS_TEXT_MAX]);

/* All of it, a line each. */
void hyp_job_text_print(struct json_object *job);
/* How it ended, as one line. */
void hyp_job_text_outcome(struct json_object *job);

#endif
