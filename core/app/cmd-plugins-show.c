/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/app.h"
#include "core/app/json.h"
#include "core/app/option-text.h"
#include "core/app/table.h"
#include "core/base/text.h"
#include "core/plugin/kinds.h"
#include <hypersdk/packager.h>

static const struct hyp_cli_option options[] = {
	{"json", 'j', NULL, "one JSON object"},
	{NULL, 0, NULL, NULL},
};
static const struct hyp_cli_group group = {"Options", options};

#define LEFT 12 /* where values begin */

static const char *threads_name(uint32_t threads)
{
	static const char *const names[] = {"serial", "instance", "parallel"};

	return threads <= HYP_THREADS_PARALLEL ? names[threads] : "?";
}

static const char *threads_text(uint32_t threads)
{
	static const char *const texts[] = {
		"serial: one call at a time",
		"instance: one call at a time in each instance",
		"parallel: any number of calls at once",
	};

	return threads <= HYP_THREADS_PARALLEL ? texts[threads] : "?";
}

static void print_line(const char *name, const char *text)
{
	char safe[4096];

	hyp_text_printable(text, safe, sizeof(safe));
	printf("%-*s", LEFT, name);
	hyp_print_wrapped(safe, LEFT);
}

/* The names of the operations that are there, or that are not. */
static void list_operations(const struct hyp_loaded *l, int present, char *out,
			    size_t max)
{
	const struct hyp_kind_info *info = hyp_kind_info(l->plugin.kind);
	size_t n = 0;

	out[0] = '\0';
	for (size_t i = 0; i < info->count && n < max; i++)
		if (hyp_ops_has(l->ops, &info->operations[i]) == present)
			n += (size_t)snprintf(out + n, max - n, "%s%s",
					      n > 0 ? ", " : "",
					      info->operations[i].name);
}

static void print_kind(const struct hyp_loaded *l)
{
	const struct hyp_packager_ops *packager = l->ops;

	if (l->plugin.kind == HYP_KIND_PACKAGER)
		print_line("makes", packager->layout == HYP_LAYOUT_FILE
					    ? "one file"
					    : "a directory");
	if ((l->plugin.flags & HYP_PLUGIN_WRAPS) != 0)
		print_line("wraps", "another storage, its \"inner\"");
}

static void print_head(const struct hyp_loaded *l)
{
	char text[1024];

	snprintf(text, sizeof(text), "%s/%s", hyp_kind_name(l->plugin.kind),
		 l->plugin.name);
	print_line("plugin", text);
	print_line("version", l->plugin.version);
	print_line("summary", l->plugin.summary);
	print_line("file", l->path);
	print_line("threads", threads_text(l->plugin.threads));
	print_kind(l);
	list_operations(l, 1, text, sizeof(text));
	print_line("operations", text);
	list_operations(l, 0, text, sizeof(text));
	if (text[0] != '\0')
		print_line("without", text);
}

static void print_option(const struct hyp_option *o)
{
	char text[HYP_OPTION_TEXT_MAX], safe[4096];

	hyp_option_text(o, text);
	printf("  %s (%s)\n      ", o->name, text);
	hyp_text_printable(o->help, safe, sizeof(safe));
	hyp_print_wrapped(safe, 6);
}

static void print_plugin(const struct hyp_loaded *l)
{
	print_head(l);
	if (l->options.count > 0)
		printf("\nOptions:\n");
	for (uint32_t i = 0; i < l->options.count; i++)
		print_option(hyp_option_at(&l->options, i));
}

static struct json_object *json_operations(const struct hyp_loaded *l)
{
	const struct hyp_kind_info *info = hyp_kind_info(l->plugin.kind);
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < info->count; i++) {
		const struct hyp_operation *op = &info->operations[i];
		struct json_object *o = json_object_new_object();

		hyp_json_string(o, "name", op->name);
		hyp_json_bool(o, "optional", op->optional != 0);
		hyp_json_bool(o, "present", hyp_ops_has(l->ops, op));
		json_object_array_add(list, o);
	}
	return list;
}

static void json_bounds(struct json_object *o, const struct hyp_option *option)
{
	if (option->type != HYP_OPT_T_INTEGER ||
	    (option->min == 0 && option->max == 0))
		return;
	json_object_object_add(o, "min", json_object_new_int64(option->min));
	json_object_object_add(o, "max", json_object_new_int64(option->max));
}

static struct json_object *json_option(const struct hyp_option *option)
{
	struct json_object *o = json_object_new_object(), *choices;

