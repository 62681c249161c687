/* SPDX-License-Identifier: Apache-2.0 */
/* What becomes of an instant: jobs, or a row that says why not. */
#include "core/base/cleanup.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/engine/scheduler.h"
#include "core/engine/secrets.h"

#include <string.h>

#define WAIT_MS 1000
#define WAIT_MAX_MS 60000

struct hyp_schedule_row hyp_entry_row(const struct hyp_entry *entry)
{
	struct hyp_schedule_row row = entry->schedule->row;

	row.next_run_ms = entry->next_ms;
	row.last_run_ms = entry->last_run_ms;
	row.run_count = entry->run_count;
	return row;
}

int32_t hyp_entry_may_run(struct hyp_scheduler *s,
			  const struct hyp_schedule *schedule,
			  uint32_t *waiting, struct hyp_error *err)
{
	const struct hyp_schedule_policy *policy = &schedule->policy;
	struct hyp_runs_count runs;
	int may;

	hyp_runs_count(s->engine->runs, schedule->row.id, &runs);
	*waiting = policy->overlap == HYP_OVERLAP_QUEUE &&
		   runs.begun + runs.waiting > 0;
	if (policy->overlap == HYP_OVERLAP_QUEUE)
		may = runs.waiting == 0;
	else if (policy->overlap == HYP_OVERLAP_ALLOW)
		may = policy->max_runs == 0 ||
		      runs.begun + runs.waiting < (size_t)policy->max_runs;
	else
		may = runs.begun + runs.waiting == 0;
	if (may)
		return 0;
	return hyp_error_set(err, HYP_E_CONFLICT, "already_running", 0,
			     "the run of job %s is not over%s", runs.first,
			     *waiting ? ", and another waits for it" : "");
}

/* --- rows of fires -------------------------------------------------------- */

#define NO_ROW 0u
#define ROW_OF_SKIP 1u
#define ROW_OF_RUN 2u

struct seen {
	int64_t instant_ms;
	uint32_t row;
};

static int32_t see(void *ctx, const void *at, struct hyp_error *err)
{
	const struct hyp_fire_row *row = at;
	struct seen *seen = ctx;

	(void)err;
	if (row->instant_ms == seen->instant_ms)
		seen->row = row->job_id[0] != '\0' ? ROW_OF_RUN : ROW_OF_SKIP;
	return 0;
}

/* What is written of that instant; NO_ROW also if nobody can say. Looked at
 * only after a conflict: rows are many. */
static uint32_t row_of(struct hyp_scheduler *s, const char *id,
		       int64_t instant_ms)
{
	const struct hyp_store_query query = {.size = sizeof(query),
					      .schedule_id = id};
	struct seen seen = {instant_ms, NO_ROW};
	const struct hyp_row_sink sink = {
		.size = sizeof(sink), .ctx = &seen, .row = see};
	struct hyp_error err;

	return hyp_store_calls.list(s->engine->store.instance, HYP_TABLE_FIRE,
				    &query, &sink, &err) == 0
		       ? seen.row
		       : NO_ROW;
}

/* --- a run -------------------------------------------------------------- */

static void say_left_out(struct hyp_firing *firing)
{
	size_t n = firing->out.rejected_count;

	for (size_t i = 0; i < n; i++)
		hyp_log(HYP_LOG_WARNING, "", "schedule", "%s: left out: %s",
			firing->run.schedule_id,
			firing->out.rejected[i].error.text);
	if (n > 0)
		snprintf(firing->text, sizeof(firing->text),
			 "%zu left out; the first: %s", n,
			 firing->out.rejected[0].error.text);
}

int32_t hyp_firing_make(struct hyp_firing *firing, struct hyp_scheduler *s,
			const struct hyp_schedule *schedule, int64_t instant_ms,
			uint32_t waiting, struct hyp_error *err)
{
	struct hyp_definition *definition = NULL;
	char *password = NULL;
	char owner[160];
	int32_t rc;

	memset(firing, 0, sizeof(*firing));
	hyp_intake_init(&firing->intake, s->engine, &firing->out);
	firing->run =
		(struct hyp_intake_run){schedule->row.id, instant_ms, waiting};
	firing->intake.run = &firing->run;
	snprintf(owner, sizeof(owner), HYP_SCHEDULE_SECRET, schedule->row.id);
	rc = hyp_secret_open(s->engine, owner, &password, err);
	if (rc == 0)
		rc = hyp_schedule_definition(schedule, password,
					     firing->intake.now_ms, &definition,
					     err);
	if (rc == 0)
		rc = hyp_intake_add(&firing->intake, definition, NULL, err);
	if (rc == 0)
		say_left_out(firing);
	hyp_definition_free(definition);
	hyp_secret_wipe(password);
	return rc;
}

