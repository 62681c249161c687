/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An HttpNfcLease: what makes a VM's disks readable over HTTPS, for as long
 * as somebody says Progress often enough. A thread of its own does.
 */
#ifndef VSPHERE_LEASE_H
#define VSPHERE_LEASE_H

#include "plugins/provider/vsphere/property.h"

struct vs_device { /* a deviceUrl */
	char *key;
	char *url;
	char *thumbprint; /* "" if none */
	char *target;	  /* the server's file name, only to show */
	uint32_t is_disk;
	uint64_t file_size; /* of non-disks, 0 if not stated */
	uint64_t received;  /* bytes of the copy under way */
	uint32_t role;	    /* HYP_ROLE_* */
};

struct vs_lease {
	struct vs *vs;
	struct vs_ref ref;
	struct vs_ref vm;
	uint32_t generation; /* of the session it belongs to */
	uint32_t timeout_s;
	uint64_t capacity; /* bytes, sum over all disks, 0 if not stated */
	struct vs_device *devices;
	size_t device_count;

	pthread_t thread;
	uint32_t runs;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	uint32_t stopping;
	uint32_t lost;	      /* read by copies under way */
	struct hyp_error why; /* of lost */
};

/* ref: what ExportVm returned. Waits until it is ready, reads what it
 * offers and starts the thread. The caller aborts it on failure. */
int32_t vs_lease_open(struct vs *vs, const struct vs_ref *vm,
		      const struct vs_ref *ref, struct vs_lease **out,
		      struct hyp_error *err);

/* 0 while it is not known to be lost; then why: "lease_timeout",
 * "session_expired", "not_found" (the VM), "vm_busy", ... */
int32_t vs_lease_check(struct vs_lease *lease, struct hyp_error *err);
/* The same after asking the server. */
int32_t vs_lease_recheck(struct vs_lease *lease, struct hyp_error *err);

/* Stops the thread, says it is done, frees. After a failure the lease is
 * still to be aborted. */
int32_t vs_lease_complete(struct vs_lease *lease, struct hyp_error *err);
/* Stops the thread and frees; the lease itself stays as it is. */
void vs_lease_free(struct vs_lease *lease);

/* HttpNfcLeaseAbort; 0 as well when the lease is gone. */
int32_t vs_lease_abort(struct vs *vs, const struct vs_ref *ref,
		       struct hyp_error *err);

/* The server does not know the lease: it went with its session, with its VM, or
 * by itself. Fills err with which. */
int32_t vs_lease_vanished(const struct vs_lease *lease, struct hyp_error *err);

/* lease-timer.c, for lease.c. look: 0 and whether it is ready, or why it is
 * over, or that the server could not be asked. progress: 0, or 1 when it is
 * to be said again in a second. */
int32_t vs_lease_look(struct vs_lease *lease, uint32_t flags, int *ready,
		      struct hyp_error *err);
int vs_lease_progress(struct vs_lease *lease, uint32_t value);
int vs_lease_start(struct vs_lease *lease); /* 1: it runs */
void vs_lease_stop(struct vs_lease *lease);

#endif
