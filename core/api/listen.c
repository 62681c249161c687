/* SPDX-License-Identifier: Apache-2.0 */
#include "core/api/listen.h"
#include "core/base/buf.h"
#include "core/base/cleanup.h"
#include "core/config/listen.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>

#define BACKLOG 1024

static int is_loopback(const struct sockaddr *address)
{
	if (address->sa_family == AF_INET) {
		const struct sockaddr_in *v4 = (const void *)address;

		return ntohl(v4->sin_addr.s_addr) >> 24 == 127;
	}
	if (address->sa_family == AF_INET6) {
		const struct sockaddr_in6 *v6 = (const void *)address;

		return IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
	}
	return address->sa_family == AF_UNIX;
}

static int32_t check_safe(const struct hyp_api_settings *api,
			  const struct sockaddr *address, const char *name,
			  struct hyp_error *err)
{
	if (is_loopback(address))
		return 0;
	if (*api->tls_cert == '\0')
		return hyp_error_set(err, HYP_E_USAGE, "needs_tls", 0,
				     "%s can be reached from other machines, "
				     "and that needs TLS: set api.tls_cert and "
				     "api.tls_key, or listen on 127.0.0.1",
				     name);
	if (api->auth == HYP_AUTH_NONE)
		return hyp_error_set(err, HYP_E_USAGE, "needs_tls", 0,
				     "%s can be reached from other machines, "
				     "and that needs TLS and api.auth = "
				     "\"token\"",
				     name);
	return 0;
}

static int32_t too_many(struct hyp_error *err)
{
	return hyp_error_set(err, HYP_E_USAGE, "bad_value", 0,
			     "more than %d sockets: those that were handed "
			     "over, and that of the metrics",
			     HYP_LISTENERS_MAX);
}

static int32_t note_port(int fd, uint16_t *out, struct hyp_error *err)
{
	struct sockaddr_storage bound;
	socklen_t n = sizeof(bound);

	if (getsockname(fd, (struct sockaddr *)(void *)&bound, &n) != 0)
		return hyp_error_set(err, HYP_E_PERMANENT, "io_error", errno,
				     "getsockname: %s", strerror(errno));
	if (*out == 0 && bound.ss_family == AF_INET)
		*out = ntohs(((struct sockaddr_in *)(void *)&bound)->sin_port);
	if (*out == 0 && bound.ss_family == AF_INET6)
		*out = ntohs(
			((struct sockaddr_in6 *)(void *)&bound)->sin6_port);
	return 0;
}

/* setting: whose name is said when it fails. */
static int32_t bind_tcp(const char *setting, const char *name,
			const struct hyp_listen *at, int *out,
			struct hyp_error *err)
{
	const struct sockaddr *address = (const void *)&at->address;
	HYP_AUTO_CLOSE int fd =
		socket(address->sa_family,
		       SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int on = 1, e;

	if (fd >= 0)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (fd >= 0 && bind(fd, address, at->length) == 0 &&
	    listen(fd, BACKLOG) == 0) {
		*out = fd;
		fd = -1;
		return 0;
	}
	e = errno;
	return hyp_error_set(err, HYP_E_PERMANENT,
			     e == EADDRINUSE ? "address_in_use"
			     : e == EACCES   ? "no_permission"
					     : "io_error",
			     e, "cannot listen on %s: %s; settings: %s", name,
			     strerror(e), setting);
}

static int32_t listen_tcp(const struct hyp_api_settings *api,
			  struct hyp_listeners *out, struct hyp_error *err)
{
	struct hyp_listen at;
	int fd = -1;

	if (hyp_listen_parse(api->listen, &at, err) != 0)
		return hyp_error_prefix(err, "api.listen: ");
	if (check_safe(api, (const void *)&at.address, api->listen, err) != 0 ||
	    bind_tcp("api.listen", api->listen, &at, &fd, err) != 0)
		return err->code;
	out->at[out->count++] = (struct hyp_listener){
		fd, *api->tls_cert != '\0' ? HYP_WAY_TLS : HYP_WAY_TCP, 0};
	return note_port(fd, &out->port, err);
}

int32_t hyp_listeners_metrics(const struct hyp_settings *settings,
			      struct hyp_listeners *out, struct hyp_error *err)
{
	const struct hyp_metrics_settings *m = &settings->metrics;
	struct hyp_listen at;
	char name[160];
	int fd = -1;

	if (!m->enabled)
		return 0;
	if (out->count == HYP_LISTENERS_MAX)
		return too_many(err);
	if (hyp_listen_parse_port(m->listen, (uint16_t)m->port, &at, err) != 0)
		return hyp_error_prefix(err, "metrics.listen: ");
	snprintf(name, sizeof(name), "%s:%u", m->listen, (unsigned)m->port);
	if (check_safe(&settings->api, (const void *)&at.address, name, err) !=
		    0 ||
	    bind_tcp("metrics.port", name, &at, &fd, err) != 0)
		return err->code;
	out->at[out->count++] = (struct hyp_listener){
		fd, at.loopback ? HYP_WAY_TCP : HYP_WAY_TLS,
		at.loopback ? HYP_METRICS_OPEN : HYP_METRICS_TOKEN};
	return note_port(fd, &out->metrics_port, err);
}

static int32_t take(const struct hyp_api_settings *api, int fd,
		    struct hyp_listeners *out, struct hyp_error *err)
{
	struct sockaddr_storage bound = {0};
	socklen_t n = sizeof(bound);
	const struct sockaddr *address = (const void *)&bound;

	if (out->count == HYP_LISTENERS_MAX)
		return too_many(err);
	if (getsockname(fd, (struct sockaddr *)(void *)&bound, &n) != 0)
		return hyp_error_set(err, HYP_E_USAGE, "bad_value", errno,
				     "descriptor %d, which was handed over, is "
				     "no socket",
				     fd);
	if (check_safe(api, address, "a socket that was handed over", err) != 0)
		return err->code;
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	out->at[out->count++] = (struct hyp_listener){
		fd,
		address->sa_family == AF_UNIX ? HYP_WAY_UNIX
		: *api->tls_cert != '\0'      ? HYP_WAY_TLS
					      : HYP_WAY_TCP,
		0};
	return note_port(fd, &out->port, err);
}

int32_t hyp_listeners_open(const struct hyp_api_settings *api, const int *fds,
			   size_t fd_count, struct hyp_listeners *out,
			   struct hyp_error *err)
{
	struct hyp_listeners made = {.count = 0};
	int32_t rc = 0;

	for (size_t i = 0; i < fd_count && rc == 0; i++)
		rc = take(api, fds[i], &made, err);
	/* The address first: it says needs_tls before anything is made. */
	if (rc == 0 && fd_count == 0 && *api->listen != '\0')
		rc = listen_tcp(api, &made, err);
	if (rc == 0 && fd_count == 0 && *api->socket != '\0')
		rc = hyp_listen_unix(api->socket, &made, err);
	if (rc != 0) {
		/* What was handed over is not ours to close yet. */
		if (fd_count > 0)
			made.count = 0;
		hyp_listeners_close(&made);
		return rc;
	}
	*out = made;
	return 0;
}

void hyp_listeners_close(struct hyp_listeners *listeners)
{
	struct stat st;

	for (size_t i = 0; i < listeners->count; i++)
		close(listeners->at[i].fd);
	if (listeners->path != NULL && lstat(listeners->path, &st) == 0 &&
	    st.st_dev == listeners->dev && st.st_ino == listeners->ino)
		unlink(listeners->path);
	free(listeners->path);
	memset(listeners, 0, sizeof(*listeners));
}
