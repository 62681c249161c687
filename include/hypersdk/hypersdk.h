/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hypersdk/hypersdk.h - libhypersdk: hypersdk in a program of your own. It
 * opens what hypersdkd opens, by the same configuration, and does with it what
 * the REST API does; there is no socket between the two.
 *
 *	struct hypersdk *h;
 *	struct hyp_error err;
 *
 *	if (hypersdk_open(NULL, &h, &err) != 0)
 *		errx(1, "%s", err.text);
 *
 * Build with pkg-config --cflags --libs libhypersdk; docs/embedding.md tells
 * the story, examples/export-one is a whole program.
 *
 * Errors. What can fail returns 0 or a negative HYP_E_* of error.h, and fills
 * *err (which may be NULL): a stable word in kind, a sentence in text, never a
 * secret in either. The kinds are those of the REST API. Outputs are written
 * on success only. Nothing here writes to stdout or stderr, ends the process,
 * takes a signal, changes umask, working folder, locale or environment.
 *
 * Texts are UTF-8, sizes bytes, times milliseconds since 1970 (UTC), paths
 * absolute unless it says otherwise. Texts that go in are copied before the
 * function returns. Where JSON is spoken of it is that of the REST API, whose
 * schemas are in "GET /openapi.json" (hypersdk_request gives them, too): what
 * is there stays; members may be added. A text that comes out by char ** is
 * the caller's, who gives it to hypersdk_free; such an output may be NULL where
 * nobody wants to know.
 *
 * Structs that go in begin with size = sizeof(the struct); the rest is zero
 * where nothing else is wanted. Members may be added at the end.
 *
 * Threads. Every function may be called from any thread, several at once with
 * the same handle, unless it says otherwise. The threads that a handle has of
 * its own take no signals. Functions that wait for a disk or an endpoint say
 * that they block. Callbacks run in the C locale (uselocale), whatever the
 * program's, and get EPIPE and EFBIG instead of SIGPIPE and SIGXFSZ. After fork
 * the child leaves handles alone; it may exec.
 *
 * Several handles. Each has a state directory of its own, locked as hypersdkd
 * locks it: one process, and one handle in it, at a time. What the process has
 * but once they share: loaded plugins, and the secrets that no text may show.
 */
#ifndef HYPERSDK_HYPERSDK_H
#define HYPERSDK_HYPERSDK_H

#include <hypersdk/error.h>
#include <hypersdk/types.h>

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifdef __GNUC__
#pragma GCC visibility push(default)
#endif

struct hypersdk; /* an open engine */

/* --- version ------------------------------------------------------------- */

/* Of the library that runs, "1.2.3"; constant. */
const char *hypersdk_version(void);
/* What it is built to as a header: a program that needs a function of a later
 * one does not start. Raised when something is added. */
#define HYPERSDK_API 1u
uint32_t hypersdk_api(void);

/* Frees a text that one of these functions made. Takes NULL. */
void hypersdk_free(char *text);

/* --- life ---------------------------------------------------------------- */

#define HYPERSDK_LOG_ERROR 1u
#define HYPERSDK_LOG_WARNING 2u
#define HYPERSDK_LOG_INFO 3u
#define HYPERSDK_LOG_DEBUG 4u

struct hypersdk_log_line {
	uint32_t size;
	uint32_t level; /* HYPERSDK_LOG_* */
	int64_t time_ms;
	const char *job;    /* "" outside a job */
	const char *origin; /* "engine", "provider/vsphere", ... */
	const char *text;   /* one line; secrets replaced by "***" */
};
/* From any thread, one line at a time. Must be quick, and call nothing of
 * this header. */
typedef void hypersdk_log_fn(void *ctx, const struct hypersdk_log_line *line);

/* Only what needs no state directory: the packages (hypersdk_ova_*) and the
 * store's backup and check. Everything else is HYP_E_UNSUPPORTED "no_engine".
 * Does not lock; goes beside a hypersdkd that runs. */
#define HYPERSDK_NO_ENGINE 1u

struct hypersdk_options {
	uint32_t size;
	uint32_t flags;	    /* HYPERSDK_NO_ENGINE */
	const char *config; /* NULL: the installed file, which may be absent;
			     * its conf.d is read as hypersdkd reads it. May be
			     * relative */
	/* "KEY=VALUE", as --set of hypersdkd; they win over the file. NULL at
	 * the end; NULL: none. */
	const char *const *set;
	/* NULL: HYPERSDK_PLUGIN_DIR of the environment, else the settings',
	 * else the installed one. */
	const char *plugin_dir;
	/* A new plugin is first tried in a child, which is the hypersdk
	 * program: its path. NULL: HYPERSDK_PROGRAM of the environment, else
	 * the installed one. */
	const char *program;
	hypersdk_log_fn *log; /* NULL: nobody reads the log. Jobs keep their
			       * lines all the same */
	void *log_ctx;
	uint32_t log_level; /* 0: HYPERSDK_LOG_INFO. The most talkative of all
			     * handles counts */
	uint32_t reserved;  /* 0 */
};

