/* SPDX-License-Identifier: Apache-2.0 */
/* A list of what is wrong with a configuration: all of it, each with file and
 * line, so that one run of "config check" shows every mistake. */
#ifndef HYP_CONFIG_PROBLEMS_H
#define HYP_CONFIG_PROBLEMS_H

#include <hypersdk/error.h>
#include <stddef.h>

struct hyp_problem {
	char *file;    /* path, or "command line", "environment"; or NULL */
	unsigned line; /* from 1; 0: the whole file, or no file */
	char *text;    /* printable, one line; NULL: there was no memory */
};

struct hyp_problems {
	struct hyp_problem *at;
	size_t count;	    /* at most 1,000 are kept */
	uint32_t lost;	    /* 1: there were more, and no memory for them */
	uint32_t no_memory; /* 1: that is a problem, or its text is missing */
};

#define HYP_PROBLEMS_INIT                                                      \
	{                                                                      \
		NULL, 0, 0, 0                                                  \
	}

__attribute__((format(printf, 4, 5))) void
hyp_problems_add(struct hyp_problems *problems, const char *file, unsigned line,
		 const char *fmt, ...);
void hyp_problems_fini(struct hyp_problems *problems);
/* "FILE:LINE: text" */
void hyp_problem_format(const struct hyp_problem *problem, char *out,
			size_t max);
/* The first problem as an error, HYP_E_USAGE "bad_config", "FILE:LINE: text
 * (and N more)", or "no_memory"; 0 if there is none. */
int32_t hyp_problems_error(const struct hyp_problems *problems,
			   struct hyp_error *err);

#endif