static int32_t add_rows(struct hyp_firing *firing,
			const struct hyp_entry *entry, int64_t next_ms,
			int64_t now_ms, struct hyp_error *err)
{
	const struct hyp_job_row *job = &firing->intake.jobs.at[0]->row;
	struct hyp_draft *draft = &firing->intake.draft;
	struct hyp_schedule_row row = hyp_entry_row(entry);
	int32_t rc;

	firing->fire = (struct hyp_fire_row){
		.size = sizeof(firing->fire),
		.instant_ms = firing->run.instant_ms,
		.executed_ms = now_ms,
		.schedule_id = row.id,
		.job_id = job->group_id[0] != '\0' ? job->group_id : job->id,
		.status = HYP_RUN_BEGUN,
		.error = firing->text,
	};
	row.next_run_ms = next_ms;
	row.last_run_ms = now_ms;
	row.run_count++;
	rc = hyp_draft_add(draft, HYP_OP_PUT, HYP_TABLE_FIRE, &firing->fire,
			   err);
	return rc == 0 ? hyp_draft_add(draft, HYP_OP_UPDATE, HYP_TABLE_SCHEDULE,
				       &row, err)
		       : rc;
}

/* An instant that was skipped while the clock was wrong comes once more, in
 * time: now it runs. */
static int32_t write_over_skip(struct hyp_firing *firing,
			       struct hyp_scheduler *s, struct hyp_error *err)
{
	struct hyp_draft *draft = &firing->intake.draft;

	if (row_of(s, firing->run.schedule_id, firing->run.instant_ms) !=
	    ROW_OF_SKIP)
		return HYP_E_CONFLICT;
	for (size_t i = 0; i < draft->count; i++)
		if (draft->ops[i].table == HYP_TABLE_FIRE)
			draft->ops[i].verb = HYP_OP_SET;
	return hyp_engine_apply(s->engine, draft, err);
}

int32_t hyp_firing_write(struct hyp_firing *firing, struct hyp_scheduler *s,
			 struct hyp_entry *entry, int64_t next_ms,
			 struct hyp_error *err)
{
	struct hyp_runs *runs = s->engine->runs;
	int64_t now_ms = hyp_clock_wall_ms();
	int32_t rc = add_rows(firing, entry, next_ms, now_ms, err);

	/* before it is written: its job may be over before we return */
	if (rc == 0)
		rc = hyp_runs_add(runs, &firing->fire,
				  firing->intake.jobs.count,
				  firing->run.waiting, err);
	if (rc < 0)
		return rc;
	rc = hyp_engine_apply(s->engine, &firing->intake.draft, err);
	if (rc == HYP_E_CONFLICT)
		rc = write_over_skip(firing, s, err);
	if (rc < 0) {
		hyp_runs_drop(runs, &firing->fire);
		return rc;
	}
	entry->next_ms = next_ms;
	entry->last_run_ms = now_ms;
	entry->run_count++;
	return 0;
}

void hyp_firing_fini(struct hyp_firing *firing)
{
	hyp_intake_fini(&firing->intake);
	hyp_submitted_fini(&firing->out);
}

/* --- no run ------------------------------------------------------------- */

static int32_t add_advance(struct hyp_draft *draft,
			   const struct hyp_entry *entry, int64_t next_ms,
			   struct hyp_error *err)
{
	struct hyp_schedule_row row = hyp_entry_row(entry);

	row.next_run_ms = next_ms;
	return hyp_draft_add(draft, HYP_OP_UPDATE, HYP_TABLE_SCHEDULE, &row,
			     err);
}

/* A row, or the one that there is for the same reason: with a schedule of
 * every minute and an export of a day, one row says it. */
static int32_t add_skip(struct hyp_draft *draft, struct hyp_entry *entry,
			const struct hyp_fire_row *row, const char *why_for,
			struct hyp_error *err)
{
	struct hyp_fire_row same = *row;
	char text[1200];
	int32_t rc;

	if (why_for[0] == '\0' || entry->skips == 0 ||
	    strcmp(entry->skip_for, why_for) != 0) {
		entry->skips = 0;
		return hyp_draft_add(draft, HYP_OP_PUT, HYP_TABLE_FIRE, row,
				     err);
	}
	snprintf(text, sizeof(text), "%s (%llu instants)", row->error,
		 (unsigned long long)entry->skips + 1);
	same.instant_ms = entry->skip_ms;
	same.executed_ms = entry->skip_executed_ms;
	same.error = text;
	rc = hyp_draft_keep(draft, &same.error, err);
	return rc == 0 ? hyp_draft_add(draft, HYP_OP_UPDATE, HYP_TABLE_FIRE,
				       &same, err)
		       : rc;
}

