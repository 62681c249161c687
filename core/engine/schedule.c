/* SPDX-License-Identifier: Apache-2.0 */
#include "core/engine/schedule.h"
#include "core/base/buf.h"
#include "core/base/cleanup.h"
#include "core/engine/definition-parse.h"
#include "core/engine/schedule-parts.h"
#include "core/pipeline/json.h"

#include <stdatomic.h>

static const char **string_at(struct hyp_schedule_row *row, size_t i)
{
	const char **const strings[] = {&row->id,
					&row->name,
					&row->description,
					&row->schedule,
					&row->zone,
					&row->owner,
					&row->job_template_json,
					&row->tags_json,
					&row->policy_json};

	return i < HYP_COUNT(strings) ? strings[i] : NULL;
}

static int32_t copy_row(struct hyp_schedule *s,
			const struct hyp_schedule_row *row,
			struct hyp_error *err)
{
	const char **at;

	s->row = *row;
	s->row.size = sizeof(s->row);
	for (size_t i = 0; (at = string_at(&s->row, i)) != NULL; i++) {
		if (*at == NULL)
			*at = "";
		if (hyp_keep_string(&s->keep, at, err) != 0)
			return err->code;
	}
	return 0;
}

static int32_t at_pointer(const char *pointer, struct hyp_error *err)
{
	return hyp_error_prefix(err, "%s: ", pointer);
}

static int32_t read_cron(struct hyp_schedule *s, struct hyp_error *err)
{
	const char *zone = s->row.zone[0] != '\0' ? s->row.zone : NULL;

	if (hyp_cron_parse(s->row.schedule, zone, &s->cron, err) == 0)
		return 0;
	return at_pointer(zone != NULL && strcmp(err->kind, "bad_zone") == 0 &&
					  strstr(s->row.schedule, "TZ=") == NULL
				  ? "/zone"
				  : "/schedule",
			  err);
}

static int32_t read_policy(struct hyp_schedule *s, struct hyp_error *err)
{
	const char *text = s->row.policy_json;
	json_object *json = NULL;
	int32_t rc =
		hyp_json_read(text[0] != '\0' ? text : "{}",
			      text[0] != '\0' ? strlen(text) : 2, &json, err);

	if (rc == 0)
		rc = hyp_schedule_policy_read(json, &s->policy, err);
	json_object_put(json);
	return rc;
}

static int32_t read_group(struct hyp_schedule *s, struct hyp_error *err)
{
	struct hyp_definition *definition = NULL;

	if (hyp_schedule_definition(s, NULL, 0, &definition, err) != 0)
		return hyp_error_prefix(err, "/job_template");
	s->is_group = (uint32_t)hyp_definition_is_group(definition);
	hyp_definition_free(definition);
	return 0;
}

static int32_t of_row(const struct hyp_schedule_row *row,
		      struct hyp_schedule **out, struct hyp_error *err)
{
	struct hyp_schedule *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return hyp_error_nomem(err);
	s->refs = 1;
	if (copy_row(s, row, err) != 0) {
		hyp_schedule_put(s);
		return err->code;
	}
	*out = s;
	return 0;
}

int32_t hyp_schedule_load(const struct hyp_schedule_row *row,
			  struct hyp_schedule **out, struct hyp_error *err)
{
	struct hyp_schedule *s;

	if (of_row(row, &s, err) != 0)
		return err->code;
	if (read_cron(s, err) != 0 || read_policy(s, err) != 0 ||
	    read_group(s, err) != 0) {
		hyp_schedule_put(s);
		return err->code;
	}
	*out = s;
	return 0;
}

int32_t hyp_schedule_keep(const struct hyp_schedule_row *row,
			  struct hyp_schedule **out, struct hyp_error *err)
{
	int32_t rc = of_row(row, out, err);

	if (rc == 0)
		(*out)->row.next_run_ms = 0;
	return rc;
}

int32_t hyp_schedule_again(const struct hyp_schedule *base,
			   const struct hyp_schedule_row *row,
			   struct hyp_schedule **out, struct hyp_error *err)
{
	struct hyp_schedule_row next = base->row;

