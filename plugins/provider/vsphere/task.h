/* SPDX-License-Identifier: Apache-2.0 */
/* Waiting for a server's Task. */
#ifndef VSPHERE_TASK_H
#define VSPHERE_TASK_H

#include "plugins/provider/vsphere/property.h"

/*
 * Until the task ended: 0 with its result (if it is a reference; may be
 * NULL), or its error, with fault (at least 64 bytes, may be NULL) naming the
 * fault's type. limit_ms 0: no limit; HYP_E_TRANSIENT "server_timeout" past
 * it. flags: VS_CLEANUP goes on when cancelled.
 */
int32_t vs_task_wait(struct vs *vs, const struct vs_ref *task, const char *what,
		     uint32_t flags, uint64_t limit_ms, struct vs_ref *result,
		     char *fault, struct hyp_error *err);

/* A task under way on the VM whose description holds word; an empty id if
 * there is none. */
int32_t vs_task_find(struct vs *vs, const struct vs_ref *vm, const char *word,
		     struct vs_ref *out, struct hyp_error *err);

#endif
