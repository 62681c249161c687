/* SPDX-License-Identifier: Apache-2.0 */
/* The signals of a program that is not ours. */
#ifndef HYP_BASE_SIGNALS_H
#define HYP_BASE_SIGNALS_H

#include <sys/select.h> /* sigset_t alone */

/* Blocks in this thread, and those that it makes from now on, all signals that
 * others send. The way back is pthread_sigmask(SIG_SETMASK, before, NULL). */
void hyp_signals_block(sigset_t *before);

#endif
