/* SPDX-License-Identifier: Apache-2.0 */
/*
 * This program's malloc and its kin, which fail on demand: at one place of
 * the code or at the Nth allocation, once or from then on. Only between arm
 * and disarm, and not in a thread that asked to be spared.
 */
#ifndef HYP_TEST_NOMEM_SHIM_H
#define HYP_TEST_NOMEM_SHIM_H

#include <stddef.h>
#include <stdint.h>

#define SHIM_FRAMES 4 /* return addresses that make a place */

struct shim_site {
	uint64_t hash;
	uintptr_t frames[SHIM_FRAMES];
};

struct shim_plan {
	const struct shim_site *site; /* fails when it is met first, */
	unsigned long nth;	      /* or this allocation, from 1 */
	int on; /* and every one after it, until SHIM_ON_MAX have failed */
};
#define SHIM_ON_MAX 200

/* Places are told apart by what that function has called, not by its callers.
 */
void shim_top(void (*run)(const struct shim_plan *plan));
/* Any has failed, ever. */
int shim_hit(void);

void shim_arm(const struct shim_plan *plan);
void shim_disarm(void);
/* How many failed since arm; how many were met. */
unsigned long shim_failed(void);
unsigned long shim_met(void);
/* This thread's allocations neither fail nor count: +1, -1. */
void shim_spare(int step);
/* Blocks that were allocated and not freed. */
long shim_live(void);

/* Notes each place that is met while armed, until the next call with 0. */
void shim_trace(int on);
size_t shim_sites(const struct shim_site **out);

#endif