void hyp_scheduler_hold(struct hyp_entry *entry, const struct hyp_error *why)
{
	entry->wait_ms = entry->wait_ms == 0 ? WAIT_MS : 2 * entry->wait_ms;
	if (entry->wait_ms > WAIT_MAX_MS)
		entry->wait_ms = WAIT_MAX_MS;
	entry->hold_ms = hyp_clock_wall_ms() + entry->wait_ms;
	hyp_log(HYP_LOG_WARNING, "", "schedule",
		"%s: its run is tried again in %lld s: %s (%s)",
		entry->schedule->row.id, (long long)entry->wait_ms / 1000,
		why->text, why->kind);
}

static void advance(struct hyp_entry *entry, int64_t next_ms)
{
	entry->next_ms = next_ms;
	entry->hold_ms = entry->wait_ms = 0;
	entry->stepped = 0;
}

/* It fired already: before the clock was put back. */
static void pass_over(struct hyp_scheduler *s, struct hyp_entry *entry,
		      const struct hyp_due *due)
{
	HYP_AUTO_DRAFT struct hyp_draft draft = {.count = 0};
	struct hyp_error err;

	if (add_advance(&draft, entry, due->next_ms, &err) == 0 &&
	    hyp_engine_apply(s->engine, &draft, &err) == 0)
		advance(entry, due->next_ms);
	else
		hyp_scheduler_hold(entry, &err);
}

/* Counted before it can be seen. */
static int32_t apply_counted(struct hyp_engine *engine, struct hyp_draft *draft,
			     uint64_t n, const char *const *labels,
			     struct hyp_error *err)
{
	int32_t rc;

	hyp_metrics_add(engine->metrics, HYP_FAMILY_SCHEDULE_INSTANTS, n,
			labels);
	rc = hyp_engine_apply(engine, draft, err);
	if (rc < 0)
		hyp_metrics_take_back(engine->metrics,
				      HYP_FAMILY_SCHEDULE_INSTANTS, n, labels);
	return rc;
}

/* why_for: what the reason is about, "" if each instant has its own. */
static void skip(struct hyp_scheduler *s, struct hyp_entry *entry,
		 const struct hyp_due *due, const char *status, const char *why,
		 const char *why_for)
{
	HYP_AUTO_DRAFT struct hyp_draft draft = {.count = 0};
	const struct hyp_fire_row row = {
		.size = sizeof(row),
		.instant_ms = due->instant_ms,
		.executed_ms = hyp_clock_wall_ms(),
		.schedule_id = entry->schedule->row.id,
		.job_id = "",
		.status = status,
		.error = why,
	};
	uint64_t skips = entry->skips;
	hyp_labels labels = {row.schedule_id, due->late ? "missed" : status};
	/* with those before it that were late too */
	uint64_t instants = due->late ? due->missed + 1 : 1;
	struct hyp_error err;
	int32_t rc = add_skip(&draft, entry, &row, why_for, &err);

	if (rc == 0)
		rc = add_advance(&draft, entry, due->next_ms, &err);
	if (rc == 0)
		rc = apply_counted(s->engine, &draft, instants, labels, &err);
	if (rc == HYP_E_CONFLICT) {
		pass_over(s, entry, due);
		return;
	}
	if (rc < 0) {
		/* the row of the first skip may have been pruned since */
		entry->skips = rc == HYP_E_FENCED ? 0 : skips;
		hyp_scheduler_hold(entry, &err);
		return;
	}
	if (entry->skips == 0) {
		entry->skip_ms = row.instant_ms;
		entry->skip_executed_ms = row.executed_ms;
		snprintf(entry->skip_for, sizeof(entry->skip_for), "%s",
			 why_for);
		hyp_log(strcmp(status, HYP_RUN_FAILED) == 0 ? HYP_LOG_ERROR
							    : HYP_LOG_WARNING,
			"", "schedule", "%s: %s: %s", row.schedule_id, status,
			why);
	}
	entry->skips++;
	advance(entry, due->next_ms);
}

/* What another try may make good. */
static int is_passing(const struct hyp_error *err)
{
	return err->code == HYP_E_TRANSIENT || err->code == HYP_E_BUSY ||
	       strncmp(err->kind, "db_", 3) == 0;
}

static void failed(struct hyp_scheduler *s, struct hyp_entry *entry,
		   const struct hyp_due *due, struct hyp_error *err)
{
	char text[HYP_ERROR_TEXT_MAX + HYP_ERROR_KIND_MAX + 4];

	if (err->code == HYP_E_CONFLICT &&
	    row_of(s, entry->schedule->row.id, due->instant_ms) != NO_ROW) {
		pass_over(s, entry, due);
		return;
	}
	if (is_passing(err)) {
		hyp_scheduler_hold(entry, err);
		return;
	}
	hyp_redact(err->text);
	snprintf(text, sizeof(text), "%s: %s", err->kind, err->text);
	skip(s, entry, due, HYP_RUN_FAILED, text, "");
}

