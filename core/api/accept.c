/* SPDX-License-Identifier: Apache-2.0 */
/* The thread that takes connections, turns away those that are too many, and
 * once a second looks for what is late. */
#include "core/api/peer.h"
#include "core/api/server.h"
#include "core/base/buf.h"
#include "core/base/cleanup.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/engine/metrics.h"

#include <fcntl.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>

#define TICK_MS 1000
/* As many in one go, before the others' turn. */
#define BATCH 64
/* Without a descriptor to spare even for a refusal. */
#define PAUSE_MS 100

void hyp_answer_raw(int fd, uint32_t status, const char *kind, const char *text)
{
	char body[512], answer[1024], now[HYP_TIME_TEXT_MAX];
	int n;

	hyp_time_format(hyp_clock_wall_ms(), now);
	n = snprintf(body, sizeof(body),
		     "{\"error\":\"%s\",\"kind\":\"%s\",\"timestamp\":\"%s\","
		     "\"request_id\":null}\n",
		     text, kind, now);
	n = snprintf(answer, sizeof(answer),
		     "HTTP/1.1 %u %s\r\nContent-Type: application/json\r\n"
		     "Content-Length: %d\r\nConnection: close\r\n%s\r\n%s",
		     status,
		     status == 413 ? "Content Too Large"
				   : "Service Unavailable",
		     n, status == 503 ? "Retry-After: 1\r\n" : "", body);
	send(fd, answer, (size_t)n, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void shed(int fd, enum hyp_way way, const char *text)
{
	if (way != HYP_WAY_TLS)
		hyp_answer_raw(fd, 503, "too_many_connections", text);
	close(fd);
}

static void admit(struct hyp_server *server,
		  const struct hyp_listener *listener, int fd,
		  const struct sockaddr *address, socklen_t n, unsigned group)
{
	enum hyp_way way = listener->way;
	struct MHD_Daemon *daemon =
		way == HYP_WAY_TLS ? server->tls : server->plain;
	char text[HYP_ADDRESS_MAX];
	struct hyp_conn *conn;
	int on = 1;

	hyp_peer_address(address, text);
	conn = hyp_conns_add(server->conns, fd, way, text);
	if (conn == NULL) {
		hyp_metrics_add(hyp_engine_metrics(server->engine),
				HYP_FAMILY_API_REFUSED, 1, NULL);
		shed(fd, way, "too many connections");
		return;
	}
	conn->metrics = listener->metrics;
	if (way == HYP_WAY_UNIX)
		hyp_peer_credentials(fd, group, &conn->uid, &conn->admin);
	else
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	/* It closes the descriptor if it cannot take it. */
	if (MHD_add_connection(daemon, fd, address, n) != MHD_YES)
		hyp_conns_remove(server->conns, conn);
}

/* The descriptors are all used: give up the spare one for as long as it takes
 * to tell one client so. 0, or -1 if not even that helped. */
static int turn_away(struct hyp_server *server,
		     const struct hyp_listener *listener)
{
	int fd;

	if (server->reserve < 0)
		return -1;
	close(server->reserve);
	fd = accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd >= 0)
		shed(fd, listener->way, "no descriptors are left");
	server->reserve = open("/dev/null", O_RDONLY | O_CLOEXEC);
	return fd >= 0 || errno == EAGAIN ? 0 : -1;
}

/* 0, or -1 when a pause is better than another try. */
static int take(struct hyp_server *server, const struct hyp_listener *listener,
		unsigned group)
{
	for (int i = 0; i < BATCH; i++) {
		struct sockaddr_storage address = {0};
		struct sockaddr *a = (struct sockaddr *)(void *)&address;
		socklen_t n = sizeof(address);
		int fd = accept4(listener->fd, a, &n,
				 SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd >= 0)
			admit(server, listener, fd, a, n, group);
		else if (errno == EMFILE || errno == ENFILE)
			return turn_away(server, listener);
		else if (errno == ENOBUFS || errno == ENOMEM)
			return -1;
		else if (errno != ECONNABORTED && errno != EINTR)
			return 0;
	}
	return 0;
}

static void tick(struct hyp_server *server)
{
	hyp_conns_sweep(server->conns);
	hyp_streams_tick(server->streams);
	hyp_denials_tick(server->denials);
	if (server->reserve < 0)
		server->reserve = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void *serve(void *ctx)
{
	struct hyp_server *server = ctx;
	struct pollfd at[HYP_LISTENERS_MAX + 1];
	const struct hyp_listeners *l = &server->listeners;
	uint64_t next = hyp_clock_boot_ms() + TICK_MS;
	unsigned group = hyp_listen_group();

	at[0] = (struct pollfd){.fd = server->wake[0], .events = POLLIN};
	for (size_t i = 0; i < l->count; i++)
		at[1 + i] =
			(struct pollfd){.fd = l->at[i].fd, .events = POLLIN};
	while (at[0].revents == 0) {
		uint64_t now = hyp_clock_boot_ms();
		int pause = 0;

		if (now >= next) {
			tick(server);
			next = now + TICK_MS;
		}
		if (poll(at, (nfds_t)l->count + 1, (int)(next - now) % 1001) <=
		    0)
			continue;
		for (size_t i = 0; i < l->count; i++)
			if (at[1 + i].revents != 0 &&
			    take(server, &l->at[i], group) != 0)
				pause = 1;
		if (pause)
			poll(at, 1, PAUSE_MS);
	}
	return NULL;
}

int32_t hyp_accept_start(struct hyp_server *server, struct hyp_error *err)
{
	pthread_attr_t attr;
	int rc;

	server->reserve = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (pipe2(server->wake, O_CLOEXEC) != 0)
		return hyp_error_set(err, HYP_E_TRANSIENT, "no_descriptors",
				     errno, "pipe: %s", strerror(errno));
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 256u * 1024u);
	rc = pthread_create(&server->accepter, &attr, serve, server);
	pthread_attr_destroy(&attr);
	if (rc == 0)
		return 0;
	close(server->wake[0]);
	close(server->wake[1]);
	server->wake[0] = -1;
	return hyp_error_set(err, HYP_E_TRANSIENT, "no_threads", rc,
			     "a thread could not be started: %s", strerror(rc));
}

void hyp_accept_stop(struct hyp_server *server)
{
	ssize_t n;

	if (server->wake[0] < 0) {
		if (server->reserve >= 0)
			close(server->reserve);
		return;
	}
	n = write(server->wake[1], "x", 1);
	(void)n;
	pthread_join(server->accepter, NULL);
	close(server->wake[0]);
	close(server->wake[1]);
	if (server->reserve >= 0)
		close(server->reserve);
	server->wake[0] = -1;
}
