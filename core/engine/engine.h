/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many exports over time: jobs in a store, claimed, run, tried again,
 * cancelled, recovered. What it has acknowledged happens: semantics.md is the
 * promise, this header how to call it.
 *
 * Every function may be called from any thread between open and close unless
 * it says otherwise. A change is durable when its function returns 0.
 */
#ifndef HYP_ENGINE_ENGINE_H
#define HYP_ENGINE_ENGINE_H

#include "core/base/buf.h"
#include "core/base/random.h"
#include "core/config/config.h"
#include "core/plugin/instance.h"
#include "core/plugin/registry.h"
#include <hypersdk/store.h>
#include <json-c/json.h>

struct hyp_engine;
struct hyp_metrics;

/* --- life -------------------------------------------------------------- */

/*
 * Locks and checks the state directory (made 0700 if missing), opens the store
 * and migrates it. Nothing runs yet. config is the engine's when it returns 0;
 * registry is borrowed. Kinds: "already_running" (names the holder's pid;
 * after 2 s, if there is no such process: a child may have the lock yet),
 * "unsafe_state_dir", "network_state_dir", "db_*".
 */
int32_t hyp_engine_open(struct hyp_config *config,
			struct hyp_registry *registry, struct hyp_engine **out,
			struct hyp_error *err);

/* Recovers what an earlier process has left, then begins to claim jobs.
 * Writes are accepted from then on. */
int32_t hyp_engine_start(struct hyp_engine *engine, struct hyp_error *err);

/* NULL, or the kind of what keeps it from accepting writes ("starting",
 * "stopping", "db_full", "db_error", "db_corrupt", "db_lost"). */
const char *hyp_engine_unready(struct hyp_engine *engine);

/* Claims no more; waits up to jobs.stop_grace for running exports, then
 * interrupts the rest, which are queued again. Returns when none runs and
 * nothing is being undone. One thread calls it. */
void hyp_engine_stop(struct hyp_engine *engine);
/* The grace of a stop under way, or to come, is over now. */
void hyp_engine_hurry(struct hyp_engine *engine);
/* After stop, or instead of start. Takes NULL. */
void hyp_engine_close(struct hyp_engine *engine);

/* Jobs that begin from now on follow these settings. config is the engine's
 * when it returns 0. state_dir and database cannot change while it runs:
 * HYP_E_USAGE "needs_restart". */
int32_t hyp_engine_reload(struct hyp_engine *engine, struct hyp_config *config,
			  struct hyp_error *err);

/* The settings in force: counted, put back when done. */
const struct hyp_config *hyp_engine_config_get(struct hyp_engine *engine);
void hyp_engine_config_put(struct hyp_engine *engine,
			   const struct hyp_config *config);
struct hyp_registry *hyp_engine_registry(struct hyp_engine *engine);
/* For reading, by hyp_store_calls. */
struct hyp_instance *hyp_engine_store(struct hyp_engine *engine);
/* For who measures, or reads: metrics.h. */
struct hyp_metrics *hyp_engine_metrics(struct hyp_engine *engine);
uint64_t hyp_engine_uptime_ms(struct hyp_engine *engine);

/* --- who asks ---------------------------------------------------------- */

/* On whose behalf a change is made; goes into the audit table with it, in the
 * same transaction. */
struct hyp_actor {
	const char *name; /* token's name, "uid 1000", "system" */
	const char *role;
	const char *remote; /* address, or "unix" */
	const char *action; /* "POST /jobs/submit" */
	const char *request_id;
	/* For an Idempotency-Key: the answer is kept with the change. NULL:
	 * there is none. answer renders what the client will be told, before
	 * the change is made; done is what the call would fill (see each).
	 * What changes nothing is not kept, and answer not called. */
	const char *idempotency_key; /* made unique per actor and route */
	const char *body_hash;	     /* hyp_engine_mark */
	int32_t (*answer)(void *ctx, const void *done, uint32_t *status,
			  struct hyp_buf *body, struct hyp_error *err);
	void *ctx;
};

#define HYP_MARK_MAX 65
/* What a body can be known again by. There may be a password in it, which
 * nobody shall find by trying who has only the database: made with a key of
 * the state directory. out holds HYP_MARK_MAX. */
int32_t hyp_engine_mark(struct hyp_engine *engine, const void *body, size_t n,
			char *out, struct hyp_error *err);

/* An audit row alone: for what was refused. */
int32_t hyp_engine_audit(struct hyp_engine *engine,
			 const struct hyp_actor *actor, const char *target,
			 const char *outcome, uint32_t count,
			 struct hyp_error *err);

