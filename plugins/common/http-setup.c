/* SPDX-License-Identifier: Apache-2.0 */
/* The settings of a request, every one on purpose. */
#include "plugins/common/curl.h"
#include "plugins/common/http-internal.h"

#include "core/base/text.h"

#define CONNECT_MS 10000L
#define READ_BUFFER (512L << 10)

/* The libcurl at run time need not be the one at build time. */
int32_t hyp_http_check_backend(struct hyp_error *err)
{
	const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);

	if (info->ssl_version != NULL &&
	    strncmp(info->ssl_version, "OpenSSL/3", 9) == 0)
		return 0;
	return hyp_error_set(err, HYP_E_PERMANENT, "bad_libcurl", 0,
			     "libcurl here uses %s; hypersdk needs the OpenSSL "
			     "3 flavour (Debian: libcurl4)",
			     info->ssl_version != NULL ? info->ssl_version
						       : "no TLS");
}

static CURLcode on_ssl_ctx(CURL *easy, void *ctx, void *arg)
{
	(void)easy;
	return hyp_tls_install(ctx, arg) == 0 ? CURLE_OK
					      : CURLE_SSL_CONNECT_ERROR;
}

static int32_t bad_url(const char *url, struct hyp_error *err)
{
	char shown[160];

	hyp_text_printable(url, shown, sizeof(shown));
	return hyp_error_set(err, HYP_E_PERMANENT, "bad_url", 0,
			     "\"%s\" is not an address to fetch from: "
			     "https://HOST[:PORT]/PATH is expected",
			     shown);
}

/* The URL's host, for the verifier; its scheme must be https. */
static int32_t take_host(struct hyp_http *http, const char *url,
			 struct hyp_error *err)
{
	char *scheme = NULL, *host = NULL;
	CURLU *u = curl_url();
	int32_t rc = -1;
	size_t n;

	if (u == NULL)
		return hyp_error_nomem(err);
	if (curl_url_set(u, CURLUPART_URL, url, CURLU_DISALLOW_USER) == 0 &&
	    curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) == 0 &&
	    strcmp(scheme, "https") == 0 &&
	    curl_url_get(u, CURLUPART_HOST, &host, 0) == 0) {
		const char *bare = host[0] == '[' ? host + 1 : host;

		n = strcspn(bare, "]%");
		if (n > 0 && n < sizeof(http->host_name)) {
			memcpy(http->host_name, bare, n);
			http->host_name[n] = '\0';
			rc = 0;
		}
	}
	curl_free(scheme);
	curl_free(host);
	curl_url_cleanup(u);
	return rc == 0 ? 0 : bad_url(url, err);
}

/* Each setting in one list; any that fails means a libcurl without it. */
#define SET(option, value) HYP_CURL_SET(e, option, value)

static const char *set_safety(struct hyp_http *http)
{
	const struct hyp_tls_trust *trust = &http->verifier.trust;
	CURL *e = http->easy;
	const char *lacking = hyp_curl_set_safe(e, "https");

	if (lacking != NULL)
		return lacking;
	/* The verifier judges name and pins itself. */
	SET(CURLOPT_SSL_VERIFYHOST, 0L);
	SET(CURLOPT_SSL_CTX_FUNCTION, on_ssl_ctx);
	SET(CURLOPT_SSL_CTX_DATA, &http->verifier);
	if (trust->ca_file != NULL || !trust->ca) {
		SET(CURLOPT_CAINFO, trust->ca ? trust->ca_file : NULL);
		SET(CURLOPT_CAPATH, NULL);
	}
	SET(CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
	SET(CURLOPT_TCP_KEEPALIVE, 1L);
	SET(CURLOPT_TCP_KEEPIDLE, 30L);
	SET(CURLOPT_TCP_KEEPINTVL, 15L);
	return NULL;
}

static const char *set_request(struct hyp_http_transfer *t,
			       struct curl_slist *headers)
{
	const struct hyp_http_request *request = t->request;
	CURL *e = t->http->easy;

	SET(CURLOPT_URL, request->url);
	SET(CURLOPT_PATH_AS_IS, 1L);
	SET(CURLOPT_HTTPHEADER, headers);
	SET(CURLOPT_USERAGENT, "hypersdk");
	SET(CURLOPT_ERRORBUFFER, t->http->error);
	SET(CURLOPT_WRITEFUNCTION, hyp_http_on_body);
	SET(CURLOPT_WRITEDATA, t);
	SET(CURLOPT_HEADERFUNCTION, hyp_http_on_header);
	SET(CURLOPT_HEADERDATA, t);
	if (request->body != NULL) {
		SET(CURLOPT_POST, 1L);
		SET(CURLOPT_POSTFIELDSIZE_LARGE,
		    (curl_off_t)request->body_length);
		SET(CURLOPT_POSTFIELDS, request->body);
	}
	if (request->out != NULL)
		SET(CURLOPT_BUFFERSIZE, READ_BUFFER);
	if (request->gunzip)
		SET(CURLOPT_ACCEPT_ENCODING, "gzip");
	if (request->once)
		SET(CURLOPT_FRESH_CONNECT, 1L);
	if (request->total_ms != 0)
		SET(CURLOPT_TIMEOUT_MS, (long)request->total_ms);
	return NULL;
}
#undef SET

static int32_t make_headers(const struct hyp_http_request *request,
			    struct curl_slist **out, struct hyp_error *err)
{
	for (const char *const *h = request->headers; h && *h; h++) {
		struct curl_slist *more = curl_slist_append(*out, *h);

		if (more == NULL)
			return hyp_error_nomem(err);
		*out = more;
	}
	return 0;
}

int32_t hyp_http_prepare(struct hyp_http_transfer *t,
			 struct curl_slist **headers, struct hyp_error *err)
{
	struct hyp_http *http = t->http;
	const char *lacking;
	int32_t rc = take_host(http, t->request->url, err);

	if (rc == 0)
		rc = make_headers(t->request, headers, err);
	if (rc != 0)
		return rc;
	curl_easy_reset(http->easy);
	http->error[0] = '\0';
	http->verifier.refused = 0;
	lacking = set_safety(http);
	if (lacking == NULL)
		lacking = set_request(t, *headers);
	if (lacking != NULL)
		return hyp_error_set(err, HYP_E_PERMANENT, "bad_libcurl", 0,
				     "libcurl %s refuses %s: install the "
				     "OpenSSL flavour, 7.88 or later",
				     curl_version(), lacking);
	return 0;
}
