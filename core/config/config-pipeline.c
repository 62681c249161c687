/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/buf.h"
#include "core/base/text.h"
#include "core/config/parts.h"
#include "core/config/reader.h"

#include <stdlib.h>

#define INNER_MAX 4 /* storages that wrap one another */

/* What a pipeline says beside its parts. */
struct scalars {
	const char *name;
	uint32_t is_default;
	int64_t parallel_downloads;
	struct hyp_list notifiers;
};

static const struct hyp_option options[] = {
	HYP_OPT_STRING(struct scalars, name, "name", NULL, HYP_OPT_REQUIRED,
		       "what jobs call it"),
	HYP_OPT_BOOL(struct scalars, is_default, "default", "false", 0,
		     "whether a job that names none runs in it"),
	HYP_OPT_INTEGER(struct scalars, parallel_downloads,
			"parallel_downloads", "3", 1, 16, 0,
			"disks that are copied at once"),
	HYP_OPT_LIST(struct scalars, notifiers, "notifiers", 0,
		     "who is told of its jobs"),
};
static const struct hyp_option_table table =
	HYP_OPTION_TABLE(options, struct scalars);

const struct hyp_option_table *hyp_pipeline_table(void)
{
	return &table;
}

static const char *const members[] = {"name",	  "default",
				      "provider", "packager",
				      "storage",  "parallel_downloads",
				      "notifiers"};
#define MEMBER_COUNT (sizeof(members) / sizeof(members[0]))

static void no_memory(const struct hyp_reader *reader,
		      const config_setting_t *setting)
{
	hyp_reader_problem(reader, setting, "out of memory");
}

static int set_place(const struct hyp_reader *reader,
		     const config_setting_t *setting, char **file,
		     unsigned *line)
{
	struct hyp_source_line at = hyp_reader_at(reader, setting);

	*file = strdup(at.file);
	*line = at.line;
	if (*file == NULL)
		no_memory(reader, setting);
	return *file != NULL ? 0 : -1;
}

static int set_plugin(const struct hyp_reader *reader,
		      const config_setting_t *setting, struct hyp_part *out)
{
	const char *name = config_setting_get_string(setting);

	if (name == NULL || name[0] == '\0') {
		hyp_reader_problem(reader, setting,
				   "plugin must be a plugin's name, as in "
				   "plugin = \"synthetic\"");
		return -1;
	}
	out->plugin = strdup(name);
	if (out->plugin == NULL)
		no_memory(reader, setting);
	return out->plugin != NULL ? 0 : -1;
}

static int read_part(const struct hyp_reader *reader,
		     const config_setting_t *setting, const char *kind,
		     unsigned depth, struct hyp_part *out);

static int read_inner(const struct hyp_reader *reader,
		      const config_setting_t *setting, const char *kind,
		      unsigned depth, struct hyp_part *out)
{
	if (strcmp(kind, "storage") != 0) {
		hyp_reader_problem(reader, setting,
				   "a %s has no inner: only a storage can wrap "
				   "another",
				   kind);
		return -1;
	}
	if (depth == INNER_MAX) {
		hyp_reader_problem(reader, setting,
				   "at most %d storages can wrap one another",
				   INNER_MAX);
		return -1;
	}
	out->inner = calloc(1, sizeof(*out->inner));
	if (out->inner == NULL) {
		no_memory(reader, setting);
		return -1;
	}
	return read_part(reader, setting, kind, depth + 1, out->inner);
}

static int read_members(const struct hyp_reader *reader,
			const config_setting_t *group, const char *kind,
			unsigned depth, struct hyp_part *out)
{
	int n = config_setting_length(group), rc = 0;

	for (int i = 0; i < n; i++) {
		config_setting_t *m =
			config_setting_get_elem(group, (unsigned)i);
		const char *name = config_setting_name(m);

		if (strcmp(name, "plugin") == 0)
			rc |= set_plugin(reader, m, out);
		else if (strcmp(name, "inner") == 0)
			rc |= read_inner(reader, m, kind, depth, out);
		else
			hyp_reader_value(reader, m, name, &out->values);
	}
	if (rc == 0 && out->plugin == NULL) {
		hyp_reader_problem(reader, group,
				   "%s: say which plugin, as in plugin = "
				   "\"synthetic\"",
				   kind);
		rc = -1;
	}
	return rc;
}

/* A group with plugin and options, or the plugin's name alone. */
static int read_part(const struct hyp_reader *reader,
		     const config_setting_t *setting, const char *kind,
		     unsigned depth, struct hyp_part *out)
{
	struct hyp_error err;

	if (set_place(reader, setting, &out->file, &out->line) != 0)
		return -1;
	if (hyp_values_set_origin(&out->values, out->file, out->line, &err) !=
	    0) {
		no_memory(reader, setting);
		return -1;
	}
	if (config_setting_type(setting) == CONFIG_TYPE_STRING)
		return set_plugin(reader, setting, out);
	if (config_setting_is_group(setting))
		return read_members(reader, setting, kind, depth, out);
	hyp_reader_problem(reader, setting,
			   "%s must be a group, as in %s = { plugin = "
			   "\"...\"; ... }",
			   kind, kind);
	return -1;
}

