/* SPDX-License-Identifier: Apache-2.0 */
#include "core/config/problems.h"
#include "core/base/buf.h"
#include "core/base/text.h"

#include <stdarg.h>
#include <stdlib.h>

#define PROBLEMS_MAX 1000

/* Out of memory, a problem must not vanish: it is kept without its text. */
static const char no_text[] = "a problem, and no memory to describe it";

static char *printable(const char *text)
{
	size_t max = strlen(text) * 6 + 1;
	char *out = malloc(max);

	if (out != NULL)
		hyp_text_printable(text, out, max);
	return out;
}

void hyp_problems_add(struct hyp_problems *problems, const char *file,
		      unsigned line, const char *fmt, ...)
{
	struct hyp_problem *more;
	char text[HYP_ERROR_TEXT_MAX];
	va_list ap;

	if (problems->count >= PROBLEMS_MAX)
		return;
	more = realloc(problems->at, (problems->count + 1) * sizeof(*more));
	if (more == NULL) {
		problems->lost = problems->no_memory = 1;
		return;
	}
	problems->at = more;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	more += problems->count++;
	more->file = file != NULL ? strdup(file) : NULL;
	more->line = line;
	more->text = printable(text);
	problems->no_memory |= more->text == NULL;
}

void hyp_problems_fini(struct hyp_problems *problems)
{
	for (size_t i = 0; i < problems->count; i++) {
		free(problems->at[i].file);
		free(problems->at[i].text);
	}
	free(problems->at);
	*problems = (struct hyp_problems)HYP_PROBLEMS_INIT;
}

void hyp_problem_format(const struct hyp_problem *problem, char *out,
			size_t max)
{
	const char *text = problem->text != NULL ? problem->text : no_text;

	if (problem->file == NULL)
		snprintf(out, max, "%s", text);
	else if (problem->line == 0)
		snprintf(out, max, "%s: %s", problem->file, text);
	else
		snprintf(out, max, "%s:%u: %s", problem->file, problem->line,
			 text);
}

int32_t hyp_problems_error(const struct hyp_problems *problems,
			   struct hyp_error *err)
{
	char text[HYP_ERROR_TEXT_MAX];

	if (problems->no_memory)
		return hyp_error_nomem(err);
	if (problems->count == 0)
		return 0;
	hyp_problem_format(&problems->at[0], text, sizeof(text));
	if (problems->count == 1)
		return hyp_error_set(err, HYP_E_USAGE, "bad_config", 0, "%s",
				     text);
	return hyp_error_set(err, HYP_E_USAGE, "bad_config", 0,
			     "%.900s (and %zu more)", text,
			     problems->count - 1);
}
