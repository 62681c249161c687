/* SPDX-License-Identifier: Apache-2.0 */
/* What "hypersdk webhooks add" and "update" send, and tell. */
#ifndef HYP_APP_WEBHOOK_BODY_H
#define HYP_APP_WEBHOOK_BODY_H

#include "core/app/client.h"

extern const struct hyp_cli_group hyp_webhook_options;

/* Adds what those options say, and nothing of what they do not. */
int32_t hyp_webhook_body_fill(const struct hyp_args *args,
			      struct json_object *body, struct hyp_error *err);
/* Prints what the server answered, or that the webhook is done, as "added".
 * Puts the reply. */
void hyp_webhook_told(const struct hyp_args *args, struct json_object *reply,
		      const char *done);

#endif
