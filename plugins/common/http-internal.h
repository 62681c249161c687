/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the HTTPS client share. */
#ifndef HYP_COMMON_HTTP_INTERNAL_H
#define HYP_COMMON_HTTP_INTERNAL_H

#include "plugins/common/http.h"

#include <curl/curl.h>

struct hyp_http {
	const struct hyp_host *host;
	CURLM *multi;
	CURL *easy;
	struct hyp_tls_verifier verifier;
	char host_name[256];
	char error[CURL_ERROR_SIZE];
};

/* One request under way. */
struct hyp_http_transfer {
	struct hyp_http *http;
	const struct hyp_http_request *request;
	struct hyp_http_reply *reply;
	struct hyp_error *err;
	int32_t failed;	       /* what a callback met; err is filled */
	uint32_t fed;	       /* 1: bytes came just now; 2: earlier */
	uint64_t waited;       /* ms, of the silence watch's window */
	uint64_t waited_bytes; /* that came meanwhile */
	uint64_t cancelled_at;
};

/* http-setup.c: the settings of a request; headers are the caller's to free,
 * also after a failure. */
int32_t hyp_http_check_backend(struct hyp_error *err);
int32_t hyp_http_prepare(struct hyp_http_transfer *t,
			 struct curl_slist **headers, struct hyp_error *err);

/* http-receive.c: what libcurl calls with a reply. */
size_t hyp_http_on_body(char *bytes, size_t size, size_t count, void *arg);
size_t hyp_http_on_header(char *line, size_t size, size_t count, void *arg);

/* http-error.c: what a failed transfer means. */
int32_t hyp_http_error(const struct hyp_http *http, CURLcode code,
		       struct hyp_error *err);

#endif
