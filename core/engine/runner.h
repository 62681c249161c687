/* SPDX-License-Identifier: Apache-2.0 */
/* One attempt at one job, in a thread of its own. */
#ifndef HYP_ENGINE_RUNNER_H
#define HYP_ENGINE_RUNNER_H

#include "core/engine/tally.h"
#include "core/engine/telling.h"

/* Kind of the error that queues a job again, to wait for its host. */
#define HYP_KIND_HOST_FULL "host_full"

/* Why an attempt was interrupted. */
#define HYP_WHY_NOT 0u
#define HYP_WHY_CANCEL 1u /* somebody cancelled the job */
#define HYP_WHY_STOP 2u	  /* the engine stops */
#define HYP_WHY_FENCED 3u /* the row is no longer this attempt's */

struct hyp_runner {
	struct hyp_engine *engine;
	pthread_t thread;
	uint32_t no_thread; /* it ran in the dispatcher's */
	struct hyp_cancel *cancel;
	const struct hyp_config *config;
	char *endpoint, *user;

	/* under the engine's lock */
	struct hyp_runner *next;
	uint32_t refs;		 /* of others than its thread */
	struct hyp_runner *also; /* to be interrupted */
	char id[129];
	uint32_t attempt;
	char *vm_id, *host; /* once found */

	pthread_mutex_t lock; /* over what follows; taken before the engine's */
	struct hyp_job *job;  /* as the store has it */
	uint32_t why;	      /* HYP_WHY_* */
	char *place; /* origin of a place's record that goes with the end */

	/* of its own threads, one at a time */
	struct hyp_definition *definition;
	struct hyp_resolved resolved;
	struct hyp_telling telling;
	uint64_t counted; /* bytes, of those received */
	struct hyp_measured measured;
};

/* job is the runner's when it returns 0. */
int32_t hyp_runner_new(struct hyp_engine *engine, struct hyp_job *job,
		       struct hyp_runner **out, struct hyp_error *err);
void hyp_runner_free(struct hyp_runner *runner); /* takes NULL */
void *hyp_runner_main(void *runner);

/* The runner of that job, counted, or NULL; given back with put. */
struct hyp_runner *hyp_runner_find(struct hyp_engine *engine, const char *id);
void hyp_runner_put(struct hyp_runner *runner);
/* 1 once its lock is taken; 0 if that takes longer: a runner keeps it while it
 * waits for a store in trouble. */
int hyp_runner_lock(struct hyp_runner *runner, uint32_t patience_ms);
/* 1 if that attempt is at work in this process. */
uint32_t hyp_runner_is_live(void *engine, const char *job_id, uint32_t attempt);

/* What the steps of the run change. With the runner's lock held: next becomes
 * the runner's job once it is written. surely: as hyp_engine_apply_surely. */
int32_t hyp_runner_step(struct hyp_runner *runner, struct hyp_job_row *next,
			uint32_t from, const char *details, uint32_t surely,
			const struct hyp_actor *actor, struct hyp_error *err);

/* So many bytes were received until now: what is new is counted. One thread at
 * a time. */
void hyp_runner_count_bytes(struct hyp_runner *runner, uint64_t transferred);

/* observer.c: of a runner. */
struct hyp_observer hyp_runner_observer(struct hyp_runner *runner);

/* settle.c: writes down how the attempt ended. rc and err of hyp_export_run.
 * 1 if something is left to be undone. */
uint32_t hyp_runner_settle(struct hyp_runner *runner, int32_t rc,
			   const struct hyp_result *result,
			   struct hyp_error *err);

#endif
