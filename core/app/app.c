/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/app.h"
#include "core/lib/opening.h"
#include "core/base/text.h"

#include <stdlib.h>

/* One line on stderr, whatever the text holds. */
static void print_line(const char *text)
{
	char safe[2 * HYP_ERROR_TEXT_MAX];

	hyp_text_printable(text, safe, sizeof(safe));
	fflush(stdout);
	fprintf(stderr, "hypersdk: %s\n", safe);
}

/* The kind, which is for machines, at the end. */
static void print_error(const struct hyp_error *err)
{
	char text[HYP_ERROR_TEXT_MAX + HYP_ERROR_KIND_MAX + 4];

	snprintf(text, sizeof(text), "%s (%s)", err->text, err->kind);
	print_line(text);
}

int hyp_app_fail(const struct hyp_error *err)
{
	if (err->code == HYP_E_CANCELLED)
		print_line("cancelled");
	else if (err->text[0] != '\0')
		print_error(err);
	return hyp_exit_code(err);
}

int32_t hyp_app_told(struct hyp_error *err)
{
	return hyp_error_set(err, HYP_E_USAGE, "bad_config", 0, "%s", "");
}

int hyp_app_problems(const struct hyp_problems *problems)
{
	for (size_t i = 0; i < problems->count; i++) {
		const struct hyp_problem *p = &problems->at[i];
		char text[HYP_ERROR_TEXT_MAX];

		if (p->file == NULL || p->file[0] == '\0')
			snprintf(text, sizeof(text), "%s", p->text);
		else if (p->line == 0)
			snprintf(text, sizeof(text), "%s: %s", p->file,
				 p->text);
		else
			snprintf(text, sizeof(text), "%s:%u: %s", p->file,
				 p->line, p->text);
		print_line(text);
	}
	return HYP_EXIT_USAGE;
}

int32_t hyp_app_overrides(const struct hyp_args *args, struct hyp_values *out,
			  struct hyp_error *err)
{
	const char *set;
	size_t at = 0;

	while ((set = hyp_args_next(args, "set", &at)) != NULL)
		if (hyp_override(out, set, err) != 0)
			return err->code;
	return 0;
}

const struct hyp_config *hyp_app_config(struct hyp_app *app)
{
	struct hyp_problems problems = HYP_PROBLEMS_INIT;
	struct hyp_values set = HYP_VALUES_INIT;
	struct hyp_error err;

	if (app->config != NULL)
		return app->config;
	if (hyp_app_overrides(app->args, &set, &err) != 0)
		hyp_app_fail(&err);
	else if (hyp_config_load(hyp_args_get(app->args, "config"), &set,
				 &app->config, &problems) != 0)
		hyp_app_problems(&problems);
	hyp_problems_fini(&problems);
	hyp_values_fini(&set);
	return app->config;
}

struct hyp_registry *hyp_app_registry(struct hyp_app *app)
{
	const struct hyp_config *config = hyp_app_config(app);
	struct hyp_error err;

	if (config == NULL || app->registry != NULL)
		return app->registry;
	if (hyp_opening_plugins(hyp_args_get(app->args, "plugin-dir"), config,
				app->self, &app->registry, &err) != 0)
		hyp_app_fail(&err);
	return app->registry;
}
