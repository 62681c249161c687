/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one who looks at the clock: which instants of which schedules have come,
 * and what becomes of them. All schedules in memory, the store behind them;
 * one lock over both, given up only while jobs are made. An endpoint that has
 * to be asked for a group's VMs is asked by a thread of its own, so that one
 * that hangs delays no other schedule.
 */
#ifndef HYP_ENGINE_SCHEDULER_H
#define HYP_ENGINE_SCHEDULER_H

#include "core/engine/inside.h"
#include "core/engine/intake.h"
#include "core/engine/schedules.h"

#define HYP_SCHEDULE_SECRET "schedule/%s" /* owner of its password */

struct hyp_entry {
	struct hyp_schedule *schedule;
	int64_t next_ms; /* the first instant not dealt with, 0: none */
	int64_t last_run_ms;
	uint64_t run_count;
	int64_t hold_ms;    /* a try failed: not before this */
	int64_t wait_ms;    /* the last of these waits */
	uint32_t stepped;   /* the clock jumped over next_ms */
	uint32_t asking;    /* a thread makes its run */
	uint32_t unwritten; /* next_ms is not that of the store */
	/* The row that says that instants were skipped, while it is about the
	 * same run. */
	int64_t skip_ms, skip_executed_ms;
	uint64_t skips;
	char skip_for[129];
};

struct hyp_scheduler {
	struct hyp_engine *engine;
	pthread_mutex_t lock; /* over all that follows; before the engine's */
	pthread_cond_t wake;
	struct hyp_entry *entries; /* by id */
	size_t count;
	int64_t soonest_ms; /* when to look again, 0: never */
	int64_t ahead_ms;   /* wall clock less boot clock */
	uint32_t unsynced;  /* files' schedules are not all written yet */
	uint32_t unbegun;   /* a run that waits could not be begun */
	uint32_t kicked, stopping, unwritten;
	struct hyp_group_run *asked; /* threads, of which some have ended */
	uint32_t asking;	     /* threads that have not */
	pthread_t thread;
	uint32_t has_thread;
};

int32_t hyp_scheduler_new(struct hyp_engine *engine, struct hyp_scheduler **out,
			  struct hyp_error *err);
void hyp_scheduler_free(struct hyp_scheduler *s); /* takes NULL */
/* From the store: schedules, and their runs that are not over. Before jobs
 * are recovered. */
int32_t hyp_scheduler_load(struct hyp_scheduler *s, struct hyp_error *err);
/* What the files say, written; then what is due, but for what needs to ask a
 * provider. */
int32_t hyp_scheduler_catch_up(struct hyp_scheduler *s, struct hyp_error *err);
int32_t hyp_scheduler_start(struct hyp_scheduler *s, struct hyp_error *err);
/* Cancels, for good, what engine->asking asks. */
void hyp_scheduler_stop(struct hyp_scheduler *s);
/* The settings are others. */
void hyp_scheduler_reload(struct hyp_scheduler *s);
/* Does all that is due by the clock, groups too, and waits for it. */
void hyp_scheduler_tick(struct hyp_scheduler *s);

/* --- with the lock held -------------------------------------------------- */

/* NULL: there is none. */
struct hyp_entry *hyp_scheduler_find(struct hyp_scheduler *s, const char *id);
/* Its schedule is counted over. */
int32_t hyp_scheduler_insert(struct hyp_scheduler *s,
			     struct hyp_schedule *schedule,
			     struct hyp_error *err);
void hyp_scheduler_remove(struct hyp_scheduler *s, struct hyp_entry *entry);
/* Another schedule in its place, counted over; times from its row. */
void hyp_scheduler_replace(struct hyp_entry *entry,
			   struct hyp_schedule *schedule);
/* Looks soon again. */
void hyp_scheduler_kick(struct hyp_scheduler *s);
/* scheduler-files.c */
int32_t hyp_scheduler_sync(struct hyp_scheduler *s, struct hyp_error *err);

/* scheduler-fire.c: one instant of an entry. Gives up the lock while it makes
 * the jobs; of a group it only begins to. */
void hyp_scheduler_fire(struct hyp_scheduler *s, struct hyp_entry *entry,
			int64_t now_ms);
/* The turn of an instant whose schedule says that it runs. */
struct hyp_turn {
	struct hyp_schedule *schedule; /* to be put */
	struct hyp_due due;
	int64_t next_ms; /* the entry's, when it was the turn of it */
	uint32_t waiting;
};
/* Makes and writes its jobs, or tells why not. Gives up the lock meanwhile; if
 * the entry is another afterwards, nothing is written. */
void hyp_scheduler_run(struct hyp_scheduler *s, const struct hyp_turn *turn);
/* A try that failed for a reason that passes: another comes later. */
void hyp_scheduler_hold(struct hyp_entry *entry, const struct hyp_error *why);

/* scheduler-group.c: the same in a thread, and soon back. The turn's schedule
 * is the thread's, also after a failure. */
#define HYP_ASKING_MAX 16
void hyp_group_start(struct hyp_scheduler *s, struct hyp_entry *entry,
		     const struct hyp_turn *turn);
/* Joins those that have ended; without the lock and after stopping: all. */
void hyp_group_reap(struct hyp_scheduler *s, uint32_t all);

/* The row of an entry as it shall be. */
struct hyp_schedule_row hyp_entry_row(const struct hyp_entry *entry);
/* What overlap says of a run now: 0, and whether it waits; or the reason why
 * not, HYP_E_CONFLICT "already_running". */
int32_t hyp_entry_may_run(struct hyp_scheduler *s,
			  const struct hyp_schedule *schedule,
			  uint32_t *waiting, struct hyp_error *err);

struct hyp_firing {
	struct hyp_intake intake;
	struct hyp_submitted out; /* VMs of a group that are left out */
	struct hyp_intake_run run;
	struct hyp_fire_row fire;
	char text[HYP_ERROR_TEXT_MAX + 64]; /* of the fire's error */
};
/* Without the lock: the jobs of a run, not yet written. Fini it in every
 * case. */
int32_t hyp_firing_make(struct hyp_firing *firing, struct hyp_scheduler *s,
			const struct hyp_schedule *schedule, int64_t instant_ms,
			uint32_t waiting, struct hyp_error *err);
/* With the lock: the jobs, the fire, the schedule's row, in one change. */
int32_t hyp_firing_write(struct hyp_firing *firing, struct hyp_scheduler *s,
			 struct hyp_entry *entry, int64_t next_ms,
			 struct hyp_error *err);
void hyp_firing_fini(struct hyp_firing *firing);

#endif
