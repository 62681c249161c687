/* SPDX-License-Identifier: Apache-2.0 */
/* One POST, every setting of it on purpose. */
#include "plugins/notifier/webhook/webhook.h"

#include "core/base/notice-body.h"
#include "plugins/common/curl.h"
#include "plugins/common/sigpipe.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define CONNECT_MS 3000L
#define REPLY_MAX (64u << 10)
#define BODY_MAX (4u << 20)
#define HEADER_MAX 8192
#define POLL_MS 200

struct send {
	struct webhook *w;
	struct hyp_outcome *outcome;
	struct curl_slist *headers;
	struct hyp_buf body;
	const char *refused; /* why an address was */
	size_t received;
	uint32_t cut; /* more than REPLY_MAX came: the rest is not read */
	char error[CURL_ERROR_SIZE];
};

static curl_socket_t on_socket(void *arg, curlsocktype purpose,
			       struct curl_sockaddr *address)
{
	struct send *s = arg;
	const char *why = webhook_address_refused(s->w, &address->addr);

	(void)purpose;
	if (why != NULL) {
		s->refused = why;
		return CURL_SOCKET_BAD;
	}
	return socket(address->family, address->socktype | SOCK_CLOEXEC,
		      address->protocol);
}

static size_t on_body(char *bytes, size_t size, size_t count, void *arg)
{
	struct send *s = arg;

	(void)bytes;
	s->received += size * count;
	s->cut = s->received > REPLY_MAX;
	return s->cut ? 0 : size * count;
}

static size_t on_header(char *line, size_t size, size_t count, void *arg)
{
	static const char name[] = "Retry-After:";
	struct send *s = arg;
	const struct hyp_host *host = s->w->host;
	size_t n = size * count, k = sizeof(name) - 1;
	char value[64];

	if (n <= k || strncasecmp(line, name, k) != 0)
		return n;
	while (k < n && (line[k] == ' ' || line[k] == '\t'))
		k++;
	snprintf(value, sizeof(value), "%.*s", (int)(n - k), line + k);
	value[strcspn(value, "\r\n")] = '\0';
	s->outcome->retry_after_ms =
		webhook_retry_after(value, host->wall_ms(host->ctx));
	return n;
}

static int32_t add_header(struct send *s, const char *line,
			  struct hyp_error *err)
{
	struct curl_slist *more = curl_slist_append(s->headers, line);

	if (more == NULL)
		return hyp_error_nomem(err);
	s->headers = more;
	return 0;
}

__attribute__((format(printf, 3, 4))) static int32_t
add_headerf(struct send *s, struct hyp_error *err, const char *fmt, ...)
{
	char line[HEADER_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	return add_header(s, line, err);
}

static int32_t add_signature(struct send *s, const struct hyp_notice *notice,
			     int64_t timestamp, struct hyp_error *err)
{
	const struct hyp_secret *secret = &s->w->options->secret;
	HYP_AUTO_BUF struct hyp_buf text = HYP_BUF_INIT(HEADER_MAX - 64);
	int32_t rc;

	if (secret->length == 0)
		return 0;
	rc = webhook_sign(secret, notice->id, timestamp, hyp_buf_str(&s->body),
			  s->body.len, &text, err);
	return rc < 0 ? rc
		      : add_headerf(s, err, "webhook-signature: %s",
				    hyp_buf_str(&text));
}

/* curl leaves out one without a value, unless a semicolon says that it is
 * meant. */
static int32_t add_own(struct send *s, const char *line, struct hyp_error *err)
{
	size_t n = strcspn(line, ":");

	return line[n] == ':' &&
			       line[n + 1 + strspn(line + n + 1, " \t")] == '\0'
		       ? add_headerf(s, err, "%.*s;", (int)n, line)
		       : add_header(s, line, err);
}

static int32_t add_headers(struct send *s, const struct hyp_notice *notice,
			   struct hyp_error *err)
{
	const struct hyp_host *host = s->w->host;
	const struct hyp_list *more = &s->w->options->headers;
	int64_t timestamp = host->wall_ms(host->ctx) / 1000;
	int32_t rc = add_header(s, "Content-Type: application/json", err);

	if (rc == 0)
		rc = add_header(s, "Expect:", err);
	if (rc == 0)
		rc = add_headerf(s, err, "webhook-id: %s", notice->id);
	if (rc == 0)
		rc = add_headerf(s, err, "webhook-timestamp: %" PRId64,
				 timestamp);
	if (rc == 0)
		rc = add_signature(s, notice, timestamp, err);
	for (uint64_t i = 0; rc == 0 && i < more->count; i++)
		rc = add_own(s, more->items[i], err);
	return rc;
}

#define SET(option, value) HYP_CURL_SET(e, option, value)

static const char *set_safety(struct send *s)
{
	CURL *e = s->w->easy;
	const char *lacking = hyp_curl_set_safe(e, "https,http");

	if (lacking != NULL)
		return lacking;
	SET(CURLOPT_OPENSOCKETFUNCTION, on_socket);
	SET(CURLOPT_OPENSOCKETDATA, s);
	SET(CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
	SET(CURLOPT_DNS_CACHE_TIMEOUT, 30L);
	if (s->w->resolve != NULL)
		SET(CURLOPT_RESOLVE, s->w->resolve);
	return NULL;
}

static const char *set_request(struct send *s)
{
	CURL *e = s->w->easy;

	SET(CURLOPT_URL, s->w->options->url);
	SET(CURLOPT_USERAGENT, "HyperSDK-Webhook/1.0");
	SET(CURLOPT_HTTPHEADER, s->headers);
	SET(CURLOPT_TIMEOUT_MS, (long)s->w->options->timeout);
	SET(CURLOPT_ERRORBUFFER, s->error);
	SET(CURLOPT_WRITEFUNCTION, on_body);
	SET(CURLOPT_WRITEDATA, s);
	SET(CURLOPT_HEADERFUNCTION, on_header);
	SET(CURLOPT_HEADERDATA, s);
	SET(CURLOPT_POST, 1L);
	SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)s->body.len);
	SET(CURLOPT_POSTFIELDS, hyp_buf_str(&s->body));
	return NULL;
}
#undef SET

