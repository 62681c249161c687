/* SPDX-License-Identifier: Apache-2.0 */
#include "core/plugin/gate.h"
#include "core/base/buf.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#define LOOK_MS 100 /* how often one who waits asks whether it is cancelled */

struct hyp_gate {
	pthread_mutex_t lock;
	pthread_cond_t left;
	pthread_t owner; /* if depth > 0 */
	unsigned depth;
};

static int init_cond(pthread_cond_t *cond)
{
	pthread_condattr_t attr;
	int rc = pthread_condattr_init(&attr);

	if (rc != 0)
		return rc;
	rc = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	rc = rc ? rc : pthread_cond_init(cond, &attr);
	pthread_condattr_destroy(&attr);
	return rc;
}

int32_t hyp_gate_new(struct hyp_gate **out, struct hyp_error *err)
{
	struct hyp_gate *gate = calloc(1, sizeof(*gate));

	if (gate == NULL)
		return hyp_error_nomem(err);
	if (pthread_mutex_init(&gate->lock, NULL) != 0)
		goto fail;
	if (init_cond(&gate->left) != 0) {
		pthread_mutex_destroy(&gate->lock);
		goto fail;
	}
	*out = gate;
	return 0;
fail:
	free(gate);
	return hyp_error_nomem(err);
}

void hyp_gate_free(struct hyp_gate *gate)
{
	if (gate == NULL)
		return;
	pthread_cond_destroy(&gate->left);
	pthread_mutex_destroy(&gate->lock);
	free(gate);
}

struct shared {
	struct shared *next;
	const void *key;
	struct hyp_gate *gate;
};
static pthread_mutex_t sharing = PTHREAD_MUTEX_INITIALIZER;
static struct shared *all_shared;

/* With the lock held. */
static int32_t share(const void *key, struct hyp_gate **out,
		     struct hyp_error *err)
{
	struct shared *s = all_shared;

	while (s != NULL && s->key != key)
		s = s->next;
	if (s == NULL) {
		s = calloc(1, sizeof(*s));
		if (s == NULL || hyp_gate_new(&s->gate, err) != 0) {
			free(s);
			return hyp_error_nomem(err);
		}
		s->key = key;
		s->next = all_shared;
		all_shared = s;
	}
	*out = s->gate;
	return 0;
}

int32_t hyp_gate_shared(const void *key, struct hyp_gate **out,
			struct hyp_error *err)
{
	int32_t rc;

	pthread_mutex_lock(&sharing);
	rc = share(key, out, err);
	pthread_mutex_unlock(&sharing);
	return rc;
}

/* Until somebody leaves, or a moment has passed; the lock is held. */
static void wait_a_moment(struct hyp_gate *gate)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += LOOK_MS * 1000000L;
	until.tv_sec += until.tv_nsec / 1000000000L;
	until.tv_nsec %= 1000000000L;
	pthread_cond_timedwait(&gate->left, &gate->lock, &until);
}

static int32_t cancelled(const struct hyp_host *host, struct hyp_error *err)
{
	if (host == NULL || host->cancelled(host->ctx) == 0)
		return 0;
	return hyp_error_set(err, HYP_E_CANCELLED, "cancelled", 0,
			     "cancelled while waiting for a plugin that does "
			     "one thing at a time");
}

int32_t hyp_gate_enter(struct hyp_gate *gate, const struct hyp_host *host,
		       struct hyp_error *err)
{
	int32_t rc = 0;

	if (gate == NULL)
		return 0;
	pthread_mutex_lock(&gate->lock);
	while (gate->depth > 0 && !pthread_equal(gate->owner, pthread_self())) {
		rc = cancelled(host, err);
		if (rc != 0)
			break;
		wait_a_moment(gate);
	}
	if (rc == 0) {
		gate->owner = pthread_self();
		gate->depth++;
	}
	pthread_mutex_unlock(&gate->lock);
	return rc;
}

void hyp_gate_leave(struct hyp_gate *gate)
{
	if (gate == NULL)
		return;
	pthread_mutex_lock(&gate->lock);
	if (--gate->depth == 0)
		pthread_cond_signal(&gate->left);
	pthread_mutex_unlock(&gate->lock);
}
