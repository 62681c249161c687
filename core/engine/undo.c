/* SPDX-License-Identifier: Apache-2.0 */
#include "core/engine/undo.h"
#include "core/base/cleanup.h"
#include "core/base/log.h"
#include "core/engine/secrets.h"
#include "core/pipeline/place-record.h"

#include <string.h>

#define BYTES_MAX (65536 + HYP_SEAL_OVERHEAD) /* host.h's remember */

static int32_t record_name(const char *origin, const char *key,
			   uint32_t attempt, char **out, struct hyp_error *err)
{
	return hyp_asprintf(out, err, "%s %s @%u", origin, key, attempt);
}

/* What the seal is bound to. */
static int32_t seal_name(const char *job_id, const char *name, char **out,
			 struct hyp_error *err)
{
	return hyp_asprintf(out, err, "%s %s", job_id, name);
}

int32_t hyp_undo_remember(struct hyp_engine *engine, const char *job_id,
			  uint32_t attempt, const char *origin, const char *key,
			  const void *bytes, uint64_t n, struct hyp_error *err)
{
	HYP_AUTO_DRAFT struct hyp_draft draft = {.count = 0};
	HYP_AUTO_FREE char *name = NULL, *bound = NULL;
	struct hyp_undo_row row = {
		.size = sizeof(row), .attempt = attempt, .job_id = job_id};
	int32_t rc;

	rc = record_name(origin, key, attempt, &name, err);
	if (rc == 0)
		rc = seal_name(job_id, name, &bound, err);
	row.name = name;
	if (rc == 0)
		rc = hyp_engine_seal(engine, &draft, bound, bytes, (size_t)n,
				     &row.bytes, &row.n, err);
	if (rc == 0)
		rc = hyp_draft_add(&draft, HYP_OP_SET, HYP_TABLE_UNDO, &row,
				   err);
	return rc < 0 ? rc : hyp_engine_apply(engine, &draft, err);
}

int32_t hyp_undo_drop(struct hyp_draft *draft, const char *job_id,
		      uint32_t attempt, const char *origin, const char *key,
		      struct hyp_error *err)
{
	HYP_AUTO_FREE char *name = NULL;
	struct hyp_undo_row row = {.size = sizeof(row), .job_id = job_id};
	int32_t rc = record_name(origin, key, attempt, &name, err);

	row.name = name;
	if (rc == 0)
		rc = hyp_draft_keep(draft, &row.job_id, err);
	if (rc == 0)
		rc = hyp_draft_keep(draft, &row.name, err);
	return rc < 0 ? rc
		      : hyp_draft_add(draft, HYP_OP_DELETE, HYP_TABLE_UNDO,
				      &row, err);
}

int32_t hyp_undo_forget(struct hyp_engine *engine, const char *job_id,
			uint32_t attempt, const char *origin, const char *key,
			struct hyp_error *err)
{
	HYP_AUTO_DRAFT struct hyp_draft draft = {.count = 0};
	int32_t rc = hyp_undo_drop(&draft, job_id, attempt, origin, key, err);

	return rc < 0 ? rc : hyp_engine_apply(engine, &draft, err);
}

static void item_fini(struct hyp_undo_item *item)
{
	free(item->job_id);
	free(item->name);
	free(item->key);
	hyp_buf_fini(&item->sealed);
}

/* "ORIGIN KEY @ATTEMPT" taken apart; the key may hold anything. */
static int32_t parse(struct hyp_undo_item *item, struct hyp_error *err)
{
	const char *key = strchr(item->name, ' ');
	const char *at = strrchr(item->name, ' ');
	size_t n;

	if (key == NULL || at == key || at[1] != '@' ||
	    (size_t)(key - item->name) >= sizeof(item->origin))
		return hyp_error_set(err, HYP_E_PERMANENT, "bad_record", 0,
				     "\"%s\" is no undo record of ours",
				     item->name);
	n = (size_t)(key - item->name);
	memcpy(item->origin, item->name, n);
	item->origin[n] = '\0';
	item->key = strndup(key + 1, (size_t)(at - key - 1));
	return item->key != NULL ? 0 : hyp_error_nomem(err);
}

static int32_t fill(struct hyp_undo_item *item, const struct hyp_undo_row *row,
		    struct hyp_error *err)
{
	int32_t rc;

	memset(item, 0, sizeof(*item));
	hyp_buf_init(&item->sealed, BYTES_MAX);
	item->attempt = row->attempt;
	rc = hyp_strdup(row->job_id, &item->job_id, err);
	if (rc == 0)
		rc = hyp_strdup(row->name, &item->name, err);
	if (rc == 0)
		rc = hyp_buf_add(&item->sealed, row->bytes, (size_t)row->n,
				 err);
	if (rc == 0)
		rc = parse(item, err);
	if (rc < 0)
		item_fini(item);
	return rc;
}

static int32_t take(void *ctx, const void *row, struct hyp_error *err)
{
	struct hyp_undo_items *items = ctx;
	struct hyp_undo_item *at =
		reallocarray(items->at, items->count + 1, sizeof(*at));
	int32_t rc;

	if (at == NULL)
		return hyp_error_nomem(err);
	items->at = at;
	rc = fill(&at[items->count], row, err);
	if (rc == HYP_E_PERMANENT) {
		hyp_log(HYP_LOG_ERROR, "", HYP_ENGINE_ORIGIN, "%s", err->text);
		return 0;
	}
	if (rc == 0)
		items->count++;
	return rc;
}