/*
 * Reads and checks the configuration, loads the plugins that it names, locks
 * the state directory (made if missing), opens its database, takes up what an
 * earlier process has left, and begins to run what is due: jobs that wait, and
 * schedules. Blocks for as long as that takes. options NULL: all as installed.
 *
 * HYP_E_USAGE "bad_config" (the first thing that is wrong; the log has every
 * one), "unsafe_state_dir", "network_state_dir"; HYP_E_CONFLICT
 * "already_running": another process, whose number the text gives, or another
 * handle has the state directory: ask a hypersdkd by its API instead, or open
 * with another state_dir. "db_*": its database.
 */
int32_t hypersdk_open(const struct hypersdk_options *options,
		      struct hypersdk **out, struct hyp_error *err);

/* Running exports are interrupted and queued again now, not after
 * jobs.stop_grace of the settings; an open with the same state directory goes
 * on with them. */
#define HYPERSDK_CLOSE_NOW 1u
/*
 * Begins no more; waits for running exports, up to jobs.stop_grace, and
 * interrupts the rest; ends the subscriptions that are left, as
 * hypersdk_unsubscribe does. Blocks. No other call with the handle may be under
 * way but those of event callbacks, nor come later, and not from one of its
 * callbacks. Takes NULL. flags: HYPERSDK_CLOSE_NOW or 0.
 */
void hypersdk_close(struct hypersdk *hypersdk, uint32_t flags);

/* --- everything the REST API has ----------------------------------------- */

/*
 * One request of the REST API, as an administrator on the same machine would
 * make it: method "GET", uri "/jobs?status=running&limit=10" (percent-encoded
 * where it must be), body its JSON or NULL; key: the Idempotency-Key or NULL.
 * *answer: the body of a success. What the API refuses is an error, of the
 * same kind and text. GET /events is hypersdk_subscribe here: HYP_E_UNSUPPORTED
 * "unsupported". Blocks as the request does.
 */
int32_t hypersdk_request(struct hypersdk *hypersdk, const char *method,
			 const char *uri, const char *body, const char *key,
			 char **answer, struct hyp_error *err);

/* GET /status: version, uptime, jobs in numbers. */
int32_t hypersdk_status(struct hypersdk *hypersdk, char **json,
			struct hyp_error *err);

/* --- inventory ----------------------------------------------------------- */

/* In the caller's thread. vm and its texts live until it returns. It may submit
 * jobs, but must not wait for one, nor ask an endpoint. Anything but 0 ends the
 * list: HYP_E_CANCELLED "cancelled". */
typedef int32_t hypersdk_vm_fn(void *ctx, const struct hyp_vm *vm);

/*
 * The VMs of a pipeline's endpoint, in the order of its answer. pipeline NULL:
 * the one that a job without any would get. glob NULL: all; else as
 * ?match= of GET /vms/list: a pattern on the path if it holds '/', else on the
 * name. Blocks while the endpoint is asked. HYP_E_USAGE "no_pipeline";
 * HYP_E_AUTH "auth_failed"; the network's errors.
 */
int32_t hypersdk_list_vms(struct hypersdk *hypersdk, const char *pipeline,
			  const char *glob, hypersdk_vm_fn *vm, void *ctx,
			  struct hyp_error *err);

/* --- jobs ---------------------------------------------------------------- */

#define HYPERSDK_ID_MAX 129 /* of jobs and schedules, with the NUL */

/*
 * body: as POST /jobs/submit takes it, in JSON: one definition, an array of
 * them, or {"jobs": [...]}; 1,000 at most. They are durable, and will run,
 * when it returns 0. key: a word of the caller's (1 to 255 printable
 * characters without blanks) that makes it safe to ask again after a crash:
 * within 48 hours the same key and body give the same answer and no second
 * job; NULL: none. id: HYPERSDK_ID_MAX bytes for the first job's, or NULL;
 * "" if no job came of it. *answer: that of the API, with every id and every
 * definition that was refused.
 *
 * One definition alone that is refused is an error (HYP_E_USAGE "bad_request",
 * "no_pipeline", "unsafe_path"; HYP_E_CONFLICT "conflict"; HYP_E_EXISTS
 * "output_exists", ...); of several the answer tells. HYP_E_CONFLICT
 * "idempotency_reused", "idempotency_running". HYP_E_BUSY "not_ready",
 * HYP_E_RESOURCE "db_full". Blocks for the disk.
 */
