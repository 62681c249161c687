/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hypersdk/store.h - every durable record: jobs, their history, events and
 * log lines, undo records, sealed secrets, tokens, idempotency keys, the audit
 * trail; schedules with their fires, webhook endpoints with their deliveries.
 *
 * There is one writing call, apply. It takes a change: a few operations that
 * become durable all together, or not at all. No transaction crosses the
 * border, so that a store may commit many callers' changes at once. Reads see
 * every change whose apply has returned.
 *
 * A store plugin is HYP_THREADS_PARALLEL; every member may be called from any
 * thread at any time between create and destroy, and all are mandatory. Times
 * are milliseconds of Unix time (UTC), 0 where there is none. Strings are
 * UTF-8, NULL is the same as "", from both sides. Members that end in _json
 * hold one JSON text; the store does not read them. Of a row that is longer
 * than a store knows it keeps what it knows.
 */
#ifndef HYPERSDK_STORE_H
#define HYPERSDK_STORE_H

#include <hypersdk/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Where a job stands. What the world sees follows from it: see
 * hyp_job_status_name and hyp_job_phase_name below.
 */
#define HYP_JOB_SCHEDULED 1u  /* pending: waits for an earlier job */
#define HYP_JOB_QUEUED 2u     /* pending: may be claimed */
#define HYP_JOB_RETRY_WAIT 3u /* pending: may be claimed from due_ms */
#define HYP_JOB_PREPARING 4u  /* running, and so are the next four */
#define HYP_JOB_TRANSFERRING 5u
#define HYP_JOB_PACKAGING 6u
#define HYP_JOB_PUBLISHING 7u
#define HYP_JOB_CANCELLING 8u
#define HYP_JOB_COMPLETED 9u /* ended, and so are the next two */
#define HYP_JOB_FAILED 10u
#define HYP_JOB_CANCELLED 11u
#define HYP_JOB_STATES 12u

/* Sets of states. */
#define HYP_JOB_BIT(state) (1u << (state))
#define HYP_JOBS_PENDING                                                       \
	(HYP_JOB_BIT(HYP_JOB_SCHEDULED) | HYP_JOB_BIT(HYP_JOB_QUEUED) |        \
	 HYP_JOB_BIT(HYP_JOB_RETRY_WAIT))
#define HYP_JOBS_RUNNING                                                       \
	(HYP_JOB_BIT(HYP_JOB_PREPARING) | HYP_JOB_BIT(HYP_JOB_TRANSFERRING) |  \
	 HYP_JOB_BIT(HYP_JOB_PACKAGING) | HYP_JOB_BIT(HYP_JOB_PUBLISHING) |    \
	 HYP_JOB_BIT(HYP_JOB_CANCELLING))
#define HYP_JOBS_ACTIVE (HYP_JOBS_PENDING | HYP_JOBS_RUNNING)
#define HYP_JOBS_ENDED                                                         \
	(HYP_JOB_BIT(HYP_JOB_COMPLETED) | HYP_JOB_BIT(HYP_JOB_FAILED) |        \
	 HYP_JOB_BIT(HYP_JOB_CANCELLED))

/* The public status: "pending", "running", "completed", "failed",
 * "cancelled"; "" for no state at all. */
static inline const char *hyp_job_status_name(uint32_t state)
{
	if (state >= HYP_JOB_STATES)
		return "";
	if (HYP_JOBS_PENDING & HYP_JOB_BIT(state))
		return "pending";
	if (HYP_JOBS_RUNNING & HYP_JOB_BIT(state))
		return "running";
	return state == HYP_JOB_COMPLETED   ? "completed"
	       : state == HYP_JOB_FAILED    ? "failed"
	       : state == HYP_JOB_CANCELLED ? "cancelled"
					    : "";
}

