/* SPDX-License-Identifier: Apache-2.0 */
/* GET /events: only that something happened, and where to go on after a cut. */
#include "core/app/client-parts.h"
#include "core/base/buf.h"
#include "core/base/clock.h"

#include <stdlib.h>

#define PAUSE_MIN_MS 200
#define PAUSE_MAX_MS 2000
#define ID_MAX 128
/* The daemon says ": ping" every 15 s: silence means that it is gone. */
#define SILENCE_S 45L

struct hyp_feed {
	struct hyp_client *client;
	CURLM *multi;
	CURL *curl; /* NULL: not connected */
	struct curl_slist *headers;
	uint64_t not_before; /* next try to connect, ms */
	unsigned pause;
	/* The line being read, as far as it matters, and what it told. */
	char line[ID_MAX + 8];
	size_t used;
	char last_id[ID_MAX];
	int has_data, event;
};

static void disconnect(struct hyp_feed *s)
{
	if (s->curl != NULL) {
		curl_multi_remove_handle(s->multi, s->curl);
		curl_easy_cleanup(s->curl);
	}
	curl_slist_free_all(s->headers);
	s->curl = NULL;
	s->headers = NULL;
	s->used = 0;
	s->has_data = 0;
	s->not_before = hyp_clock_boot_ms() + s->pause;
	s->pause = s->pause * 2 < PAUSE_MAX_MS ? s->pause * 2 : PAUSE_MAX_MS;
}

static void end_line(struct hyp_feed *s)
{
	const char *value = s->line + 3;

	s->line[s->used] = '\0';
	if (s->used == 0) {
		s->event |= s->has_data;
		s->has_data = 0;
	} else if (strncmp(s->line, "data", 4) == 0) {
		s->has_data = 1;
	} else if (strncmp(s->line, "id:", 3) == 0 &&
		   strlen(value) < sizeof(s->last_id)) {
		value += *value == ' ';
		strcpy(s->last_id, value);
	}
	s->used = 0;
}

static size_t on_bytes(char *bytes, size_t one, size_t n, void *ctx)
{
	struct hyp_feed *s = ctx;

	s->pause = PAUSE_MIN_MS; /* it works */
	for (size_t i = 0; i < one * n; i++)
		if (bytes[i] == '\n')
			end_line(s);
		else if (bytes[i] != '\r' && s->used + 1 < sizeof(s->line))
			s->line[s->used++] = bytes[i];
	return one * n;
}

static int32_t make_headers(struct hyp_feed *s, struct hyp_error *err)
{
	char line[ID_MAX + 32];

	if (hyp_client_header(&s->headers, "Accept: text/event-stream", err))
		return err->code;
	if (s->client->server.token != NULL &&
	    hyp_client_header(&s->headers, s->client->server.token, err) != 0)
		return err->code;
	snprintf(line, sizeof(line), "Last-Event-ID: %s", s->last_id);
	return s->last_id[0] == '\0'
		       ? 0
		       : hyp_client_header(&s->headers, line, err);
}

static void try_connect(struct hyp_feed *s)
{
	struct hyp_error err;

	if (s->curl != NULL || hyp_clock_boot_ms() < s->not_before)
		return;
	s->curl = curl_easy_init();
	if (s->curl == NULL ||
	    hyp_client_prepare(s->client, s->curl, "/events", &err) != 0 ||
	    make_headers(s, &err) != 0 ||
	    curl_multi_add_handle(s->multi, s->curl) != CURLM_OK) {
		curl_easy_cleanup(s->curl);
		s->curl = NULL;
		disconnect(s);
		return;
	}
	curl_easy_setopt(s->curl, CURLOPT_HTTPHEADER, s->headers);
	curl_easy_setopt(s->curl, CURLOPT_WRITEFUNCTION, on_bytes);
	curl_easy_setopt(s->curl, CURLOPT_WRITEDATA, s);
	curl_easy_setopt(s->curl, CURLOPT_FAILONERROR, 1L);
	curl_easy_setopt(s->curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
	curl_easy_setopt(s->curl, CURLOPT_LOW_SPEED_TIME, SILENCE_S);
}

int hyp_feed_wait(struct hyp_feed *s, int ms)
{
	struct hyp_cancel *cancel = s->client->app->cancel;
	struct curl_waitfd also = {.fd = hyp_cancel_fd(cancel),
				   .events = CURL_WAIT_POLLIN};
	uint64_t now = hyp_clock_boot_ms(), until = now + (unsigned)ms;
	int running, left;

	s->event = 0;
	for (;;) {
		try_connect(s);
		curl_multi_perform(s->multi, &running);
		if (curl_multi_info_read(s->multi, &left) != NULL)
			disconnect(s);
		now = hyp_clock_boot_ms();
		if (s->event || now >= until || hyp_cancel_is_set(cancel))
			return s->event;
		left = (int)(until - now);
		if (s->curl == NULL && s->not_before < until)
			left = s->not_before > now
				       ? (int)(s->not_before - now) + 1
				       : 1;
		curl_multi_poll(s->multi, &also, 1, left, NULL);
	}
}

int32_t hyp_feed_new(struct hyp_client *client, struct hyp_feed **out,
		     struct hyp_error *err)
{
	struct hyp_feed *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return hyp_error_nomem(err);
	s->client = client;
	s->pause = PAUSE_MIN_MS;
	s->multi = curl_multi_init();
	if (s->multi == NULL) {
		free(s);
		return hyp_error_nomem(err);
	}
	*out = s;
	return 0;
}

void hyp_feed_free(struct hyp_feed *s)
{
	if (s == NULL)
		return;
	disconnect(s);
	curl_multi_cleanup(s->multi);
	free(s);
}
