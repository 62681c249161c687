/* SPDX-License-Identifier: Apache-2.0 */
/* How watched jobs are shown: a bar each on a terminal, lines without one.
 * All of it on stderr; what came of them is standard output's. One thread. */
#ifndef HYP_APP_WATCH_VIEW_H
#define HYP_APP_WATCH_VIEW_H

#include <hypersdk/error.h>
#include <stddef.h>

struct hyp_watch_row {
	const char *name;
	const char *state; /* "queued", "transferring", "failed", ... */
	int percent;	   /* -1: unknown */
	uint64_t bytes;	   /* received */
	int ended;
	/* The view's own, zero at first. */
	char said_state[32];
	int said_percent;
	uint64_t said_ms;
};

struct hyp_watch_view;

int32_t hyp_watch_view_new(struct hyp_watch_view **out, struct hyp_error *err);
void hyp_watch_view_show(struct hyp_watch_view *view,
			 struct hyp_watch_row *rows, size_t count);
/* A line for a person. */
void hyp_watch_view_note(struct hyp_watch_view *view, const char *text);
/* Takes the bars away: somebody else writes to the terminal now. */
void hyp_watch_view_clear(struct hyp_watch_view *view);
/* How long show may be away, ms. */
int hyp_watch_view_tick(const struct hyp_watch_view *view);
void hyp_watch_view_free(struct hyp_watch_view *view);

#endif