/* --- jobs -------------------------------------------------------------- */

struct hyp_rejection {
	size_t index; /* of the definition */
	struct hyp_error error;
};

struct hyp_submitted {
	char **ids; /* of the jobs made, in order */
	size_t id_count;
	size_t accepted; /* definitions */
	struct hyp_rejection *rejected;
	size_t rejected_count;
};
void hyp_submitted_fini(struct hyp_submitted *submitted);

/*
 * Each definition that is right becomes a job, or one per VM for a group
 * (1,000 at most, with a common group_id); all in one change. A VM of a group
 * that has its active job or its output already is left out, and a rejection
 * too (of the same index). A definition that is not right is a rejection, whose
 * error has its kind and its field: "bad_request", "unsupported",
 * "unsafe_path", "conflict" (names the active job with the same VM and
 * output), "output_exists", "no_pipeline", ... 0 also when every one is
 * rejected. Fails as a whole for what is not the client's fault: "not_ready",
 * "db_full", "db_busy". done of answer is out.
 */
int32_t hyp_engine_submit(struct hyp_engine *engine,
			  const struct hyp_actor *actor,
			  struct json_object *const *definitions, size_t count,
			  struct hyp_submitted *out, struct hyp_error *err);

/* Pending: cancelled when it returns. Running: cancelling, and its bytes stop
 * soon. Again on a job being cancelled, or cancelled: 0. HYP_E_NOT_FOUND
 * "not_found"; HYP_E_CONFLICT "too_late" when it publishes or has ended. No
 * idempotency row. */
int32_t hyp_engine_cancel(struct hyp_engine *engine,
			  const struct hyp_actor *actor, const char *id,
			  struct hyp_error *err);

/* A new job with the definition of an ended one, retry_of set. Its sealed
 * password went with the job: HYP_E_CONFLICT "secret_lost" if it had one.
 * HYP_E_CONFLICT "not_ended". done of answer is out, with one id. */
int32_t hyp_engine_retry(struct hyp_engine *engine,
			 const struct hyp_actor *actor, const char *id,
			 struct hyp_submitted *out, struct hyp_error *err);

/* An ended job with its history, log and events. Its package stays.
 * HYP_E_CONFLICT "not_ended"; "left_behind": a snapshot, a lease or a temporary
 * of it is still to be removed, and its record is all that knows how. */
int32_t hyp_engine_delete(struct hyp_engine *engine,
			  const struct hyp_actor *actor, const char *id,
			  struct hyp_error *err);

/* --- inventory --------------------------------------------------------- */

/* pipeline NULL: as a job without any would choose. Blocks while the
 * endpoint is asked. HYP_E_BUSY "auth_paused" while the breaker is open. */
int32_t hyp_engine_vms(struct hyp_engine *engine, const char *pipeline,
		       const struct hyp_vm_filter *filter,
		       const struct hyp_vm_sink *sink, struct hyp_error *err);
int32_t hyp_engine_vm(struct hyp_engine *engine, const char *pipeline,
		      const char *vm_path, const struct hyp_vm_sink *vm,
		      const struct hyp_machine_sink *machine,
		      struct hyp_error *err);

/* --- tokens ------------------------------------------------------------ */

#define HYP_TOKEN_TEXT_MAX 64
/* 256 random bits; token is told once and only its SHA-256 is stored.
 * role: "viewer", "operator", "admin" or "metrics". expires_ms 0: never. id
 * holds HYP_UUID_TEXT_MAX. */
int32_t hyp_engine_token_create(struct hyp_engine *engine,
				const struct hyp_actor *actor, const char *name,
				const char *role, int64_t expires_ms, char *id,
				char *token, struct hyp_error *err);
/* By id. HYP_E_NOT_FOUND. */
int32_t hyp_engine_token_revoke(struct hyp_engine *engine,
				const struct hyp_actor *actor, const char *id,
				struct hyp_error *err);

/* --- events ------------------------------------------------------------ */

/* Called after a change that wrote events became durable; says only that the
 * event table has more. Must not block; holds no lock of the caller's.
 * Unsubscribe returns when no call is under way. */
typedef void hyp_engine_listener(void *ctx);
struct hyp_subscription;
int32_t hyp_engine_subscribe(struct hyp_engine *engine,
			     hyp_engine_listener *listener, void *ctx,
			     struct hyp_subscription **out,
			     struct hyp_error *err);
void hyp_engine_unsubscribe(struct hyp_subscription *subscription);

#endif
