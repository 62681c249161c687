/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/memory-storage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void misuse(const struct memory_object *o, const char *what)
{
	fprintf(stderr, "memory storage: %s: %s\n", o->name, what);
	abort();
}

/* Counts a call: a negative code if it is the one to fail. */
static int32_t call(struct memory_place *p, struct hyp_error *err)
{
	int fails;

	pthread_mutex_lock(&p->lock);
	fails = ++p->calls == p->fail_at;
	p->failures += (unsigned)fails;
	pthread_mutex_unlock(&p->lock);
	if (!fails)
		return 0;
	return hyp_error_set(err, HYP_E_RESOURCE, "insufficient_space", 0,
			     "memory storage: call %llu fails",
			     (unsigned long long)p->fail_at);
}

static void enter(struct memory_object *o)
{
	if (!o->open)
		misuse(o, "used after it was closed");
	if (__atomic_exchange_n(&o->in_use, 1, __ATOMIC_ACQ_REL))
		misuse(o, "two threads at once");
}

static void leave(struct memory_object *o)
{
	__atomic_store_n(&o->in_use, 0, __ATOMIC_RELEASE);
}

static void grow(struct memory_object *o, uint64_t n)
{
	if (o->len + n > o->cap) {
		o->cap = 2 * (o->len + n);
		o->data = realloc(o->data, o->cap);
		if (o->data == NULL)
			abort();
	}
	memset(o->data + o->len, 0xEE, n);
	o->len += n;
}

static void count(struct memory_object *o, uint64_t n)
{
	pthread_mutex_lock(&o->place->lock);
	o->place->written += n;
	if (o->flags & HYP_OBJECT_SCRATCH)
		o->place->scratch += n;
	pthread_mutex_unlock(&o->place->lock);
}

static int32_t object_open(void *place, const char *name, uint32_t flags,
			   void **object, struct hyp_error *err)
{
	struct memory_place *p = place;
	struct memory_object *o;
	int32_t rc = call(p, err);

	if (rc != 0)
		return rc;
	if (memory_find(p, name) != NULL)
		misuse(memory_find(p, name), "made twice");
	pthread_mutex_lock(&p->lock);
	if (p->count == MEMORY_OBJECTS)
		abort();
	o = &p->objects[p->count++];
	snprintf(o->name, sizeof(o->name), "%s", name);
	o->place = p;
	o->flags = flags;
	o->open = 1;
	pthread_mutex_unlock(&p->lock);
	*object = o;
	return 0;
}

static int32_t mem_write(void *object, const void *buf, uint64_t n,
			 struct hyp_error *err)
{
	struct memory_object *o = object;
	int32_t rc;

	enter(o);
	rc = call(o->place, err);
	if (rc == 0) {
		grow(o, n);
		memcpy(o->data + o->len - n, buf, n);
		count(o, n);
	}
	leave(o);
	return rc;
}

static int32_t mem_reserve(void *object, uint64_t n, uint64_t *slot,
			   struct hyp_error *err)
{
	struct memory_object *o = object;
	int32_t rc;

	enter(o);
	rc = call(o->place, err);
	if (rc == 0) {
		if (o->slot_count == MEMORY_SLOTS)
			misuse(o, "too many slots");
		*slot = o->next_slot++;
		o->slots[o->slot_count].id = *slot;
		o->slots[o->slot_count].at = o->len;
		o->slots[o->slot_count++].n = n;
		grow(o, n);
	}
	leave(o);
	return rc;
}

static int32_t mem_fill(void *object, uint64_t slot, const void *buf,
			uint64_t n, struct hyp_error *err)
{
	struct memory_object *o = object;
	unsigned i = 0;
	int32_t rc;

	enter(o);
	rc = call(o->place, err);
	if (rc == 0) {
		while (i < o->slot_count && o->slots[i].id != slot)
			i++;
		if (i == o->slot_count || o->slots[i].n != n)
			misuse(o, "no such slot to fill");
		memcpy(o->data + o->slots[i].at, buf, n);
		count(o, n);
		o->slot_count--;
		memmove(&o->slots[i], &o->slots[i + 1],
			(o->slot_count - i) * sizeof(o->slots[0]));
	}
	leave(o);
	return rc;
}

static int32_t mem_rewind(void *object, uint64_t slot, struct hyp_error *err)
{
	struct memory_object *o = object;
	int32_t rc;

	enter(o);
	rc = call(o->place, err);
	if (rc == 0) {
		if (o->slot_count == 0 ||
		    o->slots[o->slot_count - 1].id != slot)
			misuse(o, "rewound to another than the newest slot");
		o->len = o->slots[o->slot_count - 1].at +
			 o->slots[o->slot_count - 1].n;
	}
	leave(o);
	return rc;
}

static int32_t mem_read(void *object, uint64_t offset, void *buf, uint64_t n,
			uint64_t *got, struct hyp_error *err)
{
	struct memory_object *o = object;
	int32_t rc;

	enter(o);
	if (!(o->flags & HYP_OBJECT_SCRATCH))
		misuse(o, "read, but is no scratch");
	rc = call(o->place, err);
	if (rc == 0) {
		*got = offset >= o->len	     ? 0
		       : n > o->len - offset ? o->len - offset
					     : n;
		memcpy(buf, o->data + offset, *got);
	}
	leave(o);
	return rc;
}

static int32_t mem_close(void *object, struct hyp_error *err)
{
	struct memory_object *o = object;
	int32_t rc;

	enter(o);
	rc = call(o->place, err);
	o->open = 0;
	if (rc == 0 && o->slot_count > 0)
		rc = hyp_error_set(err, HYP_E_USAGE, "bad_call", 0,
				   "memory storage: %s: unfilled slot",
				   o->name);
	leave(o);
	return rc;
}

const struct hyp_storage_ops memory_storage_ops = {
	.size = sizeof(memory_storage_ops),
	.object_open = object_open,
	.write = mem_write,
	.reserve = mem_reserve,
	.fill = mem_fill,
	.rewind = mem_rewind,
	.read = mem_read,
	.object_close = mem_close,
};

void memory_place_init(struct memory_place *place)
{
	memset(place, 0, sizeof(*place));
	pthread_mutex_init(&place->lock, NULL);
}

void memory_place_fini(struct memory_place *place)
{
	for (unsigned i = 0; i < place->count; i++)
		free(place->objects[i].data);
	pthread_mutex_destroy(&place->lock);
}

struct memory_object *memory_find(struct memory_place *place, const char *name)
{
	struct memory_object *found = NULL;

	pthread_mutex_lock(&place->lock);
	for (unsigned i = 0; i < place->count; i++)
		if (strcmp(place->objects[i].name, name) == 0)
			found = &place->objects[i];
	pthread_mutex_unlock(&place->lock);
	return found;
}

unsigned memory_open(const struct memory_place *place)
{
	unsigned n = 0;

	for (unsigned i = 0; i < place->count; i++)
		n += place->objects[i].open != 0;
	return n;
}