	hyp_json_string(o, "name", option->name);
	hyp_json_string(o, "type", hyp_option_type_name(option->type));
	hyp_json_bool(o, "required", (option->flags & HYP_OPT_REQUIRED) != 0);
	hyp_json_string(o, "default", option->def);
	json_bounds(o, option);
	if (option->type == HYP_OPT_T_ENUM) {
		choices = json_object_new_array();
		for (size_t i = 0; option->choices[i] != NULL; i++)
			json_object_array_add(
				choices,
				json_object_new_string(option->choices[i]));
		json_object_object_add(o, "choices", choices);
	}
	hyp_json_string(o, "help", option->help);
	return o;
}

static void json_kind(struct json_object *o, const struct hyp_loaded *l)
{
	const struct hyp_packager_ops *packager = l->ops;

	if (l->plugin.kind == HYP_KIND_PACKAGER) {
		hyp_json_string(o, "layout",
				packager->layout == HYP_LAYOUT_FILE
					? "file"
					: "directory");
		hyp_json_string(o, "suffix", packager->suffix);
	}
	if (l->plugin.kind == HYP_KIND_STORAGE)
		hyp_json_bool(o, "wraps",
			      (l->plugin.flags & HYP_PLUGIN_WRAPS) != 0);
}

static void json_plugin(const struct hyp_loaded *l)
{
	struct json_object *o = json_object_new_object();
	struct json_object *list = json_object_new_array();

	hyp_json_string(o, "kind", hyp_kind_name(l->plugin.kind));
	hyp_json_string(o, "name", l->plugin.name);
	hyp_json_string(o, "version", l->plugin.version);
	hyp_json_string(o, "summary", l->plugin.summary);
	hyp_json_string(o, "path", l->path);
	hyp_json_string(o, "threads", threads_name(l->plugin.threads));
	json_kind(o, l);
	json_object_object_add(o, "operations", json_operations(l));
	for (uint32_t i = 0; i < l->options.count; i++)
		json_object_array_add(
			list, json_option(hyp_option_at(&l->options, i)));
	json_object_object_add(o, "options", list);
	hyp_json_print(o);
}

static int32_t find_full(struct hyp_registry *registry, const char *operand,
			 const char *slash, const struct hyp_loaded **out,
			 struct hyp_error *err)
{
	char kind[32];
	uint32_t k;

	snprintf(kind, sizeof(kind), "%.*s", (int)(slash - operand), operand);
	k = hyp_kind_by_name(kind);
	if (k == 0)
		return hyp_error_set(
			err, HYP_E_USAGE, "usage", 0,
			"%s: the kind of a plugin is provider, "
			"packager, storage, store, notifier or exporter",
			operand);
	return hyp_registry_find(registry, k, slash + 1, out, err);
}

/* A bare name will do where only one kind has a plugin of it. */
static int32_t find_bare(struct hyp_registry *registry, const char *name,
			 const struct hyp_loaded **out, struct hyp_error *err)
{
	const struct hyp_kind_info *info;
	struct hyp_error other;
	unsigned found = 0;

	for (size_t i = 0; (info = hyp_kind_at(i)) != NULL; i++) {
		int32_t rc = hyp_registry_find(registry, info->kind, name, out,
					       &other);

		if (rc == 0) {
			found++;
		} else if (strcmp(other.kind, "plugin_unknown") != 0) {
			*err = other;
			return rc;
		}
	}
	if (found == 1)
		return 0;
	return hyp_error_set(err, HYP_E_USAGE, "usage", 0,
			     "%s: %s; write KIND/NAME, as in provider/vsphere "
			     "(see \"hypersdk plugins list\")",
			     name,
			     found == 0 ? "no plugin is called so"
					: "several plugins are called so");
}

static int run(struct hyp_app *app, const struct hyp_args *args)
{
	const char *operand = args->operands[0];
	const char *slash = strchr(operand, '/');
	struct hyp_registry *registry = hyp_app_registry(app);
	const struct hyp_loaded *loaded;
	struct hyp_error err;
	int32_t rc;

	if (registry == NULL)
		return HYP_EXIT_USAGE;
	rc = slash != NULL ? find_full(registry, operand, slash, &loaded, &err)
			   : find_bare(registry, operand, &loaded, &err);
	if (rc != 0)
		return hyp_app_fail(&err);
	if (hyp_args_has(args, "json"))
		json_plugin(loaded);
	else
		print_plugin(loaded);
	return HYP_EXIT_DONE;
}

const struct hyp_command hyp_cmd_plugins_show = {
	.name = "plugins show",
	.operands = "KIND/NAME",
	.summary = "Shows a plugin's version, operations and options",
	.min = 1,
	.max = 1,
	.groups = {&group},
	.run = run,
};
