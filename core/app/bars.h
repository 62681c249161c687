/* SPDX-License-Identifier: Apache-2.0 */
/* The picture of an export for a terminal: text and cursor movements, into a
 * buffer. Knows neither threads nor descriptors. */
#ifndef HYP_APP_BARS_H
#define HYP_APP_BARS_H

#include "core/app/meter.h"
#include "core/base/buf.h"

#define HYP_BARS_FILES 64  /* shown; further ones count in the whole only */
#define HYP_BARS_LINES 256 /* drawn, at most */

struct hyp_bars_file {
	char name[128];
	uint64_t done, total, bytes;
	uint32_t restarts, finished;
	char note[32]; /* shown in place of the size, unless empty */
};

struct hyp_bars_state {
	char name[256];		 /* of the VM, printable */
	char head[256];		 /* the line on top, if not the name's */
	int only_all;		 /* no bar for each file */
	size_t index, job_count; /* this VM of how many */
	uint32_t phase;
	int dry_run, cancelling;
	struct hyp_bars_file files[HYP_BARS_FILES];
	size_t file_count;
	uint64_t done, total, bytes; /* of all */
	struct hyp_meter meter;
};

void hyp_bars_update(struct hyp_bars_state *state,
		     const struct hyp_export_file_state *files, size_t count,
		     uint64_t now_ms);

struct hyp_bars {
	unsigned columns, rows; /* of the terminal, set before each call */
	int utf8, color;
	unsigned drawn[HYP_BARS_LINES]; /* columns of each line on screen */
	size_t drawn_count;
};

void hyp_bars_init(struct hyp_bars *bars, int utf8, int color);
/* The screen is somebody else's now: draw below it. */
void hyp_bars_forget(struct hyp_bars *bars);
/* Back to the first line that was drawn, however the terminal has wrapped it
 * since. What follows overwrites, and clears with HYP_BARS_CLEAR. */
void hyp_bars_back(struct hyp_bars *bars, struct hyp_buf *out);
#define HYP_BARS_CLEAR_LINE "\033[K" /* from the cursor to the line's end */
#define HYP_BARS_CLEAR "\033[J"	     /* and all lines below */
/* A line of text, cut to the terminal; bold: 1. */
void hyp_bars_line(struct hyp_bars *bars, const char *text, int bold,
		   struct hyp_buf *out);
/* Every line is shorter than the terminal is wide, and there are fewer lines
 * than it has rows; the cursor ends up below them. */
void hyp_bars_draw(struct hyp_bars *bars, const struct hyp_bars_state *state,
		   uint64_t now_ms, struct hyp_buf *out);

#endif