	next.enabled = row->enabled;
	next.updated_ms = row->updated_ms;
	next.last_run_ms = row->last_run_ms;
	next.next_run_ms = row->next_run_ms;
	next.run_count = row->run_count;
	return base->cron == NULL && !next.enabled
		       ? hyp_schedule_keep(&next, out, err)
		       : hyp_schedule_load(&next, out, err);
}

struct hyp_schedule *hyp_schedule_get(struct hyp_schedule *schedule)
{
	atomic_fetch_add(&schedule->refs, 1);
	return schedule;
}

void hyp_schedule_put(struct hyp_schedule *schedule)
{
	if (schedule == NULL || atomic_fetch_sub(&schedule->refs, 1) != 1)
		return;
	if (schedule->password != NULL)
		explicit_bzero(schedule->password, strlen(schedule->password));
	free(schedule->password);
	hyp_schedule_policy_fini(&schedule->policy);
	hyp_cron_free(schedule->cron);
	hyp_keep_free(&schedule->keep);
	free(schedule);
}

int hyp_schedule_same(const struct hyp_schedule *a,
		      const struct hyp_schedule *b)
{
	struct hyp_schedule_row ra = a->row, rb = b->row;
	const char **at;

	for (size_t i = 0; (at = string_at(&ra, i)) != NULL; i++)
		if (strcmp(*at, *string_at(&rb, i)) != 0)
			return 0;
	return ra.enabled == rb.enabled;
}

int hyp_schedule_goes_on(const struct hyp_schedule *before,
			 const struct hyp_schedule *after)
{
	const struct hyp_schedule_row *a = &before->row, *b = &after->row;

	return before->cron != NULL && a->enabled && b->enabled &&
	       strcmp(a->schedule, b->schedule) == 0 &&
	       strcmp(a->zone, b->zone) == 0;
}

int64_t hyp_schedule_next(const struct hyp_schedule *schedule, int64_t after_ms)
{
	int64_t next;

	return schedule->row.enabled && schedule->cron != NULL &&
			       hyp_cron_next(schedule->cron, after_ms, &next)
		       ? next
		       : 0;
}

/* A member that is JSON itself; none where the text is empty. */
static int add_json(json_object *to, const char *name, const char *text)
{
	json_object *value;
	struct hyp_error err;

	if (text[0] == '\0')
		return 0;
	if (hyp_json_read(text, strlen(text), &value, &err) != 0)
		return -1;
	return hyp_json_add(to, name, value);
}

static int add_policy(json_object *to, const char *text)
{
	json_object *policy;
	struct hyp_error err;
	int bad = 0;

	if (text[0] == '\0')
		return 0;
	if (hyp_json_read(text, strlen(text), &policy, &err) != 0)
		return -1;
	json_object_object_foreach(policy, name, value) bad |=
		hyp_json_add(to, name, json_object_get(value));
	json_object_put(policy);
	return bad;
}

struct json_object *hyp_schedule_json(const struct hyp_schedule *schedule)
{
	const struct hyp_schedule_row *row = &schedule->row;
	json_object *json = json_object_new_object();

	if (json == NULL)
		return NULL;
	if (hyp_json_add(json, "id", hyp_json_text(row->id)) ||
	    hyp_json_add(json, "name", hyp_json_text(row->name)) ||
	    hyp_json_add(json, "description",
			 hyp_json_text(row->description)) ||
	    hyp_json_add(json, "schedule", hyp_json_text(row->schedule)) ||
	    hyp_json_add(json, "zone", hyp_json_text(row->zone)) ||
	    hyp_json_add(json, "enabled",
			 json_object_new_boolean(row->enabled != 0)) ||
	    add_json(json, "job_template", row->job_template_json) ||
	    add_json(json, "tags", row->tags_json) ||
	    add_policy(json, row->policy_json)) {
		json_object_put(json);
		return NULL;
	}
	return json;
}
