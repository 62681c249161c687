/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libmicrohttpd and us. It calls access once when a head is there, for each
 * piece of a body, and once at the end; a request whose handler waits is
 * suspended meanwhile, and access is called again when it is resumed.
 */
#include "core/api/dispatch.h"
#include "core/api/server.h"
#include "core/api/tls.h"
#include "core/base/clock.h"
#include "core/base/log.h"

#include <errno.h>
#include <microhttpd.h>
#include <sys/socket.h>

enum {
	STAGE_NEW,
	STAGE_BODY,
	STAGE_DRAIN, /* the reply stands, but the body must pass first */
	STAGE_LOST,  /* too much body: answered by hand, waits for the end */
	STAGE_AWAY,  /* suspended: another thread runs the handler */
	STAGE_DONE,
};

#define CONNECTION_MEMORY (32u * 1024u)
#define STACK (256u * 1024u)
/* What may still come after a refusal before the connection is cut. */
#define LOST_MAX (16u * HYP_BODY_MAX)

static struct hyp_conn *conn_of(struct MHD_Connection *mhd)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
		mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info != NULL ? info->socket_context : NULL;
}

static void request_free(struct hyp_request *rq)
{
	if (rq == NULL)
		return;
	hyp_stream_free(rq->reply.stream);
	hyp_request_fini(rq);
	free(rq);
}

/* The request line is there. Returns what later calls get as *con_cls. */
static void *on_uri(void *cls, const char *uri, struct MHD_Connection *mhd)
{
	struct hyp_server *server = cls;
	struct hyp_request *rq = calloc(1, sizeof(*rq));

	if (rq == NULL)
		return NULL;
	rq->server = server;
	rq->engine = server->engine;
	rq->mhd = mhd;
	rq->conn = conn_of(mhd);
	rq->began_ns = hyp_clock_boot_ns();
	rq->raw_uri = strdup(uri);
	hyp_buf_init(&rq->body, HYP_BODY_MAX);
	hyp_buf_init(&rq->reply.body, 256u * 1024u * 1024u);
	if (rq->raw_uri == NULL || rq->conn == NULL ||
	    hyp_uuid7(rq->id, NULL) != 0) {
		request_free(rq);
		return NULL;
	}
	/* Of a head, the first line is a part. */
	hyp_conn_wait_less(rq->conn, HYP_WAIT_HEAD);
	atomic_store(&rq->conn->busy, 1);
	return rq;
}

static enum MHD_Result take_header(void *cls, enum MHD_ValueKind kind,
				   const char *name, size_t name_len,
				   const char *value, size_t value_len)
{
	struct hyp_head *head = cls;

	(void)kind;
	if (head->count < HYP_HEADERS_MAX)
		head->headers[head->count] = (struct hyp_header){
			name, value != NULL ? value : "", name_len, value_len};
	head->count++;
	return MHD_YES;
}

static void read_head(struct hyp_request *rq, const char *method,
		      const char *version, struct hyp_head *head)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
		rq->mhd, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);

	head->method = method;
	head->uri = rq->raw_uri;
	head->version = version;
	head->count = 0;
	head->bytes = info != NULL ? info->header_size : 0;
	MHD_get_connection_values_n(rq->mhd, MHD_HEADER_KIND, take_header,
				    head);
	snprintf(rq->method, sizeof(rq->method), "%s", method);
}

static int add(struct MHD_Response *response, const char *name,
	       const char *value)
{
	return MHD_add_response_header(response, name, value) == MHD_YES;
}

/* All of them, or 0: an answer without some would be taken for another. */
static int add_headers(const struct hyp_request *rq,
		       struct MHD_Response *response)
{
	const struct hyp_reply *reply = &rq->reply;
	char number[16];
	int ok;

