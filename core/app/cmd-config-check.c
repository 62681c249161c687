/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/app.h"
#include "core/app/config-json.h"
#include "core/app/json.h"
#include "core/app/option-text.h"
#include "core/base/cleanup.h"
#include "core/base/text.h"
#include "core/engine/schedule-parts.h"
#include "core/plugin/check-config.h"

#include <errno.h>
#include <unistd.h>

static const struct hyp_cli_option options[] = {
	{"secrets", 0, NULL,
	 "read every secret too, as a job would, to find those that cannot be "
	 "read"},
	{"json", 'j', NULL,
	 "one JSON object: valid, problems, and where there are none all that "
	 "holds"},
	{NULL, 0, NULL, NULL},
};
static const struct hyp_cli_group group = {"Options", options};

#define INDENT 2 /* per level */
#define LEFT 26	 /* where values begin */

static void print_pair(unsigned level, const char *name, const char *value,
		       const char *remark)
{
	char masked[4096], safe[4096];
	int indent = (int)level * INDENT;

	hyp_option_mask(value, masked, sizeof(masked));
	hyp_text_printable(masked, safe, sizeof(safe));
	printf("%*s%-*s %s%s\n", indent, "", LEFT - indent, name, safe, remark);
}

static void print_items(unsigned level, const char *name,
			const struct hyp_value *value)
{
	for (size_t i = 0; i < value->item_count; i++)
		print_pair(level, i == 0 ? name : "", value->items[i], "");
	if (value->item_count == 0)
		print_pair(level, name, "", "(none)");
}

/* What holds: the value that was given, or the default. A secret's value is
 * its reference. */
static void print_options(unsigned level, const struct hyp_option_table *table,
			  const struct hyp_values *values)
{
	for (uint32_t i = 0; i < table->count; i++) {
		const struct hyp_option *o = hyp_option_at(table, i);
		const struct hyp_value *v = hyp_values_get(values, o->name);

		if (v != NULL && v->form == HYP_VALUE_LIST) {
			print_items(level, o->name, v);
		} else if (v != NULL) {
			print_pair(level, o->name, v->text, "");
		} else if (o->def != NULL) {
			print_pair(level, o->name, o->def, "  (default)");
		}
	}
}

static void print_part(unsigned level, const char *title,
		       struct hyp_registry *registry, uint32_t kind,
		       const struct hyp_part *part, const char *absent)
{
	const struct hyp_loaded *loaded;
	struct hyp_error err;

	if (part->plugin == NULL) {
		print_pair(level, title, absent, "");
		return;
	}
	print_pair(level, title, part->plugin, "");
	if (hyp_registry_find(registry, kind, part->plugin, &loaded, &err) == 0)
		print_options(level + 1, &loaded->options, &part->values);
	if (part->inner != NULL)
		print_part(level + 1, "inner", registry, kind, part->inner, "");
}

static void print_pipeline(struct hyp_registry *registry,
			   const struct hyp_pipeline *p)
{
	char number[16];

	printf("\npipeline %s%s  (%s:%u)\n", p->name,
	       p->is_default ? ", the default" : "", p->file, p->line);
	print_part(1, "provider", registry, HYP_KIND_PROVIDER, &p->provider,
		   "");
	print_part(1, "packager", registry, HYP_KIND_PACKAGER, &p->packager,
		   "(by the job's format)");
	print_part(1, "storage", registry, HYP_KIND_STORAGE, &p->storage,
		   "(local, where the job's output goes)");
	snprintf(number, sizeof(number), "%u", p->parallel_downloads);
	print_pair(1, "parallel_downloads", number, "");
}

/* Where none is given: what then holds. */
static void print_absent(const char *name, const struct hyp_list *given,
			 const char *otherwise)
{
	if (given->count == 0)
		print_pair(1, name, otherwise, "  (default)");
}

static void print_settings(const struct hyp_config *config)
{
	const struct hyp_settings *s = config->settings;

	printf("settings\n");
	print_options(1, hyp_settings_table(), &config->given);
	print_absent("api.hosts", &s->api.hosts, "(none)");
	print_absent("plugin_dirs", &s->plugin_dirs, HYP_PLUGIN_DIR);
	print_absent("storage.roots", &s->storage_roots,
		     hyp_config_roots(config)->items[0]);
}

static void print_database(const struct hyp_config *config,
			   struct hyp_registry *registry)
{
	char path[4096];

	printf("\n");
	if (config->database.plugin != NULL) {
		print_part(0, "database", registry, HYP_KIND_STORE,
			   &config->database, "");
		return;
	}
	print_pair(0, "database", "sqlite", "  (default)");
	snprintf(path, sizeof(path), "%s/jobs.db", config->settings->state_dir);
	print_pair(1, "path", path, "  (default)");
}

/* Whether the file has that member, or it is a default. */
static int says(const struct hyp_config_schedule *file, const char *pointer)
{
	for (size_t i = 0; i < file->line_count; i++)
		if (strcmp(file->lines[i].pointer, pointer) == 0)
			return 1;
	return 0;
}

