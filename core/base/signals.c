/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/signals.h"
#include "core/base/cleanup.h"

#include <signal.h>

/* A signal is for the threads of who handles it, a program's own; but what a
 * thread itself has done wrong comes to it. */
void hyp_signals_block(sigset_t *before)
{
	static const int own[] = {SIGSEGV, SIGBUS,  SIGFPE, SIGILL,
				  SIGTRAP, SIGABRT, SIGSYS, SIGPROF};
	sigset_t all;

	sigfillset(&all);
	for (size_t i = 0; i < HYP_COUNT(own); i++)
		sigdelset(&all, own[i]);
	pthread_sigmask(SIG_BLOCK, &all, before);
}
