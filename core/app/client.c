/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/client-parts.h"
#include "core/api/refusal.h"
#include "core/base/buf.h"
#include "core/base/cleanup.h"
#include "core/base/clock.h"
#include "core/base/json-read.h"

#include <poll.h>
#include <stdlib.h>

#define CONNECT_MS 5000L
#define CALL_MS 120000L /* an inventory may take its time */
#define REPLY_MAX (64 * 1024 * 1024)
#define AGAIN_MS 30000 /* how long a lost answer is asked for again */
#define PAUSE_MS 100   /* between, and twice as long each time, to a second */

int32_t hyp_client_header(struct curl_slist **list, const char *line,
			  struct hyp_error *err)
{
	struct curl_slist *more = curl_slist_append(*list, line);

	if (more == NULL) {
		curl_slist_free_all(*list);
		*list = NULL;
		return hyp_error_nomem(err);
	}
	*list = more;
	return 0;
}

/* Ctrl-C ends a call that hangs. */
static int on_progress(void *ctx, curl_off_t a, curl_off_t b, curl_off_t c,
		       curl_off_t d)
{
	const struct hyp_client *client = ctx;

	(void)a;
	(void)b;
	(void)c;
	(void)d;
	return hyp_cancel_is_set(client->app->cancel);
}

int32_t hyp_client_prepare(struct hyp_client *client, CURL *curl,
			   const char *path, struct hyp_error *err)
{
	const struct hyp_server *server = &client->server;
	HYP_AUTO_FREE char *url = NULL;
	CURLcode rc;

	if (hyp_asprintf(&url, err, "%s%s", server->base, path) != 0)
		return err->code;
	curl_easy_reset(curl);
	rc = curl_easy_setopt(curl, CURLOPT_URL, url);
	if (rc == CURLE_OK && server->socket != NULL)
		rc = curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH,
				      server->socket);
	if (rc == CURLE_OK && server->ca != NULL) {
		rc = curl_easy_setopt(curl, CURLOPT_CAINFO, server->ca);
		curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
	}
	if (rc == CURLE_OK)
		rc = curl_easy_setopt(curl, CURLOPT_PROXY, "");
	if (rc == CURLE_OK)
		rc = curl_easy_setopt(curl, CURLOPT_USERAGENT, "hypersdk");
	if (rc != CURLE_OK)
		return hyp_error_set(err, HYP_E_USAGE, "bad_url", 0, "%s: %s",
				     url, curl_easy_strerror(rc));
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
	curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
	curl_easy_setopt(curl, CURLOPT_XFERINFODATA, client);
	return 0;
}

static int32_t not_running(struct hyp_client *client, CURL *curl,
			   struct hyp_error *err)
{
	const struct hyp_server *server = &client->server;
	long why = 0;

	curl_easy_getinfo(curl, CURLINFO_OS_ERRNO, &why);
	return hyp_error_set(err, HYP_E_TRANSIENT, "not_running", (int)why,
			     "hypersdkd does not answer at %s%s%s; is it "
			     "running?",
			     server->socket ? server->socket : server->base,
			     why != 0 ? ": " : "",
			     why != 0 ? strerror((int)why) : "");
}

int32_t hyp_client_failed(struct hyp_client *client, CURL *curl, CURLcode rc,
			  struct hyp_error *err)
{
	const struct hyp_server *server = &client->server;
	const char *where = server->socket ? server->socket : server->base;

