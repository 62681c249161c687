/* SPDX-License-Identifier: Apache-2.0 */
#include "core/api/stream.h"
#include "core/api/out.h"
#include "core/api/rows.h"
#include "core/base/clock.h"
#include "core/base/log.h"

#include <microhttpd.h>
#include <pthread.h>
#include <stdlib.h>

#define BATCH 64u
#define BLOCK 4096u
/* One event is far smaller; a batch of the largest still fits. */
#define PENDING_MAX (16u * 1024u * 1024u)

struct hyp_stream {
	struct hyp_stream *next;
	struct hyp_streams *streams;
	struct MHD_Connection *mhd;
	char *job_id;
	int64_t until_ms;	/* wall: who reads it may do so; 0: for ever */
	uint64_t seq;		/* of the last event taken */
	struct hyp_buf pending; /* not sent yet */
	size_t sent;		/* of pending */
	uint64_t ping_ms; /* of the next comment; others read it if suspended */
	/* Under the streams' lock. */
	int dirty;     /* there may be more events */
	int suspended; /* resume it when there is something to do */
	int cut;       /* it ends */
};

struct hyp_streams {
	struct hyp_engine *engine;
	struct hyp_subscription *subscription;
	pthread_mutex_t lock;
	struct hyp_stream *first;
	size_t count;
	int ending;
};

/* With the lock held. */
static void wake(struct hyp_stream *stream)
{
	if (!stream->suspended)
		return;
	stream->suspended = 0;
	MHD_resume_connection(stream->mhd);
}

static void on_events(void *ctx)
{
	struct hyp_streams *streams = ctx;

	pthread_mutex_lock(&streams->lock);
	for (struct hyp_stream *s = streams->first; s != NULL; s = s->next) {
		s->dirty = 1;
		wake(s);
	}
	pthread_mutex_unlock(&streams->lock);
}

int32_t hyp_streams_new(struct hyp_engine *engine, struct hyp_streams **out,
			struct hyp_error *err)
{
	struct hyp_streams *streams = calloc(1, sizeof(*streams));

	if (streams == NULL)
		return hyp_error_nomem(err);
	pthread_mutex_init(&streams->lock, NULL);
	streams->engine = engine;
	if (hyp_engine_subscribe(engine, on_events, streams,
				 &streams->subscription, err) != 0) {
		hyp_streams_free(streams);
		return err->code;
	}
	*out = streams;
	return 0;
}

void hyp_streams_end(struct hyp_streams *streams)
{
	if (streams->subscription != NULL)
		hyp_engine_unsubscribe(streams->subscription);
	streams->subscription = NULL;
	pthread_mutex_lock(&streams->lock);
	streams->ending = 1;
	for (struct hyp_stream *s = streams->first; s != NULL; s = s->next)
		wake(s);
	pthread_mutex_unlock(&streams->lock);
}

size_t hyp_streams_count(struct hyp_streams *streams)
{
	size_t count;

	pthread_mutex_lock(&streams->lock);
	count = streams->count;
	pthread_mutex_unlock(&streams->lock);
	return count;
}

void hyp_streams_cut(struct hyp_streams *streams)
{
	pthread_mutex_lock(&streams->lock);
	for (struct hyp_stream *s = streams->first; s != NULL; s = s->next) {
		s->cut = 1;
		wake(s);
	}
	pthread_mutex_unlock(&streams->lock);
}

void hyp_streams_free(struct hyp_streams *streams)
{
	if (streams == NULL)
		return;
	pthread_mutex_destroy(&streams->lock);
	free(streams);
}

static int is_over(const struct hyp_stream *stream)
{
	return stream->until_ms != 0 && hyp_clock_wall_ms() >= stream->until_ms;
}

void hyp_streams_tick(struct hyp_streams *streams)
{
	uint64_t now = hyp_clock_boot_ms();

	pthread_mutex_lock(&streams->lock);
	for (struct hyp_stream *s = streams->first; s != NULL; s = s->next)
		if (s->suspended && (now >= s->ping_ms || is_over(s)))
			wake(s);
	pthread_mutex_unlock(&streams->lock);
}

int32_t hyp_stream_new(struct hyp_streams *streams, struct MHD_Connection *mhd,
		       uint64_t after_seq, const char *job_id, int64_t until_ms,
		       struct hyp_stream **out, struct hyp_error *err)
{
	struct hyp_stream *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return hyp_error_nomem(err);
	if (job_id != NULL && hyp_strdup(job_id, &s->job_id, err) != 0) {
		free(s);
		return err->code;
	}
	hyp_buf_init(&s->pending, PENDING_MAX);
	s->streams = streams;
	s->mhd = mhd;
	s->seq = after_seq;
	s->until_ms = until_ms;
	s->dirty = 1;
	pthread_mutex_lock(&streams->lock);
	if (streams->count < HYP_STREAMS_MAX && !streams->ending) {
		s->next = streams->first;
		streams->first = s;
		streams->count++;
		pthread_mutex_unlock(&streams->lock);
		*out = s;
		return 0;
	}
	pthread_mutex_unlock(&streams->lock);
	free(s->job_id);
	free(s);
	return hyp_error_set(err, HYP_E_BUSY, "too_many_streams", 0,
			     "%u clients read events already", HYP_STREAMS_MAX);
}