static const char *as_text(struct json_object *value)
{
	if (value == NULL)
		return "(none)";
	if (json_object_is_type(value, json_type_string))
		return json_object_get_string(value);
	return json_object_to_json_string_ext(
		value, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
}

static void print_schedule(const struct hyp_config_schedule *file)
{
	static const char *const names[][2] = {
		{"schedule", "schedule"}, {"zone", "zone"},
		{"enabled", "enabled"},	  {"job_template", "job_template"},
		{"catch_up", "catch_up"}, {"deadline", "deadline"},
		{"overlap", "overlap"},	  {"next run", "next_run"},
	};
	struct json_object *o = hyp_config_schedule_json(file), *value;

	if (o == NULL)
		return;
	printf("\nschedule %s  (%s:%u)\n",
	       json_object_get_string(json_object_object_get(o, "id")),
	       file->lines[0].file, file->lines[0].line);
	for (size_t i = 0; i < HYP_COUNT(names); i++) {
		int is_default = strcmp(names[i][1], "zone") == 0 &&
				 !says(file, "/zone");

		value = json_object_object_get(o, names[i][1]);
		print_pair(1, names[i][0], as_text(value),
			   is_default ? "  (default)" : "");
	}
	json_object_put(o);
}

/* Without the values of headers, which may be secrets. */
static void print_webhook(struct hyp_registry *registry,
			  const struct hyp_webhook *w)
{
	char text[32];

	printf("\nwebhook %s\n", w->name);
	if (!w->enabled)
		print_pair(1, "enabled", "false", "");
	snprintf(text, sizeof(text), "%u", w->retries);
	print_pair(1, "retry",
		   w->retries == HYP_WEBHOOK_DURABLE ? "durable" : text, "");
	for (size_t i = 0; i < w->event_count; i++)
		print_pair(1, "event", w->events[i], "");
	for (size_t i = 0; i < w->headers.count; i++)
		print_pair(1, "header", w->headers.at[i].name, "");
	print_part(1, "notifier", registry, HYP_KIND_NOTIFIER, &w->part, "");
}

static void print_config(const struct hyp_config *config,
			 struct hyp_registry *registry)
{
	print_settings(config);
	print_database(config, registry);
	for (size_t i = 0; i < config->pipeline_count; i++)
		print_pipeline(registry, &config->pipelines[i]);
	if (config->pipeline_count == 0)
		printf("\nno pipelines\n");
	for (size_t i = 0; i < config->schedule_count; i++)
		print_schedule(&config->schedules[i]);
	for (size_t i = 0; i < config->webhook_count; i++)
		print_webhook(registry, &config->webhooks[i]);
}

/* No mistake: it may be mounted later. But nothing goes there as it is. */
static void tell_missing(const struct hyp_list *roots)
{
	for (uint64_t i = 0; i < roots->count; i++)
		if (access(roots->items[i], F_OK) != 0 && errno == ENOENT)
			fprintf(stderr,
				"hypersdk: storage.roots: %s does not exist: "
				"make it, or mount it\n",
				roots->items[i]);
}

/* Every problem, those that only plugins can tell included. NULL: nothing can
 * be checked, which is told. */
static struct hyp_registry *check(struct hyp_app *app,
				  const struct hyp_args *args,
				  const struct hyp_values *set,
				  struct hyp_problems *problems)
{
	uint32_t flags =
		hyp_args_has(args, "secrets") ? 0 : HYP_OPTIONS_CHECK_ONLY;
	struct hyp_registry *registry;

	hyp_config_read(hyp_args_get(args, "config"), set, &app->config,
			problems);
	if (app->config == NULL) {
		hyp_app_problems(problems);
		return NULL;
	}
	registry = hyp_app_registry(app);
	if (registry == NULL)
		return NULL;
	hyp_config_check(app->config, registry, flags, problems);
	hyp_schedules_check(app->config, problems);
	return registry;
}

static int tell_json(const struct hyp_config *config,
		     struct hyp_registry *registry,
		     const struct hyp_problems *problems, int right)
{
	struct json_object *o = json_object_new_object();

	hyp_json_bool(o, "valid", right);
	json_object_object_add(o, "problems", hyp_problems_json(problems));
	if (right)
		hyp_config_json(o, config, registry);
	hyp_json_print(o);
	return right ? HYP_EXIT_DONE : HYP_EXIT_USAGE;
}

static int tell(struct hyp_app *app, const struct hyp_args *args,
		struct hyp_registry *registry,
		const struct hyp_problems *problems)
{
	int right = problems->count == 0 && !problems->lost;
	int code = HYP_EXIT_DONE;

	if (hyp_args_has(args, "json"))
		code = tell_json(app->config, registry, problems, right);
	else if (right)
		print_config(app->config, registry);
	else
		code = hyp_app_problems(problems);
	if (right)
		tell_missing(&app->config->settings->storage_roots);
	return code;
}

static int run(struct hyp_app *app, const struct hyp_args *args)
{
	struct hyp_problems problems = HYP_PROBLEMS_INIT;
	struct hyp_values set = HYP_VALUES_INIT;
	struct hyp_registry *registry;
	int code = HYP_EXIT_USAGE;
	struct hyp_error err;

	if (hyp_app_overrides(args, &set, &err) != 0) {
		code = hyp_app_fail(&err);
	} else {
		registry = check(app, args, &set, &problems);
		if (registry != NULL)
			code = tell(app, args, registry, &problems);
	}
	hyp_values_fini(&set);
	hyp_problems_fini(&problems);
	return code;
}

const struct hyp_command hyp_cmd_config_check = {
	.name = "config check",
	.summary = "Shows what the configuration comes to, or all its mistakes",
	.details = "Every mistake is named with its file and line. Secrets are "
		   "shown as references, never as values.",
	.groups = {&group},
	.run = run,
};
