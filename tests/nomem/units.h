/* SPDX-License-Identifier: Apache-2.0 */
/* What is tried while memory fails. */
#ifndef HYP_TEST_NOMEM_UNITS_H
#define HYP_TEST_NOMEM_UNITS_H

#include "tests/lib/tree.h"
#include "tests/nomem/shim.h"
#include <hypersdk/error.h>

/*
 * One run: everything is set up, memory fails as planned during what the unit
 * is for, then memory is back: what had failed is done again and must
 * succeed, and the state is checked. Nothing of it may be left in memory.
 */
struct unit {
	const char *name;
	void (*prepare)(void); /* once, before all runs; or NULL */
	void (*run)(const struct shim_plan *plan);
};
extern const struct unit unit_store, unit_submit, unit_run, unit_publishing,
	unit_interrupted, unit_cancelling, unit_http, unit_receipt,
	unit_descriptor, unit_request, unit_reading;

/* So many children run at a time; each is in a slot of its own. */
#define SLOTS_MAX 64
extern size_t slot, slot_count;

/* A promise was broken: says so, and the run goes on. */
__attribute__((format(printf, 1, 2))) void broken(const char *fmt, ...);
/* What no failing of memory may bring about: ends the run as broken. */
void must(int ok, const char *what);
/* A call that failed for want of memory, and for nothing else. */
void is_nomem(int32_t rc, const struct hyp_error *err, const char *what);

#endif
