/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of notifier/webhook share. */
#ifndef HYP_WEBHOOK_H
#define HYP_WEBHOOK_H

#include "core/base/buf.h"

#include <curl/curl.h>
#include <hypersdk/notifier.h>
#include <sys/socket.h>

#define WEBHOOK_JSON 0u
#define WEBHOOK_SLACK 1u

struct webhook_options {
	const char *url;
	uint32_t format; /* WEBHOOK_* */
	uint64_t timeout;
	struct hyp_secret secret; /* one key or several, between blanks */
	struct hyp_list headers;  /* "Name: value" */
	struct hyp_list allow_cidrs;
};

/* Addresses of one prefix; IPv4 as ::ffff:a.b.c.d. */
struct webhook_cidr {
	uint8_t bytes[16];
	uint32_t bits; /* 0..128 */
};

struct webhook {
	const struct hyp_host *host;
	const struct webhook_options *options;
	struct webhook_cidr *allowed;
	size_t allowed_count;
	CURLM *multi;
	CURL *easy;
	char host_name[256];
	const struct curl_slist *resolve; /* of tests, else NULL */
};

extern const struct hyp_plugin webhook_plugin;

/* address.c */

/* "10.0.0.0/8", "fd00::/8", or one address. 0 or -1. */
int webhook_cidr_parse(const char *text, struct webhook_cidr *out);
/* NULL if it may be connected to, else why not. */
const char *webhook_address_refused(const struct webhook *w,
				    const struct sockaddr *address);
/* 1: no port of web servers, but one where another service may listen. */
int webhook_port_refused(unsigned port);

/* url.c: HYP_E_USAGE "bad_url" or "ssrf_blocked"; host holds 256. */
int32_t webhook_url_check(const char *url, char *host, struct hyp_error *err);
/* HYP_E_USAGE "bad_value". */
int32_t webhook_header_check(const char *line, struct hyp_error *err);

/* sign.c: "v1,BASE64 v1,BASE64", one for each key of secret. HYP_E_USAGE
 * "bad_secret" if a key is none. */
int32_t webhook_sign(const struct hyp_secret *secret, const char *id,
		     int64_t timestamp, const char *body, size_t n,
		     struct hyp_buf *out, struct hyp_error *err);

/* retry-after.c: of a header's value, in ms, an hour at the most; 0 if it asks
 * for nothing. */
uint32_t webhook_retry_after(const char *value, int64_t now_ms);

/* send.c */
int32_t webhook_send(struct webhook *w, const struct hyp_notice *notice,
		     struct hyp_outcome *outcome, struct hyp_error *err);

#endif
