/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of core/engine share. Nobody else includes it. */
#ifndef HYP_ENGINE_INSIDE_H
#define HYP_ENGINE_INSIDE_H

#include "core/engine/breaker.h"
#include "core/engine/bus.h"
#include "core/engine/definition.h"
#include "core/engine/draft.h"
#include "core/engine/engine.h"
#include "core/engine/job.h"
#include "core/engine/metrics.h"
#include "core/engine/runs.h"
#include "core/engine/settings.h"
#include "core/engine/state-dir.h"
#include "core/pipeline/attempt.h"
#include "core/pipeline/thread.h"

#define HYP_ENGINE_ORIGIN "engine" /* of log lines */
#define HYP_SUCCESS_LISTS 256u	   /* schedules by their ids' hashes */

enum hyp_engine_life {
	HYP_LIFE_STARTING, /* open, or recovering */
	HYP_LIFE_RUNNING,
	HYP_LIFE_STOPPING,
	HYP_LIFE_STOPPED,
};

struct hyp_engine {
	struct hyp_registry *registry; /* borrowed */
	struct hyp_settings_book *book;
	struct hyp_state_dir state;
	struct hyp_host_job store_job;
	struct hyp_member store;
	struct hyp_metrics *metrics;
	struct hyp_disks *disks; /* of scrapes */
	char *store_path;	 /* of store/sqlite, else NULL */
	pthread_mutex_t successes_lock;
	struct hyp_success *successes[HYP_SUCCESS_LISTS]; /* of tally.c */
	struct hyp_bus *bus;
	struct hyp_breaker *breaker;
	struct hyp_joblog *joblog;
	struct hyp_runs *runs; /* of schedules */
	struct hyp_scheduler *scheduler;
	struct hyp_outbox *outbox;
	pthread_mutex_t seeing; /* one listing's VMs are compared at a time */
	struct hyp_host_job asking; /* of providers that no job asks; a stop
				     * cancels it */
	uint64_t began_ms;	    /* of the boot clock */

	pthread_mutex_t lock;	/* over all that follows */
	pthread_cond_t changed; /* anything, for those who wait for it */
	pthread_cond_t work;	/* for the dispatcher: kicked, or life */
	enum hyp_engine_life life;
	uint32_t hurried;   /* the grace of a stop is over */
	uint32_t giving_up; /* what cannot be written now will not be */
	uint32_t claiming;  /* a job may be claimed, and not be listed yet */
	uint32_t kicked;    /* a job may have become claimable */
	uint32_t leftovers; /* records that could not be undone yet */
	uint32_t undo_wanted, undo_passes; /* of the keeper: now; so far */
	uint32_t unsettled;  /* jobs whose publishing is not known to be done */
	const char *trouble; /* kind of the store's last failure, or NULL */
	struct hyp_runner *runners; /* that run */
	struct hyp_runner *ended;   /* to be joined */
	size_t running;
	pthread_t dispatcher, keeper;
	uint32_t has_dispatcher, has_keeper;
	struct hyp_undo_pass *undo; /* the last, which may be under way */
};

/* writing.c: all changes go through here. */

/* Applies once. Events in it are rung, queued jobs looked for. */
int32_t hyp_engine_apply(struct hyp_engine *engine, struct hyp_draft *draft,
			 struct hyp_error *err);
/* For what must not be lost: again and again while the store is busy, full or
 * broken; fails with what is not the store's fault (HYP_E_FENCED, ...), with
 * "db_lost", or when a stop gives up. */
int32_t hyp_engine_apply_surely(struct hyp_engine *engine,
				struct hyp_draft *draft, struct hyp_error *err);
/* What a call of the store that may write has returned. */
void hyp_engine_note(struct hyp_engine *engine, int32_t rc,
		     const struct hyp_error *err);
/* The dispatcher shall look for jobs. */
void hyp_engine_kick(struct hyp_engine *engine);
/* Waits so long; 1, or 0 as soon as a stop gives up. */
int hyp_engine_pause(struct hyp_engine *engine, uint32_t ms);
/* Something could not be undone, or forgotten: the keeper tries again. */
void hyp_engine_left(struct hyp_engine *engine);
/* Looks whether the store can be written again. */
void hyp_engine_probe(struct hyp_engine *engine);

/* audit.c */

/* NULL actor: nothing. */
int32_t hyp_audit_add(struct hyp_draft *draft, const struct hyp_actor *actor,
		      const char *target, const char *outcome, uint32_t count,
		      struct hyp_error *err);
/* Renders the answer that an Idempotency-Key is to give again. */
int32_t hyp_idempotency_add(struct hyp_engine *engine, struct hyp_draft *draft,
			    const struct hyp_actor *actor, const void *done,
			    struct hyp_error *err);

/* engine.c: 0, or HYP_E_BUSY "not_ready". */
int32_t hyp_engine_accepts(struct hyp_engine *engine, struct hyp_error *err);

/* rows.c: reading. */

/* HYP_E_NOT_FOUND "not_found". */
int32_t hyp_engine_job(struct hyp_engine *engine, const char *id,
		       struct hyp_job **out, struct hyp_error *err);
struct hyp_job_list {
	struct hyp_job **at;
	size_t count;
};
int32_t hyp_engine_jobs(struct hyp_engine *engine,
			const struct hyp_store_query *query,
			struct hyp_job_list *out, struct hyp_error *err);
void hyp_job_list_fini(struct hyp_job_list *list);

/* dispatch.c, keeper.c: threads; keeper does what returns with time. */
void *hyp_dispatch_main(void *engine);
void *hyp_keeper_main(void *engine);
/* What is left is tried now, and not waited for longer than some seconds. */
void hyp_keeper_undo(struct hyp_engine *engine);
/* Joins and frees runners that have ended. With the lock held, which it gives
 * up meanwhile. */
void hyp_engine_reap(struct hyp_engine *engine);

#endif
