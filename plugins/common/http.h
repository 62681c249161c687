/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One HTTPS client by libcurl: a request at a time, its connection kept for
 * the next. It obeys nothing that the environment says (proxy, netrc, key
 * log), follows no redirects and speaks TLS 1.2 or later only.
 */
#ifndef HYP_COMMON_HTTP_H
#define HYP_COMMON_HTTP_H

#include "core/base/buf.h"
#include "plugins/common/tls.h"

#include <hypersdk/host.h>

struct hyp_http; /* one thread at a time */

/* host and trust->ca_file must outlive the client. */
int32_t hyp_http_new(const struct hyp_host *host,
		     const struct hyp_tls_trust *trust, struct hyp_http **out,
		     struct hyp_error *err);
void hyp_http_free(struct hyp_http *http);

struct hyp_http_request {
	const char *url;	    /* https:// */
	const char *const *headers; /* "Name: value", NULL-terminated, or NULL
				     */
	const void *body;	    /* POSTs it; NULL: GET */
	size_t body_length;
	/* Longest time with less than 1 KiB/s, not counting the time spent in
	 * out->write. 0: no limit. */
	uint64_t silence_ms;
	uint64_t total_ms; /* of the whole request; 0: no limit */
	/* Another thread's wish to stop (non-zero), or NULL. Then the request
	 * ends within 200 ms with HYP_E_CANCELLED "stopped". */
	const uint32_t *stop;
	uint32_t uncancellable; /* 1: host->cancelled is not asked */
	/* How long it goes on after a cancellation: for what the outcome must
	 * be known of. */
	uint64_t grace_ms;
	/* 1: on a new connection, so that libcurl has no reason to send it a
	 * second time by itself. For what changes the other side. */
	uint32_t once;
	uint32_t gunzip; /* 1: take compressed replies, and inflate */
	/* Takes the body of a reply with status 200 as it comes. NULL: it is
	 * collected in the reply. */
	const struct hyp_writer *out;
	/* A header whose value is wanted ("Set-Cookie"), or NULL. */
	const char *want_header;
};

#define HYP_HTTP_BODY_MAX (64u << 20) /* decoded */
#define HYP_HTTP_VALUE_MAX 4096u

struct hyp_http_reply {
	uint32_t status;
	uint32_t unsent;	 /* 1: failed before a byte of it was sent */
	uint32_t retry_after_ms; /* of a Retry-After in seconds */
	uint64_t bytes;		 /* of the body that went to out */
	char content_type[64];	 /* lower case, without parameters, or "" */
	char location[256];	 /* of a redirect, printable, or "" */
	char *wanted;		 /* last value of want_header, or NULL */
	struct hyp_buf body;
};

#define HYP_HTTP_REPLY_INIT                                                    \
	{                                                                      \
		.body = HYP_BUF_INIT(HYP_HTTP_BODY_MAX)                        \
	}

void hyp_http_reply_fini(struct hyp_http_reply *reply);

/*
 * 0 when the reply arrived whole, whatever its status; reply must have been
 * initialized and is filled as far as known on failure too.
 *   HYP_E_TRANSIENT dns_failed, connect_failed, net_timeout, connection_lost
 *                   (a cut body too: never an end of file), tls_failed
 *   HYP_E_PERMANENT cert_mismatch, cert_untrusted, too_large, bad_url
 *   HYP_E_CANCELLED cancelled, stopped; and what out->write returned.
 */
int32_t hyp_http_perform(struct hyp_http *http,
			 const struct hyp_http_request *request,
			 struct hyp_http_reply *reply, struct hyp_error *err);

/* Sleep, cut short by cancellation (HYP_E_CANCELLED). */
int32_t hyp_http_pause(const struct hyp_host *host, uint64_t ms,
		       struct hyp_error *err);

static inline void hyp_cleanup_http_reply(struct hyp_http_reply *reply)
{
	hyp_http_reply_fini(reply);
}
#define HYP_AUTO_HTTP_REPLY __attribute__((cleanup(hyp_cleanup_http_reply)))

#endif
