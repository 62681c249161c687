/* SPDX-License-Identifier: Apache-2.0 */
/* What people do to schedules. */
#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/engine/scheduler.h"
#include "core/engine/secrets.h"

#include <string.h>

#define TRIES 3 /* while another run comes and goes */

static int32_t not_found(const char *id, struct hyp_error *err)
{
	return hyp_error_set(err, HYP_E_NOT_FOUND, "not_found", 0,
			     "schedule not found: %.128s", id);
}

static int32_t find(struct hyp_scheduler *s, const char *id,
		    struct hyp_entry **out, struct hyp_error *err)
{
	*out = hyp_scheduler_find(s, id);
	return *out != NULL ? 0 : not_found(id, err);
}

static int32_t find_own(struct hyp_scheduler *s, const char *id,
			struct hyp_entry **out, struct hyp_error *err)
{
	if (find(s, id, out, err) != 0)
		return err->code;
	if (strcmp((*out)->schedule->row.owner, "file") != 0)
		return 0;
	return hyp_error_set(err, HYP_E_CONFLICT, "owned_by_file", 0,
			     "a configuration file says what schedule %s is: "
			     "change it there",
			     id);
}

/* The password of a schedule lives as long as it. */
static int32_t add_secret(struct hyp_scheduler *s, struct hyp_draft *draft,
			  const struct hyp_schedule *schedule,
			  struct hyp_error *err)
{
	char owner[160];
	struct hyp_secret_row row = {.size = sizeof(row), .owner = owner};

	snprintf(owner, sizeof(owner), HYP_SCHEDULE_SECRET, schedule->row.id);
	if (schedule->password != NULL)
		return hyp_secret_add(s->engine, draft, owner,
				      schedule->password, err);
	if (schedule->keeps_secret)
		return 0;
	if (hyp_draft_keep(draft, &row.owner, err) != 0)
		return err->code;
	return hyp_draft_add(draft, HYP_OP_DELETE, HYP_TABLE_SECRET, &row, err);
}

static int32_t check(struct hyp_scheduler *s,
		     const struct hyp_schedule *schedule, struct hyp_error *err)
{
	const struct hyp_config *config = hyp_settings_get(s->engine->book);
	int32_t rc = hyp_schedule_check(schedule, config, err);

	hyp_settings_put(s->engine->book, config);
	return rc;
}

static int32_t commit(struct hyp_scheduler *s, struct hyp_draft *draft,
		      const struct hyp_actor *actor, const char *id,
		      const void *done, struct hyp_error *err)
{
	int32_t rc = hyp_audit_add(draft, actor, id, "ok", 1, err);

	if (rc == 0)
		rc = hyp_idempotency_add(s->engine, draft, actor, done, err);
	return rc == 0 ? hyp_engine_apply(s->engine, draft, err) : rc;
}

static int32_t write(struct hyp_scheduler *s, struct hyp_schedule *schedule,
		     uint32_t verb, const struct hyp_actor *actor,
		     struct hyp_error *err)
{
	HYP_AUTO_DRAFT struct hyp_draft draft = {.count = 0};
	int32_t rc = hyp_draft_add(&draft, verb, HYP_TABLE_SCHEDULE,
				   &schedule->row, err);

	if (rc == 0)
		rc = add_secret(s, &draft, schedule, err);
	return rc == 0 ? commit(s, &draft, actor, schedule->row.id, schedule,
				err)
		       : rc;
}

static int32_t create(struct hyp_scheduler *s, const struct hyp_actor *actor,
		      struct hyp_schedule *schedule, struct hyp_error *err)
{
	const char *id = schedule->row.id;
	int32_t rc;

	if (hyp_scheduler_find(s, id) != NULL)
		return hyp_error_set(err, HYP_E_CONFLICT, "conflict", 0,
				     "/id: there is a schedule %s already", id);
	schedule->row.next_run_ms =
		hyp_schedule_next(schedule, schedule->row.created_ms);
	rc = write(s, schedule, HYP_OP_PUT, actor, err);
	if (rc < 0)
		return rc;
	rc = hyp_scheduler_insert(s, hyp_schedule_get(schedule), err);
	hyp_scheduler_kick(s);
	hyp_log(HYP_LOG_INFO, "", "schedule", "%s: created", id);
	return rc;
}

int32_t hyp_engine_schedule_create(struct hyp_engine *engine,
				   const struct hyp_actor *actor,
				   struct json_object *json,
				   struct hyp_schedule **out,
				   struct hyp_error *err)
{
	struct hyp_scheduler *s = engine->scheduler;
	struct hyp_schedule *schedule = NULL;
	int32_t rc = hyp_engine_accepts(engine, err);

	if (rc == 0)
		rc = hyp_schedule_read(json, NULL, "api", hyp_clock_wall_ms(),
				       &schedule, err);
	if (rc == 0)
		rc = check(s, schedule, err);
	if (rc == 0) {
		pthread_mutex_lock(&s->lock);
		rc = create(s, actor, schedule, err);
		pthread_mutex_unlock(&s->lock);
	}
	if (rc == 0)
		*out = schedule;
	else
		hyp_schedule_put(schedule);
	return rc;
}

