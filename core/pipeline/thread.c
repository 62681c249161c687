/* SPDX-License-Identifier: Apache-2.0 */
#include "core/pipeline/thread.h"
#include "core/base/cleanup.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/signals.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#define NS_PER_MS UINT64_C(1000000)
#define POLL_MAX_MS 1000 /* so that a clock set by a test is looked at */

/* What a thread begins with, taken by it at once. */
struct start {
	void *(*main)(void *);
	void *arg;
	const void *owner;
};

/* Made once, and kept: glibc's is a constant, which it never fails to give. */
locale_t hyp_thread_locale(void)
{
	static _Atomic(locale_t) kept;
	locale_t c = kept;

	if (c == NULL)
		kept = c = newlocale(LC_ALL_MASK, "C", NULL);
	return c;
}

static void *begin(void *arg)
{
	struct start start = *(struct start *)arg;

	free(arg);
	uselocale(hyp_thread_locale());
	hyp_log_set_owner(start.owner);
	return start.main(start.arg);
}

static int create_deaf(pthread_t *thread, struct start *start)
{
	sigset_t before;
	int rc;

	hyp_signals_block(&before);
	rc = pthread_create(thread, NULL, begin, start);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return rc;
}

int32_t hyp_thread_start(pthread_t *thread, const char *name,
			 void *(*main)(void *), void *arg,
			 struct hyp_error *err)
{
	struct start *start = malloc(sizeof(*start));
	int rc = ENOMEM;

	if (start != NULL) {
		*start = (struct start){main, arg, hyp_log_owner()};
		rc = create_deaf(thread, start);
	}
	if (rc != 0) {
		free(start);
		return hyp_error_set(err, HYP_E_TRANSIENT, "no_threads", rc,
				     "cannot start a thread (%s): raise the "
				     "limit of threads or lower --parallel",
				     name);
	}
	pthread_setname_np(*thread, name);
	return 0;
}

void hyp_cond_init(pthread_cond_t *cond)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(cond, &attr);
	pthread_condattr_destroy(&attr);
}

void hyp_cond_wait_ms(pthread_cond_t *cond, pthread_mutex_t *lock, uint32_t ms)
{
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	at.tv_sec += ms / 1000;
	at.tv_nsec += ms % 1000 * 1000000L;
	if (at.tv_nsec >= 1000000000L) {
		at.tv_sec++;
		at.tv_nsec -= 1000000000L;
	}
	pthread_cond_timedwait(cond, lock, &at);
}

static int is_set(const struct hyp_cancel *cancel)
{
	return cancel != NULL && hyp_cancel_is_set(cancel);
}

int hyp_wait_ns(const struct hyp_cancel *cancel, uint64_t ns)
{
	uint64_t end = hyp_clock_boot_ns() + ns, now;
	struct pollfd fd = {.fd = -1, .events = POLLIN};

	if (cancel != NULL)
		fd.fd = hyp_cancel_fd(cancel);
	while (!is_set(cancel) && (now = hyp_clock_boot_ns()) < end) {
		uint64_t ms = (end - now + NS_PER_MS - 1) / NS_PER_MS;

		poll(&fd, 1, ms > POLL_MAX_MS ? POLL_MAX_MS : (int)ms);
	}
	return is_set(cancel);
}

int32_t hyp_error_cancelled(struct hyp_error *err)
{
	return hyp_error_set(err, HYP_E_CANCELLED, "cancelled", 0,
			     "the export was cancelled");
}