/* Where inside that status: "queued", ... ; "" for an ended job. */
static inline const char *hyp_job_phase_name(uint32_t state)
{
	static const char *const names[] = {
		"",	      "scheduled",  "queued",
		"retry_wait", "preparing",  "transferring",
		"packaging",  "publishing", "cancelling",
		"",	      "",	    ""};

	return state < HYP_JOB_STATES ? names[state] : "";
}

/*
 * The records. Each begins with its size; key members are marked (key).
 */
#define HYP_TABLE_JOB 1u
struct hyp_job_row {
	uint32_t size;
	uint32_t state;		/* HYP_JOB_* */
	uint32_t attempt;	/* runs begun; names the owner: every claim
				 * adds 1 */
	uint32_t failures;	/* attempts charged, 5 at the most */
	uint32_t interruptions; /* in a row without a disk's byte */
	uint32_t moved;		/* 1: this attempt has received a byte */
	int64_t created_ms, started_ms, completed_ms, updated_ms;
	int64_t due_ms; /* RETRY_WAIT: not before */
	const char *id; /* (key) [A-Za-z0-9._-]{1,128} */
	const char *name;
	const char *vm_path;
	const char *output_path; /* directory, placeholders filled in */
	const char *endpoint;	 /* "vcenter.example:443", for the limits */
	const char *user;	 /* who logs in there, for the breaker */
	const char *host;	 /* the VM's, "" until it is known */
	const char *group_id;	 /* of jobs that were submitted as one */
	const char *retry_of;	 /* the job that this one repeats, or "" */
	const char *schedule_id; /* whose fire made it, or "" */
	const char *definition_json;
	const char *progress_json;
	const char *result_json;
	const char *error;	/* text, "" if none */
	const char *error_kind; /* stable word */
};
/* Two active jobs never have the same endpoint, vm_path and output_path:
 * apply fails with HYP_E_CONFLICT "conflict". */

#define HYP_TABLE_PROGRESS 2u /* UPDATE only; part of the job's row */
struct hyp_progress_row {
	uint32_t size;
	uint32_t moved;
	int64_t updated_ms;
	const char *job_id; /* (key) */
	const char *progress_json;
};

#define HYP_TABLE_HISTORY 3u /* PUT only; goes with its job */
struct hyp_history_row {
	uint32_t size;
	uint32_t attempt;
	uint64_t seq; /* (key) given by the store, rising */
	int64_t time_ms;
	const char *job_id;
	const char *status; /* public */
	const char *phase;
	const char *details;
};

/* PUT; DELETE by job, with a seq: up to and with that one; goes with its job */
#define HYP_TABLE_LOG 4u
struct hyp_log_row {
	uint32_t size;
	uint32_t level; /* HYP_LOG_* */
	uint64_t seq;	/* (key) given by the store, rising */
	int64_t time_ms;
	const char *job_id;
	const char *origin; /* "provider/vsphere" */
	const char *text;
};

#define HYP_TABLE_EVENT 5u
struct hyp_event_row {
	uint32_t size;
	uint32_t reserved;
	uint64_t seq; /* given by the store, rising in order of commit */
	int64_t time_ms;
	const char *id;	    /* (key) UUIDv7, the webhook-id for ever */
	const char *type;   /* "job.created", ... */
	const char *job_id; /* "" if it is of no job */
	const char *data_json;
};

#define HYP_TABLE_UNDO 6u
struct hyp_undo_row {
	uint32_t size;
	uint32_t attempt;
	const char *job_id; /* (key, with name); may outlive the job */
	const char *name;   /* (key) "provider/vsphere lease-17" */
	const void *bytes;  /* sealed */
	uint64_t n;
};

#define HYP_TABLE_SECRET 7u
struct hyp_secret_row {
	uint32_t size;
	uint32_t reserved;
	const char *owner; /* (key) a job's or schedule's id */
	const void *bytes; /* sealed */
	uint64_t n;
};

#define HYP_TABLE_TOKEN 8u
struct hyp_token_row {
	uint32_t size;
	uint32_t revoked;
	int64_t created_ms, expires_ms;
	const char *id; /* (key) */
	const char *name;
	const char *role;   /* "viewer", "operator", "admin", "metrics" */
	const char *sha256; /* lower-case hex, unique */
};

