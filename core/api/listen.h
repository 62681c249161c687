/* SPDX-License-Identifier: Apache-2.0 */
/* The listening sockets. */
#ifndef HYP_API_LISTEN_H
#define HYP_API_LISTEN_H

#include "core/api/connections.h"
#include "core/config/config.h"

#define HYP_LISTENERS_MAX 8

struct hyp_listener {
	int fd;
	enum hyp_way way;
	uint32_t metrics; /* HYP_METRICS_*, 0: the whole API */
};

struct hyp_listeners {
	struct hyp_listener at[HYP_LISTENERS_MAX];
	size_t count;
	uint16_t port; /* of the first TCP one */
	uint16_t metrics_port;
	char *path; /* of a Unix socket that we made, to be removed */
	uint64_t dev, ino;
};

/*
 * Those of the settings, or fds that somebody else has bound. An address
 * other than loopback needs TLS and tokens: HYP_E_USAGE "needs_tls".
 * HYP_E_PERMANENT "address_in_use", "no_permission".
 */
int32_t hyp_listeners_open(const struct hyp_api_settings *api, const int *fds,
			   size_t fd_count, struct hyp_listeners *out,
			   struct hyp_error *err);
/* And that for metrics alone, if it is enabled; also where others have bound
 * the API's. The same errors. */
int32_t hyp_listeners_metrics(const struct hyp_settings *settings,
			      struct hyp_listeners *out, struct hyp_error *err);
void hyp_listeners_close(struct hyp_listeners *listeners);

/* The gid of group hypersdk, or (gid_t)-1. */
unsigned hyp_listen_group(void);

/* Parts of it. */
int32_t hyp_listen_unix(const char *path, struct hyp_listeners *out,
			struct hyp_error *err);

#endif
