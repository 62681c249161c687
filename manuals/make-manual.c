/* SPDX-License-Identifier: Apache-2.0 */
/* make-manual page TEMPLATE, or make-manual plugin FILE.so [TEXT]: a manual in
 * mdoc(7) on standard output, its tables from where the programs have theirs.
 */
#include "core/config/config.h"
#include "core/plugin/kinds.h"
#include "core/plugin/registry.h"
#include "manuals/mdoc.h"

#include "config.h"

#include <ctype.h>
#include <dlfcn.h>
#include <stdlib.h>

static const struct {
	const char *word, *text;
} words[] = {
	{"version", PACKAGE_VERSION},  {"date", HYP_MANUAL_DATE},
	{"confdir", HYP_CONF_DIR},     {"statedir", HYP_STATE_DIR},
	{"plugindir", HYP_PLUGIN_DIR},
};

/* The text for the word that is between two @ at p, or NULL. */
static const char *replacement(const char *p, size_t *used)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		size_t n = strlen(words[i].word);

		if (p[0] == '@' && strncmp(p + 1, words[i].word, n) == 0 &&
		    p[n + 1] == '@') {
			*used = n + 2;
			return words[i].text;
		}
	}
	return NULL;
}

void mdoc_line(const char *line)
{
	while (*line != '\0') {
		size_t used = 1;
		const char *text = replacement(line, &used);

		if (text != NULL)
			fputs(text, stdout);
		else
			putchar(*line);
		line += used;
	}
}

void mdoc_head(const char *title, const char *section)
{
	printf(".\\\" Made by make-manual: its tables are those of the "
	       "programs.\n.Dd %s\n.Dt ",
	       HYP_MANUAL_DATE);
	for (; *title != '\0'; title++)
		putchar(toupper((unsigned char)*title));
	printf(" %s\n.Os hypersdk %s\n", section, PACKAGE_VERSION);
}

static void settings(void)
{
	const struct hyp_option_table *t = hyp_settings_table();

	mdoc_options(t->options, t->stride, t->count);
}

static void pipeline(void)
{
	const struct hyp_option_table *t = hyp_pipeline_table();

	mdoc_options(t->options, t->stride, t->count);
}

static void common_options(void)
{
	mdoc_command_options(&hyp_global_options);
}

static void operations(void)
{
	const struct hyp_kind_info *info;

	for (size_t i = 0; (info = hyp_kind_at(i)) != NULL; i++) {
		printf(".Ss %s\nOperations of\n.In hypersdk/%s.h :\n",
		       info->name, info->name);
		for (size_t k = 0; k < info->count; k++)
			printf(".Fn %s%s\n", info->operations[k].name,
			       k + 1 < info->count ? " ," : ".");
		fputs(".Pp\nNot every plugin has:\n", stdout);
		for (size_t k = 0; k < info->count; k++)
			if (info->operations[k].optional)
				printf(".Fn %s\n", info->operations[k].name);
	}
}

static const struct {
	const char *name;
	void (*print)(void);
} tables[] = {
	{"COMMANDS", mdoc_commands},	 {"COMMON OPTIONS", common_options},
	{"EXIT CODES", mdoc_exit_codes}, {"SETTINGS", settings},
	{"PIPELINE", pipeline},		 {"OPERATIONS", operations},
};

/* 1 if the line stands for a table, which is then printed; -1: for none. */
static int print_table(const char *line)
{
	if (strncmp(line, ".\\\" TABLE ", 10) != 0)
		return 0;
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		size_t n = strlen(tables[i].name);

		if (strncmp(line + 10, tables[i].name, n) == 0 &&
		    line[10 + n] == '\n') {
			tables[i].print();
			return 1;
		}
	}
	fprintf(stderr, "make-manual: no table %s", line + 10);
	return -1;
}

int mdoc_template(FILE *in)
{
	char line[1024];
	int rc = 0;

	while (rc >= 0 && fgets(line, sizeof(line), in) != NULL) {
		rc = print_table(line);
		if (rc == 0)
			mdoc_line(line);
	}
	return rc < 0 || ferror(in) ? -1 : 0;
}

static int page(const char *path)
{
	FILE *in = fopen(path, "r");
	int rc;

	if (in == NULL) {
		perror(path);
		return -1;
	}
	rc = mdoc_template(in);
	fclose(in);
	return rc;
}

/* The file is one of this build: nothing is checked that a loader would. */
static int plugin(const char *path, const char *text)
{
	const struct hyp_plugin *(*describe)(void);
	void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	FILE *more = NULL;
	int rc;

	*(void **)&describe = object ? dlsym(object, HYP_PLUGIN_SYMBOL) : NULL;
	if (describe == NULL) {
		fprintf(stderr, "make-manual: %s: %s\n", path, dlerror());
		return -1;
	}
	if (text != NULL)
		more = fopen(text, "r");
	rc = mdoc_plugin(describe(), more);
	if (more != NULL)
		fclose(more);
	return rc;
}

int main(int argc, char **argv)
{
	int rc = -1;

	if (argc == 3 && strcmp(argv[1], "page") == 0)
		rc = page(argv[2]);
	else if ((argc == 3 || argc == 4) && strcmp(argv[1], "plugin") == 0)
		rc = plugin(argv[2], argv[3]);
	else
		fprintf(stderr, "usage: make-manual page TEMPLATE | plugin "
				"FILE.so [TEXT]\n");
	return rc == 0 && fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
