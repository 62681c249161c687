/* SPDX-License-Identifier: Apache-2.0 */
#include "core/engine/bus.h"
#include "core/pipeline/thread.h"

struct hyp_subscription {
	struct hyp_bus *bus;
	struct hyp_subscription *next;
	hyp_engine_listener *listener;
	void *ctx;
	uint32_t told; /* in this round */
};

struct hyp_bus {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	pthread_t thread;
	struct hyp_subscription *first;
	const struct hyp_subscription *called; /* whose call is under way */
	uint32_t rung, ended;
};

/* One that was not told in this round yet, or NULL. With the lock held. */
static struct hyp_subscription *next_to_tell(struct hyp_bus *bus)
{
	struct hyp_subscription *s = bus->first;

	while (s != NULL && s->told)
		s = s->next;
	return s;
}

static void tell_all(struct hyp_bus *bus)
{
	struct hyp_subscription *s;

	for (s = bus->first; s != NULL; s = s->next)
		s->told = 0;
	while ((s = next_to_tell(bus)) != NULL) {
		hyp_engine_listener *listener = s->listener;
		void *ctx = s->ctx;

		s->told = 1;
		bus->called = s;
		pthread_mutex_unlock(&bus->lock);
		listener(ctx);
		pthread_mutex_lock(&bus->lock);
		bus->called = NULL;
		pthread_cond_broadcast(&bus->changed);
	}
}

static void *bus_main(void *arg)
{
	struct hyp_bus *bus = arg;

	pthread_mutex_lock(&bus->lock);
	for (;;) {
		while (!bus->rung && !bus->ended)
			pthread_cond_wait(&bus->changed, &bus->lock);
		if (bus->ended)
			break;
		bus->rung = 0;
		tell_all(bus);
	}
	pthread_mutex_unlock(&bus->lock);
	return NULL;
}

int32_t hyp_bus_new(struct hyp_bus **out, struct hyp_error *err)
{
	struct hyp_bus *bus = calloc(1, sizeof(*bus));
	int32_t rc;

	if (bus == NULL)
		return hyp_error_nomem(err);
	pthread_mutex_init(&bus->lock, NULL);
	hyp_cond_init(&bus->changed);
	rc = hyp_thread_start(&bus->thread, "hyp-bus", bus_main, bus, err);
	if (rc < 0)
		free(bus);
	else
		*out = bus;
	return rc;
}

void hyp_bus_free(struct hyp_bus *bus)
{
	if (bus == NULL)
		return;
	pthread_mutex_lock(&bus->lock);
	bus->ended = 1;
	pthread_cond_broadcast(&bus->changed);
	pthread_mutex_unlock(&bus->lock);
	pthread_join(bus->thread, NULL);
	pthread_cond_destroy(&bus->changed);
	pthread_mutex_destroy(&bus->lock);
	free(bus);
}

int32_t hyp_bus_add(struct hyp_bus *bus, hyp_engine_listener *listener,
		    void *ctx, struct hyp_subscription **out,
		    struct hyp_error *err)
{
	struct hyp_subscription *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return hyp_error_nomem(err);
	s->bus = bus;
	s->listener = listener;
	s->ctx = ctx;
	pthread_mutex_lock(&bus->lock);
	s->next = bus->first;
	bus->first = s;
	pthread_mutex_unlock(&bus->lock);
	*out = s;
	return 0;
}

void hyp_engine_unsubscribe(struct hyp_subscription *subscription)
{
	struct hyp_subscription **at;
	struct hyp_bus *bus;

	if (subscription == NULL)
		return;
	bus = subscription->bus;
	pthread_mutex_lock(&bus->lock);
	for (at = &bus->first; *at != subscription;)
		at = &(*at)->next;
	*at = subscription->next;
	while (bus->called == subscription)
		pthread_cond_wait(&bus->changed, &bus->lock);
	pthread_mutex_unlock(&bus->lock);
	free(subscription);
}

void hyp_bus_ring(struct hyp_bus *bus)
{
	pthread_mutex_lock(&bus->lock);
	bus->rung = 1;
	pthread_cond_broadcast(&bus->changed);
	pthread_mutex_unlock(&bus->lock);
}
