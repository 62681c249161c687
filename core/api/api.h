/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The REST API of one engine: its sockets, its threads, its routes. Routes,
 * shapes and posture: compatibility.md and semantics.md.
 */
#ifndef HYP_API_API_H
#define HYP_API_API_H

#include "core/engine/engine.h"

struct hyp_api;

/*
 * Opens what the settings ask for: the Unix socket (root and group hypersdk,
 * or the own user and group where there is no such group; a stale socket is
 * replaced after a try to connect), the address. Answers at once: until the
 * engine is ready, writes get 503 with its kind. fds: sockets that systemd
 * handed over (listening), used instead of opening those of the settings.
 * HYP_E_USAGE "needs_tls" for an address other than loopback without TLS or
 * with auth none; HYP_E_PERMANENT "address_in_use", "no_permission".
 */
int32_t hyp_api_start(struct hyp_engine *engine, const int *fds,
		      size_t fd_count, struct hyp_api **out,
		      struct hyp_error *err);

/* The port it listens on (tests ask for port 0), 0 if none. */
uint16_t hyp_api_port(const struct hyp_api *api);

/* The same of the port that is for metrics alone. */
uint16_t hyp_api_metrics_port(const struct hyp_api *api);

/* No more requests; those under way are answered; streams end. Takes NULL. */
void hyp_api_stop(struct hyp_api *api);

#endif
