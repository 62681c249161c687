/* SPDX-License-Identifier: Apache-2.0 */
#include "plugins/provider/vsphere/call.h"

#include "core/base/cleanup.h"
#include "plugins/provider/vsphere/session.h"

#include <string.h>

#define READ_TRIES 5u
#define CLEANUP_TRIES 3u
#define CLEANUP_MS 10000u
#define STEADY_MS 5000u
#define FIRST_PAUSE_MS 250u
#define LONGEST_PAUSE_MS 5000u
#define FAREWELL_MS 1000u /* for a logout when cleaning up took too long */

int32_t vs_client_take(struct vs *vs, struct hyp_http **out,
		       struct hyp_error *err)
{
	struct vs_idle_client *idle;

	pthread_mutex_lock(&vs->lock);
	idle = vs->idle;
	if (idle != NULL)
		vs->idle = idle->next;
	pthread_mutex_unlock(&vs->lock);
	if (idle == NULL)
		return hyp_http_new(vs->host, &vs->ep.trust, out, err);
	*out = idle->http;
	free(idle);
	return 0;
}

void vs_client_give(struct vs *vs, struct hyp_http *http)
{
	struct vs_idle_client *idle = malloc(sizeof(*idle));

	if (idle == NULL) {
		hyp_http_free(http);
		return;
	}
	idle->http = http;
	pthread_mutex_lock(&vs->lock);
	idle->next = vs->idle;
	vs->idle = idle;
	pthread_mutex_unlock(&vs->lock);
}

void vs_client_drop_all(struct vs *vs)
{
	while (vs->idle != NULL) {
		struct vs_idle_client *idle = vs->idle;

		vs->idle = idle->next;
		hyp_http_free(idle->http);
		free(idle);
	}
}

void vs_cleanup_limit(struct vs *vs, uint64_t ms)
{
	uint64_t end = ms == 0 ? 0 : vs->host->boot_ms(vs->host->ctx) + ms;

	__atomic_store_n(&vs->cleanup_end, end, __ATOMIC_RELAXED);
}

uint64_t vs_cleanup_left(struct vs *vs, uint64_t ms)
{
	uint64_t end = __atomic_load_n(&vs->cleanup_end, __ATOMIC_RELAXED);
	uint64_t now = vs->host->boot_ms(vs->host->ctx);

	if (end == 0)
		return ms;
	if (now >= end)
		return 0;
	return end - now < ms ? end - now : ms;
}

/* How long one try may take; 0: as long as it goes on. */
static uint64_t limit_of(struct vs *vs, uint32_t flags)
{
	uint64_t left;

	if ((flags & (VS_CLEANUP | VS_TIMER)) == 0)
		return 0;
	left = vs_cleanup_left(vs, CLEANUP_MS);
	return left < FAREWELL_MS ? FAREWELL_MS : left;
}

/* What goes with a call: the cookie and the API version of this moment. */
struct headers {
	char action[64];
	char cookie[VS_COOKIE_MAX + 32];
	const char *list[4];
	uint32_t generation;
};

static void make_headers(struct vs *vs, struct headers *h)
{
	size_t n = 0;

	h->list[n++] = "Content-Type: text/xml; charset=\"utf-8\"";
	pthread_mutex_lock(&vs->lock);
	snprintf(h->action, sizeof(h->action), "SOAPAction: \"urn:vim25%s%s\"",
		 vs->service.version[0] != '\0' ? "/" : "",
		 vs->service.version);
	h->cookie[0] = '\0';
	if (vs->cookie[0] != '\0')
		snprintf(h->cookie, sizeof(h->cookie),
			 "Cookie: vmware_soap_session=%s", vs->cookie);
	h->generation = vs->generation;
	pthread_mutex_unlock(&vs->lock);
	h->list[n++] = h->action;
	if (h->cookie[0] != '\0')
		h->list[n++] = h->cookie;
	h->list[n] = NULL;
}

