/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET /events: the event table, row by row as it grows, as Server-Sent Events.
 * Between two events a stream's connection is suspended and costs nothing. A
 * comment every 15 s shows both ends that the other is there: a stream whose
 * client has left holds its place among HYP_STREAMS_MAX until then.
 */
#ifndef HYP_API_STREAM_H
#define HYP_API_STREAM_H

#include "core/engine/engine.h"

#define HYP_STREAMS_MAX 128u
#define HYP_STREAM_PING_MS 15000u

struct MHD_Connection;
struct MHD_Response;
struct hyp_streams;
struct hyp_stream;

int32_t hyp_streams_new(struct hyp_engine *engine, struct hyp_streams **out,
			struct hyp_error *err);
/* Every stream ends; the connections are resumed, so that libmicrohttpd may be
 * stopped. */
void hyp_streams_end(struct hyp_streams *streams);
/* Every stream ends, and may begin again, if who reads it still may. */
void hyp_streams_cut(struct hyp_streams *streams);
/* How many there are, ended ones that are not told yet included. */
size_t hyp_streams_count(struct hyp_streams *streams);
/* After libmicrohttpd has stopped. */
void hyp_streams_free(struct hyp_streams *streams);
/* Once a second. */
void hyp_streams_tick(struct hyp_streams *streams);

/* Events after that number, of this job, or of all (NULL), until that time of
 * the wall clock (0: for ever). HYP_E_BUSY "too_many_streams". */
int32_t hyp_stream_new(struct hyp_streams *streams, struct MHD_Connection *mhd,
		       uint64_t after_seq, const char *job_id, int64_t until_ms,
		       struct hyp_stream **out, struct hyp_error *err);
void hyp_stream_free(struct hyp_stream *stream);
/* NULL without memory; else the response frees the stream. */
struct MHD_Response *hyp_stream_response(struct hyp_stream *stream);

/* One event as it is sent. */
int32_t hyp_stream_write_event(struct hyp_buf *buf,
			       const struct hyp_event_row *event,
			       struct hyp_error *err);

#endif
