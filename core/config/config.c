/* SPDX-License-Identifier: Apache-2.0 */
#include "core/config/config.h"
#include "core/base/buf.h"
#include "core/base/cleanup.h"
#include "core/base/text.h"
#include "core/config/parts.h"
#include "core/config/reader.h"
#include "core/config/settings.h"

#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>

#define GROUP_MAX 32 /* settings of one group */

/* What may stand at the top of a file. */
static const char *const members[] = {"state_dir", "allow_network_state",
				      "log_level", "plugin_dirs",
				      "storage",   "api",
				      "metrics",   "jobs",
				      "database",  "pipelines",
				      "schedules", "webhooks"};

/* One run of hyp_config_load. */
struct load {
	struct hyp_config *config;
	struct hyp_values values; /* of the settings */
	struct hyp_problems *problems;
};

static void add_pipeline(struct load *load, const struct hyp_reader *reader,
			 const config_setting_t *group)
{
	struct hyp_config *c = load->config;
	struct hyp_pipeline *more;

	more = realloc(c->pipelines, (c->pipeline_count + 1) * sizeof(*more));
	if (more == NULL) {
		hyp_reader_problem(reader, group, "out of memory");
		return;
	}
	c->pipelines = more;
	if (hyp_reader_pipeline(reader, group, &more[c->pipeline_count]) == 0)
		c->pipeline_count++;
}

static void add_schedule(struct load *load, const struct hyp_reader *reader,
			 const config_setting_t *group)
{
	struct hyp_config *c = load->config;
	struct hyp_config_schedule *more;

	more = realloc(c->schedules, (c->schedule_count + 1) * sizeof(*more));
	if (more == NULL) {
		hyp_reader_problem(reader, group, "out of memory");
		return;
	}
	c->schedules = more;
	if (hyp_reader_schedule(reader, group, &more[c->schedule_count]) == 0)
		c->schedule_count++;
}

typedef void add_group(struct load *load, const struct hyp_reader *reader,
		       const config_setting_t *group);

/* what: one of them. */
static void read_list(struct load *load, const struct hyp_reader *reader,
		      const config_setting_t *list, const char *what,
		      const char *member, add_group *add)
{
	int n = config_setting_length(list);

	if (!config_setting_is_list(list)) {
		hyp_reader_problem(reader, list,
				   "%ss must be a list of groups: %ss = ( { %s "
				   "= \"...\"; ... } )",
				   what, what, member);
		return;
	}
	for (int i = 0; i < n; i++) {
		config_setting_t *e =
			config_setting_get_elem(list, (unsigned)i);

		if (config_setting_is_group(e))
			add(load, reader, e);
		else
			hyp_reader_problem(reader, e,
					   "a %s must be a group: { %s = "
					   "\"...\"; ... }",
					   what, member);
	}
}

static void add_webhook(struct load *load, const struct hyp_reader *reader,
			const config_setting_t *group)
{
	struct hyp_config *c = load->config;
	struct hyp_webhook *more;

	more = realloc(c->webhooks, (c->webhook_count + 1) * sizeof(*more));
	if (more == NULL) {
		hyp_reader_problem(reader, group, "out of memory");
		return;
	}
	c->webhooks = more;
	if (hyp_reader_webhook(reader, group, &more[c->webhook_count]) == 0)
		c->webhook_count++;
}

static void unknown(const struct hyp_reader *reader,
		    const config_setting_t *setting, const char *name,
		    const char *const *known, size_t count)
{
	const char *near = hyp_text_nearest(name, known, count);

	if (near != NULL)
		hyp_reader_problem(reader, setting,
				   "there is no setting \"%s\"; did you mean "
				   "\"%s\"?",
				   name, near);
	else
		hyp_reader_problem(reader, setting,
				   "there is no setting \"%s\"", name);
}

static int is_setting(const char *name)
{
	for (uint32_t i = 0; i < hyp_settings_table()->count; i++)
		if (strcmp(hyp_option_at(hyp_settings_table(), i)->name,
			   name) == 0)
			return 1;
	return 0;
}

/* The names that settings of this group have, without it. */
static size_t group_members(const char *group, const char **out, size_t max)
{
	size_t n = strlen(group), count = 0;

	for (uint32_t i = 0; i < hyp_settings_table()->count && count < max;
	     i++) {
		const char *name = hyp_option_at(hyp_settings_table(), i)->name;

		if (strncmp(name, group, n) == 0 && name[n] == '.')
			out[count++] = name + n + 1;
	}
	return count;
}

