/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signals of the command: SIGINT, SIGTERM and SIGHUP cancel, and a second one
 * ends the process at once (what is then left is undone by the next run).
 * SIGTSTP gives the terminal back before it stops the process.
 * SIGPIPE and SIGXFSZ are ignored: the failing write says it better.
 */
#ifndef HYP_APP_SIGNALS_H
#define HYP_APP_SIGNALS_H

struct hyp_cancel;

void hyp_signals_ignore(void);
/* From now on the signals set cancel, which must live to the end. */
void hyp_signals_watch(struct hyp_cancel *cancel);

/* The terminal changed size, or the process came back to the foreground,
 * since the last call. One caller. */
#define HYP_SIGNALS_RESIZED 1u
#define HYP_SIGNALS_RESUMED 2u
unsigned hyp_signals_terminal(void);

#endif
