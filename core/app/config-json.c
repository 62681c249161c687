/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/config-json.h"
#include "core/app/json.h"
#include "core/app/option-text.h"
#include "core/base/clock.h"
#include "core/base/units.h"
#include "core/engine/schedule-parts.h"

#include <stdlib.h>

static struct json_object *masked(const char *text)
{
	char out[4096];

	hyp_option_mask(text, out, sizeof(out));
	return json_object_new_string(out);
}

/* Sizes and times stay texts, as they are written. */
static struct json_object *value_of(const struct hyp_option *o,
				    const char *text)
{
	if (o->type == HYP_OPT_T_INTEGER)
		return json_object_new_int64(strtoll(text, NULL, 10));
	if (o->type == HYP_OPT_T_BOOL)
		return json_object_new_boolean(strcmp(text, "true") == 0);
	return masked(text);
}

static struct json_object *list_of(char *const *items, size_t count)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < count; i++)
		json_object_array_add(list, masked(items[i]));
	return list;
}

/* Null: neither given, nor has it a default. */
static struct json_object *options_json(const struct hyp_option_table *table,
					const struct hyp_values *values)
{
	struct json_object *all = json_object_new_object();

	for (uint32_t i = 0; i < table->count; i++) {
		const struct hyp_option *o = hyp_option_at(table, i);
		const struct hyp_value *v = hyp_values_get(values, o->name);
		const char *text = v != NULL ? v->text : o->def;
		struct json_object *value = NULL;

		if (v != NULL && v->form == HYP_VALUE_LIST)
			value = list_of(v->items, v->item_count);
		else if (text != NULL)
			value = value_of(o, text);
		json_object_object_add(all, o->name, value);
	}
	return all;
}

static struct json_object *part_json(struct hyp_registry *registry,
				     uint32_t kind, const struct hyp_part *part)
{
	struct json_object *o, *options = NULL;
	const struct hyp_loaded *loaded;
	struct hyp_error err;

	if (part->plugin == NULL)
		return NULL;
	o = json_object_new_object();
	if (hyp_registry_find(registry, kind, part->plugin, &loaded, &err) == 0)
		options = options_json(&loaded->options, &part->values);
	hyp_json_string(o, "plugin", part->plugin);
	json_object_object_add(o, "options", options);
	if (part->inner != NULL)
		json_object_object_add(o, "inner",
				       part_json(registry, kind, part->inner));
	return o;
}

static void add_place(struct json_object *o, const char *file, unsigned line)
{
	hyp_json_string(o, "file", file);
	hyp_json_number(o, "line", line);
}

static struct json_object *pipeline_json(struct hyp_registry *registry,
					 const struct hyp_pipeline *p)
{
	struct json_object *o = json_object_new_object();

	hyp_json_string(o, "name", p->name);
	hyp_json_bool(o, "default", p->is_default != 0);
	json_object_object_add(
		o, "provider",
		part_json(registry, HYP_KIND_PROVIDER, &p->provider));
	json_object_object_add(
		o, "packager",
		part_json(registry, HYP_KIND_PACKAGER, &p->packager));
	json_object_object_add(
		o, "storage",
		part_json(registry, HYP_KIND_STORAGE, &p->storage));
	hyp_json_number(o, "parallel_downloads", p->parallel_downloads);
	json_object_object_add(
		o, "notifiers",
		p->notifiers != NULL ? list_of(p->notifiers, p->notifier_count)
				     : NULL);
	add_place(o, p->file, p->line);
	return o;
}

/* The store that none is said of. */
static struct json_object *default_store(const struct hyp_config *config,
					 struct hyp_registry *registry)
{
	static char name[] = "sqlite";
	const struct hyp_part part = {.plugin = name};
	struct json_object *o = part_json(registry, HYP_KIND_STORE, &part);
	char path[4096];

	snprintf(path, sizeof(path), "%s/jobs.db", config->settings->state_dir);
	hyp_json_string(json_object_object_get(o, "options"), "path", path);
	return o;
}

