/* SPDX-License-Identifier: Apache-2.0 */
/* What "hypersdk schedules create" and "update" send. */
#ifndef HYP_APP_SCHEDULE_BODY_H
#define HYP_APP_SCHEDULE_BODY_H

#include "core/app/client.h"
#include "core/base/buf.h"

extern const struct hyp_cli_group hyp_schedule_options;
extern const struct hyp_cli_group hyp_template_options;

struct hyp_schedule_body {
	struct hyp_buf text; /* wiped by fini: it may hold a password */
	const char *type;
};

/* From --file, or from the options. id: of a new one, or NULL. before: the
 * schedule as it is, whose template the options change; or NULL. The caller
 * finis body in every case. */
int32_t hyp_schedule_body_make(struct hyp_client *client,
			       const struct hyp_args *args, const char *id,
			       struct json_object *before,
			       struct hyp_schedule_body *body,
			       struct hyp_error *err);
void hyp_schedule_body_fini(struct hyp_schedule_body *body);
/* Sends it, with a key, and prints what the server made of it. */
int32_t hyp_schedule_body_send(struct hyp_client *client,
			       const struct hyp_args *args, const char *method,
			       const char *path,
			       const struct hyp_schedule_body *body,
			       struct hyp_error *err);
/* One schedule, for a person. */
void hyp_schedule_print(struct json_object *schedule);

#endif
