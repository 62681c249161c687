/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/watch-view.h"
#include "core/app/bars.h"
#include "core/app/signals.h"
#include "core/app/terminal.h"
#include "core/base/clock.h"
#include "core/base/text.h"
#include "core/base/units.h"

#include <stdlib.h>
#include <errno.h>
#include <unistd.h>

#define FRAME_MAX (256 * 1024)
#define TTY_MS 250
#define PLAIN_MS 1000
#define SAY_MS 10000u
#define SAY_PERCENT 10

struct hyp_watch_view {
	int tty, has_state;
	struct hyp_bars bars;
	struct hyp_bars_state state;
};

static void write_all(const char *text, size_t n)
{
	while (n > 0) {
		ssize_t done = write(STDERR_FILENO, text, n);

		if (done < 0 && errno != EINTR)
			return;
		if (done > 0) {
			text += done;
			n -= (size_t)done;
		}
	}
}

static size_t count_ended(const struct hyp_watch_row *rows, size_t count)
{
	size_t ended = 0;

	for (size_t i = 0; i < count; i++)
		ended += rows[i].ended != 0;
	return ended;
}

static void set_head(struct hyp_bars_state *state,
		     const struct hyp_watch_row *rows, size_t count)
{
	char name[200];

	if (count > 1) {
		snprintf(state->head, sizeof(state->head),
			 "%zu of %zu jobs have ended", count_ended(rows, count),
			 count);
		return;
	}
	hyp_text_printable(rows[0].name, name, sizeof(name));
	snprintf(state->head, sizeof(state->head), "%s: %s", name,
		 rows[0].state);
}

/* What was there before the watching began, or was lost since, tells nothing
 * about the pace. */
static void begin_meter(struct hyp_bars_state *state)
{
	uint64_t now = hyp_clock_boot_ms();

	hyp_meter_init(&state->meter, now);
	state->meter.samples[0].done = state->done;
	state->meter.samples[0].bytes = state->bytes;
}

/* The whole, in hundredths of jobs. */
static void set_whole(struct hyp_watch_view *view,
		      const struct hyp_watch_row *rows, size_t count)
{
	struct hyp_bars_state *state = &view->state;
	uint64_t before = state->bytes;

	state->done = state->bytes = 0;
	state->total = 100 * count;
	for (size_t i = 0; i < count; i++) {
		if (rows[i].ended)
			state->done += 100;
		else if (rows[i].percent > 0)
			state->done += (unsigned)rows[i].percent;
		state->bytes += rows[i].bytes;
	}
	if (!view->has_state || state->bytes < before)
		begin_meter(state);
	view->has_state = 1;
	hyp_meter_add(&state->meter, hyp_clock_boot_ms(), state->done,
		      state->total, state->bytes);
}

/* Those that still run, before those that have ended. */
static void set_rows(struct hyp_bars_state *state,
		     const struct hyp_watch_row *rows, size_t count)
{
	state->file_count = 0;
	state->only_all = count == 1;
	for (size_t turn = 0; turn < 2; turn++)
		for (size_t i = 0; i < count; i++) {
			struct hyp_bars_file *f;

			if ((rows[i].ended != 0) != (turn == 1) ||
			    state->file_count == HYP_BARS_FILES)
				continue;
			f = &state->files[state->file_count++];
			memset(f, 0, sizeof(*f));
			hyp_text_printable(rows[i].name, f->name,
					   sizeof(f->name));
			snprintf(f->note, sizeof(f->note), "%s",
				 strcmp(rows[i].state, "transferring") == 0
					 ? ""
					 : rows[i].state);
			f->bytes = rows[i].bytes;
			f->finished = strcmp(rows[i].state, "completed") == 0;
			f->done = rows[i].percent > 0
					  ? (unsigned)rows[i].percent
					  : 0;
			f->total = rows[i].percent >= 0 ? 100 : 0;
		}
}

