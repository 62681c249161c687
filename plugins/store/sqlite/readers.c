/* SPDX-License-Identifier: Apache-2.0 */
/* Connections that read: made when one is wanted and none is idle. */
#include "core/base/buf.h"
#include "plugins/store/sqlite/sqlite.h"

#include <stdlib.h>

static int32_t reader_new(struct store *s, struct conn **out,
			  struct hyp_error *err)
{
	struct conn *c = calloc(1, sizeof(*c));
	int32_t rc;

	if (c == NULL)
		return hyp_error_nomem(err);
	rc = conn_open(s, s->path,
		       s->options->read_only ? SQLITE_OPEN_READONLY
					     : SQLITE_OPEN_READWRITE,
		       c, err);
	if (rc == 0)
		rc = conn_exec(s, c, "PRAGMA query_only = ON", err);
	if (rc != 0) {
		conn_close(c);
		free(c);
		return rc;
	}
	*out = c;
	return 0;
}

int32_t reader_take(struct store *s, struct conn **out, struct hyp_error *err)
{
	struct readers *r = &s->readers;
	int32_t rc;

	pthread_mutex_lock(&r->lock);
	while (r->idle == NULL && r->count == READERS_MAX)
		pthread_cond_wait(&r->free_one, &r->lock);
	*out = r->idle;
	if (*out != NULL) {
		r->idle = (*out)->next;
		pthread_mutex_unlock(&r->lock);
		return 0;
	}
	r->count++;
	pthread_mutex_unlock(&r->lock);
	rc = reader_new(s, out, err);
	if (rc == 0)
		return 0;
	pthread_mutex_lock(&r->lock);
	r->count--;
	pthread_cond_signal(&r->free_one);
	pthread_mutex_unlock(&r->lock);
	return rc;
}

void reader_put(struct store *s, struct conn *c, int broken)
{
	struct readers *r = &s->readers;

	if (broken) {
		conn_close(c);
		free(c);
	}
	pthread_mutex_lock(&r->lock);
	if (broken) {
		r->count--;
	} else {
		c->next = r->idle;
		r->idle = c;
	}
	pthread_cond_signal(&r->free_one);
	pthread_mutex_unlock(&r->lock);
}

void readers_close(struct store *s)
{
	struct conn *next;

	for (struct conn *c = s->readers.idle; c != NULL; c = next) {
		next = c->next;
		conn_close(c);
		free(c);
	}
	s->readers.idle = NULL;
}
