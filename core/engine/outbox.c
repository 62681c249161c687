/* SPDX-License-Identifier: Apache-2.0 */
/* The endpoints: from settings and store, their threads, their end. */
#include "core/engine/outbox.h"
#include "core/base/cleanup.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/engine/webhook-json.h"

#include <string.h>

#define BATCH 1000

int32_t hyp_outbox_new(struct hyp_engine *engine, struct hyp_outbox **out,
		       struct hyp_error *err)
{
	struct hyp_outbox *outbox = calloc(1, sizeof(*outbox));

	if (outbox == NULL)
		return hyp_error_nomem(err);
	outbox->engine = engine;
	pthread_mutex_init(&outbox->changing, NULL);
	pthread_mutex_init(&outbox->lock, NULL);
	hyp_cond_init(&outbox->rung);
	*out = outbox;
	return 0;
}

void hyp_outbox_free(struct hyp_outbox *outbox)
{
	struct hyp_endpoint *e;

	if (outbox == NULL)
		return;
	hyp_outbox_stop(outbox);
	while ((e = outbox->endpoints) != NULL) {
		outbox->endpoints = e->next;
		hyp_endpoint_free(e);
	}
	pthread_cond_destroy(&outbox->rung);
	pthread_mutex_destroy(&outbox->lock);
	pthread_mutex_destroy(&outbox->changing);
	free(outbox);
}

void hyp_outbox_ring(struct hyp_outbox *outbox)
{
	if (outbox == NULL)
		return;
	pthread_mutex_lock(&outbox->lock);
	for (struct hyp_endpoint *e = outbox->endpoints; e != NULL; e = e->next)
		e->rung = 1;
	pthread_cond_broadcast(&outbox->rung);
	pthread_mutex_unlock(&outbox->lock);
}

struct hyp_endpoint *hyp_outbox_find(struct hyp_outbox *outbox, const char *id)
{
	struct hyp_endpoint *e = outbox->endpoints;

	while (e != NULL && strcmp(e->webhook.name, id) != 0)
		e = e->next;
	return e;
}

static void end(struct hyp_outbox *outbox, struct hyp_endpoint *e)
{
	pthread_mutex_lock(&outbox->lock);
	e->stop = 1;
	pthread_cond_broadcast(&outbox->rung);
	pthread_mutex_unlock(&outbox->lock);
	hyp_cancel_set(e->cancel);
	if (e->has_thread)
		pthread_join(e->thread, NULL);
	e->has_thread = 0;
}

static int32_t begin(struct hyp_endpoint *e, struct hyp_error *err)
{
	int32_t rc = hyp_thread_start(&e->thread, "hyp-webhook",
				      hyp_outbox_main, e, err);

	e->has_thread = rc == 0;
	return rc;
}

int32_t hyp_outbox_add(struct hyp_outbox *outbox, struct hyp_endpoint *e,
		       struct hyp_error *err)
{
	struct hyp_endpoint **at = &outbox->endpoints;
	int32_t rc = 0;

	if (outbox->started && !outbox->stopping)
		rc = begin(e, err);
	if (rc < 0)
		return rc;
	pthread_mutex_lock(&outbox->lock);
	while (*at != NULL)
		at = &(*at)->next;
	*at = e;
	pthread_mutex_unlock(&outbox->lock);
	return 0;
}

void hyp_outbox_drop(struct hyp_outbox *outbox, const char *id)
{
	struct hyp_endpoint **at = &outbox->endpoints, *e;

	pthread_mutex_lock(&outbox->lock);
	while (*at != NULL && strcmp((*at)->webhook.name, id) != 0)
		at = &(*at)->next;
	e = *at;
	if (e != NULL)
		*at = e->next;
	pthread_mutex_unlock(&outbox->lock);
	if (e == NULL)
		return;
	end(outbox, e);
	hyp_endpoint_free(e);
}

