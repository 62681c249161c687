/* SPDX-License-Identifier: Apache-2.0 */
/* What the command's exit code says. The one place where errors become it. */
#ifndef HYP_APP_EXIT_CODE_H
#define HYP_APP_EXIT_CODE_H

#include <hypersdk/error.h>

#define HYP_EXIT_DONE 0
#define HYP_EXIT_FAILED 1
#define HYP_EXIT_USAGE 2     /* usage or configuration */
#define HYP_EXIT_NOT_FOUND 3 /* no such VM */
#define HYP_EXIT_AUTH 4	     /* authentication */
#define HYP_EXIT_OUTPUT 5    /* no space, or the output exists */
#define HYP_EXIT_CANCELLED 130

/* For help and manuals; one whose meaning is NULL ends them. */
struct hyp_exit_meaning {
	int code;
	const char *meaning;
};
extern const struct hyp_exit_meaning hyp_exit_meanings[];

int hyp_exit_code(const struct hyp_error *err);

#endif
