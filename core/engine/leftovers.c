/* SPDX-License-Identifier: Apache-2.0 */
#include "core/engine/leftovers.h"
#include "core/base/cleanup.h"
#include "core/base/log.h"
#include "core/engine/secrets.h"
#include "core/engine/telling.h"
#include "core/engine/undo.h"

#include <string.h>

static int is_at_source(const struct hyp_undo_item *item)
{
	return strncmp(item->origin, "provider/", 9) == 0;
}

/* None, if the job's password stays. */
static int32_t list(struct hyp_engine *engine, const char *job_id,
		    uint32_t *sealed, struct hyp_undo_items *out,
		    struct hyp_error *err)
{
	int32_t rc = hyp_secret_has(engine, job_id, sealed, err);

	memset(out, 0, sizeof(*out));
	return rc < 0 || !*sealed ? rc
				  : hyp_undo_list(engine, job_id, out, err);
}

static void try_one(struct hyp_engine *engine, const struct hyp_undo_item *item)
{
	struct hyp_error err;
	uint32_t state = 0;
	int32_t rc = hyp_undo_one(engine, item, 0, &state, &err);

	if (rc == 0)
		rc = hyp_undo_forget(engine, item->job_id, item->attempt,
				     item->origin, item->key, &err);
	if (rc == 0)
		return;
	hyp_redact(err.text);
	hyp_log(HYP_LOG_WARNING, item->job_id, HYP_ENGINE_ORIGIN, "%s",
		err.text);
}

void hyp_leftovers_try(struct hyp_engine *engine, const char *job_id)
{
	struct hyp_undo_items items;
	struct hyp_error err;
	uint32_t sealed;

	if (list(engine, job_id, &sealed, &items, &err) < 0)
		hyp_log(HYP_LOG_WARNING, job_id, HYP_ENGINE_ORIGIN, "%s",
			err.text);
	for (size_t i = 0; i < items.count; i++)
		if (is_at_source(&items.at[i]))
			try_one(engine, &items.at[i]);
	hyp_undo_items_fini(&items);
}

void hyp_leftovers_soon(struct hyp_engine *engine, const char *job_id)
{
	struct hyp_undo_items items;
	struct hyp_error err;
	uint32_t sealed;
	size_t i = 0;

	if (list(engine, job_id, &sealed, &items, &err) < 0)
		hyp_log(HYP_LOG_WARNING, job_id, HYP_ENGINE_ORIGIN, "%s",
			err.text);
	while (i < items.count && !is_at_source(&items.at[i]))
		i++;
	if (i < items.count)
		hyp_keeper_undo(engine);
	hyp_undo_items_fini(&items);
}

int32_t hyp_leftovers_none(struct hyp_engine *engine, const char *job_id,
			   struct hyp_error *err)
{
	struct hyp_undo_items items;
	int32_t rc = hyp_undo_list(engine, job_id, &items, err);

	if (rc == 0 && items.count > 0)
		rc = hyp_error_set(
			err, HYP_E_CONFLICT, "left_behind", 0,
			"job %s has left behind what only its record "
			"can remove (%s): that is tried again by "
			"itself, and the job can be deleted then",
			job_id, items.at[0].name);
	hyp_undo_items_fini(&items);
	return rc;
}

static int32_t drop(struct hyp_draft *draft, const struct hyp_undo_item *item,
		    char **warning, struct hyp_error *err)
{
	hyp_log(HYP_LOG_WARNING, item->job_id, HYP_ENGINE_ORIGIN,
		"left behind, and not tried again without the password: %s",
		item->name);
	if (hyp_asprintf(warning, err,
			 HYP_LEFT_BEHIND "%s: it could not be removed before "
					 "the job ended, and the job's "
					 "password is deleted now: remove it "
					 "by hand",
			 item->name) < 0)
		return err->code;
	return hyp_undo_drop(draft, item->job_id, item->attempt, item->origin,
			     item->key, err);
}

static int32_t tell(struct hyp_draft *draft, struct hyp_job_row *next,
		    const char *const *warnings, size_t count,
		    struct hyp_error *err)
{
	HYP_AUTO_BUF struct hyp_buf text = HYP_BUF_INIT(HYP_RESULT_TEXT_MAX);
	int32_t rc;

	rc = hyp_result_left(next->result_json,
			     next->error[0] != '\0'
				     ? next->error
				     : hyp_job_status_name(next->state),
			     warnings, count, &text, err);
	if (rc < 0)
		return rc;
	next->result_json = hyp_buf_str(&text);
	return hyp_draft_keep(draft, &next->result_json, err);
}

static int32_t end(struct hyp_draft *draft, const struct hyp_undo_items *items,
		   struct hyp_job_row *next, struct hyp_error *err)
{
	char **warnings = calloc(items->count + 1, sizeof(*warnings));
	size_t count = 0;
	int32_t rc = warnings != NULL ? 0 : hyp_error_nomem(err);

	for (size_t i = 0; rc == 0 && i < items->count; i++)
		if (is_at_source(&items->at[i])) {
			rc = drop(draft, &items->at[i], &warnings[count], err);
			count += warnings[count] != NULL;
		}
	if (rc == 0 && (count > 0 || next->result_json[0] != '\0'))
		rc = tell(draft, next, (const char *const *)warnings, count,
			  err);
	while (count > 0)
		free(warnings[--count]);
	free(warnings);
	return rc;
}

int32_t hyp_leftovers_end(struct hyp_engine *engine, struct hyp_draft *draft,
			  struct hyp_job_row *next, struct hyp_error *err)
{
	struct hyp_undo_items items;
	uint32_t sealed = 0;
	int32_t rc = list(engine, next->id, &sealed, &items, err);

	if (rc == 0 && sealed)
		rc = end(draft, &items, next, err);
	hyp_undo_items_fini(&items);
	return rc;
}
