/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A storage in memory for tests of packagers: counts what is written, fails
 * the Nth call on demand, and aborts the test on misuse (two threads in one
 * object, a slot filled twice, an object used after its end). It has objects
 * only: seal and publish are absent.
 */
#ifndef HYP_TEST_MEMORY_STORAGE_H
#define HYP_TEST_MEMORY_STORAGE_H

#include <hypersdk/storage.h>
#include <pthread.h>

#define MEMORY_OBJECTS 64
#define MEMORY_SLOTS 8

struct memory_object {
	struct memory_place *place;
	char name[128];
	uint32_t flags;
	unsigned char *data;
	uint64_t len, cap;
	struct {
		uint64_t id, at, n;
	} slots[MEMORY_SLOTS];
	unsigned slot_count;
	uint64_t next_slot;
	int open;
	int in_use;
};

struct memory_place {
	pthread_mutex_t lock;
	struct memory_object objects[MEMORY_OBJECTS];
	unsigned count;
	uint64_t written;  /* bytes of writes and fills, scratch included */
	uint64_t scratch;  /* of them into scratch objects */
	uint64_t calls;	   /* of all operations */
	uint64_t fail_at;  /* this call fails; 0: none does */
	unsigned failures; /* how many did */
};

extern const struct hyp_storage_ops memory_storage_ops;

void memory_place_init(struct memory_place *place);
void memory_place_fini(struct memory_place *place);
/* The one of that name, or NULL. */
struct memory_object *memory_find(struct memory_place *place, const char *name);
/* How many are open. */
unsigned memory_open(const struct memory_place *place);

#endif
