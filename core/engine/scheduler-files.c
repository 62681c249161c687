/* SPDX-License-Identifier: Apache-2.0 */
/* The schedules that files own: what they say now, against what is in force. */
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/engine/schedule-parts.h"
#include "core/engine/scheduler.h"

#include <string.h>

/* What is in force after the change is written. */
struct sync {
	struct hyp_scheduler *s;
	struct hyp_draft draft;
	struct hyp_schedule **read; /* of the files */
	uint32_t *changed;	    /* those to put in force */
	size_t count;
	int64_t now_ms;
};

static int is_of_file(const struct hyp_entry *entry)
{
	return strcmp(entry->schedule->row.owner, "file") == 0;
}

static int same_text(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

/* Its instants go on where only other things have changed. */
static void set_times(struct hyp_schedule_row *row,
		      const struct hyp_schedule *schedule,
		      const struct hyp_entry *before, int64_t now_ms)
{
	row->next_run_ms = hyp_schedule_next(schedule, now_ms);
	if (before == NULL)
		return;
	row->created_ms = before->schedule->row.created_ms;
	row->last_run_ms = before->last_run_ms;
	row->run_count = before->run_count;
	if (hyp_schedule_goes_on(before->schedule, schedule))
		row->next_run_ms = before->next_ms;
}

static int32_t add_one(struct sync *sync, size_t i, struct hyp_error *err)
{
	struct hyp_schedule *schedule = sync->read[i];
	const struct hyp_entry *before =
		hyp_scheduler_find(sync->s, schedule->row.id);

	if (before != NULL && !is_of_file(before)) {
		hyp_log(HYP_LOG_ERROR, "", "schedule",
			"%s: the file's is not in force: there is one of this "
			"id that was made over the API. Delete that, or give "
			"the file's another id",
			schedule->row.id);
		return 0;
	}
	if (before != NULL && hyp_schedule_same(before->schedule, schedule))
		return 0;
	set_times(&schedule->row, schedule, before, sync->now_ms);
	sync->changed[i] = 1;
	return hyp_draft_add(&sync->draft, HYP_OP_SET, HYP_TABLE_SCHEDULE,
			     &schedule->row, err);
}

static int is_in_file(const struct sync *sync, const char *id)
{
	for (size_t i = 0; i < sync->count; i++)
		if (same_text(sync->read[i]->row.id, id))
			return 1;
	return 0;
}

static int is_gone(const struct sync *sync, const struct hyp_entry *entry)
{
	return is_of_file(entry) && !is_in_file(sync, entry->schedule->row.id);
}

static int32_t compose(struct sync *sync, const struct hyp_config *config,
		       struct hyp_error *err)
{
	struct hyp_scheduler *s = sync->s;
	int32_t rc = 0;

	for (size_t i = 0; rc == 0 && i < config->schedule_count; i++) {
		rc = hyp_schedule_of_file(&config->schedules[i], sync->now_ms,
					  &sync->read[i], err);
		sync->count += rc == 0;
	}
	for (size_t i = 0; rc == 0 && i < sync->count; i++)
		rc = add_one(sync, i, err);
	for (size_t i = 0; rc == 0 && i < s->count; i++)
		if (is_gone(sync, &s->entries[i]))
			rc = hyp_draft_add(&sync->draft, HYP_OP_DELETE,
					   HYP_TABLE_SCHEDULE,
					   &s->entries[i].schedule->row, err);
	return rc;
}

/* Written; now the memory follows. */
static int32_t put_in_force(struct sync *sync, struct hyp_error *err)
{
	struct hyp_scheduler *s = sync->s;
	int32_t rc = 0;

	for (size_t i = s->count; i-- > 0;)
		if (is_gone(sync, &s->entries[i]))
			hyp_scheduler_remove(s, &s->entries[i]);
	for (size_t i = 0; rc == 0 && i < sync->count; i++) {
		struct hyp_entry *entry =
			hyp_scheduler_find(s, sync->read[i]->row.id);

		if (!sync->changed[i])
			continue;
		if (entry != NULL)
			hyp_scheduler_replace(entry,
					      hyp_schedule_get(sync->read[i]));
		else
			rc = hyp_scheduler_insert(
				s, hyp_schedule_get(sync->read[i]), err);
	}
	return rc;
}

int32_t hyp_scheduler_sync(struct hyp_scheduler *s, struct hyp_error *err)
{
	const struct hyp_config *config = hyp_settings_get(s->engine->book);
	struct sync sync = {.s = s, .now_ms = hyp_clock_wall_ms()};
	int32_t rc;

	sync.read = calloc(config->schedule_count + 1,
			   sizeof(struct hyp_schedule *));
	sync.changed = calloc(config->schedule_count + 1, sizeof(uint32_t));
	rc = sync.read == NULL || sync.changed == NULL
		     ? hyp_error_nomem(err)
		     : compose(&sync, config, err);
	if (rc == 0 && sync.draft.count > 0) {
		rc = hyp_engine_apply(s->engine, &sync.draft, err);
		if (rc == 0)
			rc = put_in_force(&sync, err);
	}
	for (size_t i = 0; sync.read != NULL && i < sync.count; i++)
		hyp_schedule_put(sync.read[i]);
	free(sync.read);
	free(sync.changed);
	hyp_draft_fini(&sync.draft);
	hyp_settings_put(s->engine->book, config);
	return rc;
}