#define HYP_TABLE_IDEMPOTENCY 9u
struct hyp_idempotency_row {
	uint32_t size;
	uint32_t status; /* HTTP status of the answer */
	int64_t created_ms;
	const char *key;       /* (key) actor and Idempotency-Key */
	const char *body_hash; /* of the request */
	const char *answer;    /* the answer's body */
};

#define HYP_TABLE_AUDIT 10u /* PUT only */
struct hyp_audit_row {
	uint32_t size;
	uint32_t count; /* how many alike this row stands for, from 1 */
	uint64_t seq;	/* (key) given by the store, rising */
	int64_t time_ms;
	const char *actor; /* token's name, "uid 1000", "system" */
	const char *role;
	const char *remote;  /* address, "unix" */
	const char *action;  /* "POST /jobs/submit" */
	const char *target;  /* id of what was changed, or "" */
	const char *outcome; /* "ok", or an error's kind */
	const char *request_id;
};

#define HYP_TABLE_SCHEDULE 11u
struct hyp_schedule_row {
	uint32_t size;
	uint32_t enabled;
	uint64_t run_count;
	int64_t created_ms, updated_ms, last_run_ms, next_run_ms;
	const char *id; /* (key) */
	const char *name;
	const char *description;
	const char *schedule; /* cron expression */
	const char *zone;
	const char *owner; /* "file" or "api" */
	const char *job_template_json;
	const char *tags_json;
	const char *policy_json; /* catch_up, overlap, ... */
};

#define HYP_TABLE_FIRE 12u
struct hyp_fire_row {
	uint32_t size;
	uint32_t reserved;
	uint64_t seq;	    /* given by the store, rising */
	int64_t instant_ms; /* (key, with schedule_id) when it was due */
	int64_t executed_ms;
	int64_t duration_ms;
	const char *schedule_id; /* (key) */
	const char *job_id;
	const char *status;
	const char *error;
};

#define HYP_TABLE_ENDPOINT 13u
struct hyp_endpoint_row {
	uint32_t size;
	uint32_t enabled;
	int64_t created_ms, updated_ms;
	const char *id; /* (key) */
	const char *url;
	const char *owner; /* "file" or "api" */
	const char *settings_json;
	const char *disabled_why; /* "" or why we stopped sending */
};

#define HYP_DELIVERY_PENDING 1u
#define HYP_DELIVERY_SENDING 2u
#define HYP_DELIVERY_DONE 3u
#define HYP_DELIVERY_DEAD 4u
#define HYP_DELIVERY_ABANDONED 5u

#define HYP_TABLE_DELIVERY 14u
struct hyp_delivery_row {
	uint32_t size;
	uint32_t state; /* HYP_DELIVERY_* */
	uint32_t tries;
	uint32_t http_status; /* of the last try, or 0 */
	uint64_t event_seq;   /* given by the store: its event's */
	int64_t due_ms, updated_ms;
	const char *event_id;	 /* (key, with endpoint_id) */
	const char *endpoint_id; /* (key) */
	const char *job_id;
	const char *error;
	uint32_t latency_ms; /* of the last try */
	uint32_t reserved;
};

#define HYP_TABLE_SEEN 15u /* VMs that have been listed: PUT, DELETE */
struct hyp_seen_row {
	uint32_t size;
	uint32_t reserved;
	int64_t seen_ms;   /* the first time */
	const char *owner; /* (key) of whose inventory: "ENDPOINT\nUSER" */
	const char *id;	   /* (key) */
};

#define HYP_TABLES 16u