/* Another takes the entry's place, once it is written. */
static int32_t replace(struct hyp_scheduler *s, struct hyp_entry *entry,
		       const struct hyp_actor *actor,
		       struct hyp_schedule *schedule, struct hyp_error *err)
{
	struct hyp_schedule_row *row = &schedule->row;
	int32_t rc;

	row->last_run_ms = entry->last_run_ms;
	row->run_count = entry->run_count;
	row->next_run_ms =
		hyp_schedule_goes_on(entry->schedule, schedule)
			? entry->next_ms
			: hyp_schedule_next(schedule, row->updated_ms);
	rc = write(s, schedule, HYP_OP_UPDATE, actor, err);
	if (rc < 0)
		return rc;
	hyp_scheduler_replace(entry, hyp_schedule_get(schedule));
	hyp_scheduler_kick(s);
	return 0;
}

static int32_t update(struct hyp_scheduler *s, const struct hyp_actor *actor,
		      const char *id, struct json_object *json,
		      struct hyp_schedule **out, struct hyp_error *err)
{
	struct hyp_schedule *schedule = NULL;
	struct hyp_entry *entry;
	int32_t rc = find_own(s, id, &entry, err);

	if (rc == 0)
		rc = hyp_schedule_read(json, entry->schedule, "api",
				       hyp_clock_wall_ms(), &schedule, err);
	if (rc == 0)
		rc = check(s, schedule, err);
	if (rc == 0)
		rc = replace(s, entry, actor, schedule, err);
	if (rc == 0)
		*out = schedule;
	else
		hyp_schedule_put(schedule);
	return rc;
}

int32_t hyp_engine_schedule_update(struct hyp_engine *engine,
				   const struct hyp_actor *actor,
				   const char *id, struct json_object *json,
				   struct hyp_schedule **out,
				   struct hyp_error *err)
{
	struct hyp_scheduler *s = engine->scheduler;
	int32_t rc = hyp_engine_accepts(engine, err);

	if (rc < 0)
		return rc;
	pthread_mutex_lock(&s->lock);
	rc = update(s, actor, id, json, out, err);
	pthread_mutex_unlock(&s->lock);
	return rc;
}

static int32_t enable(struct hyp_scheduler *s, const struct hyp_actor *actor,
		      const char *id, uint32_t enabled,
		      struct hyp_schedule **out, struct hyp_error *err)
{
	struct hyp_schedule *schedule = NULL;
	struct hyp_schedule_row row;
	struct hyp_entry *entry;
	int32_t rc = find_own(s, id, &entry, err);

	if (rc < 0)
		return rc;
	row = hyp_entry_row(entry);
	row.enabled = enabled;
	row.updated_ms = hyp_clock_wall_ms();
	rc = hyp_schedule_again(entry->schedule, &row, &schedule, err);
	if (rc == 0) {
		schedule->keeps_secret = 1;
		rc = replace(s, entry, actor, schedule, err);
	}
	if (rc == 0)
		*out = schedule;
	else
		hyp_schedule_put(schedule);
	return rc;
}

int32_t hyp_engine_schedule_enable(struct hyp_engine *engine,
				   const struct hyp_actor *actor,
				   const char *id, uint32_t enabled,
				   struct hyp_schedule **out,
				   struct hyp_error *err)
{
	struct hyp_scheduler *s = engine->scheduler;
	int32_t rc = hyp_engine_accepts(engine, err);

	if (rc < 0)
		return rc;
	pthread_mutex_lock(&s->lock);
	rc = enable(s, actor, id, enabled, out, err);
	pthread_mutex_unlock(&s->lock);
	return rc;
}

static int32_t delete (struct hyp_scheduler *s, const struct hyp_actor *actor,
		       const char *id, struct hyp_error *err)
{
	HYP_AUTO_DRAFT struct hyp_draft draft = {.count = 0};
	char owner[160];
	const struct hyp_secret_row secret = {.size = sizeof(secret),
					      .owner = owner};
	struct hyp_entry *entry;
	int32_t rc = find_own(s, id, &entry, err);

	if (rc < 0)
		return rc;
	snprintf(owner, sizeof(owner), HYP_SCHEDULE_SECRET, id);
	rc = hyp_draft_add(&draft, HYP_OP_DELETE, HYP_TABLE_SCHEDULE,
			   &entry->schedule->row, err);
	if (rc == 0)
		rc = hyp_draft_add(&draft, HYP_OP_DELETE, HYP_TABLE_SECRET,
				   &secret, err);
	if (rc == 0)
		rc = commit(s, &draft, actor, id, NULL, err);
	if (rc == 0) {
		hyp_scheduler_remove(s, entry);
		hyp_log(HYP_LOG_INFO, "", "schedule", "%s: deleted", id);
	}
	return rc;
}

