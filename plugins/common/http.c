/* SPDX-License-Identifier: Apache-2.0 */
#include "plugins/common/http.h"

#include "core/base/cleanup.h"
#include "core/base/text.h"

#include <curl/curl.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <strings.h>

#define POLL_MS 200
#define CONNECT_MS 10000L
#define READ_BUFFER (512L << 10)
#define SILENT_RATE 1024u /* bytes per second */

struct hyp_http {
	const struct hyp_host *host;
	CURLM *multi;
	CURL *easy;
	struct hyp_tls_verifier verifier;
	char host_name[256];
	char error[CURL_ERROR_SIZE];
};

/* One request under way. */
struct transfer {
	struct hyp_http *http;
	const struct hyp_http_request *request;
	struct hyp_http_reply *reply;
	struct hyp_error *err;
	int32_t failed;	       /* what a callback met; err is filled */
	uint32_t fed;	       /* bytes came since the last look */
	uint64_t window_start; /* of the silence watch, boot ms */
	uint64_t window_bytes;
	uint64_t window_busy; /* ms spent in the receiver */
	uint64_t cancelled_at;
};

static uint64_t now_ms(const struct hyp_http *http)
{
	return http->host->boot_ms(http->host->ctx);
}

/* The libcurl at run time need not be the one at build time. */
static int32_t check_backend(struct hyp_error *err)
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