int32_t hypersdk_submit(struct hypersdk *hypersdk, const char *body,
			const char *key, char *id, char **answer,
			struct hyp_error *err);

/* The same without JSON, for the usual job. Members may be NULL but vm_path
 * and output. */
struct hypersdk_export {
	uint32_t size;
	uint32_t flags;	      /* 0 */
	const char *vm_path;  /* as hypersdk_list_vms tells it */
	const char *output;   /* folder for the package */
	const char *format;   /* "ova" or "ovf"; NULL: the pipeline's */
	const char *pipeline; /* NULL: as a job without any */
	const char *key;      /* as of hypersdk_submit */
};
int32_t hypersdk_export(struct hypersdk *hypersdk,
			const struct hypersdk_export *what, char *id,
			struct hyp_error *err);

/* GET /jobs/{id}: definition, status, progress, result, error. HYP_E_NOT_FOUND
 * "not_found". */
int32_t hypersdk_job(struct hypersdk *hypersdk, const char *id, char **json,
		     struct hyp_error *err);
/* GET /jobs, newest first. query: as behind its '?', "status=running&limit=10",
 * or NULL. */
int32_t hypersdk_jobs(struct hypersdk *hypersdk, const char *query, char **json,
		      struct hyp_error *err);

#define HYPERSDK_PENDING 1u   /* waits for its turn, or for another try */
#define HYPERSDK_RUNNING 2u   /* also while it is being cancelled */
#define HYPERSDK_COMPLETED 3u /* its package is there, and proven */
#define HYPERSDK_FAILED 4u
#define HYPERSDK_CANCELLED 5u
#define HYPERSDK_ENDED(state) ((state) >= HYPERSDK_COMPLETED)

#define HYPERSDK_FOREVER (-1)
/*
 * Until the job has ended, or timeout_ms are over (0: only look;
 * HYPERSDK_FOREVER). 0 in both cases: *state says which. why, which may be
 * NULL, is the error of a job that failed. HYP_E_CANCELLED "stopping": in an
 * event callback, when hypersdk_close waits for it. Blocks.
 */
int32_t hypersdk_wait(struct hypersdk *hypersdk, const char *id,
		      int64_t timeout_ms, uint32_t *state,
		      struct hyp_error *why, struct hyp_error *err);

/* Nothing of it will be left. Pending: cancelled when this returns; running:
 * soon. HYP_E_CONFLICT "too_late" if it publishes or has ended. */
int32_t hypersdk_cancel(struct hypersdk *hypersdk, const char *id,
			struct hyp_error *err);

/* --- events -------------------------------------------------------------- */

/* As in GET /events and webhooks. */
struct hypersdk_event {
	uint32_t size;
	uint32_t reserved;
	uint64_t seq; /* rising; what to go on behind */
	int64_t time_ms;
	const char *id;	  /* of the event, the same in webhooks */
	const char *type; /* "job.created", "job.progress", ... */
	const char *job;  /* "" if it is of no job */
	const char *data; /* JSON object, the API's "data" */
};
/* In the subscription's own thread, one event at a time, in order. event and
 * its texts live until it returns. It may call what is in this header, but
 * not hypersdk_unsubscribe of itself or hypersdk_close. Anything but 0: it is
 * not called again. */
typedef int32_t hypersdk_event_fn(void *ctx,
				  const struct hypersdk_event *event);

struct hypersdk_subscription;
#define HYPERSDK_NEW_EVENTS UINT64_MAX
/*
 * Every event behind number after, the past ones first as far as they are kept
 * (0: all), then each as soon as it is durable; HYPERSDK_NEW_EVENTS: those
 * from now on. job: only this one's; NULL: all. Who handles an event slowly
 * misses none.
 */
int32_t hypersdk_subscribe(struct hypersdk *hypersdk, const char *job,
			   uint64_t after, hypersdk_event_fn *event, void *ctx,
			   struct hypersdk_subscription **out,
			   struct hyp_error *err);
/* Tells the events that are durable by now, and ends: the callback is not
 * called any more when it returns. Before hypersdk_close, if at all. Takes
 * NULL. */
void hypersdk_unsubscribe(struct hypersdk_subscription *subscription);

/* --- schedules ----------------------------------------------------------- */

/* As the routes beneath /schedules. Those of the configuration's files are
 * there, too, and cannot be changed: HYP_E_CONFLICT "owned_by_file". */

/* POST /schedules: in force when it returns 0. */
int32_t hypersdk_schedule_add(struct hypersdk *hypersdk, const char *body,
			      char **answer, struct hyp_error *err);
