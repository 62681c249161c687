/* SPDX-License-Identifier: Apache-2.0 */
/* A snapshot of our own, for a hot export. */
#ifndef VSPHERE_SNAPSHOT_H
#define VSPHERE_SNAPSHOT_H

#include "plugins/provider/vsphere/property.h"

#define VS_SNAPSHOT_NAME_MAX 81 /* vSphere's limit is 80 bytes */

/* "hypersdk-JOB-ATTEMPT"; a job's id that is too long is cut and hashed. */
int32_t vs_snapshot_name(const struct hyp_host *host, char *out,
			 struct hyp_error *err);

/*
 * Make it, without memory. *quiesce: in, whether to ask the guest's tools to
 * flush its file systems; out, whether they did. Where they cannot, a warning
 * "quiesce_failed" is given and the snapshot made without. On failure
 * nothing is left, or it is still remembered.
 */
int32_t vs_snapshot_create(struct vs *vs, const struct vs_ref *vm,
			   const char *name, uint32_t *quiesce,
			   struct vs_ref *out, struct hyp_error *err);

/* The VM's snapshot of that name; an empty id if there is none. */
int32_t vs_snapshot_find(struct vs *vs, const struct vs_ref *vm,
			 const char *name, struct vs_ref *out,
			 struct hyp_error *err);

/*
 * Remove it, alone, and wait at most limit_ms. known: its reference, or an
 * empty one to look for the name. 0 as well when it, or the VM, is gone.
 * Goes on when cancelled.
 */
int32_t vs_snapshot_remove(struct vs *vs, const struct vs_ref *vm,
			   const char *name, const struct vs_ref *known,
			   uint64_t limit_ms, struct hyp_error *err);

#endif
