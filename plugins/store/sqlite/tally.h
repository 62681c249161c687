/* SPDX-License-Identifier: Apache-2.0 */
/* How often each text was seen: a hash table that lives for one claim. */
#ifndef HYP_STORE_SQLITE_TALLY_H
#define HYP_STORE_SQLITE_TALLY_H

#include <hypersdk/error.h>
#include <stddef.h>

struct tally {
	struct tally_slot *slots;
	size_t size, used;
};

/* The pair (a, b) once more. HYP_E_TRANSIENT "no_memory". */
int32_t tally_add(struct tally *t, const char *a, const char *b,
		  struct hyp_error *err);
uint32_t tally_get(const struct tally *t, const char *a, const char *b);
void tally_fini(struct tally *t);

#endif
