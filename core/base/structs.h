/* SPDX-License-Identifier: Apache-2.0 */
/* Structs that grow at their end, between sides of different age. */
#ifndef HYP_BASE_STRUCTS_H
#define HYP_BASE_STRUCTS_H

#include <stddef.h>
#include <string.h>

/* One of theirs bytes into ours: what it lacks is zero, what it has beyond is
 * left out. */
static inline void hyp_struct_copy(void *to, size_t ours, const void *from,
				   size_t theirs)
{
	memset(to, 0, ours);
	memcpy(to, from, theirs < ours ? theirs : ours);
}

#endif
