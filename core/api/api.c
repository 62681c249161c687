/* SPDX-License-Identifier: Apache-2.0 */
#include "core/api/api.h"
#include "core/api/request.h"
#include "core/api/server.h"
#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/engine/metrics.h"

#include <poll.h>

/* Changes wait for the disk together (the store commits them as one), so that
 * as many threads as waiting clients are what makes them fast. */
#define ASIDE_THREADS 64u
#define ASIDE_BACKLOG 1024u
#define REMOTE_THREADS 8u
#define REMOTE_BACKLOG 16u
/* A disk that does not answer when it is asked for its free bytes holds up
 * nothing but these. */
#define SCRAPE_THREADS 2u
/* How long requests under way may take at a stop. */
#define DRAIN_MS 3000u

struct hyp_api {
	struct hyp_server server;
};

/* What the API itself is asked in a scrape. */
static void collect(void *ctx, struct hyp_gathering *g)
{
	struct hyp_server *server = ctx;

	hyp_gather(g, HYP_FAMILY_API_CONNECTIONS,
		   (double)hyp_conns_count(server->conns), NULL);
	hyp_gather(g, HYP_FAMILY_API_STREAMS,
		   (double)hyp_streams_count(server->streams), NULL);
}

/* GET /events is one of those that need a connection. */
static int32_t open_stream(struct hyp_request *request, uint64_t after_seq,
			   struct hyp_error *err)
{
	struct hyp_stream *stream;

	if (hyp_stream_new(request->server->streams, request->mhd, after_seq,
			   hyp_request_text(request, "job_id"),
			   request->who.expires_ms, &stream, err) != 0)
		return err->code;
	/* Whoever cuts the streams after a change of tokens sees this one
	 * from now on, or has seen to it that this is false. */
	if (!hyp_auth_holds(request->server->auth, &request->who)) {
		hyp_stream_free(stream);
		return hyp_error_set(err, HYP_E_TRANSIENT, "busy", 0,
				     "tokens were changed just then");
	}
	request->reply.stream = stream;
	return 0;
}

static int32_t make_parts(struct hyp_server *s, struct hyp_error *err)
{
	const struct hyp_api_settings *api = &s->config->settings->api;

	if (hyp_conns_new(&s->conns, err) != 0 ||
	    hyp_hosts_new(s->config->settings, &s->hosts, err) != 0 ||
	    hyp_auth_new(s->engine, api->auth, &s->auth, err) != 0 ||
	    hyp_keys_new(&s->keys, err) != 0 ||
	    hyp_work_new(ASIDE_THREADS, ASIDE_BACKLOG, &s->aside, err) != 0 ||
	    hyp_work_new(REMOTE_THREADS, REMOTE_BACKLOG, &s->remote, err) !=
		    0 ||
	    hyp_work_new(SCRAPE_THREADS, ASIDE_BACKLOG, &s->scrapes, err) !=
		    0 ||
	    hyp_denials_new(s->engine, s->aside, &s->denials, err) != 0 ||
	    hyp_streams_new(s->engine, &s->streams, err) != 0 ||
	    hyp_scrape_new(s->engine, &s->scrape, err) != 0 ||
	    hyp_metrics_collect(hyp_engine_metrics(s->engine), collect, s,
				err) != 0)
		return err->code;
	s->stream_open = open_stream;
	s->streams_cut = hyp_streams_cut;
	hyp_buf_init(&s->openapi, 1024u * 1024u);
	return hyp_openapi_write(&s->openapi, err);
}

static void free_parts(struct hyp_server *s)
{
	hyp_buf_fini(&s->openapi);
	hyp_metrics_uncollect(hyp_engine_metrics(s->engine), collect, s);
	hyp_scrape_free(s->scrape);
	hyp_streams_free(s->streams);
	hyp_work_free(s->scrapes);
	hyp_work_free(s->remote);
	hyp_work_free(s->aside);
	hyp_denials_free(s->denials);
	hyp_keys_free(s->keys);
	hyp_auth_free(s->auth);
	hyp_hosts_free(s->hosts);
	hyp_conns_free(s->conns);
	pthread_mutex_destroy(&s->registry_lock);
	hyp_engine_config_put(s->engine, s->config);
}

int32_t hyp_api_start(struct hyp_engine *engine, const int *fds,
		      size_t fd_count, struct hyp_api **out,
		      struct hyp_error *err)
{
	struct hyp_api *api = calloc(1, sizeof(*api));
	struct hyp_server *s;

	if (api == NULL)
		return hyp_error_nomem(err);
	s = &api->server;
	s->engine = engine;
	s->config = hyp_engine_config_get(engine);
	s->wake[0] = s->wake[1] = s->reserve = -1;
	pthread_mutex_init(&s->registry_lock, NULL);
	if (make_parts(s, err) != 0 ||
	    hyp_listeners_open(&s->config->settings->api, fds, fd_count,
			       &s->listeners, err) != 0 ||
	    hyp_listeners_metrics(s->config->settings, &s->listeners, err) !=
		    0 ||
	    hyp_http_start(s, err) != 0 || hyp_accept_start(s, err) != 0)
		goto fail;
	*out = api;
	return 0;
fail:
	hyp_api_stop(api);
	return err->code;
}

uint16_t hyp_api_port(const struct hyp_api *api)
{
	return api->server.listeners.port;
}

uint16_t hyp_api_metrics_port(const struct hyp_api *api)
{
	return api->server.listeners.metrics_port;
}

static void drain(struct hyp_server *s)
{
	uint64_t until = hyp_clock_boot_ms() + DRAIN_MS;

	while ((hyp_conns_busy(s->conns) > 0 ||
		(s->streams != NULL && hyp_streams_count(s->streams) > 0)) &&
	       hyp_clock_boot_ms() < until)
		poll(NULL, 0, 5);
}

void hyp_api_stop(struct hyp_api *api)
{
	struct hyp_server *s;

	if (api == NULL)
		return;
	s = &api->server;
	atomic_store(&s->draining, 1);
	hyp_accept_stop(s);
	hyp_listeners_close(&s->listeners);
	if (s->streams != NULL)
		hyp_streams_end(s->streams);
	/* What runs aside resumes its connection when it is done: none may be
	 * suspended when libmicrohttpd stops. */
	if (s->scrapes != NULL)
		hyp_work_end(s->scrapes);
	if (s->remote != NULL)
		hyp_work_end(s->remote);
	if (s->aside != NULL)
		hyp_work_end(s->aside);
	if (s->conns != NULL)
		drain(s);
	hyp_http_stop(s);
	free_parts(s);
	free(api);
}
