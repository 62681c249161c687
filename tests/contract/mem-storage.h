/* SPDX-License-Identifier: Apache-2.0 */
/* A storage in memory, for packagers: it counts, watches and fails on demand.
 * Any thread. */
#ifndef HYP_TEST_MEM_STORAGE_H
#define HYP_TEST_MEM_STORAGE_H

#include <hypersdk/storage.h>
#include <pthread.h>
#include <stddef.h>

#define MEM_OBJECTS 32
#define MEM_SLOTS 64

struct mem_object {
	struct mem_place *place;
	char name[256];
	uint32_t flags;
	char *bytes;
	size_t n, room;
	struct {
		size_t at, n;
		int filled;
	} slots[MEM_SLOTS];
	size_t slot_count;
	int closed;
};

struct mem_place {
	pthread_mutex_t lock;
	struct mem_object *objects[MEM_OBJECTS];
	size_t count;
	unsigned calls;	  /* of any operation */
	unsigned fail_at; /* this call and all later but closes fail; 0 none */
	unsigned failures;
	size_t now, peak; /* bytes held, scratch included; at the most */
	size_t scratches; /* opened so far */
};

extern const struct hyp_storage_ops mem_storage_ops;

void mem_place_init(struct mem_place *place);
void mem_place_fini(struct mem_place *place);
/* Objects that were opened and not closed. */
unsigned mem_place_open(const struct mem_place *place);
/* A closed object that is no scratch, or NULL. */
const struct mem_object *mem_place_find(const struct mem_place *place,
					const char *name);

#endif
