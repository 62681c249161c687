/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One schedule, read and checked: from what a client, a file or the store says
 * of it. Immutable and counted, so that it may be used while another takes its
 * place. Any thread.
 */
#ifndef HYP_ENGINE_SCHEDULE_H
#define HYP_ENGINE_SCHEDULE_H

#include "core/base/cron.h"
#include "core/engine/definition.h"
#include "core/pipeline/keep.h"
#include <hypersdk/store.h>

/* What becomes of instants that were missed. */
#define HYP_CATCH_UP_ONCE 0u
#define HYP_CATCH_UP_SKIP 1u
#define HYP_CATCH_UP_ALL 2u
#define HYP_CATCH_UP_MOST 10 /* instants, of ALL */

/* What becomes of an instant while an earlier run is not over. */
#define HYP_OVERLAP_FORBID 0u
#define HYP_OVERLAP_QUEUE 1u
#define HYP_OVERLAP_ALLOW 2u

/* When it may run: from start until end, minutes of the day; beyond midnight
 * if end is not later. days: of the start, bit 0 is Sunday. */
struct hyp_schedule_window {
	int32_t start, end;
	uint32_t days;
	struct hyp_zone *zone; /* NULL: the schedule's */
};

/* What a policy's numbers are called, in their order; NULL ends them. */
extern const char *const hyp_catch_up_words[], *const hyp_overlap_words[];

struct hyp_schedule_policy {
	uint32_t catch_up, overlap;
	int64_t deadline_ms;
	int64_t max_runs; /* of ALLOW, 0: no limit */
	struct hyp_schedule_window *windows;
	size_t window_count;
};

struct hyp_schedule {
	_Atomic uint32_t refs;
	struct hyp_keep keep;
	/* As it is stored; never with a NULL string. Its times and count are
	 * those of when it was made. */
	struct hyp_schedule_row row;
	struct hyp_cron *cron; /* NULL: it has none, of hyp_schedule_keep */
	struct hyp_schedule_policy policy;
	char *password;	       /* as a request gave it, or NULL */
	uint32_t keeps_secret; /* the sealed one stays */
	uint32_t is_group;     /* a run asks the provider for its VMs */
};

/*
 * All of it, in JSON: id, name, description, schedule, zone, enabled,
 * job_template, tags, catch_up, deadline, overlap, advanced_config. base NULL:
 * a new one; else what json does not say is as in base. owner: "file", "api".
 * The new *out is counted once. HYP_E_USAGE: "bad_request", "unsupported",
 * "bad_cron", "never_fires", "bad_zone", ...; the text begins with a JSON
 * pointer ("/schedule: hour: 25 is outside 0-23").
 */
int32_t hyp_schedule_read(struct json_object *json,
			  const struct hyp_schedule *base, const char *owner,
			  int64_t now_ms, struct hyp_schedule **out,
			  struct hyp_error *err);
/* The same with other times, count and enabled; they are those of row. */
int32_t hyp_schedule_again(const struct hyp_schedule *base,
			   const struct hyp_schedule_row *row,
			   struct hyp_schedule **out, struct hyp_error *err);
/* From a stored row. */
int32_t hyp_schedule_load(const struct hyp_schedule_row *row,
			  struct hyp_schedule **out, struct hyp_error *err);
/* From one that hyp_schedule_load refuses, for its zone is gone: it never
 * fires, and its policy is the default, until it is changed. */
int32_t hyp_schedule_keep(const struct hyp_schedule_row *row,
			  struct hyp_schedule **out, struct hyp_error *err);
/* What a run would make of it with these settings: that there is such a
 * pipeline, and that its output may go there. The pointer as above. */
int32_t hyp_schedule_check(const struct hyp_schedule *schedule,
			   const struct hyp_config *config,
			   struct hyp_error *err);
struct hyp_schedule *hyp_schedule_get(struct hyp_schedule *schedule);
void hyp_schedule_put(struct hyp_schedule *schedule); /* takes NULL */

/* 1 if both say the same, but for times and count. */
int hyp_schedule_same(const struct hyp_schedule *a,
		      const struct hyp_schedule *b);
/* 1 if after, in place of before, fires at the same instants. */
int hyp_schedule_goes_on(const struct hyp_schedule *before,
			 const struct hyp_schedule *after);
/* The first instant after after_ms, 0 if there is none or it is disabled. */
int64_t hyp_schedule_next(const struct hyp_schedule *schedule,
			  int64_t after_ms);
/* A run's definition: its output is unique per run. password: unsealed, or
 * NULL. */
int32_t hyp_schedule_definition(const struct hyp_schedule *schedule,
				const char *password, int64_t now_ms,
				struct hyp_definition **out,
				struct hyp_error *err);

/* Every schedule of the files, each problem with its file and line. 0, or
 * HYP_E_USAGE. */
int32_t hyp_schedules_check(const struct hyp_config *config,
			    struct hyp_problems *problems);

/* --- policy ------------------------------------------------------------ */

/* From {"catch_up", "deadline", "overlap", "advanced_config"}. at: the pointer
 * of json, "". Fini it also after a failure. */
int32_t hyp_schedule_policy_read(struct json_object *json,
				 struct hyp_schedule_policy *out,
				 struct hyp_error *err);
void hyp_schedule_policy_fini(struct hyp_schedule_policy *policy);
/* 1 if a run may begin now. */
int hyp_schedule_is_open(const struct hyp_schedule *schedule, int64_t now_ms);

/* --- what is due ------------------------------------------------------- */

#define HYP_SCHEDULE_LATE_MS 60000 /* this much later is in time */

struct hyp_due {
	int64_t instant_ms; /* which one it is about */
	int64_t next_ms;    /* the one after it, 0: none */
	uint32_t late;	    /* 1: it was missed, and shall not run */
	uint64_t missed;    /* those before it that shall not run, at most
			     * HYP_DUE_COUNT_MAX are counted */
};
#define HYP_DUE_COUNT_MAX 1000

/* next_ms: the first instant that has not been dealt with; now_ms is not
 * before it. stepped: the clock was put forward, so that ALL is as ONCE. */
void hyp_schedule_due(const struct hyp_schedule *schedule, int64_t next_ms,
		      int64_t now_ms, uint32_t stepped, struct hyp_due *out);

#endif
