/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Jobs in numbers: what the metrics are told of them. A change is counted
 * before it can be seen, so that nobody finds a job ended that is not counted;
 * if it did not come to be, it is taken back.
 */
#ifndef HYP_ENGINE_TALLY_H
#define HYP_ENGINE_TALLY_H

#include "core/engine/inside.h"

/* What is known of an attempt beside its row. Strings are borrowed. */
struct hyp_measured {
	const char *provider; /* NULL: found by the definition */
	const char *os_type;  /* hyp_os_type, NULL: not known */
	const char *proof;    /* HYP_PROOF_* */
	uint64_t package_bytes, transferred, duration_ms;
};

/* What the store says of the time before: first of all, and once the schedules
 * are there. */
int32_t hyp_tally_load(struct hyp_engine *engine, struct hyp_error *err);
int32_t hyp_tally_load_schedules(struct hyp_engine *engine,
				 struct hyp_error *err);
/* tally-now.c, process-metrics.c: of a scrape. */
hyp_collector hyp_tally_collect;
void hyp_gather_process(struct hyp_gathering *gathering);

int32_t hyp_tally_begin(struct hyp_engine *engine, struct hyp_error *err);
void hyp_tally_end(struct hyp_engine *engine);

/* Around applying it. */
void hyp_tally_before(struct hyp_engine *engine, struct hyp_draft *draft);
void hyp_tally_back(struct hyp_engine *engine, const struct hyp_draft *draft);

/* It is durable. */
void hyp_tally_done(struct hyp_engine *engine, const struct hyp_draft *draft);

/* When a run of that schedule succeeded last, wall ms; 0: never, or forgotten
 * with the schedule. */
int64_t hyp_tally_success(struct hyp_engine *engine, const char *id);
void hyp_tally_succeeded(struct hyp_engine *engine, const char *id, int64_t ms);
/* A plugin was used, and those that the part wraps. */
void hyp_tally_plugin(struct hyp_engine *engine, uint32_t kind,
		      const struct hyp_part *part);

/* Of a claim, which is not applied: the attempt that begins. */
void hyp_tally_begun(struct hyp_engine *engine, const struct hyp_job_row *job);

/* "linux", "windows", "bsd", "solaris", "macos", "other", by a guest's full
 * name or id; "unknown" if it is empty. */
const char *hyp_os_type(const char *guest);
/* "small" ... "xxlarge", by a disk's virtual size. */
const char *hyp_disk_size(uint64_t capacity);

#endif
