/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/bars.h"
#include "core/app/client-command.h"
#include "core/app/signals.h"
#include "core/app/terminal.h"
#include "core/app/top.h"
#include "core/base/cleanup.h"
#include "core/base/clock.h"
#include "core/base/units.h"
#include "core/plugin/host-table.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#define INTERVAL_MS 2000
#define INTERVAL_MIN_MS 100
#define INTERVAL_MAX_MS 3600000
#define FRAME_MAX (256 * 1024)
#define AWAY "the daemon does not answer; waiting for it"

static const struct hyp_cli_option options[] = {
	{"interval", 'n', "TIME", "between two looks (2s)"},
	{"once", '1', NULL,
	 "looks twice, that far apart, prints what it saw, and ends"},
	{"json", 'j', NULL, "a JSON document for each look, one a line"},
	{NULL, 0, NULL, NULL},
};
static const struct hyp_cli_group group = {"Options", options};

struct live {
	struct hyp_client *client;
	struct hyp_top *top;
	struct json_object *doc; /* of the last look, or NULL */
	struct hyp_bars bars;
	int interval_ms, json, once;
	int keys; /* 1 while they come on standard input */
	int away; /* the daemon does not answer */
};

static int is_away(const struct hyp_error *err)
{
	return err->code == HYP_E_TRANSIENT || err->code == HYP_E_BUSY;
}

/* A daemon that has answered once is waited for. */
static int32_t look(struct live *live, struct hyp_error *err)
{
	struct json_object *doc;

	if (hyp_top_look(live->top, &doc, err) == 0) {
		json_object_put(live->doc);
		live->doc = doc;
		live->away = 0;
		return 0;
	}
	if (live->once || live->doc == NULL || !is_away(err))
		return err->code;
	if (!live->away && live->json)
		fputs("hypersdk: " AWAY "\n", stderr);
	live->away = 1;
	return 0;
}

/* Waits; 1: q was typed. Returns early when the terminal has changed. */
static int wait_ms(struct live *live, int ms)
{
	struct pollfd fds[2] = {
		{hyp_cancel_fd(hyp_client_cancel(live->client)), POLLIN, 0},
		{live->keys ? STDIN_FILENO : -1, POLLIN, 0}};
	char key;

	if (poll(fds, 2, ms) <= 0 || (fds[1].revents & ~POLLOUT) == 0)
		return 0;
	if (read(STDIN_FILENO, &key, 1) == 1)
		return key == 'q' || key == 'Q';
	live->keys = 0;
	return 0;
}

/* The same for all of the time between two looks. shown is called again when
 * the terminal has another size. */
static int rest(struct live *live, void (*shown)(struct live *))
{
	struct hyp_cancel *cancel = hyp_client_cancel(live->client);
	uint64_t until = hyp_clock_boot_ms() + (unsigned)live->interval_ms, now;

	while ((now = hyp_clock_boot_ms()) < until &&
	       !hyp_cancel_is_set(cancel)) {
		if (wait_ms(live, (int)(until - now)))
			return 1;
		if (shown != NULL)
			shown(live);
	}
	return hyp_cancel_is_set(cancel);
}

/* --- without a terminal -------------------------------------------------- */

static void write_json(struct live *live)
{
	if (!live->away)
		hyp_reply_print(live->doc);
}

static int32_t run_json(struct live *live, struct hyp_error *err)
{
	do {
		if (look(live, err) != 0)
			return err->code;
		write_json(live);
	} while (!rest(live, NULL));
	return hyp_error_set(err, HYP_E_CANCELLED, "cancelled", 0, "cancelled");
}

static int32_t run_once(struct live *live, struct hyp_error *err)
{
	if (look(live, err) != 0)
		return err->code;
	if (rest(live, NULL))
		return hyp_error_set(err, HYP_E_CANCELLED, "cancelled", 0,
				     "cancelled");
	if (look(live, err) != 0)
		return err->code;
	if (!live->json)
		return hyp_top_print(live->doc,
				     hyp_terminal_columns(STDOUT_FILENO), 0,
				     stdout, err);
	write_json(live);
	return 0;
}

/* --- on a terminal ------------------------------------------------------- */

static void write_frame(const struct hyp_buf *frame)
{
	size_t at = 0;

	while (at < frame->len) {
		ssize_t n =
			write(STDOUT_FILENO, frame->data + at, frame->len - at);

		if (n < 0 && errno != EINTR)
			return;
		at += n > 0 ? (size_t)n : 0;
	}
}

