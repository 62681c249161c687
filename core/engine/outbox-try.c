/* SPDX-License-Identifier: Apache-2.0 */
/* One try at a delivery, and what is written down of it. */
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/config/parts.h"
#include "core/engine/outbox-queue.h"
#include "core/engine/outbox.h"
#include "core/engine/retry.h"
#include "core/engine/tally.h"

#include <string.h>

#define GONE 410u

/* The event, as long as keep. */
struct event {
	struct hyp_keep keep;
	struct hyp_event_row row;
	uint32_t found;
};

static int32_t take_event(void *ctx, const void *row, struct hyp_error *err)
{
	struct event *event = ctx;
	struct hyp_event_row *to = &event->row;
	const char **strings[] = {&to->id, &to->type, &to->job_id,
				  &to->data_json};
	int32_t rc = 0;

	*to = *(const struct hyp_event_row *)row;
	for (size_t i = 0; rc == 0 && i < 4; i++)
		rc = hyp_keep_string(&event->keep, strings[i], err);
	event->found = rc == 0;
	return rc;
}

static int32_t read_event(struct hyp_engine *engine, const char *id,
			  struct event *out, struct hyp_error *err)
{
	const struct hyp_store_query query = {.size = sizeof(query), .id = id};
	const struct hyp_row_sink sink = {
		.size = sizeof(sink), .ctx = out, .row = take_event};
	int32_t rc;

	rc = hyp_store_calls.list(engine->store.instance, HYP_TABLE_EVENT,
				  &query, &sink, err);
	if (rc == 0 && !out->found)
		rc = hyp_error_set(err, HYP_E_NOT_FOUND, "not_found", 0,
				   "its event is not there any more");
	return rc;
}

static struct hyp_delivery_row row_of(const struct hyp_endpoint *e,
				      const struct hyp_waiting *due)
{
	return (struct hyp_delivery_row){
		.size = sizeof(struct hyp_delivery_row),
		.tries = due->tries,
		.due_ms = due->due_ms,
		.updated_ms = hyp_clock_wall_ms(),
		.event_id = due->event_id,
		.endpoint_id = e->webhook.name,
		.job_id = due->job_id,
	};
}

static int32_t add(struct hyp_draft *draft, const struct hyp_delivery_row *row,
		   uint32_t from, struct hyp_error *err)
{
	const struct hyp_store_op op = {
		.size = sizeof(op),
		.verb = HYP_OP_UPDATE,
		.table = HYP_TABLE_DELIVERY,
		.states = HYP_JOB_BIT(from),
	};

	return hyp_draft_op(draft, &op, row, sizeof(*row), err);
}

/* That it is being sent need not last: after a power cut it is sent again. */
static int32_t mark(struct hyp_endpoint *e, struct hyp_delivery_row *row,
		    struct hyp_error *err)
{
	HYP_AUTO_DRAFT struct hyp_draft draft = {.flags = HYP_CHANGE_LAZY};
	int32_t rc;

	row->state = HYP_DELIVERY_SENDING;
	row->tries++;
	rc = add(&draft, row, HYP_DELIVERY_PENDING, err);
	return rc < 0 ? rc : hyp_engine_apply(e->engine, &draft, err);
}

/* Made when first needed, and anew when its secret changes with time. */
static int32_t make_ready(struct hyp_endpoint *e, struct hyp_error *err)
{
	struct hyp_part part;
	int64_t until = 0;
	int32_t rc;

	if (e->ready && e->renew_ms != 0 &&
	    hyp_clock_wall_ms() >= e->renew_ms) {
		hyp_member_fini(&e->notifier);
		e->ready = 0;
	}
	if (e->ready)
		return 0;
	memset(&part, 0, sizeof(part));
	rc = hyp_endpoint_part(e->engine, &e->webhook, e->of_file, &part,
			       &until, err);
	if (rc == 0)
		rc = hyp_member_init(&e->notifier, e->engine->registry,
				     HYP_KIND_NOTIFIER, &part, &e->job, NULL,
				     err);
	if (rc == 0)
		hyp_tally_plugin(e->engine, HYP_KIND_NOTIFIER, &part);
	hyp_part_fini(&part);
	e->ready = rc == 0;
	e->renew_ms = until;
	return rc;
}