static void unknown_member(const struct hyp_reader *reader,
			   const config_setting_t *setting)
{
	const char *name = config_setting_name(setting);
	const char *near = hyp_text_nearest(name, members, MEMBER_COUNT);

	if (near != NULL)
		hyp_reader_problem(reader, setting,
				   "a pipeline has no \"%s\"; did you mean "
				   "\"%s\"?",
				   name, near);
	else
		hyp_reader_problem(reader, setting, "a pipeline has no \"%s\"",
				   name);
}

static int is_member(const char *name)
{
	for (size_t i = 0; i < MEMBER_COUNT; i++)
		if (strcmp(members[i], name) == 0)
			return 1;
	return 0;
}

static int read_member(const struct hyp_reader *reader,
		       const config_setting_t *m, struct hyp_pipeline *out,
		       struct hyp_values *values)
{
	const char *name = config_setting_name(m);

	if (strcmp(name, "provider") == 0)
		return read_part(reader, m, name, 0, &out->provider);
	if (strcmp(name, "packager") == 0)
		return read_part(reader, m, name, 0, &out->packager);
	if (strcmp(name, "storage") == 0)
		return read_part(reader, m, name, 0, &out->storage);
	if (is_member(name)) {
		hyp_reader_value(reader, m, name, values);
		return 0;
	}
	unknown_member(reader, m);
	return 0; /* told; the rest of it can still be judged */
}

/* Which of them there are is known when all files are read. */
static int take_notifiers(const struct hyp_reader *reader,
			  const config_setting_t *group,
			  const struct hyp_list *names,
			  const struct hyp_values *values,
			  struct hyp_pipeline *out)
{
	const struct hyp_value *value = hyp_values_get(values, "notifiers");

	out->notifiers = calloc(names->count + 1, sizeof(*out->notifiers));
	for (uint64_t i = 0; out->notifiers != NULL && i < names->count; i++) {
		out->notifiers[i] = strdup(names->items[i]);
		if (out->notifiers[i] == NULL)
			break;
		out->notifier_count++;
	}
	out->notifiers_line = value != NULL ? value->line : out->line;
	if (out->notifiers != NULL && out->notifier_count == names->count)
		return 0;
	no_memory(reader, group);
	return -1;
}

static int take_scalars(const struct hyp_reader *reader,
			const config_setting_t *group,
			const struct hyp_values *values,
			struct hyp_pipeline *out)
{
	struct hyp_options *filled;
	const struct scalars *s;
	int rc = 0;

	if (hyp_options_fill(&table, values, "pipeline", 0, &filled,
			     reader->problems) != 0)
		return -1;
	s = hyp_options_struct(filled);
	if (!hyp_text_is_file_name(s->name, 64)) {
		hyp_reader_problem(reader, group,
				   "the name \"%s\" is not of 1 to 64 letters, "
				   "digits, '.', '_' and '-'",
				   s->name);
		rc = -1;
	}
	out->name = strdup(s->name);
	out->is_default = s->is_default;
	out->parallel_downloads = (uint32_t)s->parallel_downloads;
	if (out->name == NULL) {
		no_memory(reader, group);
		rc = -1;
	}
	rc |= take_notifiers(reader, group, &s->notifiers, values, out);
	hyp_options_free(filled);
	return rc;
}

int hyp_reader_pipeline(const struct hyp_reader *reader,
			const config_setting_t *group, struct hyp_pipeline *out)
{
	struct hyp_values values = HYP_VALUES_INIT;
	int n = config_setting_length(group), rc;
	struct hyp_error err;

	memset(out, 0, sizeof(*out));
	rc = set_place(reader, group, &out->file, &out->line);
	if (rc == 0 &&
	    hyp_values_set_origin(&values, out->file, out->line, &err) != 0)
		no_memory(reader, group);
	for (int i = 0; i < n; i++)
		rc |= read_member(reader,
				  config_setting_get_elem(group, (unsigned)i),
				  out, &values);
	rc |= take_scalars(reader, group, &values, out);
	if (config_setting_get_member(group, "provider") == NULL) {
		hyp_reader_problem(reader, group,
				   "the pipeline has no provider: where would "
				   "its VMs come from?");
		rc = -1;
	}
	hyp_values_fini(&values);
	if (rc != 0)
		hyp_pipeline_fini(out);
	return rc;
}

void hyp_pipeline_fini(struct hyp_pipeline *pipeline)
{
	hyp_part_fini(&pipeline->provider);
	hyp_part_fini(&pipeline->packager);
	hyp_part_fini(&pipeline->storage);
	for (size_t i = 0; i < pipeline->notifier_count; i++)
		free(pipeline->notifiers[i]);
	free(pipeline->notifiers);
	free(pipeline->name);
	free(pipeline->file);
	memset(pipeline, 0, sizeof(*pipeline));
}

/* Unlike elsewhere the plugin need not be said: there is one store. */
void hyp_reader_database(const struct hyp_reader *reader,
			 const config_setting_t *setting, struct hyp_part *out)
{
	config_setting_t *plugin = NULL;
	struct hyp_error err;

	if (config_setting_is_group(setting))
		plugin = config_setting_get_member(setting, "plugin");
	if (plugin == NULL && config_setting_is_group(setting) &&
	    hyp_strdup("sqlite", &out->plugin, &err) != 0)
		no_memory(reader, setting);
	read_part(reader, setting, "database", 0, out);
}
