/* SPDX-License-Identifier: Apache-2.0 */
#include "core/config/webhook.h"
#include "core/base/buf.h"
#include "core/base/cleanup.h"
#include "core/base/digest.h"
#include "core/base/text.h"
#include "core/config/parts.h"

#include <stdlib.h>
#include <string.h>

void hyp_webhook_fini(struct hyp_webhook *w)
{
	hyp_part_fini(&w->part);
	hyp_values_fini(&w->headers);
	for (size_t i = 0; i < w->event_count; i++)
		free(w->events[i]);
	free(w->events);
	free(w->name);
	free(w->file);
	memset(w, 0, sizeof(*w));
}

static int32_t copy_events(struct hyp_webhook *to,
			   const struct hyp_webhook *from,
			   struct hyp_error *err)
{
	int32_t rc = 0;

	to->events = calloc(from->event_count + 1, sizeof(*to->events));
	if (to->events == NULL)
		return hyp_error_nomem(err);
	for (size_t i = 0; rc == 0 && i < from->event_count; i++) {
		rc = hyp_strdup(from->events[i], &to->events[i], err);
		to->event_count += rc == 0;
	}
	return rc;
}

int32_t hyp_webhook_copy(struct hyp_webhook *to, const struct hyp_webhook *from,
			 struct hyp_error *err)
{
	int32_t rc;

	memset(to, 0, sizeof(*to));
	to->retries = from->retries;
	to->enabled = from->enabled;
	to->line = from->line;
	rc = hyp_strdup(from->name, &to->name, err);
	if (rc == 0 && from->file != NULL)
		rc = hyp_strdup(from->file, &to->file, err);
	if (rc == 0)
		rc = hyp_part_copy(&to->part, &from->part, err);
	if (rc == 0)
		rc = hyp_values_overlay(&to->headers, &from->headers, err);
	if (rc == 0)
		rc = copy_events(to, from, err);
	if (rc < 0)
		hyp_webhook_fini(to);
	return rc;
}

int hyp_webhook_name_valid(const char *name)
{
	return hyp_text_is_file_name(name, HYP_WEBHOOK_NAME_MAX) &&
	       name[strspn(name, "0123456789")] != '\0';
}

int32_t hyp_webhook_name_default(const char *url, char **out,
				 struct hyp_error *err)
{
	char hex[HYP_DIGEST_HEX_MAX];
	struct hyp_digest digest;
	int32_t rc = hyp_digest_bytes(HYP_DIGEST_SHA256, url, strlen(url),
				      &digest, err);

	if (rc < 0)
		return rc;
	hyp_digest_hex(&digest, hex);
	return hyp_asprintf(out, err, "webhook-%.8s", hex);
}

int hyp_webhook_event_valid(const char *event)
{
	static const char *const events[] = {"*",
					     "job.created",
					     "job.started",
					     "job.progress",
					     "job.completed",
					     "job.failed",
					     "job.cancelled",
					     "vm.discovered"};

	for (size_t i = 0; i < HYP_COUNT(events); i++)
		if (strcmp(events[i], event) == 0)
			return 1;
	return 0;
}

int hyp_webhook_url_valid(const char *url)
{
	return (strncmp(url, "https://", 8) == 0 && url[8] != '\0') ||
	       (strncmp(url, "http://", 7) == 0 && url[7] != '\0');
}

int hyp_webhook_is_slack(const struct hyp_webhook *webhook)
{
	const struct hyp_value *format =
		hyp_values_get(&webhook->part.values, "format");

	return format != NULL && format->text != NULL &&
	       strcmp(format->text, "slack") == 0;
}

int hyp_webhook_wants(const struct hyp_webhook *webhook, const char *type)
{
	for (size_t i = 0; i < webhook->event_count; i++)
		if (strcmp(webhook->events[i], "*") == 0 ||
		    strcmp(webhook->events[i], type) == 0)
			return 1;
	return webhook->event_count == 0;
}