/* Once over the wire. *unsent: 1 if certainly nothing was. */
static int32_t exchange(struct vs *vs, const struct vs_msg *msg,
			const struct vs_call_args *args,
			const struct headers *headers, struct vs_reply *reply,
			uint32_t *unsent, struct hyp_error *err)
{
	int bounded = (args->flags & (VS_CLEANUP | VS_TIMER)) != 0;
	struct hyp_http_request request = {
		.url = vs->ep.url,
		.headers = headers->list,
		.body = hyp_buf_str(&msg->text),
		.body_length = msg->text.len,
		.silence_ms = vs->opt->silence,
		.total_ms = limit_of(vs, args->flags),
		.stop = args->stop,
		.uncancellable = bounded,
		.grace_ms = args->flags & VS_STEADY ? STEADY_MS : 0,
		.once = (args->flags & (VS_READ | VS_TIMER)) == 0,
		.gunzip = 1,
		.want_header = args->cookie != NULL ? "Set-Cookie" : NULL,
	};
	HYP_AUTO_HTTP_REPLY struct hyp_http_reply got = HYP_HTTP_REPLY_INIT;
	struct vs_answer answer = {.from = vs->ep.name};
	struct hyp_http *http;
	int32_t rc;

	rc = vs_client_take(vs, &http, err);
	if (rc != 0)
		return rc;
	rc = hyp_http_perform(http, &request, &got, err);
	vs_client_give(vs, http);
	*unsent = rc != 0 && got.unsent;
	if (rc != 0)
		return rc;
	answer.status = got.status;
	answer.retry_after_ms = got.retry_after_ms;
	answer.content_type = got.content_type;
	answer.location = got.location;
	answer.bytes = hyp_buf_str(&got.body);
	answer.length = got.body.len;
	rc = vs_soap_read(&answer, msg->method, reply, err);
	if (args->cookie != NULL)
		*args->cookie = HYP_STEAL(got.wanted);
	return rc;
}

/* Failures that another try may mend: the network's and 5xx, not faults. */
static int is_passing(const struct hyp_error *err, const struct vs_reply *reply)
{
	return err->code == HYP_E_TRANSIENT && reply->fault[0] == '\0';
}

static int32_t pause_between(struct vs *vs, uint32_t flags, uint64_t ms,
			     struct hyp_error *err)
{
	static const uint64_t step = 50;

	if ((flags & VS_CLEANUP) == 0)
		return hyp_http_pause(vs->host, ms, err);
	for (uint64_t done = 0; done < ms; done += step)
		nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
	return 0;
}

static int32_t try_call(struct vs *vs, struct vs_msg *msg,
			const struct vs_call_args *args, struct vs_reply *reply,
			struct hyp_error *err)
{
	uint32_t tries = args->flags & VS_CLEANUP ? CLEANUP_TRIES
			 : args->flags & VS_TIMER ? 1
						  : READ_TRIES;
	uint64_t wait = FIRST_PAUSE_MS;
	struct headers headers;
	uint32_t unsent = 0;
	int32_t rc;

	for (uint32_t i = 1;; i++) {
		struct hyp_error why;

		make_headers(vs, &headers);
		if (args->generation != NULL)
			*args->generation = headers.generation;
		rc = exchange(vs, msg, args, &headers, reply, &unsent, &why);
		if (rc == 0)
			return 0;
		if (err != NULL)
			*err = why;
		if (i >= tries || !is_passing(&why, reply) ||
		    ((args->flags & VS_CLEANUP) &&
		     vs_cleanup_left(vs, 1) == 0) ||
		    !(unsent || (args->flags & VS_READ)))
			return rc;
		vs_log(vs, HYP_LOG_DEBUG, "%s: try %u: %s", msg->method, i,
		       why.text);
		if (why.retry_after_ms > wait)
			wait = why.retry_after_ms;
		if (wait > LONGEST_PAUSE_MS)
			wait = LONGEST_PAUSE_MS;
		rc = pause_between(vs, args->flags, wait, err);
		if (rc != 0)
			return rc;
		wait *= 2;
		vs_reply_fini(reply);
	}
}

int32_t vs_call_with(struct vs *vs, struct vs_msg *msg,
		     const struct vs_call_args *args, struct vs_reply *reply,
		     struct hyp_error *err)
{
	struct vs_call_args own = *args;
	uint32_t generation = 0;
	int32_t rc = vs_msg_end(msg, err);

	if (own.generation == NULL)
		own.generation = &generation;
	if (rc == 0 && (own.flags & VS_BARE) == 0)
		rc = vs_session_ensure(vs, own.flags, err);
	if (rc != 0)
		return rc;
	rc = try_call(vs, msg, &own, reply, err);
	if (rc == 0 || (own.flags & VS_BARE) ||
	    strcmp(reply->fault, "NotAuthenticated") != 0)
		return rc;
	rc = vs_session_renew(vs, *own.generation, own.flags, err);
	if (rc != 0)
		return rc;
	vs_reply_fini(reply);
	return try_call(vs, msg, &own, reply, err);
}

int32_t vs_call(struct vs *vs, struct vs_msg *msg, uint32_t flags,
		struct vs_reply *reply, struct hyp_error *err)
{
	struct vs_call_args args = {.flags = flags};

	return vs_call_with(vs, msg, &args, reply, err);
}
