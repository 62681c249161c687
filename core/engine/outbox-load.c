/* SPDX-License-Identifier: Apache-2.0 */
/* The endpoints from settings and store. */
#include "core/base/cleanup.h"
#include "core/base/log.h"
#include "core/engine/outbox.h"
#include "core/engine/webhook-json.h"

#include <string.h>

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

static void load_add(struct load *load, struct hyp_endpoint *e)
{
	struct hyp_endpoint **at = &load->found;

	while (*at != NULL)
		at = &(*at)->next;
	*at = e;
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

static int32_t see_of_api(void *ctx, const void *at, struct hyp_error *err)
{
	const struct hyp_endpoint_row *row = at;

	return strcmp(row->owner, HYP_OWNER_API) == 0
		       ? add_of_api(ctx, row, err)
		       : 0;
}

/* What has been acknowledged over the API stays as it is. */
static int may_be_of_file(const struct load *load, const char *id)
{
	if (hyp_endpoint_find(load->found, id) != NULL) {
		hyp_log(HYP_LOG_ERROR, "", HYP_ENGINE_ORIGIN,
			"webhook %s: the file's is not in force: there is one "
			"of this name that was made over the API. Remove that, "
			"or give the file's another name",
			id);
		return 0;
	}
	if (hyp_endpoint_count(load->found) < HYP_WEBHOOKS_MAX)
		return 1;
	hyp_log(HYP_LOG_ERROR, "", HYP_ENGINE_ORIGIN,
		"webhook %s: the file's is not in force: there can be %d "
		"webhooks, those that were made over the API among them. "
		"Remove one",
		id, HYP_WEBHOOKS_MAX);
	return 0;
}

static int32_t add_of_file(struct load *load, const struct hyp_webhook *webhook,
			   struct hyp_error *err)
{
	struct hyp_endpoint *e = NULL;
	struct hyp_webhook copy;
	int32_t rc;

	if (!may_be_of_file(load, webhook->name))
		return 0;
	rc = hyp_webhook_copy(&copy, webhook, err);
	if (rc == 0)
		rc = hyp_endpoint_new(load->outbox->engine, &copy, 1, &e, err);
	if (rc == 0)
		load_add(load, e);
	return rc;
}

static int32_t add_of_files(struct load *load, struct hyp_error *err)
{
	int32_t rc = 0;

	for (size_t i = 0; rc == 0 && i < load->config->webhook_count; i++)
		rc = add_of_file(load, &load->config->webhooks[i], err);
	return rc;
}

static int32_t see_of_file(void *ctx, const void *at, struct hyp_error *err)
{
	const struct hyp_endpoint_row *row = at;
	struct load *load = ctx;
	struct hyp_endpoint *e = hyp_endpoint_find(load->found, row->id);

	if (strcmp(row->owner, HYP_OWNER_API) == 0)
		return 0;
	if (e != NULL) {
		e->created_ms = row->created_ms;
		if (!load->again && row->disabled_why[0] != '\0')
			e->active = 0;
		return 0;
	}
	if (load->gone_count == HYP_COUNT(load->gone))
		return 0; /* next time */
	load->gone[load->gone_count] = row->id;
	return hyp_keep_string(&load->keep, &load->gone[load->gone_count++],
			       err);
}

static int32_t read_rows(struct load *load,
			 int32_t (*see)(void *, const void *,
					struct hyp_error *),
			 struct hyp_error *err)
{
	const struct hyp_store_query query = {.size = sizeof(query)};
	const struct hyp_row_sink sink = {
		.size = sizeof(sink), .ctx = load, .row = see};

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
		if (hyp_outbox_begin(e, &why) == 0 || rc < 0)
			continue;
		*err = why;
		rc = why.code;
	}
	return rc;
}

/* With the outbox's lock held. */
static void keep_since(struct hyp_outbox *outbox, struct hyp_endpoint *found)
{
	for (struct hyp_endpoint *e = found; e != NULL; e = e->next) {
		const struct hyp_endpoint *old =
			hyp_outbox_find(outbox, e->webhook.name);

		e->since = old != NULL ? old->since : outbox->changes;
	}
}

/* Those there shall be take the place of those there are. */
static int32_t exchange(struct load *load, struct hyp_error *err)
{
	struct hyp_outbox *outbox = load->outbox;
	struct hyp_endpoint *e, *old;
	int32_t rc;

	pthread_mutex_lock(&outbox->lock);
	outbox->changes++;
	keep_since(outbox, load->found);
	old = outbox->endpoints;
	outbox->endpoints = load->found;
	load->found = NULL;
	pthread_mutex_unlock(&outbox->lock);
	while ((e = old) != NULL) {
		old = e->next;
		hyp_outbox_end(outbox, e);
		hyp_endpoint_free(e);
	}
	rc = hyp_outbox_send_again(outbox, err);
	if (rc == 0)
		rc = hyp_outbox_abandon_orphans(outbox, err);
	for (e = outbox->endpoints; rc == 0 && e != NULL; e = e->next)
		rc = hyp_outbox_settle(e, err);
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
	rc = read_rows(&load, see_of_api, err);
	if (rc == 0)
		rc = add_of_files(&load, err);
	if (rc == 0)
		rc = read_rows(&load, see_of_file, err);
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