int32_t hyp_undo_list(struct hyp_engine *engine, const char *job_id,
		      struct hyp_undo_items *out, struct hyp_error *err)
{
	const struct hyp_store_query query = {.size = sizeof(query),
					      .job_id = job_id};
	const struct hyp_row_sink sink = {
		.size = sizeof(sink), .ctx = out, .row = take};
	int32_t rc;

	memset(out, 0, sizeof(*out));
	rc = hyp_store_calls.list(engine->store.instance, HYP_TABLE_UNDO,
				  &query, &sink, err);
	if (rc < 0)
		hyp_undo_items_fini(out);
	return rc;
}

void hyp_undo_items_fini(struct hyp_undo_items *items)
{
	for (size_t i = 0; i < items->count; i++)
		item_fini(&items->at[i]);
	free(items->at);
	memset(items, 0, sizeof(*items));
}

/* An instance must not forget by itself: the record goes when all is done. */
static int32_t ignore(void *ctx, const char *origin, const char *key,
		      struct hyp_error *err)
{
	(void)ctx;
	(void)origin;
	(void)key;
	(void)err;
	return 0;
}

static int32_t undo_provider(struct hyp_engine *engine,
			     const struct hyp_undo_item *item,
			     const struct hyp_resolved *resolved,
			     const struct hyp_buf *bytes, struct hyp_error *err)
{
	struct hyp_host_job job = {.job_id = item->job_id,
				   .attempt = item->attempt,
				   .forget = ignore};
	struct hyp_member provider;
	int32_t rc;

	rc = hyp_member_init(&provider, engine->registry, HYP_KIND_PROVIDER,
			     &resolved->provider, &job, NULL, err);
	if (rc < 0)
		return rc;
	rc = hyp_provider_calls.undo(provider.instance, item->key,
				     hyp_buf_str(bytes), bytes->len, err);
	hyp_member_fini(&provider);
	return rc;
}

static int32_t undo_place(struct hyp_engine *engine,
			  const struct hyp_undo_item *item,
			  const struct hyp_resolved *resolved,
			  const struct hyp_buf *bytes, uint32_t may_publish,
			  uint32_t *state, struct hyp_error *err)
{
	struct hyp_host_job job = {.job_id = item->job_id,
				   .attempt = item->attempt,
				   .forget = ignore};
	struct hyp_storages storages = {.storage = NULL};
	int32_t rc;

	rc = hyp_storages_init(&storages, engine->registry, &resolved->storage,
			       &job, err);
	if (rc == 0)
		rc = hyp_place_recover(storages.storage, item->job_id,
				       item->attempt, hyp_buf_str(bytes),
				       bytes->len, may_publish, state, err);
	hyp_storages_fini(&storages);
	return rc;
}

/* The plugins of the record's job, anew: records hold no secrets. */
static int32_t resolve(struct hyp_engine *engine, const char *job_id,
		       struct hyp_resolved *out, struct hyp_error *err)
{
	const struct hyp_config *config = hyp_settings_get(engine->book);
	struct hyp_definition *definition = NULL;
	struct hyp_job *job = NULL;
	char *password = NULL;
	int32_t rc;

	rc = hyp_engine_job(engine, job_id, &job, err);
	if (rc == 0)
		rc = hyp_secret_open(engine, job_id, &password, err);
	if (rc == 0)
		rc = hyp_definition_load(job->row.definition_json, password,
					 &definition, err);
	if (rc == 0)
		rc = hyp_definition_resolve(definition, config, out, err);
	hyp_definition_free(definition);
	hyp_secret_wipe(password);
	hyp_job_free(job);
	hyp_settings_put(engine->book, config);
	return rc;
}

static int32_t act(struct hyp_engine *engine, const struct hyp_undo_item *item,
		   const struct hyp_buf *bytes, uint32_t may_publish,
		   uint32_t *state, struct hyp_error *err)
{
	struct hyp_resolved resolved;
	int32_t rc;

	memset(&resolved, 0, sizeof(resolved));
	rc = resolve(engine, item->job_id, &resolved, err);
	if (rc == 0 && strncmp(item->origin, "storage/", 8) == 0)
		rc = undo_place(engine, item, &resolved, bytes, may_publish,
				state, err);
	else if (rc == 0)
		rc = undo_provider(engine, item, &resolved, bytes, err);
	hyp_resolved_fini(&resolved);
	return rc;
}

int32_t hyp_undo_one(struct hyp_engine *engine,
		     const struct hyp_undo_item *item, uint32_t may_publish,
		     uint32_t *state, struct hyp_error *err)
{
	HYP_AUTO_BUF struct hyp_buf bytes = HYP_BUF_INIT(BYTES_MAX);
	HYP_AUTO_FREE char *bound = NULL;
	int32_t rc;

	rc = seal_name(item->job_id, item->name, &bound, err);
	if (rc == 0)
		rc = hyp_unseal(engine->state.key, bound, item->sealed.data,
				item->sealed.len, &bytes, err);
	if (rc == 0)
		rc = act(engine, item, &bytes, may_publish, state, err);
	if (rc < 0)
		return hyp_error_prefix(err, "%s: ", item->name);
	hyp_log(HYP_LOG_INFO, item->job_id, HYP_ENGINE_ORIGIN, "undone: %s",
		item->name);
	return 0;
}
