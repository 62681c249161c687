/* SPDX-License-Identifier: Apache-2.0 */
/* A webhook of the API becomes another, under its name. */
#include "core/engine/outbox.h"
#include "core/engine/webhook-json.h"
#include "core/engine/webhooks.h"
#include "core/pipeline/json.h"

#include <string.h>

/* What its row says; as long as keep. */
struct before {
	struct hyp_keep keep;
	struct hyp_endpoint_row row;
};

static int32_t take_row(void *ctx, const void *at, struct hyp_error *err)
{
	struct before *b = ctx;
	const char **strings[] = {&b->row.id, &b->row.url, &b->row.owner,
				  &b->row.settings_json, &b->row.disabled_why};
	int32_t rc = 0;

	b->row = *(const struct hyp_endpoint_row *)at;
	for (size_t i = 0; rc == 0 && i < 5; i++)
		rc = hyp_keep_string(&b->keep, strings[i], err);
	return rc;
}

static int32_t read_row(struct hyp_engine *engine, const char *id,
			struct before *out, struct hyp_error *err)
{
	const struct hyp_store_query query = {.size = sizeof(query), .id = id};
	const struct hyp_row_sink sink = {
		.size = sizeof(sink), .ctx = out, .row = take_row};
	int32_t rc;

	rc = hyp_store_calls.list(engine->store.instance, HYP_TABLE_ENDPOINT,
				  &query, &sink, err);
	return rc == 0 && out->row.id == NULL ? hyp_endpoint_missing(id, err)
					      : rc;
}

/* 1 if change says all that is sealed. */
static int says_secrets(json_object *settings, json_object *change)
{
	json_object *is_signed =
		hyp_json_member(settings, "signed", json_type_boolean);
	json_object *names =
		hyp_json_member(settings, "header_names", json_type_array);

	return (json_object_object_get(change, "secret") != NULL ||
		!json_object_get_boolean(is_signed)) &&
	       (json_object_object_get(change, "headers") != NULL ||
		names == NULL || json_object_array_length(names) == 0);
}

/* As a request would say it. What is sealed may be lost where change says
 * it. */
static int32_t request_of(struct hyp_engine *engine,
			  const struct hyp_endpoint_row *row,
			  json_object *change, json_object **out,
			  struct hyp_error *err)
{
	int32_t rc = hyp_json_parse(row->settings_json,
				    strlen(row->settings_json), out, err);

	if (rc == 0 && !json_object_is_type(*out, json_type_object))
		rc = hyp_json_bad(err, row->id);
	if (rc == 0 &&
	    (hyp_json_add(*out, "url", hyp_json_text(row->url)) |
	     hyp_json_add(*out, "enabled",
			  json_object_new_boolean((int)row->enabled))) != 0)
		rc = hyp_error_nomem(err);
	if (rc < 0)
		return rc;
	rc = hyp_endpoint_reveal(engine, row->id, *out, err);
	return rc < 0 && strcmp(err->kind, "secret_lost") == 0 &&
			       says_secrets(*out, change)
		       ? 0
		       : rc;
}

static int32_t overlay(json_object *json, json_object *change,
		       struct hyp_error *err)
{
	json_object *secret;
	int bad = 0;

	json_object_object_foreach(change, name, value)
	{
		bad |= hyp_json_add(json, name, json_object_get(value));
	}
	if (bad)
		return hyp_error_nomem(err);
	secret = hyp_json_member(json, "secret", json_type_string);
	if (secret != NULL && json_object_get_string_len(secret) == 0)
		json_object_object_del(json, "secret");
	return 0;
}

/* One that is disabled by an answer stays so until it is said to be enabled. */
static int32_t put_in_force(struct hyp_engine *engine,
			    const struct hyp_actor *actor,
			    const struct hyp_endpoint_row *before,
			    struct hyp_webhook *webhook, int is_said,
			    struct hyp_error *err)
{
	const char *why = is_said ? "" : before->disabled_why;
	struct hyp_endpoint *e = NULL;
	int32_t rc = hyp_endpoint_new(engine, webhook, 0, &e, err);

	if (rc < 0)
		return rc;
	e->created_ms = before->created_ms;
	e->active = e->webhook.enabled && why[0] == '\0';
	rc = hyp_endpoint_write(e, HYP_OP_UPDATE, actor, why, err);
	if (rc < 0) {
		hyp_endpoint_free(e);
		return rc;
	}
	hyp_endpoint_forget(&e->webhook);
	return hyp_outbox_replace(engine->outbox, e, err);
}

/* With changing held. */
static int32_t update(struct hyp_engine *engine, const struct hyp_actor *actor,
		      const char *id, json_object *change,
		      struct hyp_error *err)
{
	struct before before = {.row = {.id = NULL}};
	struct hyp_webhook webhook = {.name = NULL};
	json_object *json = NULL;
	struct hyp_endpoint *old;
	int32_t rc = hyp_endpoint_own(engine->outbox, id, &old, err);

	if (rc == 0)
		rc = read_row(engine, id, &before, err);
	if (rc == 0)
		rc = request_of(engine, &before.row, change, &json, err);
	if (rc == 0)
		rc = overlay(json, change, err);
	if (rc == 0)
		rc = hyp_webhook_parse(json, &webhook, err);
	if (rc == 0)
		rc = hyp_endpoint_check(engine, &webhook, err);
	if (rc == 0)
		rc = put_in_force(
			engine, actor, &before.row, &webhook,
			json_object_object_get(change, "enabled") != NULL, err);
	hyp_webhook_fini(&webhook);
	json_object_put(json);
	hyp_keep_free(&before.keep);
	return rc;
}

int32_t hyp_engine_webhook_update(struct hyp_engine *engine,
				  const struct hyp_actor *actor, const char *id,
				  struct json_object *change,
				  struct hyp_error *err)
{
	int32_t rc = hyp_engine_accepts(engine, err);

	if (rc < 0)
		return rc;
	pthread_mutex_lock(&engine->outbox->changing);
	rc = update(engine, actor, id, change, err);
	pthread_mutex_unlock(&engine->outbox->changing);
	return rc;
}

int32_t hyp_engine_webhook_enable(struct hyp_engine *engine,
				  const struct hyp_actor *actor, const char *id,
				  uint32_t enabled, struct hyp_error *err)
{
	json_object *change = json_object_new_object();
	int32_t rc;

	if (change == NULL ||
	    hyp_json_add(change, "enabled",
			 json_object_new_boolean((int)enabled)) != 0)
		rc = hyp_error_nomem(err);
	else
		rc = hyp_engine_webhook_update(engine, actor, id, change, err);
	json_object_put(change);
	return rc;
}