static void draw(struct hyp_watch_view *view, struct hyp_watch_row *rows,
		 size_t count)
{
	HYP_AUTO_BUF struct hyp_buf frame = HYP_BUF_INIT(FRAME_MAX);
	unsigned happened = hyp_signals_terminal();

	set_head(&view->state, rows, count);
	set_whole(view, rows, count);
	set_rows(&view->state, rows, count);
	if (!hyp_terminal_is_ours(STDERR_FILENO)) {
		hyp_bars_forget(&view->bars);
		hyp_terminal_release();
		return;
	}
	if ((happened & HYP_SIGNALS_RESUMED) != 0) {
		hyp_bars_forget(&view->bars);
		hyp_terminal_release();
	}
	hyp_terminal_hold(STDERR_FILENO);
	view->bars.columns = hyp_terminal_columns(STDERR_FILENO);
	view->bars.rows = hyp_terminal_rows(STDERR_FILENO);
	hyp_bars_back(&view->bars, &frame);
	hyp_bars_draw(&view->bars, &view->state, hyp_clock_boot_ms(), &frame);
	hyp_buf_adds(&frame, HYP_BARS_CLEAR, NULL);
	write_all(hyp_buf_str(&frame), frame.len);
}

/* A line at every new state, every ten seconds and every ten percent. */
static void say(struct hyp_watch_row *row, uint64_t now)
{
	char name[256], size[HYP_UNITS_TEXT_MAX];
	int changed = strcmp(row->said_state, row->state) != 0;
	int moved = row->percent >= row->said_percent + SAY_PERCENT;

	hyp_text_printable(row->name, name, sizeof(name));
	if (changed && !row->ended)
		fprintf(stderr, "%s: %s\n", name, row->state);
	if (!changed && !row->ended && row->percent >= 0 &&
	    strcmp(row->state, "transferring") == 0 &&
	    (moved || now - row->said_ms >= SAY_MS)) {
		hyp_format_bytes(row->bytes, size);
		fprintf(stderr, "%s: %d %%, %s\n", name, row->percent, size);
	} else if (!changed) {
		return;
	}
	snprintf(row->said_state, sizeof(row->said_state), "%s", row->state);
	row->said_percent = row->percent < 0
				    ? 0
				    : row->percent - row->percent % SAY_PERCENT;
	row->said_ms = now;
}

void hyp_watch_view_show(struct hyp_watch_view *view,
			 struct hyp_watch_row *rows, size_t count)
{
	if (view->tty)
		draw(view, rows, count);
	else
		for (size_t i = 0; i < count; i++)
			say(&rows[i], hyp_clock_boot_ms());
}

void hyp_watch_view_clear(struct hyp_watch_view *view)
{
	HYP_AUTO_BUF struct hyp_buf frame = HYP_BUF_INIT(1024);

	if (!view->tty || !hyp_terminal_is_ours(STDERR_FILENO))
		return;
	view->bars.columns = hyp_terminal_columns(STDERR_FILENO);
	hyp_bars_back(&view->bars, &frame);
	hyp_buf_adds(&frame, HYP_BARS_CLEAR, NULL);
	write_all(hyp_buf_str(&frame), frame.len);
	hyp_terminal_release();
}

void hyp_watch_view_note(struct hyp_watch_view *view, const char *text)
{
	hyp_watch_view_clear(view);
	fprintf(stderr, "hypersdk: %s\n", text);
}

int hyp_watch_view_tick(const struct hyp_watch_view *view)
{
	return view->tty ? TTY_MS : PLAIN_MS;
}

int32_t hyp_watch_view_new(struct hyp_watch_view **out, struct hyp_error *err)
{
	struct hyp_watch_view *view = calloc(1, sizeof(*view));

	if (view == NULL)
		return hyp_error_nomem(err);
	view->tty = hyp_terminal_is(STDERR_FILENO);
	hyp_bars_init(&view->bars, hyp_terminal_is_utf8(),
		      hyp_terminal_has_color(STDERR_FILENO));
	*out = view;
	return 0;
}

void hyp_watch_view_free(struct hyp_watch_view *view)
{
	if (view == NULL)
		return;
	hyp_watch_view_clear(view);
	free(view);
}
