/* SPDX-License-Identifier: Apache-2.0 */
#include "core/api/handlers.h"
#include "core/api/rows.h"
#include "core/api/server.h"

#include <errno.h>

static int32_t take_seq(void *ctx, const void *row, struct hyp_error *err)
{
	(void)err;
	*(uint64_t *)ctx = ((const struct hyp_event_row *)row)->seq;
	return 0;
}

static int32_t newest(struct hyp_engine *engine, uint64_t *seq,
		      struct hyp_error *err)
{
	struct hyp_store_query query = {
		.size = sizeof(query), .flags = HYP_QUERY_REVERSE, .limit = 1};

	*seq = 0;
	return hyp_rows_list(engine, HYP_TABLE_EVENT, &query, take_seq, seq,
			     err);
}

/* Where to go on: behind the event that the client saw last. Who has seen
 * none begins with the next one. */
static int32_t start(struct hyp_request *request, uint64_t *seq,
		     struct hyp_error *err)
{
	const char *last = request->facts.last_event_id;
	char *end;

	if (last == NULL || *last == '\0')
		return newest(request->engine, seq, err);
	errno = 0;
	*seq = strtoull(last, &end, 10);
	if (*last < '0' || *last > '9' || *end != '\0' || errno != 0 ||
	    *seq > INT64_MAX)
		return hyp_error_set(err, HYP_E_USAGE, "bad_request", 0,
				     "Last-Event-ID must be the id of an "
				     "event");
	return 0;
}

int32_t hyp_get_events(struct hyp_request *request, struct hyp_error *err)
{
	uint64_t seq;

	if (start(request, &seq, err) != 0 ||
	    hyp_stream_new(request->server->streams, request->mhd, seq,
			   hyp_request_text(request, "job_id"),
			   &request->reply.stream, err) != 0)
		return err->code;
	request->reply.type = "text/event-stream";
	return 0;
}
