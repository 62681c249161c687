/* SPDX-License-Identifier: Apache-2.0 */
/* What a failed transfer means. */
#include "plugins/common/http-internal.h"

#include "core/base/text.h"

static int32_t net_error(const struct hyp_http *http, struct hyp_error *err,
			 int32_t code, const char *kind, const char *what)
{
	char text[CURL_ERROR_SIZE * 2];

	hyp_text_printable(http->error, text, sizeof(text));
	return hyp_error_set(err, code, kind, 0, "%s: %s%s%s", http->host_name,
			     what, text[0] != '\0' ? ": " : "", text);
}

int32_t hyp_http_error(const struct hyp_http *http, CURLcode code,
		       struct hyp_error *err)
{
	if (http->verifier.refused)
		return hyp_tls_error(&http->verifier, err);
	switch (code) {
	case CURLE_COULDNT_RESOLVE_HOST:
		return net_error(http, err, HYP_E_TRANSIENT, "dns_failed",
				 "the name has no address");
	case CURLE_COULDNT_CONNECT:
		return net_error(http, err, HYP_E_TRANSIENT, "connect_failed",
				 "no connection");
	case CURLE_OPERATION_TIMEDOUT:
		return net_error(http, err, HYP_E_TRANSIENT, "net_timeout",
				 "no answer in time");
	case CURLE_SSL_CACERT_BADFILE:
		return net_error(http, err, HYP_E_USAGE, "bad_ca",
				 "the file of authorities (ca) cannot be read");
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CERTPROBLEM:
		return net_error(http, err, HYP_E_TRANSIENT, "tls_failed",
				 "no TLS connection; is it the right port?");
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_BAD_CONTENT_ENCODING:
		return net_error(http, err, HYP_E_PERMANENT, "bad_response",
				 "not the answer of an HTTPS server");
	case CURLE_OUT_OF_MEMORY:
		return hyp_error_nomem(err);
	default:
		return net_error(http, err, HYP_E_TRANSIENT, "connection_lost",
				 "the connection broke");
	}
}