	ok = add(response, "Content-Type",
		 reply->type != NULL ? reply->type : "application/json") &&
	     add(response, "X-Request-Id", rq->id) &&
	     add(response, "Cache-Control", "no-store") &&
	     add(response, "X-Content-Type-Options", "nosniff") &&
	     add(response, "Content-Security-Policy",
		 "default-src 'none'; frame-ancestors 'none'");
	if (reply->allow[0] != '\0')
		ok = ok && add(response, "Allow", reply->allow);
	if (reply->status == 401)
		ok = ok && add(response, "WWW-Authenticate",
			       "Bearer realm=\"hypersdk\"");
	if (reply->replayed)
		ok = ok && add(response, "Idempotent-Replayed", "true");
	snprintf(number, sizeof(number), "%u", reply->retry_after_s);
	if (reply->retry_after_s > 0)
		ok = ok && add(response, "Retry-After", number);
	if (reply->close || atomic_load(&rq->server->draining))
		ok = ok && add(response, "Connection", "close");
	return ok;
}

static struct MHD_Response *response_of(struct hyp_request *rq)
{
	struct MHD_Response *response;

	if (rq->reply.stream != NULL) {
		response = hyp_stream_response(rq->reply.stream);
		if (response != NULL)
			rq->reply.stream = NULL;
		return response;
	}
	response = MHD_create_response_from_buffer(
		rq->reply.body.len,
		rq->reply.body.data != NULL ? rq->reply.body.data : rq->id,
		rq->reply.body.data != NULL ? MHD_RESPMEM_MUST_FREE
					    : MHD_RESPMEM_MUST_COPY);
	if (response != NULL)
		hyp_buf_init(&rq->reply.body, 0);
	return response;
}

static enum MHD_Result queue(struct hyp_request *rq)
{
	int streaming = rq->reply.stream != NULL;
	struct MHD_Response *response;
	enum MHD_Result queued;

	hyp_measure_request(rq, rq->reply.status);
	response = response_of(rq);
	rq->stage = STAGE_DONE;
	if (streaming)
		atomic_store(&rq->conn->busy, 0);
	if (response == NULL)
		return MHD_NO;
	hyp_conn_wait(rq->conn, streaming ? HYP_WAIT_STREAM : HYP_WAIT_ANSWER);
	queued = add_headers(rq, response)
			 ? MHD_queue_response(rq->mhd, rq->reply.status,
					      response)
			 : MHD_NO;
	MHD_destroy_response(response);
	return queued;
}

/* The reply stands. Is there a body to be read before it may go? */
static enum MHD_Result refuse(struct hyp_request *rq)
{
	int has_body = rq->facts.chunked || rq->facts.content_length > 0;

	if (rq->reply.close && !rq->facts.chunked)
		return queue(rq);
	if (!has_body)
		return queue(rq);
	rq->stage = STAGE_DRAIN;
	return MHD_YES;
}

static enum MHD_Result begin(struct hyp_request *rq, const char *method,
			     const char *version)
{
	struct hyp_head head;

	read_head(rq, method, version, &head);
	hyp_conn_wait(rq->conn, HYP_WAIT_BODY);
	rq->stage = STAGE_BODY;
	if (hyp_dispatch_begin(rq, &head) == HYP_NEXT_REPLY)
		return refuse(rq);
	return MHD_YES;
}

/* libmicrohttpd lets nobody answer in the middle of a body. */
static void lose(struct hyp_request *rq)
{
	rq->stage = STAGE_LOST;
	hyp_measure_request(rq, 413);
	if (rq->conn->way != HYP_WAY_TLS)
		hyp_answer_raw(rq->conn->fd, 413, "too_large",
			       "the body is larger than 1 MiB");
	shutdown(rq->conn->fd, SHUT_WR);
	hyp_buf_fini(&rq->body);
	hyp_conn_wait(rq->conn, HYP_WAIT_HEAD);
}

