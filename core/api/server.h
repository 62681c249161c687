/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of one running API share. */
#ifndef HYP_API_SERVER_H
#define HYP_API_SERVER_H

#include "core/api/auth.h"
#include "core/api/connections.h"
#include "core/api/denials.h"
#include "core/api/hosts.h"
#include "core/api/idempotency.h"
#include "core/api/listen.h"
#include "core/api/scrape.h"
#include "core/api/stream.h"
#include "core/api/work.h"
#include "core/engine/engine.h"

#include <pthread.h>
#include <stdatomic.h>

struct hyp_request;

struct hyp_server {
	struct hyp_engine *engine;
	const struct hyp_config *config; /* as it was at the start */
	struct hyp_conns *conns;
	struct hyp_hosts *hosts;
	struct hyp_auth *auth;
	struct hyp_keys *keys;
	struct hyp_denials *denials;
	struct hyp_streams *streams;
	/* Of connections alone; NULL where requests come without (direct.h). */
	int32_t (*stream_open)(struct hyp_request *request, uint64_t after_seq,
			       struct hyp_error *err);
	void (*streams_cut)(struct hyp_streams *streams);
	struct hyp_scrape *scrape;
	struct hyp_work *aside, *remote, *scrapes;
	struct hyp_buf openapi;
	pthread_mutex_t registry_lock; /* a scan's lists last until the next */

	struct MHD_Daemon *plain, *tls; /* tls NULL: there is none */
	struct hyp_listeners listeners;
	pthread_t accepter;
	int wake[2]; /* a pipe: written to end the accepter */
	int reserve; /* a descriptor to give up when there are no others */
	_Atomic uint32_t draining;
};

/* http.c: the daemons of libmicrohttpd, without sockets of their own. */
int32_t hyp_http_start(struct hyp_server *server, struct hyp_error *err);
void hyp_http_stop(struct hyp_server *server);

/* accept.c: one thread that takes connections and sweeps late ones. */
int32_t hyp_accept_start(struct hyp_server *server, struct hyp_error *err);
void hyp_accept_stop(struct hyp_server *server);

/* Writes an answer by hand, to a connection that libmicrohttpd does not have
 * or cannot answer on; never blocks. */
void hyp_answer_raw(int fd, uint32_t status, const char *kind,
		    const char *text);

#endif
