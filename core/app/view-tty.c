/* SPDX-License-Identifier: Apache-2.0 */
/*
 * On a terminal: a bar for each file and one for the whole. The export's
 * threads only leave word here; one thread draws, so that a terminal stopped by
 * Ctrl-S stops no export. The cursor is neither hidden nor saved: there is
 * little to restore, whatever ends the process.
 */
#include "core/app/bars.h"
#include "core/app/signals.h"
#include "core/app/terminal.h"
#include "core/app/view.h"
#include "core/base/buf.h"
#include "core/base/cleanup.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/text.h"

#include <pthread.h>

#define TICK_MS 100
#define NOTES_MAX 65536 /* text that waits to be printed; more is dropped */

struct tty {
	struct hyp_view view;
	const struct hyp_cancel *cancel;
	const struct hyp_view_job *job;
	pthread_t thread;
	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t wake;
	int running;
	struct hyp_bars_state state;
	struct hyp_buf notes; /* lines to print above the bars */
	/* The drawing thread's own: */
	struct hyp_bars bars;
};

static struct tty *of(struct hyp_view *view)
{
	return (struct tty *)(void *)view;
}

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

/* One frame over the last: notes, and below them the bars. */
static void draw(struct tty *t, int last)
{
	HYP_AUTO_BUF struct hyp_buf frame = HYP_BUF_INIT(4 * NOTES_MAX);
	struct hyp_bars_state now;
	unsigned happened = hyp_signals_terminal();

	int ours = hyp_terminal_is_ours(STDERR_FILENO);

	if (!ours && !last)
		return;
	if (!ours || (happened & HYP_SIGNALS_RESUMED) != 0) {
		hyp_bars_forget(&t->bars);
		/* A shell has had the terminal since. */
		hyp_terminal_release();
	}
	if (!last)
		hyp_terminal_hold(STDERR_FILENO);
	t->bars.columns = hyp_terminal_columns(STDERR_FILENO);
	t->bars.rows = hyp_terminal_rows(STDERR_FILENO);
	pthread_mutex_lock(&t->lock);
	hyp_bars_back(&t->bars, &frame);
	hyp_buf_add(&frame, hyp_buf_str(&t->notes), t->notes.len, NULL);
	hyp_buf_reset(&t->notes);
	now = t->state;
	now.cancelling = t->cancel != NULL && hyp_cancel_is_set(t->cancel);
	if (!last)
		hyp_bars_draw(&t->bars, &now, hyp_clock_boot_ms(), &frame);
	pthread_mutex_unlock(&t->lock);
	hyp_buf_adds(&frame, HYP_BARS_CLEAR, NULL);
	write_all(hyp_buf_str(&frame), frame.len);
}

static void *draw_until_end(void *arg)
{
	struct tty *t = arg;
	struct timespec until;

	pthread_mutex_lock(&t->lock);
	while (t->running) {
		pthread_mutex_unlock(&t->lock);
		draw(t, 0);
		pthread_mutex_lock(&t->lock);
		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_nsec += TICK_MS * 1000000L;
		until.tv_sec += until.tv_nsec / 1000000000L;
		until.tv_nsec %= 1000000000L;
		if (t->running)
			pthread_cond_timedwait(&t->wake, &t->lock, &until);
	}
	pthread_mutex_unlock(&t->lock);
	draw(t, 1);
	return NULL;
}

