/* SPDX-License-Identifier: Apache-2.0 */
#include "core/api/handlers.h"
#include "core/api/rows.h"
#include "core/api/server.h"

#include <errno.h>

/* Where to go on: behind the event that the client saw last. Who has seen
 * none begins with the next one, and so does who has seen more than there is:
 * of a database in whose place is now a backup of it. */
static int32_t start(struct hyp_request *request, uint64_t *seq,
		     struct hyp_error *err)
{
	const char *last = request->facts.last_event_id;
	uint64_t seen;
	char *end;

	if (hyp_rows_newest_event(request->engine, seq, err) != 0)
		return err->code;
	if (last == NULL || *last == '\0')
		return 0;
	errno = 0;
	seen = strtoull(last, &end, 10);
	if (*last < '0' || *last > '9' || *end != '\0' || errno != 0 ||
	    seen > INT64_MAX)
		return hyp_error_set(err, HYP_E_USAGE, "bad_request", 0,
				     "Last-Event-ID must be the id of an "
				     "event");
	if (seen < *seq)
		*seq = seen;
	return 0;
}

int32_t hyp_get_events(struct hyp_request *request, struct hyp_error *err)
{
	uint64_t seq;

	if (request->server->stream_open == NULL)
		return hyp_error_set(err, HYP_E_UNSUPPORTED, "unsupported", 0,
				     "events need a connection to go over");
	if (start(request, &seq, err) != 0 ||
	    request->server->stream_open(request, seq, err) != 0)
		return err->code;
	request->reply.type = "text/event-stream";
	return 0;
}