static int32_t send(struct hyp_endpoint *e, const struct hyp_event_row *event,
		    uint32_t attempt, struct hyp_outcome *outcome,
		    struct hyp_error *err)
{
	uint64_t begin = hyp_clock_boot_ns();
	const struct hyp_notice notice = {
		.size = sizeof(notice),
		.attempt = attempt,
		.time_ms = event->time_ms,
		.id = event->id,
		.type = event->type,
		.job_id = event->job_id,
		.data_json = event->data_json,
	};
	int32_t rc = make_ready(e, err);

	if (rc < 0)
		return rc;
	rc = hyp_notifier_calls.deliver(e->notifier.instance, &notice, outcome,
					err);
	hyp_metrics_observe(e->engine->metrics, HYP_FAMILY_WEBHOOK_DURATION,
			    (double)(hyp_clock_boot_ns() - begin) / 1e9,
			    HYP_LABELS(e->webhook.name));
	return rc;
}

/* What a failed try comes to. */
static void judge(const struct hyp_endpoint *e, int32_t rc,
		  const struct hyp_outcome *outcome,
		  struct hyp_delivery_row *row)
{
	uint64_t wait;

	if (rc == HYP_E_CANCELLED) { /* by us: not charged */
		row->state = HYP_DELIVERY_PENDING;
		row->tries--;
	} else if (outcome->status != GONE &&
		   hyp_retry_next(e->webhook.retries, row->tries,
				  outcome->status, outcome->retry_after_ms,
				  &wait)) {
		row->state = HYP_DELIVERY_PENDING;
		row->due_ms = row->updated_ms + (int64_t)wait;
	} else {
		row->state = HYP_DELIVERY_DEAD;
	}
}

static void tell(const struct hyp_endpoint *e,
		 const struct hyp_delivery_row *row, const char *why)
{
	if (row->state == HYP_DELIVERY_DEAD)
		hyp_log(HYP_LOG_WARNING, row->job_id, HYP_ENGINE_ORIGIN,
			"webhook %s: event %s is given up after %u tries: %s",
			e->webhook.name, row->event_id, row->tries, why);
	else
		hyp_log(HYP_LOG_DEBUG, row->job_id, HYP_ENGINE_ORIGIN,
			"webhook %s: event %s, try %u: %s", e->webhook.name,
			row->event_id, row->tries, why);
}

struct disable {
	struct hyp_draft draft;
	const char *why;
};

/* The row as it is, but for why. */
static int32_t disable_row(void *ctx, const void *at, struct hyp_error *err)
{
	struct hyp_endpoint_row row = *(const struct hyp_endpoint_row *)at;
	struct disable *d = ctx;
	const char **strings[] = {&row.id, &row.url, &row.owner,
				  &row.settings_json};
	int32_t rc = 0;

	row.size = sizeof(row);
	row.updated_ms = hyp_clock_wall_ms();
	row.disabled_why = d->why;
	for (size_t i = 0; rc == 0 && i < 4; i++)
		rc = hyp_draft_keep(&d->draft, strings[i], err);
	return rc < 0 ? rc
		      : hyp_draft_add(&d->draft, HYP_OP_UPDATE,
				      HYP_TABLE_ENDPOINT, &row, err);
}

static int32_t record_disabled(struct hyp_endpoint *e, const char *why,
			       struct hyp_error *err)
{
	const struct hyp_store_query query = {.size = sizeof(query),
					      .id = e->webhook.name};
	struct disable d = {.why = why};
	const struct hyp_row_sink sink = {
		.size = sizeof(sink), .ctx = &d, .row = disable_row};
	int32_t rc;

	rc = hyp_store_calls.list(e->engine->store.instance, HYP_TABLE_ENDPOINT,
				  &query, &sink, err);
	if (rc == 0 && d.draft.count > 0)
		rc = hyp_engine_apply_surely(e->engine, &d.draft, err);
	hyp_draft_fini(&d.draft);
	return rc < 0 ? rc
		      : hyp_outbox_abandon(e->engine, e->webhook.name, why,
					   err);
}

/* It answered that it is gone: nothing more is sent there. */
static void disable(struct hyp_endpoint *e)
{
	struct hyp_error err;

	pthread_mutex_lock(&e->outbox->lock);
	e->active = 0;
	e->outbox->changes++;
	pthread_mutex_unlock(&e->outbox->lock);
	hyp_log(HYP_LOG_WARNING, "", HYP_ENGINE_ORIGIN,
		"webhook %s is disabled: it answered 410", e->webhook.name);
	if (record_disabled(e, "the endpoint answered 410", &err) < 0)
		hyp_log(HYP_LOG_ERROR, "", HYP_ENGINE_ORIGIN,
			"webhook %s: that cannot be recorded: %s",
			e->webhook.name, err.text);
}