int32_t hyp_http_new(const struct hyp_host *host,
		     const struct hyp_tls_trust *trust, struct hyp_http **out,
		     struct hyp_error *err)
{
	struct hyp_http *http;
	int32_t rc = check_backend(err);

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

static size_t on_body(char *bytes, size_t size, size_t count, void *arg)
{
	struct transfer *t = arg;
	const struct hyp_writer *out = t->request->out;
	size_t n = size * count;
	uint64_t before;
	long status = 0;

	t->fed = 1;
	t->window_bytes += n;
	curl_easy_getinfo(t->http->easy, CURLINFO_RESPONSE_CODE, &status);
	t->reply->status = (uint32_t)status;
	if (out == NULL) {
		t->failed = hyp_buf_add(&t->reply->body, bytes, n, t->err);
		return t->failed == 0 ? n : 0;
	}
	if (status != 200 || n == 0)
		return n; /* an error page is nobody's disk */
	before = now_ms(t->http);
	t->failed = out->write(out->ctx, bytes, n, t->err);
	t->window_busy += now_ms(t->http) - before;
	if (t->failed != 0)
		return 0;
	t->reply->bytes += n;
	return n;
}

/* The value of header name in line, without blanks around; its length, or
 * -1 if line is another header. */
static long header_value(const char *line, size_t n, const char *name,
			 const char **value)
{
	size_t k = strlen(name);

	if (n <= k || strncasecmp(line, name, k) != 0 || line[k] != ':')
		return -1;
	line += k + 1;
	n -= k + 1;
	while (n > 0 && (*line == ' ' || *line == '\t'))
		line++, n--;
	while (n > 0 && strchr(" \t\r\n", line[n - 1]) != NULL)
		n--;
	*value = line;
	return (long)n;
}

static void take_content_type(struct hyp_http_reply *reply, const char *value,
			      size_t n)
{
	size_t k = 0;

	while (k < n && k + 1 < sizeof(reply->content_type) &&
	       value[k] != ';' && value[k] != ' ') {
		char c = value[k];

		reply->content_type[k++] =
			(char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
	}
	reply->content_type[k] = '\0';
}

static size_t on_header(char *line, size_t size, size_t count, void *arg)
{
	struct transfer *t = arg;
	struct hyp_http_reply *reply = t->reply;
	const char *want = t->request->want_header, *value;
	size_t n = size * count;
	char text[256];
	long k;

	if (t->fed) /* a trailer says nothing that we ask for */
		return n;
	if ((k = header_value(line, n, "Content-Type", &value)) >= 0)
		take_content_type(reply, value, (size_t)k);
	if ((k = header_value(line, n, "Location", &value)) >= 0) {
		snprintf(text, sizeof(text), "%.*s", (int)k, value);
		hyp_text_printable(text, reply->location,
				   sizeof(reply->location));
	}
	if ((k = header_value(line, n, "Retry-After", &value)) > 0 && k < 6 &&
	    strspn(value, "0123456789") >= (size_t)k)
		reply->retry_after_ms =
			(uint32_t)strtoul(value, NULL, 10) * 1000u;
	if (want != NULL && (k = header_value(line, n, want, &value)) > 0 &&
	    k <= (long)HYP_HTTP_VALUE_MAX &&
	    memchr(value, 0, (size_t)k) == NULL) {
		free(reply->wanted);
		reply->wanted = strndup(value, (size_t)k);
	}
	return n;
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
#define SET(option, value)                                                     \
	do {                                                                   \
		if (curl_easy_setopt(e, option, value) != CURLE_OK)            \
			return #option;                                        \
	} while (0)

static const char *set_safety(struct hyp_http *http)
{
	const struct hyp_tls_trust *trust = &http->verifier.trust;
	CURL *e = http->easy;

	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_QUICK_EXIT, 1L); /* never wait for a resolver */
	SET(CURLOPT_PROTOCOLS_STR, "https");
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
	SET(CURLOPT_PROXY, "");
	SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	/* The verifier judges name and pins itself. */
	SET(CURLOPT_SSL_VERIFYPEER, 1L);
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

static const char *set_request(struct transfer *t, struct curl_slist *headers)
{
	const struct hyp_http_request *request = t->request;
	CURL *e = t->http->easy;

	SET(CURLOPT_URL, request->url);
	SET(CURLOPT_PATH_AS_IS, 1L);
	SET(CURLOPT_HTTPHEADER, headers);
	SET(CURLOPT_USERAGENT, "hypersdk");
	SET(CURLOPT_ERRORBUFFER, t->http->error);
	SET(CURLOPT_WRITEFUNCTION, on_body);
	SET(CURLOPT_WRITEDATA, t);
	SET(CURLOPT_HEADERFUNCTION, on_header);
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

static int32_t prepare(struct transfer *t, struct curl_slist **headers,
		       struct hyp_error *err)
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

/* 1 once a whole window passed in which next to nothing came. */
static int is_silent(struct transfer *t)
{
	uint64_t limit = t->request->silence_ms, now;

	if (limit == 0)
		return 0;
	now = now_ms(t->http);
	if (now - t->window_start - t->window_busy < limit)
		return 0;
	if (t->window_bytes < limit * SILENT_RATE / 1000)
		return 1;
	t->window_start = now;
	t->window_bytes = 0;
	t->window_busy = 0;
	return 0;
}

static int is_cancelled(struct transfer *t)
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

static int32_t look_around(struct transfer *t, struct hyp_error *err)
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
	if (is_silent(t))
		return hyp_error_set(err, HYP_E_TRANSIENT, "net_timeout", 0,
				     "%s sent less than 1 KiB/s for %" PRIu64
				     " s; is the network or the host "
				     "overloaded?",
				     t->http->host_name,
				     request->silence_ms / 1000);
	return 0;
}

/* Until the transfer ended or somebody wants it to. */
static int32_t drive(struct transfer *t, struct hyp_error *err)
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
		uint32_t fed;

		if (curl_multi_perform(t->http->multi, &running) != CURLM_OK)
			return hyp_error_nomem(err);
		if (!running)
			return 0;
		rc = look_around(t, err);
		if (rc != 0)
			return rc;
		/* While bytes flow, asking again is cheaper than a poll. */
		fed = t->fed == 1;
		t->fed = t->fed ? 2 : 0;
		if (!fed)
			curl_multi_poll(t->http->multi, &cancel,
					t->cancelled_at ? 0 : extra, POLL_MS,
					NULL);
	}
}

static int32_t net_error(const struct hyp_http *http, struct hyp_error *err,
			 int32_t code, const char *kind, const char *what)
{
	char text[CURL_ERROR_SIZE * 2];

	hyp_text_printable(http->error, text, sizeof(text));
	return hyp_error_set(err, code, kind, 0, "%s: %s%s%s", http->host_name,
			     what, text[0] != '\0' ? ": " : "", text);
}

static int32_t map_code(const struct hyp_http *http, CURLcode code,
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

static int32_t conclude(struct transfer *t, struct hyp_error *err)
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
		       : map_code(http, msg->data.result, err);
}

/* OpenSSL writes to sockets that may be gone; the process is not ours to set
 * signals for. */
struct sigpipe {
	sigset_t old;
	int was_pending;
};

static void sigpipe_block(struct sigpipe *s)
{
	sigset_t pipe, pending;

	sigemptyset(&pipe);
	sigaddset(&pipe, SIGPIPE);
	sigpending(&pending);
	s->was_pending = sigismember(&pending, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &pipe, &s->old);
}

static void sigpipe_restore(const struct sigpipe *s)
{
	static const struct timespec none;
	sigset_t pipe;

	sigemptyset(&pipe);
	sigaddset(&pipe, SIGPIPE);
	if (!s->was_pending)
		while (sigtimedwait(&pipe, NULL, &none) == SIGPIPE)
			;
	pthread_sigmask(SIG_SETMASK, &s->old, NULL);
}

int32_t hyp_http_perform(struct hyp_http *http,
			 const struct hyp_http_request *request,
			 struct hyp_http_reply *reply, struct hyp_error *err)
{
	struct transfer t = {.http = http,
			     .request = request,
			     .reply = reply,
			     .err = err,
			     .window_start = now_ms(http)};
	struct curl_slist *headers = NULL;
	struct sigpipe sigpipe;
	int32_t rc;

	reply->unsent = 1;
	rc = prepare(&t, &headers, err);
	if (rc == 0) {
		sigpipe_block(&sigpipe);
		curl_multi_add_handle(http->multi, http->easy);
		rc = drive(&t, err);
		if (rc == 0)
			rc = conclude(&t, err);
		else
			reply->unsent = 0; /* who knows */
		curl_multi_remove_handle(http->multi, http->easy);
		sigpipe_restore(&sigpipe);
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