static void read_group(struct load *load, const struct hyp_reader *reader,
		       const config_setting_t *group)
{
	const char *title = config_setting_name(group);
	int n = config_setting_length(group);
	const char *known[GROUP_MAX];
	size_t count = group_members(title, known, GROUP_MAX);
	char name[128];

	if (!config_setting_is_group(group)) {
		hyp_reader_problem(reader, group,
				   "%s must be a group: %s = { %s = ...; }",
				   title, title, known[0]);
		return;
	}
	for (int i = 0; i < n; i++) {
		config_setting_t *m =
			config_setting_get_elem(group, (unsigned)i);

		snprintf(name, sizeof(name), "%s.%s", title,
			 config_setting_name(m));
		if (is_setting(name))
			hyp_reader_value(reader, m, name, &load->values);
		else
			unknown(reader, m, config_setting_name(m), known,
				count);
	}
}

/* The last one holds, whole. */
static void read_database(struct load *load, const struct hyp_reader *reader,
			  const config_setting_t *group)
{
	struct hyp_part *part = &load->config->database;

	hyp_part_fini(part);
	hyp_reader_database(reader, group, part);
}

static void read_member(struct load *load, const struct hyp_reader *reader,
			const config_setting_t *m)
{
	const char *name = config_setting_name(m), *first[1];

	if (strcmp(name, "pipelines") == 0)
		read_list(load, reader, m, "pipeline", "name", add_pipeline);
	else if (strcmp(name, "schedules") == 0)
		read_list(load, reader, m, "schedule", "id", add_schedule);
	else if (strcmp(name, "webhooks") == 0)
		read_list(load, reader, m, "webhook", "url", add_webhook);
	else if (strcmp(name, "database") == 0)
		read_database(load, reader, m);
	else if (group_members(name, first, 1) > 0)
		read_group(load, reader, m);
	else if (is_setting(name))
		hyp_reader_value(reader, m, name, &load->values);
	else
		unknown(reader, m, name, members, HYP_COUNT(members));
}

static void load_file(struct load *load, const char *path)
{
	struct hyp_reader reader;
	const config_setting_t *root;
	int n;

	if (hyp_reader_open(&reader, path, load->problems) != 0)
		return;
	root = config_root_setting(&reader.config);
	n = config_setting_length(root);
	for (int i = 0; i < n; i++)
		read_member(load, &reader,
			    config_setting_get_elem(root, (unsigned)i));
	hyp_reader_close(&reader);
}

static int is_conf(const struct dirent *d)
{
	size_t n = strlen(d->d_name);

	return d->d_name[0] != '.' && n > 5 &&
	       strcmp(d->d_name + n - 5, ".conf") == 0;
}

/* By bytes, whatever the locale. */
static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static void load_conf_d(struct load *load, const char *main_file)
{
	const char *slash = strrchr(main_file, '/');
	struct dirent **names = NULL;
	char dir[4096], path[4096 + 256];
	int n;

	snprintf(dir, sizeof(dir), "%.*sconf.d",
		 slash != NULL ? (int)(slash + 1 - main_file) : 0, main_file);
	n = scandir(dir, &names, is_conf, by_name);
	if (n < 0 && errno != ENOENT)
		hyp_problems_add(load->problems, dir, 0, "cannot be read: %s",
				 strerror(errno));
	for (int i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]->d_name);
		load_file(load, path);
		free(names[i]);
	}
	free(names);
}

static void load_files(struct load *load, const char *path)
{
	const char *main_file =
		path != NULL ? path : HYP_CONF_DIR "/hypersdk.conf";

	/* Not installed at all is fine; a broken link is not. */
	if (path != NULL || access(main_file, F_OK) == 0 || errno != ENOENT)
		load_file(load, main_file);
	load_conf_d(load, main_file);
}

/* Where the settings are wrong the defaults stand in for all of them: those
 * are always right, so that settings are never missing. */
static int fill_settings(struct load *load, const struct hyp_values *overrides)
{
	static const struct hyp_values none;
	struct hyp_config *c = load->config;
	struct hyp_error err;

	if (overrides != NULL &&
	    hyp_values_overlay(&load->values, overrides, &err) != 0)
		hyp_problems_add(load->problems, NULL, 0, "%s", err.text);
	if (hyp_options_fill(hyp_settings_table(), &load->values,
			     "the configuration", 0, &c->settings_store,
			     load->problems) == 0) {
		c->settings = hyp_options_struct(c->settings_store);
		hyp_settings_check(c->settings, &load->values, load->problems);
		return 0;
	}
	if (hyp_options_fill(hyp_settings_table(), &none, "the configuration",
			     0, &c->settings_store, load->problems) != 0)
		return -1;
	c->settings = hyp_options_struct(c->settings_store);
	return 0;
}

