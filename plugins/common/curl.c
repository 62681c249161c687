/* SPDX-License-Identifier: Apache-2.0 */
#include "plugins/common/curl.h"
#include "core/base/signals.h"

#include <signal.h>

const char *hyp_curl_set_safe(CURL *easy, const char *protocols)
{
	HYP_CURL_SET(easy, CURLOPT_NOSIGNAL, 1L);
	HYP_CURL_SET(easy, CURLOPT_QUICK_EXIT, 1L);
	HYP_CURL_SET(easy, CURLOPT_PROTOCOLS_STR, protocols);
	HYP_CURL_SET(easy, CURLOPT_FOLLOWLOCATION, 0L);
	HYP_CURL_SET(easy, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
	HYP_CURL_SET(easy, CURLOPT_PROXY, "");
	HYP_CURL_SET(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	HYP_CURL_SET(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	HYP_CURL_SET(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	HYP_CURL_SET(easy, CURLOPT_SSL_VERIFYPEER, 1L);
	HYP_CURL_SET(easy, CURLOPT_SSL_VERIFYHOST, 2L);
	return NULL;
}

CURLMcode hyp_curl_perform(CURLM *multi, int *running)
{
	sigset_t before;
	CURLMcode rc;

	hyp_signals_block(&before);
	rc = curl_multi_perform(multi, running);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return rc;
}