/* Nobody asked for it but the schedule. */
static int32_t add_audit(struct hyp_firing *firing, struct hyp_error *err)
{
	const struct hyp_actor system = {.name = "system",
					 .role = "",
					 .remote = "",
					 .action = "schedule",
					 .request_id = ""};

	return hyp_audit_add(&firing->intake.draft, &system,
			     firing->run.schedule_id, "ok",
			     (uint32_t)firing->intake.jobs.count, err);
}

/* The jobs are made, or rc and err say why not. */
static void finish(struct hyp_scheduler *s, struct hyp_entry *entry,
		   const struct hyp_turn *turn, struct hyp_firing *firing,
		   int32_t rc, struct hyp_error *err)
{
	if (rc == 0)
		rc = add_audit(firing, err);
	if (rc == 0)
		rc = hyp_firing_write(firing, s, entry, turn->due.next_ms, err);
	if (rc < 0) {
		failed(s, entry, &turn->due, err);
		return;
	}
	advance(entry, turn->due.next_ms);
	entry->skips = 0;
	hyp_log(HYP_LOG_INFO, "", "schedule", "%s: job %s%s",
		turn->schedule->row.id, firing->fire.job_id,
		turn->waiting ? ", which waits for the run before" : "");
}

/* What a stop has broken off is as if it had not begun: the next start makes up
 * for it. */
void hyp_scheduler_run(struct hyp_scheduler *s, const struct hyp_turn *turn)
{
	const char *id = turn->schedule->row.id;
	struct hyp_firing firing;
	struct hyp_entry *entry;
	struct hyp_error err, why;
	uint32_t wait_now;
	int32_t rc;

	pthread_mutex_unlock(&s->lock);
	rc = hyp_firing_make(&firing, s, turn->schedule, turn->due.instant_ms,
			     turn->waiting, &err);
	pthread_mutex_lock(&s->lock);
	entry = hyp_scheduler_find(s, id);
	if (!(rc == HYP_E_CANCELLED && s->stopping) && entry != NULL &&
	    entry->schedule == turn->schedule &&
	    entry->next_ms == turn->next_ms &&
	    hyp_entry_may_run(s, turn->schedule, &wait_now, &why) == 0 &&
	    wait_now == turn->waiting)
		finish(s, entry, turn, &firing, rc, &err);
	hyp_firing_fini(&firing);
}

static void say_late(const struct hyp_due *due, char *text, size_t max)
{
	if (due->missed == 0)
		snprintf(text, max,
			 "missed: it was too late for it when the daemon, or "
			 "the clock, got there");
	else
		snprintf(text, max,
			 "missed, and so were %s%llu before it: it was too "
			 "late for them when the daemon, or the clock, got "
			 "there",
			 due->missed == HYP_DUE_COUNT_MAX ? "at least " : "",
			 (unsigned long long)due->missed);
}

void hyp_scheduler_fire(struct hyp_scheduler *s, struct hyp_entry *entry,
			int64_t now_ms)
{
	struct hyp_turn turn = {.next_ms = entry->next_ms};
	struct hyp_due *due = &turn.due;
	struct hyp_runs_count runs;
	struct hyp_error why;
	char text[256];

	hyp_schedule_due(entry->schedule, entry->next_ms, now_ms,
			 entry->stepped, due);
	if (due->late) {
		say_late(due, text, sizeof(text));
		skip(s, entry, due, HYP_RUN_SKIPPED, text, "");
		return;
	}
	if (!hyp_schedule_is_open(entry->schedule, now_ms)) {
		skip(s, entry, due, HYP_RUN_SKIPPED,
		     "it is outside of its time_windows", "time_windows");
		return;
	}
	if (hyp_entry_may_run(s, entry->schedule, &turn.waiting, &why) != 0) {
		hyp_runs_count(s->engine->runs, entry->schedule->row.id, &runs);
		skip(s, entry, due, HYP_RUN_SKIPPED, why.text, runs.first);
		return;
	}
	if (due->missed > 0)
		hyp_log(HYP_LOG_WARNING, "", "schedule",
			"%s: one run for this instant and %s%llu missed before "
			"it",
			entry->schedule->row.id,
			due->missed == HYP_DUE_COUNT_MAX ? "at least " : "",
			(unsigned long long)due->missed);
	turn.schedule = hyp_schedule_get(entry->schedule);
	if (turn.schedule->is_group) {
		hyp_group_start(s, entry, &turn);
		return;
	}
	hyp_scheduler_run(s, &turn);
	hyp_schedule_put(turn.schedule);
}