static int32_t prepare(struct send *s, const struct hyp_notice *notice,
		       struct hyp_error *err)
{
	const char *lacking;
	int32_t rc = hyp_notice_body(
		notice, s->w->options->format == WEBHOOK_SLACK, &s->body, err);

	if (rc == 0)
		rc = add_headers(s, notice, err);
	if (rc < 0)
		return rc;
	curl_easy_reset(s->w->easy);
	lacking = set_safety(s);
	if (lacking == NULL)
		lacking = set_request(s);
	if (lacking != NULL)
		return hyp_error_set(err, HYP_E_PERMANENT, "bad_libcurl", 0,
				     "libcurl %s refuses %s: install 7.88 or "
				     "later",
				     curl_version(), lacking);
	return 0;
}

static int32_t drive(struct send *s, struct hyp_error *err)
{
	const struct hyp_host *host = s->w->host;
	struct curl_waitfd cancel = {.fd = host->cancel_fd(host->ctx),
				     .events = CURL_WAIT_POLLIN};
	int running = 1;

	for (;;) {
		if (hyp_curl_perform(s->w->multi, &running) != CURLM_OK)
			return hyp_error_nomem(err);
		if (!running)
			return 0;
		if (host->cancelled(host->ctx))
			return hyp_error_set(err, HYP_E_CANCELLED, "cancelled",
					     0, "cancelled while talking to %s",
					     s->w->host_name);
		curl_multi_poll(s->w->multi, &cancel, cancel.fd >= 0, POLL_MS,
				NULL);
	}
}

static int32_t failed(const struct send *s, CURLcode code,
		      struct hyp_error *err)
{
	const char *kind = "connection_lost";

	if (s->refused != NULL && code == CURLE_COULDNT_CONNECT)
		return hyp_error_set(err, HYP_E_PERMANENT, "ssrf_blocked", 0,
				     "%s is at an address that is %s: allow it "
				     "by allow_cidrs, if it is meant",
				     s->w->host_name, s->refused);
	if (code == CURLE_COULDNT_RESOLVE_HOST)
		kind = "dns_failed";
	else if (code == CURLE_COULDNT_CONNECT)
		kind = "connect_failed";
	else if (code == CURLE_OPERATION_TIMEDOUT)
		kind = "net_timeout";
	else if (code == CURLE_PEER_FAILED_VERIFICATION ||
		 code == CURLE_SSL_CONNECT_ERROR ||
		 code == CURLE_SSL_CACERT_BADFILE)
		kind = "tls_failed";
	return hyp_error_set(
		err, HYP_E_TRANSIENT, kind, 0, "%s: %s", s->w->host_name,
		s->error[0] != '\0' ? s->error : curl_easy_strerror(code));
}

static int32_t judge(const struct send *s, struct hyp_error *err)
{
	uint32_t status = s->outcome->status;

	if (status >= 200 && status < 300)
		return 0;
	if (status == 410)
		return hyp_error_set(err, HYP_E_PERMANENT, "gone", 0,
				     "%s answered 410: it wants no events any "
				     "more",
				     s->w->host_name);
	return hyp_error_set(err, HYP_E_TRANSIENT, "refused", 0,
			     "%s answered %u", s->w->host_name, status);
}

static int32_t conclude(struct send *s, struct hyp_error *err)
{
	CURLMsg *msg;
	long status = 0;
	int left;

	curl_easy_getinfo(s->w->easy, CURLINFO_RESPONSE_CODE, &status);
	s->outcome->status = status > 0 ? (uint32_t)status : 0;
	msg = curl_multi_info_read(s->w->multi, &left);
	if (msg == NULL || msg->msg != CURLMSG_DONE)
		return hyp_error_nomem(err);
	if (msg->data.result != CURLE_OK && !s->cut)
		return failed(s, msg->data.result, err);
	return judge(s, err);
}

static int32_t perform(struct send *s, struct hyp_error *err)
{
	struct hyp_sigpipe sigpipe;
	int32_t rc;

	hyp_sigpipe_block(&sigpipe);
	curl_multi_add_handle(s->w->multi, s->w->easy);
	rc = drive(s, err);
	if (rc == 0)
		rc = conclude(s, err);
	curl_multi_remove_handle(s->w->multi, s->w->easy);
	hyp_sigpipe_restore(&sigpipe);
	return rc;
}

int32_t webhook_send(struct webhook *w, const struct hyp_notice *notice,
		     struct hyp_outcome *outcome, struct hyp_error *err)
{
	struct send s = {
		.w = w, .outcome = outcome, .body = HYP_BUF_INIT(BODY_MAX)};
	uint64_t began = w->host->boot_ms(w->host->ctx);
	int32_t rc = prepare(&s, notice, err);

	if (rc == 0)
		rc = perform(&s, err);
	outcome->latency_ms =
		(uint32_t)(w->host->boot_ms(w->host->ctx) - began);
	curl_slist_free_all(s.headers);
	hyp_buf_fini(&s.body);
	return rc;
}
