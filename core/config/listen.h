/* SPDX-License-Identifier: Apache-2.0 */
/* "api.listen": an address to listen on. */
#ifndef HYP_CONFIG_LISTEN_H
#define HYP_CONFIG_LISTEN_H

#include <hypersdk/error.h>
#include <sys/socket.h>

struct hyp_listen {
	struct sockaddr_storage address;
	socklen_t length;
	uint32_t loopback; /* 1: only this machine can reach it */
};

/* "127.0.0.1:8080", "[::1]:8080", "localhost:8080" (as 127.0.0.1), "0.0.0.0:
 * 8443", "[::]:8443"; port 0 for any. Names are not asked for: what a name
 * means tomorrow is not ours. HYP_E_USAGE "bad_value",
 * "no_memory". */
int32_t hyp_listen_parse(const char *text, struct hyp_listen *out,
			 struct hyp_error *err);
/* "127.0.0.1", "[::1]", "localhost": the same without the port. */
int32_t hyp_listen_parse_port(const char *host, uint16_t port,
			      struct hyp_listen *out, struct hyp_error *err);

#endif