int32_t hyp_engine_schedule_delete(struct hyp_engine *engine,
				   const struct hyp_actor *actor,
				   const char *id, struct hyp_error *err)
{
	struct hyp_scheduler *s = engine->scheduler;
	int32_t rc = hyp_engine_accepts(engine, err);

	if (rc < 0)
		return rc;
	pthread_mutex_lock(&s->lock);
	rc = delete (s, actor, id, err);
	pthread_mutex_unlock(&s->lock);
	return rc;
}

/* --- a run by hand ------------------------------------------------------- */

/* What the caller is told, with what was left out. */
static int32_t list_ids(struct hyp_firing *firing, struct hyp_submitted *out,
			struct hyp_error *err)
{
	const struct hyp_intake *intake = &firing->intake;
	int32_t rc = 0;

	*out = firing->out;
	memset(&firing->out, 0, sizeof(firing->out));
	out->ids = calloc(intake->jobs.count + 1, sizeof(*out->ids));
	if (out->ids == NULL)
		return hyp_error_nomem(err);
	for (size_t i = 0; rc == 0 && i < intake->jobs.count; i++) {
		rc = hyp_strdup(intake->jobs.at[i]->row.id, &out->ids[i], err);
		out->id_count += rc == 0;
	}
	out->accepted = 1;
	return rc;
}

/* Instants of a schedule are whole seconds: so that this one is none. */
static int64_t own_instant(int64_t now_ms)
{
	return now_ms % 1000 != 0 ? now_ms : now_ms + 1;
}

/* The jobs are made; the lock is held again. HYP_E_BUSY without a kind: what
 * they were made for has changed. */
static int32_t write_run(struct hyp_scheduler *s, struct hyp_firing *firing,
			 const struct hyp_schedule *schedule,
			 const struct hyp_actor *actor,
			 struct hyp_submitted *out, int *again,
			 struct hyp_error *err)
{
	struct hyp_draft *draft = &firing->intake.draft;
	struct hyp_entry *entry;
	uint32_t waiting;
	int32_t rc = find(s, schedule->row.id, &entry, err);

	if (rc == 0)
		rc = hyp_entry_may_run(s, entry->schedule, &waiting, err);
	if (rc < 0)
		return rc;
	*again = entry->schedule != schedule || waiting != firing->run.waiting;
	if (*again)
		return hyp_error_set(err, HYP_E_BUSY, "db_busy", 0,
				     "schedule %s changes all the time: try "
				     "again soon",
				     schedule->row.id);
	rc = list_ids(firing, out, err);
	if (rc == 0)
		rc = hyp_audit_add(draft, actor, schedule->row.id, "ok",
				   (uint32_t)out->id_count, err);
	if (rc == 0)
		rc = hyp_idempotency_add(s->engine, draft, actor, out, err);
	if (rc == 0)
		rc = hyp_firing_write(firing, s, entry, entry->next_ms, err);
	if (rc < 0)
		hyp_submitted_fini(out);
	return rc;
}

/* As the entry is now; counted. */
static int32_t take(struct hyp_scheduler *s, const char *id,
		    struct hyp_schedule **out, uint32_t *waiting,
		    struct hyp_error *err)
{
	struct hyp_entry *entry;
	int32_t rc;

	pthread_mutex_lock(&s->lock);
	rc = find(s, id, &entry, err);
	if (rc == 0)
		rc = hyp_entry_may_run(s, entry->schedule, waiting, err);
	if (rc == 0)
		*out = hyp_schedule_get(entry->schedule);
	pthread_mutex_unlock(&s->lock);
	return rc;
}

static int32_t trigger(struct hyp_scheduler *s, const struct hyp_actor *actor,
		       const char *id, struct hyp_submitted *out, int *again,
		       struct hyp_error *err)
{
	struct hyp_schedule *schedule = NULL;
	struct hyp_firing firing;
	uint32_t waiting;
	int32_t rc = take(s, id, &schedule, &waiting, err);

	if (rc < 0)
		return rc;
	rc = hyp_firing_make(&firing, s, schedule,
			     own_instant(hyp_clock_wall_ms()), waiting, err);
	if (rc == 0) {
		pthread_mutex_lock(&s->lock);
		rc = write_run(s, &firing, schedule, actor, out, again, err);
		pthread_mutex_unlock(&s->lock);
	}
	if (rc == 0)
		hyp_log(HYP_LOG_INFO, "", "schedule", "%s: job %s, by hand", id,
			firing.fire.job_id);
	hyp_firing_fini(&firing);
	hyp_schedule_put(schedule);
	return rc;
}

int32_t hyp_engine_schedule_trigger(struct hyp_engine *engine,
				    const struct hyp_actor *actor,
				    const char *id, struct hyp_submitted *out,
				    struct hyp_error *err)
{
	int32_t rc = hyp_engine_accepts(engine, err);
	int again = 1;

	memset(out, 0, sizeof(*out));
	for (int i = 0; rc == 0 && again && i < TRIES; i++) {
		again = 0;
		rc = trigger(engine->scheduler, actor, id, out, &again, err);
		if (again && i + 1 < TRIES)
			rc = 0;
	}
	return rc;
}
