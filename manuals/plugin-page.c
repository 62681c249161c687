/* SPDX-License-Identifier: Apache-2.0 */
/* The manual of one plugin: what it says of itself, and its folder's text. */
#include "core/plugin/kinds.h"
#include "manuals/mdoc.h"

#include <stdio.h>

static const struct {
	uint32_t kind;
	const char *where; /* how it is configured */
} kinds[] = {
	{HYP_KIND_PROVIDER, "pipelines = ( {\n"
			    "  name = \"nightly\";\n"
			    "  provider = { plugin = \"@\"; ... };\n"
			    "} );"},
	{HYP_KIND_PACKAGER, "pipelines = ( {\n"
			    "  ...\n"
			    "  packager = { plugin = \"@\"; };\n"
			    "} );"},
	{HYP_KIND_STORAGE, "pipelines = ( {\n"
			   "  ...\n"
			   "  storage = { plugin = \"@\"; ... };\n"
			   "} );"},
	{HYP_KIND_NOTIFIER, "webhooks = ( {\n"
			    "  name = \"ops\";\n"
			    "  url = \"https://ops.example/hook\";\n"
			    "} );"},
	{HYP_KIND_EXPORTER, "metrics = { enabled = true; };"},
	{HYP_KIND_STORE, "database = { plugin = \"@\"; ... };"},
};

static const char *threads(uint32_t model)
{
	static const char *const texts[] = {
		"It is called by one thread at a time.",
		"Each instance of it is called by one thread at a time.",
		"It may be called by any number of threads at once.",
	};

	return texts[model <= HYP_THREADS_PARALLEL ? model : 0];
}

/* An @ in text is the plugin's name. */
static void put_named(const char *text, const char *name)
{
	for (; *text != '\0'; text++)
		if (*text == '@')
			fputs(name, stdout);
		else
			putchar(*text);
	putchar('\n');
}

static void synopsis(const struct hyp_plugin *p)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (kinds[i].kind == p->kind) {
			fputs(".Sh SYNOPSIS\nIn\n.Xr hypersdk.conf 5 :\n",
			      stdout);
			fputs(".Bd -literal\n", stdout);
			put_named(kinds[i].where, p->name);
			fputs(".Ed\n", stdout);
		}
}

static void options(const struct hyp_plugin *p)
{
	fputs(".Sh OPTIONS\n", stdout);
	if (p->option_count == 0)
		fputs("It has none.\n", stdout);
	else
		mdoc_options(p->options, p->option_stride, p->option_count);
}

/* The folder's text: what stands before its first section goes on with the
 * description, then the options, then the rest. */
static int text(const struct hyp_plugin *p, FILE *more)
{
	char line[1024];
	int done = 0;

	while (more != NULL && fgets(line, sizeof(line), more) != NULL) {
		if (!done && strncmp(line, ".Sh ", 4) == 0) {
			options(p);
			done = 1;
		}
		mdoc_line(line);
	}
	if (!done)
		options(p);
	return more != NULL && ferror(more) ? -1 : 0;
}

int mdoc_plugin(const struct hyp_plugin *p, FILE *more)
{
	const struct hyp_kind_info *info = hyp_kind_info(p->kind);
	char title[128];
	int rc;

	if (info == NULL)
		return -1;
	snprintf(title, sizeof(title), "hypersdk-%s-%s", info->name, p->name);
	mdoc_head(title, "7");
	printf(".Sh NAME\n.Nm %s\n.Nd ", title);
	mdoc_text(p->summary);
	synopsis(p);
	printf(".Sh DESCRIPTION\nThe %s plugin\n.Nm %s ,\nversion %s.\n%s\n",
	       info->name, p->name, p->version, threads(p->threads));
	rc = text(p, more);
	fputs(".Sh SEE ALSO\n.Xr hypersdk 1 ,\n.Xr hypersdk-plugin 3 ,\n"
	      ".Xr hypersdk.conf 5 ,\n.Xr hypersdkd 8\n",
	      stdout);
	return rc;
}
