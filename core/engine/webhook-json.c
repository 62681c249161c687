/* SPDX-License-Identifier: Apache-2.0 */
#include "core/engine/webhook-json.h"
#include "core/base/buf.h"
#include "core/base/cleanup.h"
#include "core/base/units.h"
#include "core/pipeline/json.h"

#include <stdlib.h>
#include <string.h>

#define WHERE "request"
#define NS_PER_MS 1000000

static int32_t bad(struct hyp_error *err, const char *field, const char *why)
{
	return hyp_error_set(err, HYP_E_USAGE, "bad_request", 0, "/%s: %s",
			     field, why);
}

static const char *text_of(json_object *json, const char *name)
{
	json_object *at = hyp_json_member(json, name, json_type_string);

	return at != NULL ? json_object_get_string(at) : NULL;
}

static int32_t set_text(struct hyp_webhook *out, const char *name,
			uint32_t form, const char *text, struct hyp_error *err)
{
	return text == NULL ? 0
			    : hyp_values_set(&out->part.values, name, form,
					     text, WHERE, 0, err);
}

/* Nanoseconds, as theirs are, or "10s". */
static int32_t take_timeout(json_object *json, struct hyp_webhook *out,
			    struct hyp_error *err)
{
	json_object *at = json_object_object_get(json, "timeout");
	char text[32];
	uint64_t ms;

	if (at == NULL)
		return 0;
	if (json_object_is_type(at, json_type_int)) {
		int64_t ns = json_object_get_int64(at);

		if (ns < NS_PER_MS)
			return bad(err, "timeout", "must be at least 1 ms");
		ms = (uint64_t)ns / NS_PER_MS;
	} else if (!json_object_is_type(at, json_type_string) ||
		   hyp_parse_duration(json_object_get_string(at), &ms, err) !=
			   0) {
		return bad(err, "timeout",
			   "must be nanoseconds, or a time such as \"10s\"");
	}
	if (ms < 100 || ms > 300000)
		return bad(err, "timeout", "must be from 100ms to 5m");
	snprintf(text, sizeof(text), "%llums", (unsigned long long)ms);
	return set_text(out, "timeout", HYP_VALUE_TEXT, text, err);
}

static int32_t take_retry(json_object *json, struct hyp_webhook *out,
			  struct hyp_error *err)
{
	json_object *at = json_object_object_get(json, "retry");
	int64_t n;

	out->retries = 3;
	if (at == NULL)
		return 0;
	n = json_object_is_type(at, json_type_int) ? json_object_get_int64(at)
						   : -1;
	if (json_object_is_type(at, json_type_string) &&
	    strcmp(json_object_get_string(at), "durable") == 0)
		out->retries = HYP_WEBHOOK_DURABLE;
	else if (n < 0 || n > HYP_WEBHOOK_RETRY_MAX)
		return bad(err, "retry",
			   "must be a number from 0 to 100, or \"durable\"");
	else
		out->retries = (uint32_t)n;
	return 0;
}

static int32_t take_events(json_object *json, struct hyp_webhook *out,
			   struct hyp_error *err)
{
	json_object *list = json_object_object_get(json, "events");
	int one = json_object_is_type(list, json_type_string);
	size_t n = one ? 1 : 0;
	int32_t rc = 0;

	if (json_object_is_type(list, json_type_array))
		n = json_object_array_length(list);
	out->events = calloc(n + 1, sizeof(*out->events));
	if (out->events == NULL)
		return hyp_error_nomem(err);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		const char *event = json_object_get_string(
			one ? list : json_object_array_get_idx(list, i));

		if (event == NULL || !hyp_webhook_event_valid(event))
			return bad(err, "events",
				   "job.created, job.started, job.progress, "
				   "job.completed, job.failed, job.cancelled, "
				   "vm.discovered or * is expected");
		rc = hyp_strdup(event, &out->events[i], err);
		out->event_count += rc == 0;
	}
	return rc;
}

static int32_t take_cidrs(json_object *json, struct hyp_webhook *out,
			  struct hyp_error *err)
{
	json_object *list =
		hyp_json_member(json, "allow_cidrs", json_type_array);
	const char *items[64];
	size_t n = list != NULL ? json_object_array_length(list) : 0;

	if (n == 0)
		return 0;
	if (n > HYP_COUNT(items))
		return bad(err, "allow_cidrs", "more than 64 networks");
	for (size_t i = 0; i < n; i++) {
		items[i] = json_object_get_string(
			json_object_array_get_idx(list, i));
		if (items[i] == NULL)
			return bad(err, "allow_cidrs", "must be strings");
	}
	return hyp_values_set_list(&out->part.values, "allow_cidrs", items, n,
				   WHERE, 0, err);
}

static int32_t take_headers(json_object *json, struct hyp_webhook *out,
			    struct hyp_error *err)
{
	json_object *headers =
		hyp_json_member(json, "headers", json_type_object);
	int32_t rc = 0;

	if (headers == NULL)
		return 0;
	json_object_object_foreach(headers, name, value)
	{
		if (!json_object_is_type(value, json_type_string))
			return bad(err, "headers", "values must be strings");
		if (rc == 0)
			rc = hyp_values_set(
				&out->headers, name, HYP_VALUE_LITERAL,
				json_object_get_string(value), WHERE, 0, err);
	}
	return rc;
}

static int32_t take_name(json_object *json, struct hyp_webhook *out,
			 struct hyp_error *err)
{
	const char *name = text_of(json, "name"), *url = text_of(json, "url");