	switch (rc) {
	case CURLE_ABORTED_BY_CALLBACK:
		return hyp_error_set(err, HYP_E_CANCELLED, "cancelled", 0,
				     "cancelled");
	case CURLE_COULDNT_CONNECT:
		return not_running(client, curl, err);
	case CURLE_COULDNT_RESOLVE_HOST:
		return hyp_error_set(err, HYP_E_USAGE, "dns_failed", 0,
				     "%s: no such host", where);
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_CONNECT_ERROR:
		return hyp_error_set(err, HYP_E_AUTH, "tls_failed", 0,
				     "%s: %s; --ca names the authority "
				     "to trust",
				     where, curl_easy_strerror(rc));
	case CURLE_OPERATION_TIMEDOUT:
		return hyp_error_set(err, HYP_E_TRANSIENT, "timeout", 0,
				     "%s: no answer in time", where);
	case CURLE_OUT_OF_MEMORY:
		return hyp_error_nomem(err);
	default:
		return hyp_error_set(err, HYP_E_TRANSIENT, "connection_lost", 0,
				     "%s: %s before the answer was there",
				     where, curl_easy_strerror(rc));
	}
}

struct answer {
	struct hyp_buf body;
	struct hyp_error err;
	int failed;
};

static size_t on_body(char *bytes, size_t one, size_t n, void *ctx)
{
	struct answer *answer = ctx;

	if (hyp_buf_add(&answer->body, bytes, one * n, &answer->err) == 0)
		return n;
	answer->failed = 1;
	return 0;
}

static int32_t make_headers(struct hyp_client *client,
			    const struct hyp_call *call,
			    struct curl_slist **list, struct hyp_error *err)
{
	char line[256];

	/* curl would wait a second for an answer to "Expect". */
	if (hyp_client_header(list, "Expect:", err) != 0 ||
	    hyp_client_header(list, "Accept: application/json", err) != 0)
		return err->code;
	if (client->server.token != NULL &&
	    hyp_client_header(list, client->server.token, err) != 0)
		return err->code;
	snprintf(line, sizeof(line), "Content-Type: %s",
		 call->type ? call->type : "application/json");
	if (call->body != NULL && hyp_client_header(list, line, err) != 0)
		return err->code;
	snprintf(line, sizeof(line), "Idempotency-Key: %s",
		 call->key ? call->key : "");
	return call->key == NULL ? 0 : hyp_client_header(list, line, err);
}

static void set_method(CURL *curl, const struct hyp_call *call)
{
	if (strcmp(call->method, "GET") == 0)
		return;
	curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE,
			 (curl_off_t)call->length);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDS,
			 call->body ? call->body : "");
	curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, call->method);
}

/* An answer that is not JSON is none of the daemon's. */
static int32_t understand(struct hyp_client *client, long status,
			  const struct answer *answer,
			  struct json_object **reply, struct hyp_error *err)
{
	const struct hyp_server *server = &client->server;
	struct json_object *o = NULL;
	struct hyp_error why = {.text = ""};
	int32_t rc = hyp_json_read(hyp_buf_str(&answer->body), answer->body.len,
				   &o, &why);

	if (rc < 0 && rc != HYP_E_USAGE) {
		*err = why;
		return rc;
	}
	rc = 0;
	if (status < 200 || status > 299)
		rc = hyp_refusal_error(status, o, err);
	else if (o == NULL)
		rc = hyp_error_set(err, HYP_E_PERMANENT, "bad_reply", 0,
				   "%s does not answer as hypersdkd does%s%s",
				   server->socket ? server->socket
						  : server->base,
				   why.text[0] != '\0' ? ": " : "", why.text);
	if (rc != 0)
		json_object_put(o);
	else
		*reply = o;
	return rc;
}

/* *answered: 1 if an answer came, be it a refusal. */
static int32_t call_once(struct hyp_client *client, const struct hyp_call *call,
			 struct json_object **reply, int *answered,
			 struct hyp_error *err)
{
	struct answer answer = {.body = HYP_BUF_INIT(REPLY_MAX)};
	struct curl_slist *headers = NULL;
	CURL *curl = client->curl;
	long status = 0;
	CURLcode done;
	int32_t rc = hyp_client_prepare(client, curl, call->path, err);

