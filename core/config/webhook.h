/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A webhook, as "webhooks" in the files or a request declares it:
 *	webhooks = ( { name = "ops"; url = "https://ops.example/hook";
 *	  events = [ "job.completed", "job.failed" ];
 *	  headers = { X-Team = "backup"; Authorization = "env:OPS_TOKEN"; };
 *	  secret = "file:/etc/hypersdk/ops.key"; retry = 3; } );
 */
#ifndef HYP_CONFIG_WEBHOOK_H
#define HYP_CONFIG_WEBHOOK_H

#include "core/config/part.h"

#define HYP_WEBHOOKS_MAX 64 /* each has a thread */
#define HYP_WEBHOOK_NAME_MAX 64
#define HYP_WEBHOOK_DURABLE UINT32_MAX /* 10 tries over 28 hours */
#define HYP_WEBHOOK_RETRY_MAX 100

struct hyp_webhook {
	char *name;
	/* notifier/webhook with url, timeout, format, secret, allow_cidrs */
	struct hyp_part part;
	/* Header's name and value; a value may be a reference to a secret. */
	struct hyp_values headers;
	char **events; /* none, or "*": all */
	size_t event_count;
	uint32_t retries; /* after the first try, or HYP_WEBHOOK_DURABLE */
	uint32_t enabled;
	char *file; /* where it was declared */
	unsigned line;
};

void hyp_webhook_fini(struct hyp_webhook *webhook);
int32_t hyp_webhook_copy(struct hyp_webhook *to, const struct hyp_webhook *from,
			 struct hyp_error *err);

/* 1 to 64 letters, digits, '.', '_' and '-', but not digits alone. */
int hyp_webhook_name_valid(const char *name);
/* Of one that was given none: of its URL, so that it keeps it. */
int32_t hyp_webhook_name_default(const char *url, char **out,
				 struct hyp_error *err);
/* 1 for an event's type and "*". */
int hyp_webhook_event_valid(const char *event);
/* "http://..." or "https://...", as far as this can be told without the
 * plugin. */
int hyp_webhook_url_valid(const char *url);
int hyp_webhook_is_slack(const struct hyp_webhook *webhook);
/* Does it want events of this type? */
int hyp_webhook_wants(const struct hyp_webhook *webhook, const char *type);

#endif
