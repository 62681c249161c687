/* SPDX-License-Identifier: Apache-2.0 */
/* What schedule*.c share. */
#ifndef HYP_ENGINE_SCHEDULE_PARTS_H
#define HYP_ENGINE_SCHEDULE_PARTS_H

#include "core/engine/schedule.h"

/* A job's definition without what each run has of its own; the password, or
 * NULL, apart. The pointer begins with "/job_template". */
int32_t hyp_schedule_template(struct json_object *json, int64_t now_ms,
			      struct json_object **out, char **password,
			      struct hyp_error *err);
/* 1 if both templates log in at the same place as the same user. */
int hyp_schedule_same_login(const struct hyp_schedule_row *a,
			    const struct hyp_schedule_row *b);
/* All that a client may say of it; NULL: no memory. */
struct json_object *hyp_schedule_json(const struct hyp_schedule *schedule);

/* From a file: with an id, and without a password. */
int32_t hyp_schedule_of_file(const struct hyp_config_schedule *file,
			     int64_t now_ms, struct hyp_schedule **out,
			     struct hyp_error *err);

#endif