/*
 * One operation of a change.
 *
 * PUT      a new row. HYP_E_CONFLICT "conflict" if its key is there, or what
 *          must be unique; a job that has gone: HYP_E_FENCED "fenced".
 * SET      the row, whether or not its key is there.
 * UPDATE   the row that has this key, all of it; seq, created_ms and a job's
 *          definition_json stay as they are. Where there is no such row, or
 *          it is not as expected: HYP_E_FENCED "fenced".
 * DELETE   the row of this key (row points to a struct with its keys filled);
 *          UNDO with an empty name: all of the job's. LOG: the job's; with a
 *          seq only those up to and with that one. That it is not there is no
 *          failure, unless states say what is expected.
 */
#define HYP_OP_PUT 1u
#define HYP_OP_SET 2u
#define HYP_OP_UPDATE 3u
#define HYP_OP_DELETE 4u

struct hyp_store_op {
	uint32_t size;
	uint32_t verb;	/* HYP_OP_* */
	uint32_t table; /* HYP_TABLE_* */
	/* JOB, PROGRESS and DELIVERY: the row must be in one of these states
	 * (bits); 0: any. */
	uint32_t states;
	/* JOB and PROGRESS: and have this attempt; 0: any. */
	uint32_t attempt;
	uint32_t reserved;
	const void *row; /* the table's struct */
};

/* This change may be lost in a power cut: progress and log lines. It is never
 * torn, and never overtakes a change before it. */
#define HYP_CHANGE_LAZY 1u

struct hyp_change {
	uint32_t size;
	uint32_t flags;
	const struct hyp_store_op *ops;
	uint32_t op_stride, op_count; /* 1 to 200,000 */
};

/* Rows of one table, one call each, in the order asked for; the row and its
 * strings are the store's and end with the call. The sink does not call the
 * store. */
struct hyp_row_sink {
	uint32_t size;
	uint32_t reserved;
	void *ctx;
	int32_t (*row)(void *ctx, const void *row, struct hyp_error *err);
};

/* Which rows. NULL and 0 do not filter. What a table does not have is
 * HYP_E_USAGE. Order: JOB newest first (created_ms, then id), all others by
 * seq or key, rising; HYP_QUERY_REVERSE turns it round. */
#define HYP_QUERY_REVERSE 1u
struct hyp_store_query {
	uint32_t size;
	uint32_t flags;
	uint32_t states; /* JOB, DELIVERY: bits */
	uint32_t limit;	 /* rows at the most, 0: all */
	uint32_t offset; /* JOB */
	uint32_t reserved;
	int64_t since_ms, until_ms; /* JOB: created_ms in [since, until) */
	int64_t due_ms;		    /* SCHEDULE, DELIVERY: due by then */
	const char *id;		    /* any table with an id: that row */
	const char *job_id;	    /* HISTORY, LOG, EVENT, UNDO, DELIVERY */
	const char *vm_path;	    /* JOB */
	const char *output_path;    /* JOB */
	const char *group_id;	    /* JOB */
	const char *schedule_id;    /* JOB, FIRE */
	const char *endpoint_id;    /* DELIVERY */
	const char *owner;	    /* SECRET: that row; SEEN */
	const char *key;	    /* IDEMPOTENCY: that row */
	const char *sha256;	    /* TOKEN: that row */
	/* Only rows after this one: JOB by after_ms and after_id (created_ms
	 * and id), others by after_seq. */
	int64_t after_ms;
	const char *after_id;
	uint64_t after_seq;
};

/* What claim may choose from: the longest waiting job that is QUEUED, or
 * RETRY_WAIT and due, such that the limits hold with it: running jobs per
 * endpoint, per host (where the host is known), and one per VM (endpoint and
 * vm_path). blocked: "ENDPOINT\nUSER" pairs that are left alone. */
struct hyp_claim {
	uint32_t size;
	uint32_t max_per_endpoint; /* 0: no limit */
	uint32_t max_per_host;	   /* 0: no limit */
	uint32_t blocked_count;
	int64_t now_ms;
	const char *const *blocked;
};

struct hyp_store_counts {
	uint32_t size;
	uint32_t reserved;
	uint64_t jobs[HYP_JOB_STATES]; /* by HYP_JOB_* state; stays last, with
					* as many as fit into size */
};

