/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every use of libcurl has in common here. It obeys nothing that the
 * environment says (proxy, netrc), follows no redirects, verifies, speaks TLS
 * 1.2 or later only, and never waits for a resolver or raises signals.
 */
#ifndef HYP_COMMON_CURL_H
#define HYP_COMMON_CURL_H

#include <curl/curl.h>

/* In a function that returns the name of the setting that this libcurl lacks,
 * or NULL. */
#define HYP_CURL_SET(easy, option, value)                                      \
	do {                                                                   \
		if (curl_easy_setopt(easy, option, value) != CURLE_OK)         \
			return #option;                                        \
	} while (0)

/* Of a handle new or reset. protocols: "https". */
const char *hyp_curl_set_safe(CURL *easy, const char *protocols);

/* curl_multi_perform; what threads it makes, for a name to be resolved, take
 * none of the program's signals. */
CURLMcode hyp_curl_perform(CURLM *multi, int *running);

#endif