static int set_roots(struct load *load)
{
	struct hyp_config *c = load->config;
	struct hyp_error err;

	c->roots = c->settings->storage_roots;
	if (c->roots.count > 0)
		return 0;
	if (hyp_asprintf(&c->default_root, &err, "%s/exports",
			 c->settings->state_dir) != 0) {
		hyp_problems_add(load->problems, NULL, 0, "%s", err.text);
		return -1;
	}
	c->roots.items = (const char *const *)&c->default_root;
	c->roots.count = 1;
	return 0;
}

const struct hyp_list *hyp_config_roots(const struct hyp_config *config)
{
	return &config->roots;
}

static void check_pipelines(struct load *load)
{
	const struct hyp_config *c = load->config;

	for (size_t i = 0; i < c->pipeline_count; i++)
		for (size_t k = 0; k < i; k++) {
			const struct hyp_pipeline *a = &c->pipelines[k];
			const struct hyp_pipeline *b = &c->pipelines[i];

			if (strcmp(a->name, b->name) == 0)
				hyp_problems_add(load->problems, b->file,
						 b->line,
						 "there is a pipeline \"%s\" "
						 "already, at %s:%u",
						 b->name, a->file, a->line);
			if (a->is_default && b->is_default)
				hyp_problems_add(load->problems, b->file,
						 b->line,
						 "\"%s\" is the default "
						 "already, at %s:%u",
						 a->name, a->file, a->line);
		}
}

static const struct hyp_webhook *find_webhook(const struct hyp_config *c,
					      const char *name, size_t before)
{
	for (size_t i = 0; i < before; i++)
		if (strcmp(c->webhooks[i].name, name) == 0)
			return &c->webhooks[i];
	return NULL;
}

static void check_webhooks(struct load *load)
{
	const struct hyp_config *c = load->config;

	for (size_t i = 0; i < c->webhook_count; i++) {
		const struct hyp_webhook *w = &c->webhooks[i], *other;

		other = find_webhook(c, w->name, i);
		if (other != NULL)
			hyp_problems_add(load->problems, w->file, w->line,
					 "there is a webhook \"%s\" already, "
					 "at %s:%u: give each a name",
					 w->name, other->file, other->line);
		if (i == HYP_WEBHOOKS_MAX)
			hyp_problems_add(load->problems, w->file, w->line,
					 "there are more than %d webhooks",
					 HYP_WEBHOOKS_MAX);
	}
}

static void check_notifiers(struct load *load)
{
	const struct hyp_config *c = load->config;

	for (size_t i = 0; i < c->pipeline_count; i++) {
		const struct hyp_pipeline *p = &c->pipelines[i];

		for (size_t k = 0; k < p->notifier_count; k++)
			if (find_webhook(c, p->notifiers[k],
					 c->webhook_count) == NULL)
				hyp_problems_add(load->problems, p->file,
						 p->notifiers_line,
						 "there is no notifier \"%s\": "
						 "declare it in webhooks",
						 p->notifiers[k]);
	}
}

int32_t hyp_config_read(const char *path, const struct hyp_values *overrides,
			struct hyp_config **out, struct hyp_problems *problems)
{
	size_t before = problems->count;
	struct load load = {.config = calloc(1, sizeof(struct hyp_config)),
			    .problems = problems};

	*out = NULL;
	if (load.config == NULL) {
		hyp_problems_add(problems, path, 0, "out of memory");
		return HYP_E_USAGE;
	}
	load_files(&load, path);
	if (fill_settings(&load, overrides) == 0 && set_roots(&load) == 0) {
		check_pipelines(&load);
		check_webhooks(&load);
		check_notifiers(&load);
		load.config->given = load.values;
		*out = load.config;
	} else {
		hyp_values_fini(&load.values);
		hyp_config_free(load.config);
	}
	return problems->count > before || problems->lost ? HYP_E_USAGE : 0;
}

int32_t hyp_config_load(const char *path, const struct hyp_values *overrides,
			struct hyp_config **out, struct hyp_problems *problems)
{
	struct hyp_config *config;
	int32_t rc = hyp_config_read(path, overrides, &config, problems);

	if (rc == 0)
		*out = config;
	else
		hyp_config_free(config);
	return rc;
}

void hyp_config_free(struct hyp_config *config)
{
	if (config == NULL)
		return;
	for (size_t i = 0; i < config->pipeline_count; i++)
		hyp_pipeline_fini(&config->pipelines[i]);
	free(config->pipelines);
	for (size_t i = 0; i < config->schedule_count; i++)
		hyp_config_schedule_fini(&config->schedules[i]);
	free(config->schedules);
	for (size_t i = 0; i < config->webhook_count; i++)
		hyp_webhook_fini(&config->webhooks[i]);
	free(config->webhooks);
	hyp_part_fini(&config->database);
	free(config->default_root);
	hyp_values_fini(&config->given);
	hyp_options_free(config->settings_store);
	free(config);
}
