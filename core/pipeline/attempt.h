/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The plugins of one attempt: instances made from the plan's parts, each with
 * its own host table.
 */
#ifndef HYP_PIPELINE_ATTEMPT_H
#define HYP_PIPELINE_ATTEMPT_H

#include "core/pipeline/export.h"

/* One plugin, ready to be called. */
struct hyp_member {
	struct hyp_instance *instance;
	struct hyp_options *options;
	struct hyp_host_table *table;
	char origin[64]; /* "provider/vsphere" */
};

#define HYP_STORAGE_DEPTH_MAX 4 /* storages that wrap one another */

/* A storage and those it wraps. */
struct hyp_storages {
	struct hyp_member members[HYP_STORAGE_DEPTH_MAX]; /* outermost first */
	struct hyp_instance *storage;			  /* the outermost */
};

struct hyp_attempt {
	struct hyp_member provider, packager;
	struct hyp_storages storages;
};

/* Makes one instance. job must outlive it. inner: what a storage wraps. On
 * failure nothing is left. */
int32_t hyp_member_init(struct hyp_member *member,
			struct hyp_registry *registry, uint32_t kind,
			const struct hyp_part *part,
			const struct hyp_host_job *job,
			struct hyp_instance *inner, struct hyp_error *err);
void hyp_member_fini(struct hyp_member *member);

/* The same for a storage with those it wraps; all zero before, fini it also
 * after a failure. */
int32_t hyp_storages_init(struct hyp_storages *storages,
			  struct hyp_registry *registry,
			  const struct hyp_part *part,
			  const struct hyp_host_job *job,
			  struct hyp_error *err);
void hyp_storages_fini(struct hyp_storages *storages);

/* Makes all of the plan's. attempt is all zero before; fini it also after a
 * failure. */
int32_t hyp_attempt_init(struct hyp_attempt *attempt,
			 const struct hyp_plan *plan,
			 const struct hyp_host_job *job, struct hyp_error *err);
void hyp_attempt_fini(struct hyp_attempt *attempt);

#endif
