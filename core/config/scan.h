/* SPDX-License-Identifier: Apache-2.0 */
/* Just enough of libconfig's syntax to know comments, strings and numbers
 * apart, line by line. */
#ifndef HYP_CONFIG_SCAN_H
#define HYP_CONFIG_SCAN_H

#include "core/config/problems.h"

/* Where the scanner is at the end of a line. */
#define HYP_SCAN_CODE 0u
#define HYP_SCAN_STRING 1u
#define HYP_SCAN_COMMENT 2u

/* Reads one line, without its newline, beginning in that state; returns the
 * state after it. Problems: numbers that libconfig would change. */
unsigned hyp_scan_line(const char *line, unsigned state, const char *file,
		       unsigned number, struct hyp_problems *problems);

/* Does the line (in state CODE) begin with @include? Then *path and *len are
 * the part between its quotes, or *path is NULL if there is none. */
int hyp_scan_include(const char *line, const char **path, size_t *len);

#endif
