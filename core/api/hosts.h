/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which Host and Origin a request may name: a page of elsewhere must not be
 * able to ask us through a browser, nor by a name of its own that resolves to
 * our address. Never changes after new; any thread.
 */
#ifndef HYP_API_HOSTS_H
#define HYP_API_HOSTS_H

#include "core/api/guard.h"
#include "core/config/config.h"

struct hyp_hosts;

/* localhost, 127.0.0.1, [::1], the machine's own name, the addresses that
 * api.listen and metrics.listen name, and api.hosts. */
int32_t hyp_hosts_new(const struct hyp_settings *settings,
		      struct hyp_hosts **out, struct hyp_error *err);
void hyp_hosts_free(struct hyp_hosts *hosts);

/* host: a Host header, with or without a port. 421 for a foreign one. */
int hyp_hosts_check(const struct hyp_hosts *hosts, const char *host,
		    struct hyp_refused *refused);
/* An Origin must be this very host; fetch_site (Sec-Fetch-Site) must not say
 * otherwise. Either may be NULL. 403. */
int hyp_hosts_check_origin(const char *host, const char *origin,
			   const char *fetch_site, struct hyp_refused *refused);

#endif
