/* SPDX-License-Identifier: Apache-2.0 */
#include "core/api/connections.h"
#include "core/base/buf.h"
#include "core/base/clock.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>

struct hyp_conns {
	pthread_mutex_t lock; /* of fd of all, and count */
	size_t count;
	struct hyp_conn at[HYP_CONNECTIONS_MAX];
};

int32_t hyp_conns_new(struct hyp_conns **out, struct hyp_error *err)
{
	struct hyp_conns *conns = calloc(1, sizeof(*conns));

	if (conns == NULL)
		return hyp_error_nomem(err);
	pthread_mutex_init(&conns->lock, NULL);
	for (size_t i = 0; i < HYP_CONNECTIONS_MAX; i++)
		conns->at[i].fd = -1;
	*out = conns;
	return 0;
}

void hyp_conns_free(struct hyp_conns *conns)
{
	if (conns == NULL)
		return;
	pthread_mutex_destroy(&conns->lock);
	free(conns);
}

/* A free entry, unless this address has its share already. */
static struct hyp_conn *find_free(struct hyp_conns *conns, int fd,
				  enum hyp_way way, const char *address)
{
	struct hyp_conn *found = NULL;
	size_t alike = 0;

	for (size_t i = 0; i < HYP_CONNECTIONS_MAX; i++) {
		struct hyp_conn *c = &conns->at[i];

		/* Its descriptor was closed without a word: it never got as
		 * far as to be told of. */
		if (c->fd == fd) {
			c->fd = -1;
			conns->count--;
		}
		if (c->fd < 0)
			found = c;
		else if (way != HYP_WAY_UNIX &&
			 strcmp(c->address, address) == 0)
			alike++;
	}
	if (way != HYP_WAY_UNIX &&
	    conns->count >= HYP_CONNECTIONS_MAX - HYP_CONNECTIONS_LOCAL)
		return NULL;
	if (alike >= HYP_CONNECTIONS_FEW &&
	    conns->count >= HYP_CONNECTIONS_MAX - HYP_CONNECTIONS_SPARE)
		return NULL;
	return alike < HYP_CONNECTIONS_PER_ADDRESS ? found : NULL;
}

struct hyp_conn *hyp_conns_add(struct hyp_conns *conns, int fd,
			       enum hyp_way way, const char *address)
{
	struct hyp_conn *c;

	pthread_mutex_lock(&conns->lock);
	c = find_free(conns, fd, way, address);
	if (c != NULL) {
		c->way = way;
		snprintf(c->address, sizeof(c->address), "%s", address);
		c->uid = 0;
		c->admin = 0;
		c->metrics = 0;
		atomic_store(&c->busy, 0);
		hyp_conn_wait(c, HYP_WAIT_HEAD);
		c->fd = fd;
		conns->count++;
	}
	pthread_mutex_unlock(&conns->lock);
	return c;
}

void hyp_conns_remove(struct hyp_conns *conns, struct hyp_conn *conn)
{
	pthread_mutex_lock(&conns->lock);
	conn->fd = -1;
	conns->count--;
	pthread_mutex_unlock(&conns->lock);
}

struct hyp_conn *hyp_conns_by_fd(struct hyp_conns *conns, int fd)
{
	struct hyp_conn *found = NULL;

	pthread_mutex_lock(&conns->lock);
	for (size_t i = 0; i < HYP_CONNECTIONS_MAX && found == NULL; i++)
		if (conns->at[i].fd == fd)
			found = &conns->at[i];
	pthread_mutex_unlock(&conns->lock);
	return found;
}

size_t hyp_conns_count(struct hyp_conns *conns)
{
	size_t n;

	pthread_mutex_lock(&conns->lock);
	n = conns->count;
	pthread_mutex_unlock(&conns->lock);
	return n;
}

size_t hyp_conns_busy(struct hyp_conns *conns)
{
	size_t n = 0;

	pthread_mutex_lock(&conns->lock);
	for (size_t i = 0; i < HYP_CONNECTIONS_MAX; i++)
		n += conns->at[i].fd >= 0 && atomic_load(&conns->at[i].busy);
	pthread_mutex_unlock(&conns->lock);
	return n;
}

void hyp_conn_wait(struct hyp_conn *conn, uint64_t ms)
{
	atomic_store_explicit(&conn->deadline_ms,
			      ms >= HYP_WAIT_STREAM ? ms
						    : hyp_clock_boot_ms() + ms,
			      memory_order_relaxed);
}

void hyp_conn_wait_less(struct hyp_conn *conn, uint64_t ms)
{
	uint64_t until = hyp_clock_boot_ms() + ms;

	if (atomic_load(&conn->deadline_ms) > until)
		atomic_store(&conn->deadline_ms, until);
}

void hyp_conns_sweep(struct hyp_conns *conns)
{
	uint64_t now = hyp_clock_boot_ms();

	pthread_mutex_lock(&conns->lock);
	for (size_t i = 0; i < HYP_CONNECTIONS_MAX; i++) {
		struct hyp_conn *c = &conns->at[i];

		if (c->fd < 0 || atomic_load(&c->deadline_ms) > now)
			continue;
		shutdown(c->fd, SHUT_RDWR);
		/* Once is enough; its thread closes it. */
		atomic_store(&c->deadline_ms, HYP_WAIT_STREAM);
	}
	pthread_mutex_unlock(&conns->lock);
}