/* PUT /schedules/{id}: what body does not name stays. */
int32_t hypersdk_schedule_update(struct hypersdk *hypersdk, const char *id,
				 const char *body, char **answer,
				 struct hyp_error *err);
int32_t hypersdk_schedule(struct hypersdk *hypersdk, const char *id,
			  char **json, struct hyp_error *err);
int32_t hypersdk_schedules(struct hypersdk *hypersdk, char **json,
			   struct hyp_error *err);
/* With its history; jobs that it made go on. */
int32_t hypersdk_schedule_remove(struct hypersdk *hypersdk, const char *id,
				 struct hyp_error *err);
/* enabled 0: it does not run until it is enabled again. */
int32_t hypersdk_schedule_enable(struct hypersdk *hypersdk, const char *id,
				 uint32_t enabled, struct hyp_error *err);
/* A run now, of its VMs as they are: *answer has the jobs. HYP_E_CONFLICT
 * "already_running". */
int32_t hypersdk_schedule_trigger(struct hypersdk *hypersdk, const char *id,
				  char **answer, struct hyp_error *err);

/* --- store --------------------------------------------------------------- */

/* A complete copy of the database, of one moment, to a new file, also while it
 * is in use. Blocks. HYP_E_EXISTS. */
int32_t hypersdk_store_backup(struct hypersdk *hypersdk, const char *path,
			      struct hyp_error *err);
/* In the caller's thread: one thing that is wrong. It must call nothing of this
 * header. */
typedef void hypersdk_problem_fn(void *ctx, const char *text);
/* Looks through the whole database, changes nothing. *problems: how many.
 * Blocks. problem may be NULL. */
int32_t hypersdk_store_check(struct hypersdk *hypersdk,
			     hypersdk_problem_fn *problem, void *ctx,
			     uint32_t *problems, struct hyp_error *err);
/* GET /jobs/stats. */
int32_t hypersdk_store_statistics(struct hypersdk *hypersdk, char **json,
				  struct hyp_error *err);

/* --- packages ------------------------------------------------------------ */

/* In the caller's thread, a few times a second: bytes of file. Anything but 0
 * cancels: HYP_E_CANCELLED "cancelled", and nothing is left. */
typedef int32_t hypersdk_progress_fn(void *ctx, const char *file, uint64_t done,
				     uint64_t total);

struct hypersdk_ova {
	uint32_t size;
	uint32_t flags;	     /* HYPERSDK_OVA_* */
	const char *package; /* an OVA, an OVF folder or a descriptor */
	const char *output;  /* create: the OVA, *.ova; extract: the folder,
			      * which must not exist. Not for others */
	const char *file;    /* extract: this one alone, to the folder output,
			      * which exists; NULL: all */
	const char *digest; /* create: "sha256" (also NULL), "sha1", "sha512" */
	/* create: PEM files to sign the manifest with; both or none. validate:
	 * the authorities in cert_file, or NULL. */
	const char *key_file, *cert_file;
	hypersdk_progress_fn *progress; /* or NULL */
	void *ctx;
};
#define HYPERSDK_OVA_REPLACE 1u /* create: an OVA that hypersdk made */
#define HYPERSDK_OVA_DEEP 2u	/* validate: into the disk images, too */

/* Paths may be relative. Each reads every byte that it speaks of, and blocks.
 * The JSON is that of "hypersdk ova ... --json". */

/* Packs what the descriptor references, in its order, into one OVA; nothing
 * appears before all of it is on the disk. HYP_E_EXISTS "output_exists";
 * HYP_E_PERMANENT "digest_mismatch", "size_mismatch". */
int32_t hypersdk_ova_create(struct hypersdk *hypersdk,
			    const struct hypersdk_ova *ova, char **json,
			    struct hyp_error *err);
/* Takes the files out, proven by the manifest, all or none. */
int32_t hypersdk_ova_extract(struct hypersdk *hypersdk,
			     const struct hypersdk_ova *ova, char **json,
			     struct hyp_error *err);
/* What is in it; reads the descriptor alone. */
int32_t hypersdk_ova_show(struct hypersdk *hypersdk,
			  const struct hypersdk_ova *ova, char **json,
			  struct hyp_error *err);
/* Whether it is whole and right. 0 also when it is not: *errors says how many
 * mistakes, the JSON which. */
int32_t hypersdk_ova_validate(struct hypersdk *hypersdk,
			      const struct hypersdk_ova *ova, uint32_t *errors,
			      char **json, struct hyp_error *err);

#ifdef __GNUC__
#pragma GCC visibility pop
#endif
#ifdef __cplusplus
}
#endif
#endif
