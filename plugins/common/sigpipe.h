/* SPDX-License-Identifier: Apache-2.0 */
/* SIGPIPE kept from this thread while it writes. */
#ifndef HYP_COMMON_SIGPIPE_H
#define HYP_COMMON_SIGPIPE_H

#include <pthread.h>
#include <signal.h>
#include <time.h>

/* OpenSSL writes to sockets that may be gone; the process is not ours to set
 * signals for. */
struct hyp_sigpipe {
	sigset_t old;
	int was_pending;
};

static inline void hyp_sigpipe_block(struct hyp_sigpipe *s)
{
	sigset_t pipe, pending;

	sigemptyset(&pipe);
	sigaddset(&pipe, SIGPIPE);
	sigpending(&pending);
	s->was_pending = sigismember(&pending, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &pipe, &s->old);
}

static inline void hyp_sigpipe_restore(const struct hyp_sigpipe *s)
{
	static const struct timespec none;
	sigset_t pipe;

	sigemptyset(&pipe);
	sigaddset(&pipe, SIGPIPE);
	if (!s->was_pending)
		while (sigtimedwait(&pipe, NULL, &none) == SIGPIPE)
			;
	pthread_sigmask(SIG_SETMASK, &s->old, NULL);
}

#endif