/* What a power cut takes back is sent again, with its id. Fenced: it was
 * abandoned meanwhile. */
static int32_t write_down(struct hyp_endpoint *e,
			  const struct hyp_delivery_row *row, uint32_t from)
{
	HYP_AUTO_DRAFT struct hyp_draft draft = {.flags = HYP_CHANGE_LAZY};
	struct hyp_error err;
	int32_t rc = add(&draft, row, from, &err);

	if (rc == 0)
		rc = hyp_engine_apply_surely(e->engine, &draft, &err);
	if (rc < 0 && rc != HYP_E_FENCED)
		hyp_log(HYP_LOG_WARNING, "", HYP_ENGINE_ORIGIN,
			"webhook %s: what came of event %s cannot be recorded, "
			"it will be sent again: %s",
			e->webhook.name, row->event_id, err.text);
	return rc;
}

static void count(const struct hyp_endpoint *e, uint32_t state)
{
	const char *result = state == HYP_DELIVERY_DONE	  ? "delivered"
			     : state == HYP_DELIVERY_DEAD ? "dead"
							  : "failed";

	hyp_metrics_add(e->engine->metrics, HYP_FAMILY_WEBHOOK_DELIVERIES, 1,
			HYP_LABELS(e->webhook.name, result));
}

static uint32_t send_one(struct hyp_endpoint *e,
			 const struct hyp_event_row *event,
			 struct hyp_delivery_row *row)
{
	struct hyp_outcome outcome = {.size = sizeof(outcome)};
	struct hyp_error err;
	int32_t rc = send(e, event, row->tries, &outcome, &err), written;

	row->updated_ms = hyp_clock_wall_ms();
	row->http_status = outcome.status;
	row->latency_ms = outcome.latency_ms;
	row->state = HYP_DELIVERY_DONE;
	row->error = "";
	if (rc < 0) {
		hyp_redact(err.text);
		row->error = err.text;
		judge(e, rc, &outcome, row);
		tell(e, row, err.text);
	}
	if (rc != HYP_E_CANCELLED)
		count(e, row->state);
	written = write_down(e, row, HYP_DELIVERY_SENDING);
	row->error = "";
	if (rc < 0 && outcome.status == GONE)
		disable(e);
	if (written < 0)
		return written == HYP_E_FENCED ? HYP_TRIED_ENDED
					       : HYP_TRIED_UNKNOWN;
	return row->state == HYP_DELIVERY_PENDING ? HYP_TRIED_LATER
						  : HYP_TRIED_ENDED;
}

static uint32_t try(struct hyp_endpoint *e, struct hyp_waiting *due,
		    struct event *event, struct hyp_error *err)
{
	struct hyp_delivery_row row = row_of(e, due);
	uint32_t tried;
	int32_t rc = read_event(e->engine, due->event_id, event, err);

	if (rc == HYP_E_NOT_FOUND) {
		row.state = HYP_DELIVERY_ABANDONED;
		row.error = err->text;
		rc = write_down(e, &row, HYP_DELIVERY_PENDING);
		return rc == 0 || rc == HYP_E_FENCED ? HYP_TRIED_ENDED
						     : HYP_TRIED_UNKNOWN;
	}
	if (rc == 0)
		rc = mark(e, &row, err);
	if (rc < 0)
		return rc == HYP_E_FENCED ? HYP_TRIED_ENDED : HYP_TRIED_UNKNOWN;
	tried = send_one(e, &event->row, &row);
	due->tries = row.tries;
	due->due_ms = row.due_ms;
	err->code = 0;
	return tried;
}

uint32_t hyp_outbox_try(struct hyp_endpoint *e, struct hyp_waiting *due)
{
	struct event event = {.found = 0};
	struct hyp_error err = {.code = 0};
	uint32_t tried = try(e, due, &event, &err);

	if (tried == HYP_TRIED_UNKNOWN && err.code < 0)
		hyp_log(HYP_LOG_WARNING, "", HYP_ENGINE_ORIGIN,
			"webhook %s: event %s cannot be sent now: %s",
			e->webhook.name, due->event_id, err.text);
	hyp_keep_free(&event.keep);
	return tried;
}
