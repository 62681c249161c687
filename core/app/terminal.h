/* SPDX-License-Identifier: Apache-2.0 */
/* What the terminal can do. */
#ifndef HYP_APP_TERMINAL_H
#define HYP_APP_TERMINAL_H

/* 1 if fd is a terminal that can move its cursor. */
int hyp_terminal_is(int fd);
/* 1 while this process may draw on it, 0 in the background. */
int hyp_terminal_is_ours(int fd);
/* While bars are on the terminal: Ctrl-C neither throws away what was written
 * and not shown yet, which would move the cursor's lines, nor shows "^C" among
 * them. Nothing happens in the background. Release undoes it, and is safe in a
 * signal handler; neither does harm when called twice. */
void hyp_terminal_hold(int fd);
/* The same, and keys come one by one and unseen. */
void hyp_terminal_hold_keys(int fd);
void hyp_terminal_release(void);
/* Columns and rows; 0 where fd is no terminal. */
unsigned hyp_terminal_columns(int fd);
unsigned hyp_terminal_rows(int fd);
/* 1 if the locale's characters are UTF-8. */
int hyp_terminal_is_utf8(void);
/* 1 unless NO_COLOR is set, or fd is no terminal. */
int hyp_terminal_has_color(int fd);

#endif