int32_t hyp_outbox_start(struct hyp_outbox *outbox, struct hyp_error *err)
{
	int32_t rc = 0;

	pthread_mutex_lock(&outbox->changing);
	outbox->started = 1;
	for (struct hyp_endpoint *e = outbox->endpoints; rc == 0 && e != NULL;
	     e = e->next)
		if (!e->has_thread)
			rc = begin(e, err);
	pthread_mutex_unlock(&outbox->changing);
	return rc;
}

/* All are told first, so that they end together. */
void hyp_outbox_stop(struct hyp_outbox *outbox)
{
	struct hyp_endpoint *e;

	pthread_mutex_lock(&outbox->changing);
	outbox->stopping = 1;
	pthread_mutex_lock(&outbox->lock);
	for (e = outbox->endpoints; e != NULL; e = e->next) {
		e->stop = 1;
		hyp_cancel_set(e->cancel);
	}
	pthread_cond_broadcast(&outbox->rung);
	pthread_mutex_unlock(&outbox->lock);
	for (e = outbox->endpoints; e != NULL; e = e->next)
		end(outbox, e);
	pthread_mutex_unlock(&outbox->changing);
}

/* --- deliveries that change in numbers ---------------------------------- */

struct sweep {
	struct hyp_outbox *outbox;
	struct hyp_draft draft;
	uint32_t from, to;
	const char *why;
	int orphans; /* only those whose endpoint is not there */
};

static int32_t change_one(void *ctx, const void *at, struct hyp_error *err)
{
	struct sweep *s = ctx;
	struct hyp_delivery_row row = *(const struct hyp_delivery_row *)at;
	const struct hyp_store_op op = {
		.size = sizeof(op),
		.verb = HYP_OP_UPDATE,
		.table = HYP_TABLE_DELIVERY,
		.states = HYP_JOB_BIT(s->from),
	};
	int32_t rc;

	if (s->draft.count >= BATCH ||
	    (s->orphans && hyp_outbox_find(s->outbox, row.endpoint_id) != NULL))
		return 0;
	row.size = sizeof(row);
	row.state = s->to;
	row.tries -= s->from == HYP_DELIVERY_SENDING && row.tries > 0;
	row.updated_ms = hyp_clock_wall_ms();
	row.error = s->why;
	rc = hyp_draft_keep(&s->draft, &row.event_id, err);
	if (rc == 0)
		rc = hyp_draft_keep(&s->draft, &row.endpoint_id, err);
	if (rc == 0)
		rc = hyp_draft_keep(&s->draft, &row.job_id, err);
	return rc < 0 ? rc
		      : hyp_draft_op(&s->draft, &op, &row, sizeof(row), err);
}

/* A row that changes meanwhile undoes a batch: the next look sees it. */
static int32_t change_all(struct sweep *s, const char *endpoint_id,
			  struct hyp_error *err)
{
	const struct hyp_store_query query = {
		.size = sizeof(query),
		.states = HYP_JOB_BIT(s->from),
		.limit = s->orphans ? 0 : BATCH,
		.endpoint_id = endpoint_id,
	};
	const struct hyp_row_sink sink = {
		.size = sizeof(sink), .ctx = s, .row = change_one};
	struct hyp_engine *engine = s->outbox->engine;
	int fenced = 0;
	int32_t rc;

	for (;;) {
		size_t n;

		rc = hyp_store_calls.list(engine->store.instance,
					  HYP_TABLE_DELIVERY, &query, &sink,
					  err);
		n = s->draft.count;
		if (rc == 0 && n > 0)
			rc = hyp_engine_apply_surely(engine, &s->draft, err);
		hyp_draft_fini(&s->draft);
		if (rc == HYP_E_FENCED && fenced++ < 10)
			continue;
		if (rc < 0 || n == 0)
			return rc;
	}
}

