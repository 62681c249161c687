/* SPDX-License-Identifier: Apache-2.0 */
#include "core/engine/endpoint.h"
#include "core/base/cleanup.h"
#include "core/base/clock.h"
#include "core/config/parts.h"
#include "core/engine/webhook-json.h"

#include <string.h>

int32_t hyp_endpoint_new(struct hyp_engine *engine, struct hyp_webhook *webhook,
			 uint32_t of_file, struct hyp_endpoint **out,
			 struct hyp_error *err)
{
	struct hyp_endpoint *e = calloc(1, sizeof(*e));
	int32_t rc;

	if (e == NULL)
		return hyp_error_nomem(err);
	rc = hyp_cancel_new(&e->cancel, err);
	if (rc < 0) {
		free(e);
		return rc;
	}
	e->engine = engine;
	e->outbox = engine->outbox;
	e->webhook = *webhook;
	memset(webhook, 0, sizeof(*webhook));
	e->of_file = of_file;
	e->active = e->webhook.enabled;
	e->created_ms = hyp_clock_wall_ms();
	e->job.job_id = "";
	e->job.cancel = e->cancel;
	*out = e;
	return 0;
}

void hyp_endpoint_free(struct hyp_endpoint *e)
{
	if (e == NULL)
		return;
	if (e->ready)
		hyp_member_fini(&e->notifier);
	hyp_cancel_free(e->cancel);
	hyp_webhook_fini(&e->webhook);
	free(e);
}

int32_t hyp_endpoint_put(struct hyp_draft *draft, uint32_t verb,
			 const struct hyp_endpoint *e, const char *disabled_why,
			 struct hyp_error *err)
{
	const struct hyp_value *url =
		hyp_values_get(&e->webhook.part.values, "url");
	HYP_AUTO_FREE char *settings = NULL;
	struct hyp_endpoint_row row = {
		.size = sizeof(row),
		.enabled = e->webhook.enabled,
		.created_ms = e->created_ms,
		.updated_ms = hyp_clock_wall_ms(),
		.id = e->webhook.name,
		.url = url != NULL ? url->text : "",
		.owner = e->of_file ? HYP_OWNER_FILE : HYP_OWNER_API,
		.disabled_why = disabled_why,
	};
	int32_t rc = hyp_webhook_settings(&e->webhook, &settings, err);

	row.settings_json = settings;
	if (rc == 0)
		rc = hyp_draft_keep(draft, &row.settings_json, err);
	if (rc == 0)
		rc = hyp_draft_keep(draft, &row.id, err);
	if (rc == 0)
		rc = hyp_draft_keep(draft, &row.url, err);
	if (rc == 0)
		rc = hyp_draft_keep(draft, &row.disabled_why, err);
	return rc < 0 ? rc
		      : hyp_draft_add(draft, verb, HYP_TABLE_ENDPOINT, &row,
				      err);
}

int32_t hyp_endpoint_write(struct hyp_endpoint *e, uint32_t verb,
			   const struct hyp_actor *actor,
			   const char *disabled_why, struct hyp_error *err)
{
	HYP_AUTO_DRAFT struct hyp_draft draft = {.count = 0};
	int32_t rc = hyp_endpoint_put(&draft, verb, e, disabled_why, err);

	if (rc == 0)
		rc = hyp_endpoint_seal(e->engine, &draft, &e->webhook, err);
	if (rc == 0)
		rc = hyp_audit_add(&draft, actor, e->webhook.name, "ok", 1,
				   err);
	return rc < 0 ? rc : hyp_engine_apply(e->engine, &draft, err);
}

struct hyp_endpoint *hyp_endpoint_find(struct hyp_endpoint *list,
				       const char *id)
{
	while (list != NULL && strcmp(list->webhook.name, id) != 0)
		list = list->next;
	return list;
}

size_t hyp_endpoint_count(const struct hyp_endpoint *list)
{
	size_t n = 0;

	for (; list != NULL; list = list->next)
		n++;
	return n;
}

int32_t hyp_endpoint_check(struct hyp_engine *engine,
			   const struct hyp_webhook *w, struct hyp_error *err)
{
	const struct hyp_host_job job = {.job_id = ""};
	struct hyp_member member;
	struct hyp_part part;
	int64_t until;
	int32_t rc;

	memset(&part, 0, sizeof(part));
	rc = hyp_endpoint_part(engine, w, 0, &part, &until, err);
	if (rc == 0)
		rc = hyp_member_init(&member, engine->registry,
				     HYP_KIND_NOTIFIER, &part, &job, NULL, err);
	if (rc == 0)
		hyp_member_fini(&member);
	hyp_part_fini(&part);
	return rc;
}
