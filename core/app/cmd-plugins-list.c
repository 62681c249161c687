/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/app.h"
#include "core/app/json.h"
#include "core/app/table.h"
#include "core/app/terminal.h"
#include "core/base/text.h"

#include <unistd.h>

static const struct hyp_cli_option options[] = {
	{"json", 'j', NULL, "one JSON object"},
	{NULL, 0, NULL, NULL},
};
static const struct hyp_cli_group group = {"Options", options};

/* What a scan of all folders gave. */
struct found {
	const struct hyp_loaded *const *plugins;
	size_t plugin_count;
	const struct hyp_refusal *refusals;
	size_t refusal_count;
};

static struct json_object *json_plugins(const struct found *found)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < found->plugin_count; i++) {
		const struct hyp_loaded *l = found->plugins[i];
		struct json_object *o = json_object_new_object();

		hyp_json_string(o, "kind", hyp_kind_name(l->plugin.kind));
		hyp_json_string(o, "name", l->plugin.name);
		hyp_json_string(o, "version", l->plugin.version);
		hyp_json_string(o, "summary", l->plugin.summary);
		hyp_json_string(o, "path", l->path);
		json_object_array_add(list, o);
	}
	return list;
}

static struct json_object *json_refusals(const struct found *found)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < found->refusal_count; i++) {
		const struct hyp_refusal *r = &found->refusals[i];
		struct json_object *o = json_object_new_object();

		hyp_json_string(o, "kind", hyp_kind_name(r->kind));
		hyp_json_string(o, "path", r->path);
		hyp_json_string(o, "reason", r->reason);
		json_object_array_add(list, o);
	}
	return list;
}

static void print_json(const struct found *found)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "plugins", json_plugins(found));
	json_object_object_add(o, "refused", json_refusals(found));
	hyp_json_print(o);
}

static int32_t add_row(struct hyp_table *table, const struct hyp_loaded *l,
		       struct hyp_error *err)
{
	const char *cells[] = {hyp_kind_name(l->plugin.kind), l->plugin.name,
			       l->plugin.version, l->plugin.summary};
	int32_t rc = 0;

	for (size_t i = 0; i < 4 && rc == 0; i++)
		rc = hyp_table_add(table, cells[i], err);
	return rc;
}

static int32_t print_plugins(const struct found *found, struct hyp_error *err)
{
	static const struct hyp_table_column columns[] = {
		{"KIND", 0},
		{"NAME", 0},
		{"VERSION", 0},
		{"SUMMARY", HYP_TABLE_SHRINK},
	};
	struct hyp_table *table;
	int32_t rc = hyp_table_new(columns, 4, &table, err);

	if (rc != 0)
		return rc;
	for (size_t i = 0; i < found->plugin_count && rc == 0; i++)
		rc = add_row(table, found->plugins[i], err);
	if (rc == 0)
		hyp_table_print(table, stdout,
				hyp_terminal_columns(STDOUT_FILENO));
	hyp_table_free(table);
	return rc;
}

static void print_refusals(const struct found *found)
{
	char safe[4096];

	if (found->refusal_count > 0)
		printf("\nRefused:\n");
	for (size_t i = 0; i < found->refusal_count; i++) {
		hyp_text_printable(found->refusals[i].path, safe, sizeof(safe));
		printf("  %s\n    ", safe);
		hyp_text_printable(found->refusals[i].reason, safe,
				   sizeof(safe));
		hyp_print_wrapped(safe, 4);
	}
}

static int run(struct hyp_app *app, const struct hyp_args *args)
{
	struct hyp_registry *registry = hyp_app_registry(app);
	struct hyp_error err;
	struct found f;
	int32_t rc;

	if (registry == NULL)
		return HYP_EXIT_USAGE;
	rc = hyp_registry_scan(registry, &f.plugins, &f.plugin_count,
			       &f.refusals, &f.refusal_count, &err);
	if (rc == 0 && hyp_args_has(args, "json")) {
		print_json(&f);
	} else if (rc == 0) {
		rc = print_plugins(&f, &err);
		print_refusals(&f);
		if (f.plugin_count + f.refusal_count == 0)
			fprintf(stderr,
				"hypersdk: no plugins are there; --plugin-dir, "
				"else HYPERSDK_PLUGIN_DIR, else plugin_dirs of "
				"the configuration says where\n");
	}
	return rc == 0 ? HYP_EXIT_DONE : hyp_app_fail(&err);
}

const struct hyp_command hyp_cmd_plugins_list = {
	.name = "plugins list",
	.summary = "Lists the plugins, and those that were refused",
	.groups = {&group},
	.run = run,
};