	if (url == NULL || !hyp_webhook_url_valid(url))
		return bad(err, "url", "must begin with https:// or http://");
	if (name == NULL || name[0] == '\0')
		return hyp_webhook_name_default(url, &out->name, err);
	if (!hyp_webhook_name_valid(name))
		return bad(err, "name",
			   "must be 1 to 64 letters, digits, '.', '_' and "
			   "'-', not digits alone");
	return hyp_strdup(name, &out->name, err);
}

static int32_t take_all(json_object *json, struct hyp_webhook *out,
			struct hyp_error *err)
{
	json_object *enabled =
		hyp_json_member(json, "enabled", json_type_boolean);
	int32_t rc = take_name(json, out, err);

	out->enabled = enabled == NULL || json_object_get_boolean(enabled);
	if (rc == 0)
		rc = hyp_strdup("webhook", &out->part.plugin, err);
	if (rc == 0)
		rc = set_text(out, "url", HYP_VALUE_TEXT, text_of(json, "url"),
			      err);
	if (rc == 0)
		rc = set_text(out, "format", HYP_VALUE_TEXT,
			      text_of(json, "format"), err);
	if (rc == 0)
		rc = set_text(out, "secret", HYP_VALUE_LITERAL,
			      text_of(json, "secret"), err);
	if (rc == 0)
		rc = take_timeout(json, out, err);
	if (rc == 0)
		rc = take_retry(json, out, err);
	if (rc == 0)
		rc = take_events(json, out, err);
	if (rc == 0)
		rc = take_cidrs(json, out, err);
	return rc < 0 ? rc : take_headers(json, out, err);
}

int32_t hyp_webhook_parse(json_object *json, struct hyp_webhook *out,
			  struct hyp_error *err)
{
	int32_t rc;

	memset(out, 0, sizeof(*out));
	rc = take_all(json, out, err);
	if (rc < 0)
		hyp_webhook_fini(out);
	return rc;
}

static json_object *names_of(const struct hyp_values *values)
{
	json_object *list = json_object_new_array();

	for (size_t i = 0; list != NULL && i < values->count; i++)
		hyp_json_append(list, hyp_json_text(values->at[i].name));
	return list;
}

static json_object *list_of(char *const *items, size_t count)
{
	json_object *list = json_object_new_array();

	for (size_t i = 0; list != NULL && i < count; i++)
		hyp_json_append(list, hyp_json_text(items[i]));
	return list;
}

static json_object *timeout_of(const struct hyp_values *values)
{
	const struct hyp_value *value = hyp_values_get(values, "timeout");
	struct hyp_error err;
	uint64_t ms = 10000;

	if (value != NULL && value->text != NULL &&
	    hyp_parse_duration(value->text, &ms, &err) != 0)
		ms = 10000;
	return json_object_new_int64((int64_t)ms * NS_PER_MS);
}

static int fill(json_object *to, const struct hyp_webhook *w)
{
	const struct hyp_values *v = &w->part.values;
	const struct hyp_value *format = hyp_values_get(v, "format");
	const struct hyp_value *cidrs = hyp_values_get(v, "allow_cidrs");

	return hyp_json_add(to, "name", hyp_json_text(w->name)) |
	       hyp_json_add(to, "events", list_of(w->events, w->event_count)) |
	       hyp_json_add(to, "timeout", timeout_of(v)) |
	       hyp_json_add(to, "retry",
			    w->retries == HYP_WEBHOOK_DURABLE
				    ? hyp_json_text("durable")
				    : json_object_new_int64(w->retries)) |
	       hyp_json_add(
		       to, "format",
		       hyp_json_text(format != NULL ? format->text : "json")) |
	       hyp_json_add(to, "allow_cidrs",
			    list_of(cidrs ? cidrs->items : NULL,
				    cidrs ? cidrs->item_count : 0)) |
	       hyp_json_add(to, "header_names", names_of(&w->headers)) |
	       hyp_json_add(to, "signed",
			    json_object_new_boolean(
				    hyp_values_get(v, "secret") != NULL));
}

int32_t hyp_webhook_settings(const struct hyp_webhook *webhook, char **out,
			     struct hyp_error *err)
{
	json_object *json = json_object_new_object();
	const char *text = NULL;
	int32_t rc;

	if (json != NULL && fill(json, webhook) == 0)
		text = hyp_json_to_string(
			json, JSON_C_TO_STRING_PLAIN |
				      JSON_C_TO_STRING_NOSLASHESCAPE);
	rc = text != NULL ? hyp_strdup(text, out, err) : hyp_error_nomem(err);
	json_object_put(json);
	return rc;
}

int32_t hyp_webhook_load(const struct hyp_endpoint_row *row,
			 struct hyp_webhook *out, struct hyp_error *err)
{
	json_object *json = NULL;
	int32_t rc = hyp_json_parse(row->settings_json,
				    strlen(row->settings_json), &json, err);

	if (rc == 0 && !json_object_is_type(json, json_type_object))
		rc = hyp_json_bad(err, row->id);
	if (rc == 0 && hyp_json_add(json, "url", hyp_json_text(row->url)) < 0)
		rc = hyp_error_nomem(err);
	if (rc == 0)
		rc = hyp_webhook_parse(json, out, err);
	json_object_put(json);
	if (rc == 0)
		out->enabled = row->enabled;
	return rc < 0 ? hyp_error_prefix(err, "webhook %s: ", row->id) : 0;
}
