/* SPDX-License-Identifier: Apache-2.0 */
/* A schedule's fields, from JSON. */
#include "core/base/buf.h"
#include "core/base/cleanup.h"
#include "core/base/random.h"
#include "core/engine/definition-parse.h"
#include "core/engine/schedule-parts.h"
#include "core/pipeline/json.h"

#define NAME_BYTES 255
#define DESCRIPTION_BYTES 4096
#define EXPRESSION_BYTES 4096
#define TAGS_MAX 64
#define TAG_BYTES 128

struct schedule_reader {
	struct hyp_definition_reader r; /* first: takers find the rest by it */
	char *id, *name, *description, *schedule, *zone;
	uint32_t enabled;
	json_object *template, *tags; /* of the document */
};

static struct schedule_reader *of(struct hyp_definition_reader *r)
{
	return (struct schedule_reader *)(void *)r;
}

#define TAKE_TEXT(function, member, max)                                       \
	static int32_t function(struct hyp_definition_reader *r,               \
				struct json_object *value)                     \
	{                                                                      \
		return hyp_definition_text(r, value, max, &of(r)->member);     \
	}
TAKE_TEXT(take_id, id, 128)
TAKE_TEXT(take_name, name, NAME_BYTES)
TAKE_TEXT(take_description, description, DESCRIPTION_BYTES)
TAKE_TEXT(take_schedule, schedule, EXPRESSION_BYTES)
TAKE_TEXT(take_zone, zone, 64)

static int32_t take_enabled(struct hyp_definition_reader *r,
			    struct json_object *value)
{
	return hyp_definition_bool(r, value, &of(r)->enabled);
}

static int32_t take_template(struct hyp_definition_reader *r,
			     struct json_object *value)
{
	if (!json_object_is_type(value, json_type_object))
		return hyp_definition_bad(r, "must be a job's definition, "
					     "{...}");
	of(r)->template = value;
	return 0;
}

static int32_t take_tag(struct hyp_definition_reader *r,
			struct json_object *list, size_t i)
{
	HYP_AUTO_FREE char *tag = NULL;
	json_object *value = json_object_array_get_idx(list, i);
	size_t n = strlen(r->at);
	char index[24];

	snprintf(index, sizeof(index), "%zu", i);
	hyp_json_pointer_step(index, r->at + n, sizeof(r->at) - n);
	if (hyp_definition_text(r, value, TAG_BYTES, &tag) != 0)
		return r->err->code;
	r->at[n] = '\0';
	return 0;
}

static int32_t take_tags(struct hyp_definition_reader *r,
			 struct json_object *value)
{
	if (!json_object_is_type(value, json_type_array))
		return hyp_definition_bad(r, "must be a list of texts");
	if (json_object_array_length(value) > TAGS_MAX)
		return hyp_definition_bad(r, "holds more than %d tags",
					  TAGS_MAX);
	for (size_t i = 0; i < json_object_array_length(value); i++)
		if (take_tag(r, value, i) != 0)
			return r->err->code;
	of(r)->tags = value;
	return 0;
}

/* What only the server says, so that what was read may be sent again; and
 * what the policy's own reader looks at. */
static int32_t take_nothing(struct hyp_definition_reader *r,
			    struct json_object *value)
{
	(void)r;
	(void)value;
	return 0;
}

static const struct hyp_definition_field fields[] = {
	{"advanced_config", take_nothing},
	{"catch_up", take_nothing},
	{"created_at", take_nothing},
	{"deadline", take_nothing},
	{"description", take_description},
	{"enabled", take_enabled},
	{"id", take_id},
	{"job_template", take_template},
	{"last_run", take_nothing},
	{"name", take_name},
	{"next_run", take_nothing},
	{"overlap", take_nothing},
	{"owner", take_nothing},
	{"run_count", take_nothing},
	{"schedule", take_schedule},
	{"tags", take_tags},
	{"updated_at", take_nothing},
	{"zone", take_zone},
};

static const char *const policy_names[] = {"catch_up", "deadline", "overlap",
					   "advanced_config"};

static void reader_fini(struct schedule_reader *s)
{
	free(s->id);
	free(s->name);
	free(s->description);
	free(s->schedule);
	free(s->zone);
}

static int is_id(const char *id)
{
	size_t n = strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRST"
			      "UVWXYZ0123456789._-");

	return n > 0 && n <= 128 && id[n] == '\0' && strcmp(id, "stats") != 0 &&
	       strcmp(id, ".") != 0 && strcmp(id, "..") != 0;
}

static int32_t fill_in(struct schedule_reader *s)
{
	char uuid[HYP_UUID_TEXT_MAX];

	if (s->id == NULL) {
		if (hyp_uuid7(uuid, s->r.err) != 0 ||
		    hyp_strdup(uuid, &s->id, s->r.err) != 0)
			return s->r.err->code;
	}
	snprintf(s->r.at, sizeof(s->r.at), "/id");
	if (!is_id(s->id))
		return hyp_definition_bad(
			&s->r, "must be 1 to 128 letters, digits, "
			       "'.', '_' and '-', and not \"stats\"");
	if (s->name == NULL)
		return hyp_strdup(s->id, &s->name, s->r.err);
	return 0;
}