void hyp_stream_free(struct hyp_stream *stream)
{
	struct hyp_streams *streams;

	if (stream == NULL)
		return;
	streams = stream->streams;
	pthread_mutex_lock(&streams->lock);
	for (struct hyp_stream **at = &streams->first; *at != NULL;
	     at = &(*at)->next) {
		if (*at != stream)
			continue;
		*at = stream->next;
		streams->count--;
		break;
	}
	pthread_mutex_unlock(&streams->lock);
	hyp_buf_fini(&stream->pending);
	free(stream->job_id);
	free(stream);
}

/* A line's end would end the event; in JSON it is a blank like others. */
static int32_t add_line(struct hyp_buf *buf, const char *json,
			struct hyp_error *err)
{
	size_t at = buf->len;

	if (hyp_buf_adds(buf, json, err) != 0)
		return err->code;
	for (; at < buf->len; at++)
		if (buf->data[at] == '\n' || buf->data[at] == '\r')
			buf->data[at] = ' ';
	return 0;
}

int32_t hyp_stream_write_event(struct hyp_buf *buf,
			       const struct hyp_event_row *event,
			       struct hyp_error *err)
{
	HYP_AUTO_BUF struct hyp_buf json = HYP_BUF_INIT(PENDING_MAX);
	struct hyp_out out;

	hyp_out_init(&out, &json, err);
	hyp_out_open(&out, NULL, '{');
	hyp_out_text(&out, "event", event->type);
	hyp_out_time(&out, "timestamp", event->time_ms);
	hyp_out_text(&out, "id", event->id);
	hyp_out_json(&out, "data", event->data_json);
	hyp_out_close(&out, '}');
	if (out.rc != 0)
		return out.rc;
	if (hyp_buf_addf(buf, err, "id: %llu\nevent: %s\ndata: ",
			 (unsigned long long)event->seq, event->type) != 0 ||
	    add_line(buf, hyp_buf_str(&json), err) != 0)
		return err->code;
	return hyp_buf_adds(buf, "\n\n", err);
}

struct batch {
	struct hyp_stream *stream;
	size_t count;
};

static int32_t take(void *ctx, const void *row, struct hyp_error *err)
{
	const struct hyp_event_row *event = row;
	struct batch *batch = ctx;

	if (hyp_stream_write_event(&batch->stream->pending, event, err) != 0)
		return err->code;
	batch->stream->seq = event->seq;
	batch->count++;
	return 0;
}

/* 0, or -1 when the stream cannot go on. */
static int fetch(struct hyp_stream *s)
{
	struct hyp_store_query query = {.size = sizeof(query),
					.limit = BATCH,
					.job_id = s->job_id,
					.after_seq = s->seq};
	struct batch batch = {.stream = s};
	struct hyp_error err;

	if (hyp_rows_list(s->streams->engine, HYP_TABLE_EVENT, &query, take,
			  &batch, &err) != 0) {
		hyp_log(HYP_LOG_WARNING, "", "api", "events: %s: %s", err.kind,
			err.text);
		return -1;
	}
	if (batch.count == BATCH) {
		pthread_mutex_lock(&s->streams->lock);
		s->dirty = 1;
		pthread_mutex_unlock(&s->streams->lock);
	}
	return 0;
}

enum todo { TODO_SLEEP, TODO_FETCH, TODO_PING, TODO_END };

/* What is next; suspends the connection if nothing is. */
static enum todo next(struct hyp_stream *s)
{
	enum todo todo = TODO_SLEEP;

	pthread_mutex_lock(&s->streams->lock);
	if (s->streams->ending || s->cut || is_over(s)) {
		todo = TODO_END;
	} else if (s->dirty) {
		s->dirty = 0;
		todo = TODO_FETCH;
	} else if (hyp_clock_boot_ms() >= s->ping_ms) {
		todo = TODO_PING;
	} else {
		s->suspended = 1;
		MHD_suspend_connection(s->mhd);
	}
	pthread_mutex_unlock(&s->streams->lock);
	return todo;
}

static ssize_t send_pending(struct hyp_stream *s, char *buf, size_t max)
{
	size_t n = s->pending.len - s->sent;

	n = n < max ? n : max;
	memcpy(buf, s->pending.data + s->sent, n);
	s->sent += n;
	if (s->sent == s->pending.len) {
		/* A long batch's memory is not kept while nothing happens. */
		if (s->pending.cap > BLOCK)
			hyp_buf_fini(&s->pending);
		hyp_buf_reset(&s->pending);
		s->sent = 0;
	}
	s->ping_ms = hyp_clock_boot_ms() + HYP_STREAM_PING_MS;
	return (ssize_t)n;
}

static ssize_t on_read(void *cls, uint64_t pos, char *buf, size_t max)
{
	struct hyp_stream *s = cls;

	(void)pos;
	while (s->pending.len == 0) {
		switch (next(s)) {
		case TODO_SLEEP:
			return 0;
		case TODO_END:
			return MHD_CONTENT_READER_END_OF_STREAM;
		case TODO_FETCH:
			if (fetch(s) != 0)
				return MHD_CONTENT_READER_END_WITH_ERROR;
			break;
		case TODO_PING:
			if (hyp_buf_adds(&s->pending, ": ping\n\n", NULL) != 0)
				return MHD_CONTENT_READER_END_WITH_ERROR;
			break;
		}
	}
	return send_pending(s, buf, max);
}

static void on_free(void *cls)
{
	hyp_stream_free(cls);
}

struct MHD_Response *hyp_stream_response(struct hyp_stream *stream)
{
	return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK,
						 on_read, stream, on_free);
}
