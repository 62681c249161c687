/* SPDX-License-Identifier: Apache-2.0 */
/* What packing and extracting share: the package that is read, a stream of
 * its entries through a pump, and the place they end in. */
#ifndef HYP_PIPELINE_OVA_RUN_H
#define HYP_PIPELINE_OVA_RUN_H

#include "core/pipeline/attempt.h"
#include "core/pipeline/ova.h"
#include "core/pipeline/pump.h"

struct hyp_ova_run {
	const struct hyp_ova_job *job;
	struct hyp_result *result;
	int creates; /* 1: an OVA; 0: takes one apart */
	struct hyp_host_job host_job;
	struct hyp_pkg *pkg;
	struct hyp_member storage, packager;
	struct hyp_pump *pump;
	size_t *order; /* entries to take, in the order they are taken */
	size_t count;
	uint64_t done, total; /* bytes of them */
	void *place;	      /* open, or NULL */
};

/* Opens the package and refuses what its structure already disproves, makes
 * instances and pump. run is all zero before, but for job and result; fini it
 * also after a failure. */
int32_t hyp_ova_run_init(struct hyp_ova_run *run, struct hyp_error *err);
void hyp_ova_run_fini(struct hyp_ova_run *run);

/* Add an entry to those that are taken, or every one that the descriptor
 * references, in the order of References whatever the archive's is. */
void hyp_ova_run_take(struct hyp_ova_run *run, size_t index);
void hyp_ova_run_take_references(struct hyp_ova_run *run);

int32_t hyp_ova_run_place(struct hyp_ova_run *run, uint32_t layout,
			  uint64_t expected, struct hyp_error *err);

/* Reads order[nth] through the pump into sink, compares its digest with the
 * manifest's, and checks a disk image, if it is taken whole. */
int32_t hyp_ova_run_entry(struct hyp_ova_run *run, size_t nth,
			  const struct hyp_writer *sink,
			  struct hyp_pump_result *out, struct hyp_error *err);

void hyp_ova_warn(struct hyp_ova_run *run, const char *kind, const char *text);

#endif
