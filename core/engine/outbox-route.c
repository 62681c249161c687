/* SPDX-License-Identifier: Apache-2.0 */
/* From an event to its deliveries, in the change that makes it happen. */
#include "core/engine/outbox.h"
#include "core/pipeline/json.h"

#include <stdlib.h>
#include <string.h>

struct route {
	struct hyp_engine *engine;
	struct hyp_draft *draft;
	const struct hyp_config *config;
	const struct hyp_pipeline **pipelines;
	size_t events; /* operations that were there before */
};

static int has_notifiers(const struct hyp_config *config)
{
	for (size_t i = 0; i < config->pipeline_count; i++)
		if (config->pipelines[i].notifier_count > 0)
			return 1;
	return 0;
}

/* The pipeline that a job of this definition runs in, or NULL. */
static const struct hyp_pipeline *pipeline_of(const struct hyp_config *config,
					      const char *definition)
{
	const struct hyp_pipeline *found = NULL;
	json_object *json = NULL, *named;
	struct hyp_error err;
	int elsewhere;

	if (hyp_json_parse(definition, strlen(definition), &json, &err) < 0)
		return NULL;
	named = hyp_json_member(json, "pipeline", json_type_string);
	elsewhere =
		hyp_json_member(json, "vcenter", json_type_object) != NULL ||
		hyp_json_member(json, "vcenter_url", json_type_string) !=
			NULL ||
		hyp_json_member(json, "provider", json_type_string) != NULL;

	if ((named != NULL || !elsewhere) &&
	    hyp_config_pipeline(config,
				named != NULL ? json_object_get_string(named)
					      : NULL,
				&found, &err) != 0)
		found = NULL;
	json_object_put(json);
	return found;
}

/* Of the job in this very change, else of the store; NULL: of none. */
static int32_t find_pipeline(const struct route *r, const char *job_id,
			     const struct hyp_pipeline **found,
			     struct hyp_error *err)
{
	struct hyp_job *job;
	int32_t rc;

	*found = NULL;
	if (job_id == NULL || job_id[0] == '\0' || !has_notifiers(r->config))
		return 0;
	for (size_t i = 0; i < r->events; i++) {
		const struct hyp_job_row *row = r->draft->ops[i].row;

		if (r->draft->ops[i].table == HYP_TABLE_JOB &&
		    strcmp(row->id, job_id) == 0) {
			*found = pipeline_of(r->config, row->definition_json);
			return 0;
		}
	}
	rc = hyp_engine_job(r->engine, job_id, &job, err);
	if (rc < 0)
		return rc == HYP_E_NOT_FOUND ? 0 : rc;
	*found = pipeline_of(r->config, job->row.definition_json);
	hyp_job_free(job);
	return 0;
}

static const struct hyp_event_row *event_at(const struct route *r, size_t i)
{
	const struct hyp_store_op *op = &r->draft->ops[i];

	return op->table == HYP_TABLE_EVENT && op->verb == HYP_OP_PUT ? op->row
								      : NULL;
}

/* Of each event, at its place among the operations. Without the outbox's
 * lock, as the store is read: its writer may wait for that lock. */
static int32_t find_pipelines(struct route *r, struct hyp_error *err)
{
	int32_t rc = 0;

	r->pipelines = calloc(r->events, sizeof(*r->pipelines));
	if (r->pipelines == NULL)
		return hyp_error_nomem(err);
	for (size_t i = 0; rc == 0 && i < r->events; i++) {
		const struct hyp_event_row *event = event_at(r, i);

		if (event != NULL)
			rc = find_pipeline(r, event->job_id, &r->pipelines[i],
					   err);
	}
	return rc;
}

static int is_chosen(const struct hyp_pipeline *pipeline, const char *id)
{
	if (pipeline == NULL || pipeline->notifier_count == 0)
		return 1;
	for (size_t i = 0; i < pipeline->notifier_count; i++)
		if (strcmp(pipeline->notifiers[i], id) == 0)
			return 1;
	return 0;
}

static int32_t add(const struct route *r, const struct hyp_event_row *event,
		   const char *endpoint_id, struct hyp_error *err)
{
	struct hyp_delivery_row row = {
		.size = sizeof(row),
		.state = HYP_DELIVERY_PENDING,
		.due_ms = event->time_ms,
		.updated_ms = event->time_ms,
		.event_id = event->id,
		.endpoint_id = endpoint_id,
		.job_id = event->job_id,
	};
	int32_t rc = hyp_draft_keep(r->draft, &row.endpoint_id, err);

	return rc < 0 ? rc
		      : hyp_draft_add(r->draft, HYP_OP_PUT, HYP_TABLE_DELIVERY,
				      &row, err);
}

/* With the outbox's lock held. */
static int32_t route_one(const struct route *r,
			 const struct hyp_event_row *event,
			 const struct hyp_pipeline *pipeline,
			 struct hyp_error *err)
{
	int32_t rc = 0;

	for (const struct hyp_endpoint *e = r->engine->outbox->endpoints;
	     rc == 0 && e != NULL; e = e->next)
		if (e->active && hyp_webhook_wants(&e->webhook, event->type) &&
		    is_chosen(pipeline, e->webhook.name))
			rc = add(r, event, e->webhook.name, err);
	return rc;
}

static int32_t route_all(const struct route *r, struct hyp_outbox *outbox,
			 struct hyp_error *err)
{
	int32_t rc = 0;

	pthread_mutex_lock(&outbox->lock);
	r->draft->routed_at = outbox->changes;
	for (size_t i = 0; rc == 0 && outbox->endpoints && i < r->events; i++) {
		const struct hyp_event_row *event = event_at(r, i);

		if (event != NULL)
			rc = route_one(r, event, r->pipelines[i], err);
	}
	pthread_mutex_unlock(&outbox->lock);
	return rc;
}

int32_t hyp_outbox_route(struct hyp_engine *engine, struct hyp_draft *draft,
			 struct hyp_error *err)
{
	struct hyp_outbox *outbox = engine->outbox;
	struct route r = {engine, draft, NULL, NULL, draft->count};
	int32_t rc;

	if (!draft->events || draft->routed || outbox == NULL)
		return 0;
	r.config = hyp_settings_get(engine->book);
	rc = find_pipelines(&r, err);
	if (rc == 0)
		rc = route_all(&r, outbox, err);
	free(r.pipelines);
	hyp_settings_put(engine->book, r.config);
	draft->routed = rc == 0;
	if (rc < 0)
		draft->count = r.events;
	return rc;
}