int32_t hyp_outbox_abandon(struct hyp_engine *engine, const char *id,
			   const char *why, struct hyp_error *err)
{
	struct sweep s = {.outbox = engine->outbox,
			  .from = HYP_DELIVERY_PENDING,
			  .to = HYP_DELIVERY_ABANDONED,
			  .why = why};

	return change_all(&s, id, err);
}

/* While no thread sends: what was being sent when an earlier process ended, or
 * could not be written down, may have arrived, or not. It is sent again, with
 * its id; that try is not charged. */
static int32_t send_again(struct hyp_outbox *outbox, struct hyp_error *err)
{
	struct sweep s = {.outbox = outbox,
			  .from = HYP_DELIVERY_SENDING,
			  .to = HYP_DELIVERY_PENDING,
			  .why = ""};

	return change_all(&s, NULL, err);
}

static int32_t abandon_orphans(struct hyp_outbox *outbox, struct hyp_error *err)
{
	struct sweep s = {.outbox = outbox,
			  .from = HYP_DELIVERY_PENDING,
			  .to = HYP_DELIVERY_ABANDONED,
			  .why = "the webhook is not there any more",
			  .orphans = 1};

	return change_all(&s, NULL, err);
}

/* --- from settings and store --------------------------------------------- */

struct load {
	struct hyp_outbox *outbox;
	const struct hyp_config *config;
	int again;
	struct hyp_draft draft;
	struct hyp_endpoint *found; /* those there shall be */
	struct hyp_keep keep;
	const char *gone[2 * HYP_WEBHOOKS_MAX]; /* ids */
	size_t gone_count;
};

static struct hyp_endpoint *load_find(const struct load *load, const char *id)
{
	struct hyp_endpoint *e = load->found;

	while (e != NULL && strcmp(e->webhook.name, id) != 0)
		e = e->next;
	return e;
}

static void load_add(struct load *load, struct hyp_endpoint *e)
{
	struct hyp_endpoint **at = &load->found;

	while (*at != NULL)
		at = &(*at)->next;
	*at = e;
}

static int32_t add_of_files(struct load *load, struct hyp_error *err)
{
	int32_t rc = 0;

	for (size_t i = 0; rc == 0 && i < load->config->webhook_count; i++) {
		struct hyp_endpoint *e = NULL;
		struct hyp_webhook copy;

		rc = hyp_webhook_copy(&copy, &load->config->webhooks[i], err);
		if (rc == 0)
			rc = hyp_endpoint_new(load->outbox->engine, &copy, 1,
					      &e, err);
		if (rc == 0)
			load_add(load, e);
	}
	return rc;
}

/* One that the API has made, as its row says. */
static int32_t add_of_api(struct load *load, const struct hyp_endpoint_row *row,
			  struct hyp_error *err)
{
	struct hyp_endpoint *e = NULL;
	struct hyp_webhook webhook;
	int32_t rc = hyp_webhook_load(row, &webhook, err);

	if (rc == 0)
		rc = hyp_endpoint_new(load->outbox->engine, &webhook, 0, &e,
				      err);
	if (rc < 0)
		return rc;
	e->created_ms = row->created_ms;
	e->active = row->enabled && row->disabled_why[0] == '\0';
	load_add(load, e);
	return 0;
}

static int32_t see_row(void *ctx, const void *at, struct hyp_error *err)
{
	const struct hyp_endpoint_row *row = at;
	struct load *load = ctx;
	struct hyp_endpoint *e = load_find(load, row->id);

	if (e != NULL) {
		e->created_ms = row->created_ms;
		if (!load->again && row->disabled_why[0] != '\0')
			e->active = 0;
		return 0;
	}
	if (strcmp(row->owner, HYP_OWNER_API) == 0)
		return add_of_api(load, row, err);
	if (load->gone_count == HYP_COUNT(load->gone))
		return 0; /* next time */
	load->gone[load->gone_count] = row->id;
	return hyp_keep_string(&load->keep, &load->gone[load->gone_count++],
			       err);
}

