/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/bars.h"
#include "core/base/text.h"
#include "core/base/units.h"

#define LINE_MAX 1024
#define BAR_MIN 8 /* a shorter bar says nothing: leave it out */
#define NAME_MIN 12
#define NUMBERS 36 /* columns for what stands right of a bar */

/* A line being composed: its text and what it takes on the screen. */
struct line {
	char text[LINE_MAX];
	size_t used, columns;
};

__attribute__((format(printf, 2, 3))) static void add(struct line *l,
						      const char *fmt, ...)
{
	char *at = l->text + l->used;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(at, sizeof(l->text) - l->used, fmt, ap);
	va_end(ap);
	l->used += strlen(at);
	l->columns += hyp_text_columns(at);
}

/* What takes no place: colours. */
static void add_code(const struct hyp_bars *bars, struct line *l,
		     const char *code)
{
	size_t columns = l->columns;

	if (!bars->color)
		return;
	add(l, "%s", code);
	l->columns = columns;
}

static void pad_to(struct line *l, size_t columns)
{
	while (l->columns < columns && l->used + 1 < sizeof(l->text))
		add(l, " ");
}

/* As much of text as fits into room columns. */
static void add_cut(struct line *l, const char *text, size_t room)
{
	size_t n = strlen(text);
	char part[LINE_MAX];

	snprintf(part, sizeof(part), "%s", text);
	while (hyp_text_columns(part) > room && n > 0) {
		n = n < sizeof(part) ? n - 1 : sizeof(part) - 1;
		while (n > 0 && ((unsigned char)part[n] & 0xc0) == 0x80)
			n--;
		part[n] = '\0';
	}
	add(l, "%s", part);
}

static void add_bar(const struct hyp_bars *bars, struct line *l, uint64_t done,
		    uint64_t total, size_t width)
{
	size_t full = total == 0 ? 0
				 : (size_t)((double)done / (double)total *
					    (double)width);

	if (full > width)
		full = width;
	add_code(bars, l, "\033[32m");
	for (size_t i = 0; i < full; i++)
		add(l, "%s", bars->utf8 ? "\xe2\x94\x81" : "=");
	add_code(bars, l, "\033[0;2m");
	for (size_t i = full; i < width; i++)
		add(l, "%s", bars->utf8 ? "\xe2\x94\x80" : "-");
	add_code(bars, l, "\033[0m");
}

static void emit(struct hyp_bars *bars, struct line *l, struct hyp_buf *out)
{
	if (bars->drawn_count == HYP_BARS_LINES)
		return;
	bars->drawn[bars->drawn_count++] = (unsigned)l->columns;
	hyp_buf_addf(out, NULL, "%s\033[K\n", l->text);
}

void hyp_bars_line(struct hyp_bars *bars, const char *text, int bold,
		   struct hyp_buf *out)
{
	struct line l = {.used = 0};

	if (bold)
		add_code(bars, &l, "\033[1m");
	add_cut(&l, text, bars->columns > 0 ? bars->columns - 1 : 0);
	if (bold)
		add_code(bars, &l, "\033[0m");
	emit(bars, &l, out);
}

/* name, bar, percent, numbers: as wide as the terminal allows. numbers are
 * tried in turn until one fits; the last, or NULL, ends them. */
static void emit_bar(struct hyp_bars *bars, const char *name, uint64_t done,
		     uint64_t total, const char *const *numbers,
		     size_t name_width, struct hyp_buf *out)
{
	struct line l = {.used = 0};
	size_t width = bars->columns - 1, fixed = 2 + name_width + 2 + 8;
	int percent = hyp_percent(done, total);

	add(&l, "  ");
	add_cut(&l, name, name_width);
	pad_to(&l, 2 + name_width + 2);
	if (width > fixed + NUMBERS + BAR_MIN)
		add_bar(bars, &l, done, total, width - fixed - NUMBERS);
	if (percent >= 0)
		add(&l, " %3d %%  ", percent);
	else
		add(&l, "   ? %%  ");
	while (*numbers != NULL &&
	       l.columns + hyp_text_columns(*numbers) > width)
		numbers++;
	if (*numbers != NULL)
		add(&l, "%s", *numbers);
	if (l.columns <= width)
		emit(bars, &l, out);
}

static void emit_head(struct hyp_bars *bars, const struct hyp_bars_state *s,
		      struct hyp_buf *out)
{
	char text[512], count[64] = "";