static void add_lines(struct live *live, char *text, struct hyp_buf *frame)
{
	char *next = text, *line;

	for (size_t n = 0; (line = strsep(&next, "\n")) != NULL; n++)
		if (next != NULL)
			hyp_bars_line(&live->bars, line, n == 0, frame);
}

static void compose(struct live *live, struct hyp_buf *frame)
{
	HYP_AUTO_FREE char *text = NULL;
	unsigned lines = live->bars.rows - 1;
	struct hyp_error err;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (out == NULL)
		return;
	if (live->away)
		fputs(AWAY "\n", out);
	else
		hyp_top_print(live->doc, live->bars.columns - 1, lines, out,
			      &err);
	if (fclose(out) == 0)
		add_lines(live, text, frame);
}

static void hold(struct live *live)
{
	live->keys = isatty(STDIN_FILENO);
	hyp_terminal_hold_keys(live->keys ? STDIN_FILENO : STDOUT_FILENO);
}

static void draw(struct live *live)
{
	HYP_AUTO_BUF struct hyp_buf frame = HYP_BUF_INIT(FRAME_MAX);
	unsigned happened = hyp_signals_terminal();

	if (!hyp_terminal_is_ours(STDOUT_FILENO)) {
		hyp_bars_forget(&live->bars);
		hyp_terminal_release();
		live->keys = 0;
		return;
	}
	if ((happened & HYP_SIGNALS_RESUMED) != 0) {
		hyp_bars_forget(&live->bars);
		hyp_terminal_release();
	}
	hold(live);
	live->bars.columns = hyp_terminal_columns(STDOUT_FILENO);
	live->bars.rows = hyp_terminal_rows(STDOUT_FILENO);
	hyp_bars_back(&live->bars, &frame);
	if (live->bars.columns > 1 && live->bars.rows > 4)
		compose(live, &frame);
	hyp_buf_adds(&frame, HYP_BARS_CLEAR, NULL);
	write_frame(&frame);
}

static int32_t run_live(struct live *live, struct hyp_error *err)
{
	int32_t rc;

	hyp_bars_init(&live->bars, hyp_terminal_is_utf8(),
		      hyp_terminal_has_color(STDOUT_FILENO));
	do {
		rc = look(live, err);
		if (rc == 0)
			draw(live);
	} while (rc == 0 && !rest(live, draw));
	hyp_terminal_release();
	if (rc == 0 && hyp_cancel_is_set(hyp_client_cancel(live->client)))
		return hyp_error_set(err, HYP_E_CANCELLED, "cancelled", 0,
				     "cancelled");
	return rc;
}

static int32_t read_interval(const struct hyp_args *args, struct live *live,
			     struct hyp_error *err)
{
	const char *text = hyp_args_get(args, "interval");
	uint64_t ms = INTERVAL_MS;

	if (text != NULL && hyp_parse_duration(text, &ms, err) != 0)
		return hyp_error_prefix(err, "--interval: ");
	if (ms < INTERVAL_MIN_MS || ms > INTERVAL_MAX_MS)
		return hyp_error_set(err, HYP_E_USAGE, "bad_value", 0,
				     "--interval: from 100ms to 1h");
	live->interval_ms = (int)ms;
	return 0;
}

static int32_t top(struct hyp_client *client, const struct hyp_args *args,
		   int *code, struct hyp_error *err)
{
	int tty = hyp_terminal_is(STDOUT_FILENO);
	struct live live = {.client = client,
			    .json = hyp_args_has(args, "json")};
	int32_t rc = read_interval(args, &live, err);

	live.once = hyp_args_has(args, "once") || (!tty && !live.json);
	if (rc == 0)
		rc = hyp_top_new(client, &live.top, err);
	if (rc == 0)
		rc = live.once	 ? run_once(&live, err)
		     : live.json ? run_json(&live, err)
				 : run_live(&live, err);
	json_object_put(live.doc);
	hyp_top_free(live.top);
	/* It is how one leaves, and nothing that failed. */
	if (rc == HYP_E_CANCELLED) {
		*code = HYP_EXIT_CANCELLED;
		rc = 0;
	}
	return rc;
}

static int run(struct hyp_app *app, const struct hyp_args *args)
{
	return hyp_client_run(app, args, top);
}

const struct hyp_command hyp_cmd_top = {
	.name = "top",
	.summary = "Shows the daemon's jobs and how fast they go",
	.details = "Live on a terminal, to the end by q or Ctrl-C; without one "
		   "as with --once.\nRates are those of the last half minute, "
		   "or of the time since they were first\nseen.",
	.groups = {&group, &hyp_client_options},
	.run = run,
};