static enum MHD_Result take_body(struct hyp_request *rq, const char *data,
				 size_t *n)
{
	size_t taken = *n;

	*n = 0;
	rq->passed += taken;
	if (rq->stage == STAGE_LOST)
		return rq->passed <= LOST_MAX ? MHD_YES : MHD_NO;
	if (rq->passed > HYP_BODY_MAX) {
		lose(rq);
		return MHD_YES;
	}
	if (rq->stage == STAGE_DRAIN)
		return MHD_YES;
	return hyp_buf_add(&rq->body, data, taken, NULL) == 0 ? MHD_YES
							      : MHD_NO;
}

/* Where there is no memory just then, libmicrohttpd 0.9 leaves a connection
 * that is resumed lying until something else wakes its thread: not for longer
 * than this. */
static void resume(struct hyp_request *rq)
{
	hyp_conn_wait(rq->conn, HYP_WAIT_HEAD);
	MHD_resume_connection(rq->mhd);
}

static void run_away(struct hyp_work_item *item)
{
	struct hyp_request *rq = (struct hyp_request *)(void *)item;

	if (hyp_dispatch_finish(rq) == HYP_NEXT_RUN)
		hyp_dispatch_run(rq);
	resume(rq);
}

static enum MHD_Result send_away(struct hyp_request *rq)
{
	enum hyp_place place = rq->route->place;
	struct hyp_work *work = place == HYP_PLACE_REMOTE ? rq->server->remote
				: place == HYP_PLACE_SCRAPE
					? rq->server->scrapes
					: rq->server->aside;
	struct hyp_error err;

	rq->stage = STAGE_AWAY;
	rq->work.run = run_away;
	/* Suspended first: the other thread may resume at once. */
	MHD_suspend_connection(rq->mhd);
	if (hyp_work_push(work, &rq->work, &err) != 0) {
		hyp_reply_error(rq, &err);
		resume(rq);
	}
	return MHD_YES;
}

static int has_trailers(struct hyp_request *rq)
{
	return MHD_get_connection_values_n(rq->mhd, MHD_FOOTER_KIND, NULL,
					   NULL) > 0;
}

static enum MHD_Result finish(struct hyp_request *rq)
{
	hyp_conn_wait(rq->conn, HYP_WAIT_FOR_US);
	if (rq->facts.chunked && has_trailers(rq)) {
		hyp_reply_refused(rq, 400, "bad_request",
				  "trailers are not taken");
		return queue(rq);
	}
	if (rq->route->place != HYP_PLACE_HERE)
		return send_away(rq);
	if (hyp_dispatch_finish(rq) == HYP_NEXT_RUN)
		hyp_dispatch_run(rq);
	return queue(rq);
}

static enum MHD_Result on_access(void *cls, struct MHD_Connection *mhd,
				 const char *url, const char *method,
				 const char *version, const char *data,
				 size_t *n, void **con_cls)
{
	struct hyp_request *rq = *con_cls;

	(void)cls;
	(void)mhd;
	(void)url;
	if (rq == NULL)
		return MHD_NO;
	if (rq->stage == STAGE_NEW)
		return begin(rq, method, version);
	if (*n > 0)
		return take_body(rq, data, n);
	switch (rq->stage) {
	case STAGE_BODY:
		return finish(rq);
	case STAGE_DRAIN:
	case STAGE_AWAY:
		return queue(rq);
	default:
		return MHD_NO;
	}
}

static void on_completed(void *cls, struct MHD_Connection *mhd, void **con_cls,
			 enum MHD_RequestTerminationCode code)
{
	struct hyp_request *rq = *con_cls;

	(void)cls;
	(void)mhd;
	(void)code;
	*con_cls = NULL;
	if (rq == NULL)
		return;
	hyp_conn_wait(rq->conn, HYP_WAIT_IDLE);
	atomic_store(&rq->conn->busy, 0);
	request_free(rq);
}

static void on_connection(void *cls, struct MHD_Connection *mhd,
			  void **socket_context,
			  enum MHD_ConnectionNotificationCode code)
{
	struct hyp_server *server = cls;

	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		const union MHD_ConnectionInfo *info = MHD_get_connection_info(
			mhd, MHD_CONNECTION_INFO_CONNECTION_FD);

