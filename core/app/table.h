/* SPDX-License-Identifier: Apache-2.0 */
/* A table for a person: columns aligned by what a terminal shows, cut to its
 * width. Cells are escaped; they are copied. */
#ifndef HYP_APP_TABLE_H
#define HYP_APP_TABLE_H

#include <hypersdk/error.h>
#include <stdint.h>
#include <stdio.h>

#define HYP_TABLE_RIGHT 1u  /* numbers */
#define HYP_TABLE_SHRINK 2u /* cut this one first when the line is too long */

struct hyp_table_column {
	const char *title;
	uint32_t flags;
};

struct hyp_table;

int32_t hyp_table_new(const struct hyp_table_column *columns, size_t count,
		      struct hyp_table **out, struct hyp_error *err);
/* The next cell, from left to right and line by line. */
int32_t hyp_table_add(struct hyp_table *table, const char *text,
		      struct hyp_error *err);
/* The next count cells. */
int32_t hyp_table_add_line(struct hyp_table *table, const char *const *cells,
			   size_t count, struct hyp_error *err);
/* width 0: as wide as it gets. */
void hyp_table_print(const struct hyp_table *table, FILE *out, unsigned width);
void hyp_table_free(struct hyp_table *table);

/* Print text, of which left columns are taken on this line, wrapped at blanks
 * to lines of 79 that begin at column left; and a newline. */
void hyp_print_wrapped(const char *text, int left);

/* Print at most columns columns of text (which is printable already), with
 * "..." or an ellipsis in place of what is cut; returns columns printed. */
size_t hyp_print_cut(FILE *out, const char *text, size_t columns);

#endif