/* Deletes what is older, at most limit rows of jobs (with all that goes with
 * them) and of each other table in one call. 0: nothing of this kind. */
struct hyp_prune {
	uint32_t size;
	uint32_t limit;	      /* 1..1,000 */
	int64_t completed_ms; /* completed and cancelled jobs */
	int64_t failed_ms;    /* failed jobs */
	int64_t events_ms;    /* events that no delivery names */
	int64_t idempotency_ms;
	int64_t audit_ms;
	int64_t deliveries_ms; /* done, dead and abandoned ones */
	int64_t fires_ms;      /* by their instant */
};

/*
 * Errors of every member: HYP_E_BUSY "db_busy" (another process holds it;
 * waited 5 s), HYP_E_RESOURCE "db_full", HYP_E_TRANSIENT "db_error" (nothing
 * was written; the store has reopened itself), HYP_E_PERMANENT "db_lost" (it
 * cannot be written any more; the daemon ends), "db_corrupt", "db_newer",
 * "db_foreign" (another program's), HYP_E_USAGE "bad_request". After any error
 * of apply nothing of the change is there.
 */
struct hyp_store_ops {
	uint32_t size;
	uint32_t reserved;

	/* As in provider.h. Opens the database; makes or migrates it. Every
	 * store has the options "path" (a string: where it is; the core sets it
	 * if the user does not) and "read_only" (a bool: only list, get,
	 * counts, backup and check will be called, nothing is made or migrated,
	 * and another process may be writing). */
	int32_t (*create)(const struct hyp_host *host, const void *options,
			  void **instance, struct hyp_error *err);
	void (*destroy)(void *instance);

	/* Durable when it returns 0, but for HYP_CHANGE_LAZY. */
	int32_t (*apply)(void *instance, const struct hyp_change *change,
			 struct hyp_error *err);

	/* Chooses a job and changes it in one transaction, so that nobody else
	 * chooses it too: compose makes the change from the row, which then is
	 * applied as by apply. change: the store's, all 0 but size. compose is
	 * called once, in any thread, and neither blocks nor calls the store;
	 * what change then points to lives until claim returns, and so must
	 * the texts (not the struct) of chosen. If compose fails, nothing is
	 * changed and claim returns its code. HYP_E_NOT_FOUND "nothing" if no
	 * job may run now. */
	int32_t (*claim)(void *instance, const struct hyp_claim *claim,
			 int32_t (*compose)(void *ctx,
					    const struct hyp_job_row *chosen,
					    struct hyp_change *change,
					    struct hyp_error *err),
			 void *ctx, struct hyp_error *err);

	/* Tells the rows that match. The view is that of one moment. */
	int32_t (*list)(void *instance, uint32_t table,
			const struct hyp_store_query *query,
			const struct hyp_row_sink *sink, struct hyp_error *err);

	/* One job by id, the fast way. HYP_E_NOT_FOUND "not_found". */
	int32_t (*get)(void *instance, const char *job_id,
		       const struct hyp_row_sink *sink, struct hyp_error *err);

	/* Jobs by state. counts: the caller's, all 0 but size. */
	int32_t (*counts)(void *instance, struct hyp_store_counts *counts,
			  struct hyp_error *err);

	/* *removed: rows; 0 when there is no more to do. */
	int32_t (*prune)(void *instance, const struct hyp_prune *prune,
			 uint64_t *removed, struct hyp_error *err);

	/* A copy of one moment, complete and durable, to a file that is not
	 * there yet; writers go on meanwhile. Any store can be asked, also
	 * one that another process has open. */
	int32_t (*backup)(void *instance, const char *path,
			  struct hyp_error *err);

	/* Looks through all of it; each fault is one call of problem. 0 also
	 * when there are faults. */
	int32_t (*check)(void *instance,
			 void (*problem)(void *ctx, const char *text),
			 void *ctx, struct hyp_error *err);
};

#ifdef __cplusplus
}
#endif
#endif