struct json_object *
hyp_config_schedule_json(const struct hyp_config_schedule *file)
{
	char next[HYP_TIME_TEXT_MAX], deadline[HYP_UNITS_TEXT_MAX];
	struct json_object *o;
	struct hyp_schedule *s;
	struct hyp_error err;
	int64_t ms;

	if (hyp_schedule_of_file(file, 0, &s, &err) != 0)
		return NULL;
	ms = hyp_schedule_next(s, hyp_clock_wall_ms());
	hyp_time_format(ms, next);
	hyp_format_duration((uint64_t)s->policy.deadline_ms, deadline);
	o = json_object_new_object();
	hyp_json_string(o, "id", s->row.id);
	hyp_json_string(o, "schedule", s->row.schedule);
	hyp_json_string(o, "zone", hyp_zone_name(hyp_cron_zone(s->cron)));
	hyp_json_bool(o, "enabled", s->row.enabled != 0);
	json_object_object_add(o, "job_template",
			       json_tokener_parse(s->row.job_template_json));
	hyp_json_string(o, "catch_up", hyp_catch_up_words[s->policy.catch_up]);
	hyp_json_string(o, "deadline", deadline);
	hyp_json_string(o, "overlap", hyp_overlap_words[s->policy.overlap]);
	hyp_json_string(o, "next_run", ms != 0 ? next : NULL);
	add_place(o, file->lines[0].file, file->lines[0].line);
	hyp_schedule_put(s);
	return o;
}

/* Without the values of headers, which may be secrets. */
static struct json_object *webhook_json(struct hyp_registry *registry,
					const struct hyp_webhook *w)
{
	struct json_object *o = json_object_new_object();
	struct json_object *headers = json_object_new_array();

	hyp_json_string(o, "name", w->name);
	hyp_json_bool(o, "enabled", w->enabled != 0);
	if (w->retries == HYP_WEBHOOK_DURABLE)
		hyp_json_string(o, "retry", "durable");
	else
		hyp_json_number(o, "retry", w->retries);
	json_object_object_add(o, "events", list_of(w->events, w->event_count));
	for (size_t i = 0; i < w->headers.count; i++)
		json_object_array_add(
			headers, json_object_new_string(w->headers.at[i].name));
	json_object_object_add(o, "header_names", headers);
	json_object_object_add(
		o, "notifier",
		part_json(registry, HYP_KIND_NOTIFIER, &w->part));
	add_place(o, w->file, w->line);
	return o;
}

static struct json_object *settings_json(const struct hyp_config *config)
{
	struct json_object *o =
		options_json(hyp_settings_table(), &config->given);
	const struct hyp_list *roots = hyp_config_roots(config);
	struct json_object *list = json_object_new_array();

	/* As the text has it: what holds where none is given. */
	for (uint64_t i = 0; i < roots->count; i++)
		json_object_array_add(list,
				      json_object_new_string(roots->items[i]));
	json_object_object_add(o, "storage.roots", list);
	if (config->settings->plugin_dirs.count == 0) {
		list = json_object_new_array();
		json_object_array_add(list,
				      json_object_new_string(HYP_PLUGIN_DIR));
		json_object_object_add(o, "plugin_dirs", list);
	}
	if (config->settings->api.hosts.count == 0)
		json_object_object_add(o, "api.hosts", json_object_new_array());
	return o;
}

void hyp_config_json(struct json_object *o, const struct hyp_config *config,
		     struct hyp_registry *registry)
{
	struct json_object *pipelines = json_object_new_array();
	struct json_object *schedules = json_object_new_array();
	struct json_object *webhooks = json_object_new_array();

	for (size_t i = 0; i < config->pipeline_count; i++)
		json_object_array_add(
			pipelines,
			pipeline_json(registry, &config->pipelines[i]));
	for (size_t i = 0; i < config->schedule_count; i++)
		json_object_array_add(
			schedules,
			hyp_config_schedule_json(&config->schedules[i]));
	for (size_t i = 0; i < config->webhook_count; i++)
		json_object_array_add(
			webhooks, webhook_json(registry, &config->webhooks[i]));
	json_object_object_add(o, "settings", settings_json(config));
	json_object_object_add(o, "database",
			       config->database.plugin == NULL
				       ? default_store(config, registry)
				       : part_json(registry, HYP_KIND_STORE,
						   &config->database));
	json_object_object_add(o, "pipelines", pipelines);
	json_object_object_add(o, "schedules", schedules);
	json_object_object_add(o, "webhooks", webhooks);
}

struct json_object *hyp_problems_json(const struct hyp_problems *problems)
{
	struct json_object *list = json_object_new_array(), *o;

	for (size_t i = 0; i < problems->count; i++) {
		const struct hyp_problem *p = &problems->at[i];

		o = json_object_new_object();
		hyp_json_string(o, "file", p->file);
		json_object_object_add(
			o, "line",
			p->line > 0 ? json_object_new_int64(p->line) : NULL);
		hyp_json_string(o, "error",
				p->text != NULL ? p->text : "out of memory");
		json_object_array_add(list, o);
	}
	return list;
}
