/* SPDX-License-Identifier: Apache-2.0 */
#include "core/pipeline/limiter.h"
#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/pipeline/thread.h"

#include <stdlib.h>

#define NS_PER_S UINT64_C(1000000000)
#define CREDIT_NS (NS_PER_S / 4)
/* Shorter waits are not worth a system call: the debt stays and is waited for
 * with the next bytes. */
#define WAIT_MIN_NS UINT64_C(2000000)

struct hyp_limiter {
	pthread_mutex_t lock;
	uint64_t rate;
	uint64_t due;	/* when all bytes taken so far are allowed, boot ns */
	uint64_t carry; /* of the last division, in byte nanoseconds */
	int started;
	const struct hyp_cancel *cancel;
	int (*wait)(void *ctx, uint64_t ns);
	void *ctx;
};

static int wait_cancel(void *ctx, uint64_t ns)
{
	return hyp_wait_ns(ctx, ns);
}

int32_t hyp_limiter_new(uint64_t rate, const struct hyp_cancel *cancel,
			struct hyp_limiter **out, struct hyp_error *err)
{
	struct hyp_limiter *limiter;

	*out = NULL;
	if (rate == 0)
		return 0;
	limiter = calloc(1, sizeof(*limiter));
	if (limiter == NULL)
		return hyp_error_nomem(err);
	pthread_mutex_init(&limiter->lock, NULL);
	limiter->rate = rate;
	limiter->cancel = cancel;
	limiter->wait = wait_cancel;
	limiter->ctx = (void *)(uintptr_t)cancel;
	*out = limiter;
	return 0;
}

void hyp_limiter_free(struct hyp_limiter *limiter)
{
	if (limiter == NULL)
		return;
	pthread_mutex_destroy(&limiter->lock);
	free(limiter);
}

void hyp_limiter_set_wait(struct hyp_limiter *limiter,
			  int (*wait)(void *ctx, uint64_t ns), void *ctx)
{
	limiter->wait = wait;
	limiter->ctx = ctx;
}

/* Books n bytes; returns how long from now until they are allowed. */
static uint64_t book(struct hyp_limiter *limiter, uint64_t n)
{
	uint64_t now = hyp_clock_boot_ns(), due;
	unsigned __int128 cost;

	pthread_mutex_lock(&limiter->lock);
	if (!limiter->started)
		limiter->due = now;
	else if (limiter->due + CREDIT_NS < now)
		limiter->due = now - CREDIT_NS;
	limiter->started = 1;
	cost = (unsigned __int128)n * NS_PER_S + limiter->carry;
	limiter->due += (uint64_t)(cost / limiter->rate);
	limiter->carry = (uint64_t)(cost % limiter->rate);
	due = limiter->due;
	pthread_mutex_unlock(&limiter->lock);
	return due > now ? due - now : 0;
}

int32_t hyp_limiter_take(struct hyp_limiter *limiter, uint64_t n,
			 struct hyp_error *err)
{
	uint64_t ns;

	if (limiter == NULL)
		return 0;
	ns = book(limiter, n);
	if (ns >= WAIT_MIN_NS && limiter->wait(limiter->ctx, ns))
		return hyp_error_cancelled(err);
	return 0;
}