/* A line for above the bars. */
__attribute__((format(printf, 2, 3))) static void note(struct tty *t,
						       const char *fmt, ...)
{
	char text[HYP_ERROR_TEXT_MAX], safe[2 * HYP_ERROR_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	hyp_text_printable(text, safe, sizeof(safe));
	pthread_mutex_lock(&t->lock);
	hyp_buf_addf(&t->notes, NULL, "%s" HYP_BARS_CLEAR_LINE "\n", safe);
	pthread_mutex_unlock(&t->lock);
}

static void on_log(void *ctx, const struct hyp_log_line *line)
{
	static const char *const levels[] = {"", "error", "warning", "info",
					     "debug"};

	note(ctx, "%s: %s: %s", line->level < 5 ? levels[line->level] : "",
	     line->origin, line->text);
}

static void tty_begin(struct hyp_view *view, const struct hyp_view_job *job)
{
	struct tty *t = of(view);

	t->job = job;
	memset(&t->state, 0, sizeof(t->state));
	t->state.index = job->index;
	t->state.job_count = job->count;
	t->state.phase = HYP_PHASE_PREPARING;
	t->state.dry_run = job->job->dry_run != 0;
	hyp_text_printable(hyp_view_name(job->job), t->state.name,
			   sizeof(t->state.name));
	hyp_meter_init(&t->state.meter, hyp_clock_boot_ms());
	t->running = 1;
	hyp_log_set_sink(on_log, t);
	if (pthread_create(&t->thread, NULL, draw_until_end, t) != 0)
		t->running = 0;
}

static void tty_phase(struct hyp_view *view, uint32_t phase)
{
	struct tty *t = of(view);

	pthread_mutex_lock(&t->lock);
	t->state.phase = phase;
	pthread_mutex_unlock(&t->lock);
}

static void tty_finding(struct hyp_view *view,
			const struct hyp_finding *finding)
{
	static const char *const levels[] = {"", "error", "warning", "note"};

	if (of(view)->job->job->dry_run)
		note(of(view), "%s: %s",
		     finding->level <= HYP_FINDING_INFO ? levels[finding->level]
							: "note",
		     finding->text);
}

static void tty_progress(struct hyp_view *view,
			 const struct hyp_export_file_state *files,
			 size_t count)
{
	struct tty *t = of(view);

	pthread_mutex_lock(&t->lock);
	hyp_bars_update(&t->state, files, count, hyp_clock_boot_ms());
	pthread_mutex_unlock(&t->lock);
}

static void tty_warning(struct hyp_view *view, const char *kind,
			const char *text)
{
	note(of(view), "warning: %s: %s", kind, text);
}

static void tty_restart(struct hyp_view *view, const char *file,
			uint32_t restart, const struct hyp_error *why)
{
	note(of(view), "%s begins anew (restart %u): %s", file, restart,
	     why->text);
}

static void tty_end(struct hyp_view *view, const struct hyp_result *result,
		    const struct hyp_error *why)
{
	struct tty *t = of(view);
	int had_thread;

	pthread_mutex_lock(&t->lock);
	had_thread = t->running;
	t->running = 0;
	pthread_cond_signal(&t->wake);
	pthread_mutex_unlock(&t->lock);
	if (had_thread)
		pthread_join(t->thread, NULL);
	hyp_log_set_sink(NULL, NULL);
	draw(t, 1); /* what was logged since the thread ended */
	hyp_terminal_release();
	hyp_summary_print(t->job, result, why);
}

static void tty_free(struct hyp_view *view)
{
	struct tty *t = of(view);

	hyp_buf_fini(&t->notes);
	pthread_cond_destroy(&t->wake);
	pthread_mutex_destroy(&t->lock);
	free(t);
}

static const struct hyp_view_ops tty_ops = {
	tty_begin,   tty_phase,	  tty_finding, tty_progress,
	tty_warning, tty_restart, tty_end,     tty_free,
};

int32_t hyp_view_tty_new(const struct hyp_cancel *cancel, struct hyp_view **out,
			 struct hyp_error *err)
{
	struct tty *t = calloc(1, sizeof(*t));
	pthread_condattr_t attr;

	if (t == NULL)
		return hyp_error_nomem(err);
	t->view.ops = &tty_ops;
	t->cancel = cancel;
	hyp_buf_init(&t->notes, NOTES_MAX);
	hyp_bars_init(&t->bars, hyp_terminal_is_utf8(),
		      hyp_terminal_has_color(STDERR_FILENO));
	pthread_mutex_init(&t->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&t->wake, &attr);
	pthread_condattr_destroy(&attr);
	*out = &t->view;
	return 0;
}