static int32_t missing(struct schedule_reader *s)
{
	snprintf(s->r.at, sizeof(s->r.at), "/schedule");
	if (s->schedule == NULL)
		return hyp_definition_bad(&s->r, "must be given: when? As in "
						 "\"0 2 * * *\"");
	snprintf(s->r.at, sizeof(s->r.at), "/job_template");
	if (s->template == NULL)
		return hyp_definition_bad(&s->r, "must be given: what shall a "
						 "run export?");
	return 0;
}

/* Only what was said of it, so that defaults stay ours. */
static json_object *policy_of(json_object *json)
{
	json_object *policy = json_object_new_object(), *value;

	for (size_t i = 0; policy != NULL && i < HYP_COUNT(policy_names); i++) {
		if (!json_object_object_get_ex(json, policy_names[i], &value) ||
		    value == NULL)
			continue;
		if (hyp_json_add(policy, policy_names[i],
				 json_object_get(value)) != 0) {
			json_object_put(policy);
			return NULL;
		}
	}
	return policy;
}

static const char *text_of(json_object *json)
{
	return hyp_json_to_string(json, JSON_C_TO_STRING_PLAIN |
						JSON_C_TO_STRING_NOSLASHESCAPE);
}

/* row's texts are the reader's and the documents'. */
static int32_t make(struct schedule_reader *s, json_object *policy,
		    json_object *template, const struct hyp_schedule *base,
		    const char *owner, int64_t now_ms,
		    struct hyp_schedule **out, struct hyp_error *err)
{
	struct hyp_schedule_row row = {
		.size = sizeof(row),
		.enabled = s->enabled,
		.run_count = base != NULL ? base->row.run_count : 0,
		.created_ms = base != NULL ? base->row.created_ms : now_ms,
		.updated_ms = now_ms,
		.last_run_ms = base != NULL ? base->row.last_run_ms : 0,
		.id = s->id,
		.name = s->name,
		.description = s->description,
		.schedule = s->schedule,
		.zone = s->zone,
		.owner = owner,
		.job_template_json = text_of(template),
		.tags_json = s->tags != NULL ? text_of(s->tags) : "[]",
		.policy_json = text_of(policy),
	};

	if (row.job_template_json == NULL || row.tags_json == NULL ||
	    row.policy_json == NULL)
		return hyp_error_nomem(err);
	return hyp_schedule_load(&row, out, err);
}

static int32_t read_all(struct schedule_reader *s, json_object *json,
			const struct hyp_schedule *base, const char *owner,
			int64_t now_ms, struct hyp_schedule **out,
			struct hyp_error *err)
{
	json_object *policy = NULL, *template = NULL;
	char *password = NULL;
	int32_t rc =
		hyp_definition_members(&s->r, json, fields, HYP_COUNT(fields));

	if (rc == 0)
		rc = fill_in(s);
	if (rc == 0)
		rc = missing(s);
	if (rc == 0)
		rc = hyp_schedule_template(s->template, now_ms, &template,
					   &password, err);
	if (rc == 0) {
		policy = policy_of(json);
		rc = policy == NULL ? hyp_error_nomem(err)
				    : make(s, policy, template, base, owner,
					   now_ms, out, err);
	}
	if (rc == 0)
		(*out)->password = HYP_STEAL(password);
	if (password != NULL)
		explicit_bzero(password, strlen(password));
	free(password);
	json_object_put(policy);
	json_object_put(template);
	return rc;
}

/* What base says, and json over it. */
static int32_t overlay(const struct hyp_schedule *base, json_object *json,
		       json_object **out, struct hyp_error *err)
{
	json_object *all = hyp_schedule_json(base);
	int bad = all == NULL;

	if (!bad) {
		json_object_object_foreach(json, name, value)
		{
			if (strcmp(name, "id") == 0 && value != NULL &&
			    strcmp(json_object_get_string(value),
				   base->row.id) != 0) {
				json_object_put(all);
				return hyp_error_set(
					err, HYP_E_USAGE, "bad_request", 0,
					"/id: is another than that of the "
					"path, and cannot be changed");
			}
			bad |= json_object_object_add(all, name,
						      json_object_get(value));
		}
	}
	if (bad) {
		json_object_put(all);
		return hyp_error_nomem(err);
	}
	*out = all;
	return 0;
}

int32_t hyp_schedule_read(struct json_object *json,
			  const struct hyp_schedule *base, const char *owner,
			  int64_t now_ms, struct hyp_schedule **out,
			  struct hyp_error *err)
{
	struct schedule_reader s = {.r = {.err = err}, .enabled = 1};
	json_object *all = NULL;
	int32_t rc;

	if (!json_object_is_type(json, json_type_object))
		return hyp_error_set(err, HYP_E_USAGE, "bad_request", 0,
				     "a schedule must be an object, {...}");
	if (base != NULL && overlay(base, json, &all, err) != 0)
		return err->code;
	rc = read_all(&s, base != NULL ? all : json, base, owner, now_ms, out,
		      err);
	if (rc == 0 && base != NULL)
		(*out)->keeps_secret =
			(*out)->password == NULL &&
			hyp_schedule_same_login(&base->row, &(*out)->row);
	reader_fini(&s);
	json_object_put(all);
	return rc;
}
