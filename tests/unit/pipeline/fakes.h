/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plugins for tests of core/pipeline, in the process: every call is noted, and
 * any one of them can be made to fail or to cancel the job. They stand behind
 * the real checked calls of core/plugin; only hyp_registry_find is ours.
 */
#ifndef HYP_TEST_PIPELINE_FAKES_H
#define HYP_TEST_PIPELINE_FAKES_H

#include "core/pipeline/export.h"
#include <pthread.h>

#define FAKES_LOG 512
#define FAKES_DISK (1u << 20) /* capacity of each fake disk */

struct fakes {
	pthread_mutex_t lock;
	/* what happened */
	char log[FAKES_LOG][32]; /* "provider.open", ... */
	unsigned log_count;
	unsigned calls; /* that could fail */
	int live;	/* instances, exports, packages, ... not ended */
	unsigned published;
	unsigned copying, copying_max; /* copies that run at once */
	int first_began;	       /* a copy of the first disk */
	uint64_t place_bytes;	       /* not scratch */
	uint64_t expected;	       /* what place_open was asked for */
	char *receipt;
	char failed[32];  /* the call that was made to fail */
	char undone[128]; /* key and bytes of the newest undo */
	char option[64];  /* the provider's option "text" at undo */
	/* what shall happen */
	unsigned fail_at; /* number of the call that fails, from 1 */
	int32_t fail_code;
	unsigned cancel_at;    /* number of the call that cancels */
	const char *fail_name; /* or: the call of this name fails */
	struct hyp_cancel *cancel;
	/* the source */
	unsigned disks, nvram; /* nvram: bytes, 0: none */
	unsigned breaks;       /* tries of disk 1 that break in the middle */
	unsigned cuts;	       /* tries of disk 1 that end too early */
	int stall;	     /* disk 1 sends a little, then waits for cancel */
	int ignore_cancel;   /* a copy that goes on when its writer fails */
	uint32_t proof;	     /* HYP_DIGEST_* given as proof, 0: none */
	const char *fact;    /* fact "digest", or NULL */
	int lie;	     /* 1: wrong digest, 2: wrong size, of disk 1 */
	const char *finding; /* a preflight error of this kind, or NULL */
	int describes;	     /* 1: right, 2: wrong size in the descriptor */
	uint64_t storage_bytes;
	int forget_file; /* the packager hides its last file */
	int32_t undo_code;
	uint32_t place_state; /* HYP_PLACE_* that is found */
	unsigned swept;	      /* attempts that sweep took: 1, of ours */
};
extern struct fakes fakes;

/* Everything as at the start: two disks and an nvram, nothing fails. */
void fakes_reset(void);
void fakes_fini(void);
/* Times a call was made; its first place in the log, or -1. */
unsigned fakes_count(const char *name);
int fakes_index(const char *name);

/* A plan and a job over the fakes. */
const struct hyp_plan *fakes_plan(void);
struct hyp_export_job fakes_job(void);

#endif