	*answered = 0;
	if (rc == 0)
		rc = make_headers(client, call, &headers, err);
	if (rc != 0) {
		curl_slist_free_all(headers);
		return rc;
	}
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, CALL_MS);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer);
	set_method(curl, call);
	done = curl_easy_perform(curl);
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	if (answer.failed) {
		*err = answer.err;
		rc = err->code;
	} else if (done != CURLE_OK) {
		rc = hyp_client_failed(client, curl, done, err);
	} else {
		*answered = 1;
		rc = understand(client, status, &answer, reply, err);
	}
	curl_slist_free_all(headers);
	hyp_buf_fini(&answer.body);
	return rc;
}

/* What the daemon says of itself while it goes or comes, and of the request
 * that is made again before the first has ended. Of others' connections it
 * says much the same as we of ours: those words are not for us. */
static int says_wait(const struct hyp_error *err)
{
	static const char *const kinds[] = {"idempotency_running", "starting",
					    "stopping"};

	for (size_t i = 0; i < HYP_COUNT(kinds); i++)
		if (strcmp(err->kind, kinds[i]) == 0)
			return 1;
	return 0;
}

/* Whether the daemon went, or is not quite back. */
static int is_away(const struct hyp_error *err, int answered, int was_there)
{
	if (answered)
		return says_wait(err);
	return strcmp(err->kind, "connection_lost") == 0 ||
	       (was_there && strcmp(err->kind, "not_running") == 0);
}

int32_t hyp_client_call(struct hyp_client *client, const struct hyp_call *call,
			struct json_object **reply, struct hyp_error *err)
{
	struct pollfd cancel = {hyp_cancel_fd(client->app->cancel), POLLIN, 0};
	uint64_t until = hyp_clock_boot_ms() + AGAIN_MS;
	int pause = PAUSE_MS, was_there = 0, answered;
	int32_t rc;

	for (;;) {
		rc = call_once(client, call, reply, &answered, err);
		if (rc == 0 || !call->again ||
		    !is_away(err, answered, was_there) ||
		    hyp_clock_boot_ms() >= until)
			return rc;
		was_there = 1;
		poll(&cancel, 1, pause);
		pause = pause < 500 ? 2 * pause : 1000;
	}
}

int32_t hyp_client_get(struct hyp_client *client, const char *path,
		       struct json_object **reply, struct hyp_error *err)
{
	const struct hyp_call call = {
		.method = "GET", .path = path, .again = 1};

	return hyp_client_call(client, &call, reply, err);
}

int32_t hyp_client_send(struct hyp_client *client, const char *method,
			const char *path, struct json_object *body,
			struct json_object **reply, struct hyp_error *err)
{
	struct hyp_call call = {.method = method, .path = path};

	if (body != NULL) {
		call.body = json_object_to_json_string_length(
			body, JSON_C_TO_STRING_PLAIN, &call.length);
		if (call.body == NULL)
			return hyp_error_nomem(err);
	}
	return hyp_client_call(client, &call, reply, err);
}

int hyp_client_is_local(const struct hyp_client *client)
{
	return client->server.local;
}

struct hyp_cancel *hyp_client_cancel(const struct hyp_client *client)
{
	return client->app->cancel;
}

int32_t hyp_client_new(struct hyp_app *app, struct hyp_client **out,
		       struct hyp_error *err)
{
	struct hyp_client *client = calloc(1, sizeof(*client));
	int32_t rc = 0;

	if (client == NULL)
		return hyp_error_nomem(err);
	client->app = app;
	curl_global_init(CURL_GLOBAL_DEFAULT);
	client->curl = curl_easy_init();
	if (client->curl == NULL)
		rc = hyp_error_nomem(err);
	if (rc == 0)
		rc = hyp_server_find(app, &client->server, err);
	if (rc != 0) {
		hyp_client_free(client);
		return rc;
	}
	*out = client;
	return 0;
}

void hyp_client_free(struct hyp_client *client)
{
	if (client == NULL)
		return;
	curl_easy_cleanup(client->curl);
	hyp_server_fini(&client->server);
	free(client);
}
