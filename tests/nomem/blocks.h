/* SPDX-License-Identifier: Apache-2.0 */
/* Which blocks are live, and where they were asked for. Slow. */
#ifndef HYP_TEST_NOMEM_BLOCKS_H
#define HYP_TEST_NOMEM_BLOCKS_H

#include <stdint.h>

#define BLOCK_FRAMES 12

/* From now on. */
void blocks_start(void);
/* Says where each live block came from, but for those that a library is known
 * to lose (blocks.c has the list). How many it said. */
long blocks_show(void);

/* The shim's: a block came, which caller asked for; one went. */
void blocks_add(const void *p, uintptr_t caller);
void blocks_remove(const void *p);

/* "function at file:line", or "object function+offset", one a line. */
void places_show(const uintptr_t *frames, int count);

#endif