	if (s->job_count > 1)
		snprintf(count, sizeof(count), " (%zu of %zu)", s->index + 1,
			 s->job_count);
	snprintf(text, sizeof(text), "%s%s: %s", s->name, count,
		 s->cancelling ? "cancelling, Ctrl-C again to leave at once"
		 : s->dry_run  ? "checking"
			       : hyp_phase_name(s->phase));
	hyp_bars_line(bars, s->head[0] != '\0' ? s->head : text, 1, out);
}

static void emit_file(struct hyp_bars *bars, const struct hyp_bars_file *f,
		      size_t name_width, struct hyp_buf *out)
{
	char size[HYP_UNITS_TEXT_MAX], restarts[96];
	const char *const numbers[] = {f->note[0] != '\0' ? f->note
				       : f->restarts > 0  ? restarts
							  : size,
				       f->note[0] != '\0' ? "" : size, NULL};

	hyp_format_bytes(f->bytes, size);
	snprintf(restarts, sizeof(restarts), "%s, restart %u", size,
		 f->restarts);
	emit_bar(bars, f->name, f->finished ? 1 : f->done,
		 f->finished ? 1 : f->total, numbers, name_width, out);
}

static void emit_total(struct hyp_bars *bars, const struct hyp_bars_state *s,
		       uint64_t now, size_t name_width, struct hyp_buf *out)
{
	char size[HYP_UNITS_TEXT_MAX], rate[HYP_UNITS_TEXT_MAX];
	char left[HYP_UNITS_TEXT_MAX + 8] = "? left", some[128], all[192];
	const char *const numbers[] = {all, some, left, NULL};
	uint64_t ms;

	hyp_format_bytes(s->bytes, size);
	hyp_format_rate(hyp_meter_rate(&s->meter, now), rate);
	if (hyp_meter_left(&s->meter, now, &ms)) {
		hyp_format_duration(ms, left);
		strcat(left, " left");
	}
	snprintf(some, sizeof(some), "%s  %s", rate, left);
	snprintf(all, sizeof(all), "%s  %s", size, some);
	emit_bar(bars, "all", s->done, s->total, numbers, name_width, out);
}

void hyp_bars_update(struct hyp_bars_state *state,
		     const struct hyp_export_file_state *files, size_t count,
		     uint64_t now_ms)
{
	hyp_meter_sum(files, count, &state->done, &state->total, &state->bytes);
	hyp_meter_add(&state->meter, now_ms, state->done, state->total,
		      state->bytes);
	state->file_count = count < HYP_BARS_FILES ? count : HYP_BARS_FILES;
	for (size_t i = 0; i < state->file_count; i++) {
		struct hyp_bars_file *f = &state->files[i];

		hyp_text_printable(files[i].name, f->name, sizeof(f->name));
		f->done = files[i].done;
		f->total = files[i].total;
		f->bytes = files[i].bytes;
		f->restarts = files[i].restarts;
		f->finished = files[i].finished;
	}
}

void hyp_bars_init(struct hyp_bars *bars, int utf8, int color)
{
	memset(bars, 0, sizeof(*bars));
	bars->utf8 = utf8;
	bars->color = color;
}

void hyp_bars_forget(struct hyp_bars *bars)
{
	bars->drawn_count = 0;
}

void hyp_bars_back(struct hyp_bars *bars, struct hyp_buf *out)
{
	unsigned up = 0;

	for (size_t i = 0; i < bars->drawn_count; i++)
		up += bars->columns == 0 || bars->drawn[i] == 0
			      ? 1
			      : (bars->drawn[i] - 1) / bars->columns + 1;
	if (up > 0)
		hyp_buf_addf(out, NULL, "\r\033[%uA", up);
	bars->drawn_count = 0;
}

void hyp_bars_draw(struct hyp_bars *bars, const struct hyp_bars_state *state,
		   uint64_t now_ms, struct hyp_buf *out)
{
	size_t room = bars->rows > 4 ? bars->rows - 3 : 1, widest = NAME_MIN;
	size_t count = state->file_count, shown = 0;
	/* Where there is no room for all, the finished ones go first. */
	size_t skip = count > room ? count - room : 0;

	if (bars->columns < 20)
		return;
	emit_head(bars, state, out);
	for (size_t i = 0; i < count; i++) {
		size_t w = hyp_text_columns(state->files[i].name);

		widest = w > widest ? w : widest;
	}
	if (widest > bars->columns / 3)
		widest = bars->columns / 3;
	for (size_t i = 0; i < count && shown < room && !state->only_all; i++) {
		if (skip > 0 && state->files[i].finished) {
			skip--;
			continue;
		}
		emit_file(bars, &state->files[i], widest, out);
		shown++;
	}
	if (count > 0)
		emit_total(bars, state, now_ms, widest, out);
}
