/* SPDX-License-Identifier: Apache-2.0 */
#include "plugins/common/http-internal.h"

#include "core/base/cleanup.h"
#include "core/base/text.h"
#include "plugins/common/curl.h"
#include "plugins/common/sigpipe.h"

#include <inttypes.h>
#include <poll.h>

#define POLL_MS 200
#define SILENT_RATE 1024u /* bytes per second */

static uint64_t now_ms(const struct hyp_http *http)
{
	return http->host->boot_ms(http->host->ctx);
}

int32_t hyp_http_new(const struct hyp_host *host,
		     const struct hyp_tls_trust *trust, struct hyp_http **out,
		     struct hyp_error *err)
{
	struct hyp_http *http;
	int32_t rc = hyp_http_check_backend(err);

	if (rc != 0)
		return rc;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return hyp_error_nomem(err);
	http = calloc(1, sizeof(*http));
	if (http == NULL)
		goto fail;
	http->host = host;
	http->verifier.trust = *trust;
	http->verifier.host = http->host_name;
	http->multi = curl_multi_init();
	http->easy = curl_easy_init();
	if (http->multi == NULL || http->easy == NULL)
		goto fail;
	*out = http;
	return 0;
fail:
	if (http != NULL) {
		curl_easy_cleanup(http->easy);
		curl_multi_cleanup(http->multi);
	}
	free(http);
	curl_global_cleanup();
	return hyp_error_nomem(err);
}

void hyp_http_free(struct hyp_http *http)
{
	if (http == NULL)
		return;
	curl_easy_cleanup(http->easy);
	curl_multi_cleanup(http->multi);
	curl_global_cleanup();
	free(http);
}

void hyp_http_reply_fini(struct hyp_http_reply *reply)
{
	free(reply->wanted);
	reply->wanted = NULL;
	hyp_buf_fini(&reply->body);
}

/*
 * Waits for the network, at most POLL_MS, and counts: 1 once a whole window of
 * waiting has passed in which next to nothing came. What the receiver takes
 * for itself is not waiting, and while bytes flow no clock is read.
 */
static int wait_a_little(struct hyp_http_transfer *t,
			 struct curl_waitfd *cancel, unsigned int extra)
{
	uint64_t limit = t->request->silence_ms, before = now_ms(t->http);

	curl_multi_poll(t->http->multi, cancel, extra, POLL_MS, NULL);
	t->waited += now_ms(t->http) - before;
	if (limit == 0 || t->waited < limit)
		return 0;
	if (t->waited_bytes < limit * SILENT_RATE / 1000)
		return 1;
	t->waited = 0;
	t->waited_bytes = 0;
	return 0;
}

static int is_cancelled(struct hyp_http_transfer *t)
{
	const struct hyp_host *host = t->http->host;

	if (t->request->uncancellable || !host->cancelled(host->ctx))
		return 0;
	if (t->request->grace_ms == 0)
		return 1;
	if (t->cancelled_at == 0)
		t->cancelled_at = now_ms(t->http);
	return now_ms(t->http) - t->cancelled_at >= t->request->grace_ms;
}

static int32_t look_around(struct hyp_http_transfer *t, struct hyp_error *err)
{
	const struct hyp_http_request *request = t->request;

	if (is_cancelled(t))
		return hyp_error_set(err, HYP_E_CANCELLED, "cancelled", 0,
				     "cancelled while talking to %s",
				     t->http->host_name);
	if (request->stop != NULL &&
	    __atomic_load_n(request->stop, __ATOMIC_ACQUIRE) != 0)
		return hyp_error_set(err, HYP_E_CANCELLED, "stopped", 0,
				     "stopped while talking to %s",
				     t->http->host_name);
	return 0;
}

static int32_t silent(const struct hyp_http_transfer *t, struct hyp_error *err)
{
	return hyp_error_set(err, HYP_E_TRANSIENT, "net_timeout", 0,
			     "%s sent less than 1 KiB/s for %" PRIu64
			     " s; is the network or the host overloaded?",
			     t->http->host_name, t->request->silence_ms / 1000);
}

/* Until the transfer ended or somebody wants it to. */
static int32_t drive(struct hyp_http_transfer *t, struct hyp_error *err)
{
	const struct hyp_host *host = t->http->host;
	struct curl_waitfd cancel = {.fd = -1, .events = CURL_WAIT_POLLIN};
	unsigned int extra = 0;
	int running = 1;
	int32_t rc;

	if (!t->request->uncancellable) {
		cancel.fd = host->cancel_fd(host->ctx);
		extra = cancel.fd >= 0;
	}
	for (;;) {
		if (hyp_curl_perform(t->http->multi, &running) != CURLM_OK)
			return hyp_error_nomem(err);
		if (!running)
			return 0;
		rc = look_around(t, err);
		if (rc != 0)
			return rc;
		/* While bytes flow, asking again is cheaper than a poll. */
		if (t->fed == 1)
			t->fed = 2;
		else if (wait_a_little(t, &cancel, t->cancelled_at ? 0 : extra))
			return silent(t, err);
	}
}

static int32_t conclude(struct hyp_http_transfer *t, struct hyp_error *err)
{
	struct hyp_http *http = t->http;
	curl_off_t sent_at = 0;
	long status = 0;
	CURLMsg *msg;
	int left;

	curl_easy_getinfo(http->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(http->easy, CURLINFO_PRETRANSFER_TIME_T, &sent_at);
	t->reply->status = (uint32_t)status;
	t->reply->unsent = sent_at == 0;
	msg = curl_multi_info_read(http->multi, &left);
	if (t->failed != 0)
		return t->failed;
	if (msg == NULL || msg->msg != CURLMSG_DONE)
		return hyp_error_nomem(err);
	return msg->data.result == CURLE_OK
		       ? 0
		       : hyp_http_error(http, msg->data.result, err);
}

int32_t hyp_http_perform(struct hyp_http *http,
			 const struct hyp_http_request *request,
			 struct hyp_http_reply *reply, struct hyp_error *err)
{
	struct hyp_http_transfer t = {
		.http = http, .request = request, .reply = reply, .err = err};
	struct curl_slist *headers = NULL;
	struct hyp_sigpipe sigpipe;
	int32_t rc;

	reply->unsent = 1;
	rc = hyp_http_prepare(&t, &headers, err);
	if (rc == 0) {
		hyp_sigpipe_block(&sigpipe);
		curl_multi_add_handle(http->multi, http->easy);
		rc = drive(&t, err);
		if (rc == 0)
			rc = conclude(&t, err);
		else
			reply->unsent = 0; /* who knows */
		curl_multi_remove_handle(http->multi, http->easy);
		hyp_sigpipe_restore(&sigpipe);
	}
	curl_slist_free_all(headers);
	return rc;
}

int32_t hyp_http_pause(const struct hyp_host *host, uint64_t ms,
		       struct hyp_error *err)
{
	struct pollfd cancel = {.fd = host->cancel_fd(host->ctx),
				.events = POLLIN};

	while (!host->cancelled(host->ctx)) {
		int step = ms > POLL_MS ? POLL_MS : (int)ms;

		if (ms == 0)
			return 0;
		poll(&cancel, 1, step);
		ms -= (uint64_t)step;
	}
	return hyp_error_set(err, HYP_E_CANCELLED, "cancelled", 0,
			     "cancelled while waiting");
}
