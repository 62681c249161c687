/* SPDX-License-Identifier: Apache-2.0 */
/* Asking a list of problems, in tests. */
#ifndef HYP_TEST_PROBLEMS_H
#define HYP_TEST_PROBLEMS_H

#include "core/config/problems.h"
#include "tests/lib/unit.h"

/* Is there one whose "FILE:LINE: text" holds that? */
static inline int has_problem(const struct hyp_problems *problems,
			      const char *part)
{
	char line[4096];

	for (size_t i = 0; i < problems->count; i++) {
		hyp_problem_format(&problems->at[i], line, sizeof(line));
		if (strstr(line, part) != NULL)
			return 1;
	}
	return 0;
}

static inline void show_problems(const struct hyp_problems *problems)
{
	char line[4096];

	for (size_t i = 0; i < problems->count; i++) {
		hyp_problem_format(&problems->at[i], line, sizeof(line));
		fprintf(stderr, "# %s\n", line);
	}
}

#define ck_problem(problems, part)                                             \
	do {                                                                   \
		if (!has_problem(problems, part))                              \
			show_problems(problems);                               \
		ck_assert_msg(has_problem(problems, part),                     \
			      "no problem holds \"%s\"", part);                \
	} while (0)

#endif
