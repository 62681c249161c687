/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/table.h"
#include "core/app/terminal.h"
#include "core/base/buf.h"
#include "core/base/cleanup.h"
#include "core/base/text.h"

#define GAP 2 /* blanks between columns */
#define CELL_MAX 1024
#define MIN_WIDTH 8 /* no column is cut below this */
#define MAX_COLUMNS 16

struct hyp_table {
	const struct hyp_table_column *columns;
	size_t column_count;
	char **cells;
	size_t count, room;
};

int32_t hyp_table_new(const struct hyp_table_column *columns, size_t count,
		      struct hyp_table **out, struct hyp_error *err)
{
	struct hyp_table *table = calloc(1, sizeof(*table));

	if (table == NULL)
		return hyp_error_nomem(err);
	table->columns = columns;
	table->column_count = count < MAX_COLUMNS ? count : MAX_COLUMNS;
	*out = table;
	return 0;
}

int32_t hyp_table_add(struct hyp_table *table, const char *text,
		      struct hyp_error *err)
{
	char safe[CELL_MAX];

	if (table->count == table->room) {
		size_t room = table->room ? 2 * table->room : 64;
		char **cells = reallocarray(table->cells, room, sizeof(*cells));

		if (cells == NULL)
			return hyp_error_nomem(err);
		table->cells = cells;
		table->room = room;
	}
	hyp_text_printable(text, safe, sizeof(safe));
	if (hyp_strdup(safe, &table->cells[table->count], err) != 0)
		return err->code;
	table->count++;
	return 0;
}

int32_t hyp_table_add_line(struct hyp_table *table, const char *const *cells,
			   size_t count, struct hyp_error *err)
{
	for (size_t i = 0; i < count; i++)
		if (hyp_table_add(table, cells[i], err) != 0)
			return err->code;
	return 0;
}

/* Columns of the first character of text, and its bytes. */
static size_t first_char(const char *text, size_t *bytes)
{
	char one[8] = "";
	size_t n = 1;

	while (n < 4 && ((unsigned char)text[n] & 0xc0) == 0x80)
		n++;
	memcpy(one, text, n);
	*bytes = n;
	return hyp_text_columns(one);
}

size_t hyp_print_cut(FILE *out, const char *text, size_t columns)
{
	size_t whole = hyp_text_columns(text), used = 0, bytes;
	const char *dots = hyp_terminal_is_utf8() ? "\xe2\x80\xa6" : ".";

	if (whole <= columns) {
		fputs(text, out);
		return whole;
	}
	if (columns == 0)
		return 0;
	while (*text != '\0') {
		size_t n = first_char(text, &bytes);

		if (used + n > columns - 1)
			break;
		fwrite(text, 1, bytes, out);
		used += n;
		text += bytes;
	}
	fputs(dots, out);
	return used + 1;
}

/* What every column wants, then taken from those that can give. */
static void measure(const struct hyp_table *table, unsigned width,
		    size_t *widths)
{
	size_t total = 0, n = table->column_count;

	for (size_t c = 0; c < n; c++)
		widths[c] = hyp_text_columns(table->columns[c].title);
	for (size_t i = 0; i < table->count; i++) {
		size_t w = hyp_text_columns(table->cells[i]);

		if (w > widths[i % n])
			widths[i % n] = w;
	}
	for (size_t c = 0; c < n; c++)
		total += widths[c] + (c > 0 ? GAP : 0);
	for (uint32_t turn = 0; turn < 2 && width > 0; turn++)
		for (size_t c = n; c-- > 0 && total > width;) {
			uint32_t shrink =
				table->columns[c].flags & HYP_TABLE_SHRINK;
			size_t over = total - width, can;

			if ((turn == 0) != (shrink != 0) ||
			    widths[c] <= MIN_WIDTH)
				continue;
			can = widths[c] - MIN_WIDTH;
			widths[c] -= over < can ? over : can;
			total -= over < can ? over : can;
		}
}

static void print_cell(FILE *out, const char *text, size_t width,
		       uint32_t flags, int last)
{
	size_t columns = hyp_text_columns(text);

	if ((flags & HYP_TABLE_RIGHT) != 0 && columns < width)
		fprintf(out, "%*s", (int)(width - columns), "");
	columns = hyp_print_cut(out, text, width);
	if (last)
		fputc('\n', out);
	else if ((flags & HYP_TABLE_RIGHT) != 0)
		fprintf(out, "%*s", GAP, "");
	else
		fprintf(out, "%*s", (int)(width - columns + GAP), "");
}

void hyp_table_print(const struct hyp_table *table, FILE *out, unsigned width)
{
	size_t widths[MAX_COLUMNS], n = table->column_count;

	measure(table, width, widths);
	for (size_t c = 0; c < n; c++)
		print_cell(out, table->columns[c].title, widths[c],
			   table->columns[c].flags, c + 1 == n);
	for (size_t i = 0; i < table->count; i++)
		print_cell(out, table->cells[i], widths[i % n],
			   table->columns[i % n].flags, i % n + 1 == n);
}

void hyp_table_free(struct hyp_table *table)
{
	if (table == NULL)
		return;
	for (size_t i = 0; i < table->count; i++)
		free(table->cells[i]);
	free(table->cells);
	free(table);
}