static int32_t read_rows(struct load *load, struct hyp_error *err)
{
	const struct hyp_store_query query = {.size = sizeof(query)};
	const struct hyp_row_sink sink = {
		.size = sizeof(sink), .ctx = load, .row = see_row};

	return hyp_store_calls.list(load->outbox->engine->store.instance,
				    HYP_TABLE_ENDPOINT, &query, &sink, err);
}

/* The rows of those that files own follow the files. */
static int32_t write_rows(struct load *load, struct hyp_error *err)
{
	int32_t rc = 0;

	for (const struct hyp_endpoint *e = load->found; rc == 0 && e != NULL;
	     e = e->next)
		if (e->of_file && (e->active || !e->webhook.enabled))
			rc = hyp_endpoint_put(&load->draft, HYP_OP_SET, e, "",
					      err);
	for (size_t i = 0; rc == 0 && i < load->gone_count; i++) {
		const struct hyp_endpoint_row row = {.size = sizeof(row),
						     .id = load->gone[i]};

		rc = hyp_draft_add(&load->draft, HYP_OP_DELETE,
				   HYP_TABLE_ENDPOINT, &row, err);
		if (rc == 0)
			rc = hyp_endpoint_unseal(&load->draft, row.id, err);
	}
	if (rc == 0 && load->draft.count > 0)
		rc = hyp_engine_apply_surely(load->outbox->engine, &load->draft,
					     err);
	return rc;
}

/* Also if rc and err say that something before it has failed. */
static int32_t begin_all(struct hyp_outbox *outbox, int32_t rc,
			 struct hyp_error *err)
{
	struct hyp_error why;

	if (!outbox->started || outbox->stopping)
		return rc;
	for (struct hyp_endpoint *e = outbox->endpoints; e != NULL;
	     e = e->next) {
		if (begin(e, &why) == 0 || rc < 0)
			continue;
		*err = why;
		rc = why.code;
	}
	return rc;
}

/* Those there shall be take the place of those there are. */
static int32_t exchange(struct load *load, struct hyp_error *err)
{
	struct hyp_outbox *outbox = load->outbox;
	struct hyp_endpoint *e, *old;
	int32_t rc;

	pthread_mutex_lock(&outbox->lock);
	old = outbox->endpoints;
	outbox->endpoints = load->found;
	load->found = NULL;
	pthread_mutex_unlock(&outbox->lock);
	while ((e = old) != NULL) {
		old = e->next;
		end(outbox, e);
		hyp_endpoint_free(e);
	}
	rc = send_again(outbox, err);
	if (rc == 0)
		rc = abandon_orphans(outbox, err);
	for (e = outbox->endpoints; rc == 0 && e != NULL; e = e->next)
		if (!e->active)
			rc = hyp_outbox_abandon(outbox->engine, e->webhook.name,
						"the webhook is disabled", err);
	return begin_all(outbox, rc, err);
}

int32_t hyp_outbox_load(struct hyp_outbox *outbox, int again,
			struct hyp_error *err)
{
	struct load load = {.outbox = outbox, .again = again};
	struct hyp_endpoint *e;
	int32_t rc;

	pthread_mutex_lock(&outbox->changing);
	load.config = hyp_settings_get(outbox->engine->book);
	rc = add_of_files(&load, err);
	if (rc == 0)
		rc = read_rows(&load, err);
	if (rc == 0)
		rc = write_rows(&load, err);
	if (rc == 0)
		rc = exchange(&load, err);
	while ((e = load.found) != NULL) {
		load.found = e->next;
		hyp_endpoint_free(e);
	}
	hyp_settings_put(outbox->engine->book, load.config);
	hyp_draft_fini(&load.draft);
	hyp_keep_free(&load.keep);
	pthread_mutex_unlock(&outbox->changing);
	return rc;
}