		*socket_context =
			hyp_conns_by_fd(server->conns, info->connect_fd);
	} else if (*socket_context != NULL) {
		hyp_conns_remove(server->conns, *socket_context);
		*socket_context = NULL;
	}
}

/* It speaks of every client that went away; a few of those lines a minute
 * are enough, and only for who wants to know. */
__attribute__((format(printf, 2, 0))) static void
on_log(void *cls, const char *fmt, va_list ap)
{
	char text[512];

	(void)cls;
	if (hyp_log_level() < HYP_LOG_DEBUG)
		return;
	vsnprintf(text, sizeof(text), fmt, ap);
	text[strcspn(text, "\n")] = '\0';
	hyp_log(HYP_LOG_DEBUG, "", "api", "libmicrohttpd: %s", text);
}

static unsigned threads(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n < 2 ? 2 : n > 8 ? 8 : (unsigned)n;
}

static struct MHD_Daemon *start(struct hyp_server *server,
				const struct hyp_tls *tls)
{
	static char priorities[] = HYP_TLS_PRIORITIES;
	struct MHD_OptionItem secure[] = {
		{MHD_OPTION_HTTPS_MEM_CERT, 0, tls != NULL ? tls->cert : NULL},
		{MHD_OPTION_HTTPS_MEM_KEY, 0, tls != NULL ? tls->key : NULL},
		{MHD_OPTION_HTTPS_PRIORITIES, 0, priorities},
		{MHD_OPTION_END, 0, NULL},
	};
	struct MHD_OptionItem none[] = {{MHD_OPTION_END, 0, NULL}};
	unsigned flags = MHD_USE_POLL | MHD_USE_INTERNAL_POLLING_THREAD |
			 MHD_USE_NO_LISTEN_SOCKET | MHD_USE_ITC |
			 MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG |
			 (tls != NULL ? MHD_USE_TLS : 0);

	return MHD_start_daemon(
		flags, 0, NULL, NULL, on_access, server,
		MHD_OPTION_EXTERNAL_LOGGER, on_log, server,
		MHD_OPTION_URI_LOG_CALLBACK, on_uri, server,
		MHD_OPTION_NOTIFY_COMPLETED, on_completed, server,
		MHD_OPTION_NOTIFY_CONNECTION, on_connection, server,
		MHD_OPTION_THREAD_POOL_SIZE, threads(),
		MHD_OPTION_THREAD_STACK_SIZE, (size_t)STACK,
		MHD_OPTION_CONNECTION_LIMIT, HYP_CONNECTIONS_MAX + 64u,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
		MHD_OPTION_CONNECTION_TIMEOUT, 120u,
		MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_ARRAY,
		tls != NULL ? secure : none, MHD_OPTION_END);
}

int32_t hyp_http_start(struct hyp_server *server, struct hyp_error *err)
{
	const struct hyp_api_settings *api = &server->config->settings->api;
	struct hyp_tls tls = {NULL, NULL};

	server->plain = start(server, NULL);
	if (server->plain == NULL)
		return hyp_error_set(err, HYP_E_TRANSIENT, "no_threads", errno,
				     "the HTTP server could not be started");
	if (*api->tls_cert == '\0')
		return 0;
	if (hyp_tls_read(api, &tls, err) != 0)
		return err->code;
	server->tls = start(server, &tls);
	hyp_tls_fini(&tls);
	if (server->tls == NULL)
		return hyp_error_set(err, HYP_E_USAGE, "bad_certificate", 0,
				     "TLS could not be set up with %s and %s: "
				     "they must be a certificate in PEM and "
				     "its key",
				     api->tls_cert, api->tls_key);
	return 0;
}

void hyp_http_stop(struct hyp_server *server)
{
	if (server->tls != NULL)
		MHD_stop_daemon(server->tls);
	if (server->plain != NULL)
		MHD_stop_daemon(server->plain);
	server->tls = NULL;
	server->plain = NULL;
}
