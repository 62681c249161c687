/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/contract/mem-storage.h"

#include <stdio.h>
#include <stdlib.h>

void mem_place_init(struct mem_place *p)
{
	memset(p, 0, sizeof(*p));
	pthread_mutex_init(&p->lock, NULL);
}

void mem_place_fini(struct mem_place *p)
{
	for (size_t i = 0; i < p->count; i++) {
		free(p->objects[i]->bytes);
		free(p->objects[i]);
	}
	pthread_mutex_destroy(&p->lock);
}

unsigned mem_place_open(const struct mem_place *p)
{
	unsigned n = 0;

	for (size_t i = 0; i < p->count; i++)
		n += !p->objects[i]->closed;
	return n;
}

const struct mem_object *mem_place_find(const struct mem_place *p,
					const char *name)
{
	for (size_t i = 0; i < p->count; i++)
		if (strcmp(p->objects[i]->name, name) == 0 &&
		    p->objects[i]->flags == 0 && p->objects[i]->closed)
			return p->objects[i];
	return NULL;
}

/* Counts a call; the lock is held from here to leave, if it does not fail. */
static int32_t enter(struct mem_place *p, struct hyp_error *err)
{
	pthread_mutex_lock(&p->lock);
	p->calls++;
	if (p->fail_at == 0 || p->calls < p->fail_at)
		return 0;
	p->failures++;
	pthread_mutex_unlock(&p->lock);
	return hyp_error_set(err, HYP_E_RESOURCE, "insufficient_space", 28,
			     "the storage in memory was told to fail");
}

static int32_t leave(struct mem_place *p)
{
	pthread_mutex_unlock(&p->lock);
	return 0;
}

static int32_t misuse(struct mem_place *p, const char *what,
		      struct hyp_error *err)
{
	pthread_mutex_unlock(&p->lock);
	return hyp_error_set(err, HYP_E_PERMANENT, "bad_call", 0,
			     "the packager misuses the storage: %s", what);
}

static int is_known(const struct mem_place *p, const char *name)
{
	for (size_t i = 0; i < p->count; i++)
		if (strcmp(p->objects[i]->name, name) == 0)
			return 1;
	return 0;
}

static int32_t object_open(void *place, const char *name, uint32_t flags,
			   void **object, struct hyp_error *err)
{
	struct mem_place *p = place;
	struct mem_object *o;
	int32_t rc = enter(p, err);

	if (rc != 0)
		return rc;
	if (is_known(p, name))
		return misuse(p, "a name twice", err);
	if (p->count == MEM_OBJECTS)
		return misuse(p, "too many objects", err);
	o = calloc(1, sizeof(*o));
	o->place = p;
	o->flags = flags;
	snprintf(o->name, sizeof(o->name), "%s", name);
	p->objects[p->count++] = o;
	p->scratches += flags == HYP_OBJECT_SCRATCH;
	*object = o;
	return leave(p);
}

static void grow(struct mem_object *o, size_t n)
{
	struct mem_place *p = o->place;

	if (o->n + n > o->room) {
		o->room = 2 * (o->n + n);
		o->bytes = realloc(o->bytes, o->room);
		if (o->bytes == NULL)
			abort();
	}
	if (n > 0)
		memset(o->bytes + o->n, 0, n);
	o->n += n;
	p->now += n;
	if (p->now > p->peak)
		p->peak = p->now;
}

static int32_t do_write(void *object, const void *buf, uint64_t n,
			struct hyp_error *err)
{
	struct mem_object *o = object;
	int32_t rc = enter(o->place, err);

	if (rc != 0)
		return rc;
	if (n > 0) {
		grow(o, n);
		memcpy(o->bytes + o->n - n, buf, n);
	}
	return leave(o->place);
}

static int32_t reserve(void *object, uint64_t n, uint64_t *slot,
		       struct hyp_error *err)
{
	struct mem_object *o = object;
	int32_t rc = enter(o->place, err);

	if (rc != 0)
		return rc;
	if (o->slot_count == MEM_SLOTS)
		return misuse(o->place, "too many slots", err);
	o->slots[o->slot_count].at = o->n;
	o->slots[o->slot_count].n = n;
	o->slots[o->slot_count].filled = 0;
	*slot = 1000 + o->slot_count++;
	grow(o, n);
	return leave(o->place);
}

static int32_t fill(void *object, uint64_t slot, const void *buf, uint64_t n,
		    struct hyp_error *err)
{
	struct mem_object *o = object;
	size_t i = slot - 1000;
	int32_t rc = enter(o->place, err);

	if (rc != 0)
		return rc;
	if (i >= o->slot_count || o->slots[i].filled || o->slots[i].n != n)
		return misuse(o->place, "fill", err);
	if (n > 0)
		memcpy(o->bytes + o->slots[i].at, buf, n);
	o->slots[i].filled = 1;
	return leave(o->place);
}

static int32_t rewind_to(void *object, uint64_t slot, struct hyp_error *err)
{
	struct mem_object *o = object;
	size_t i = slot - 1000, end;
	int32_t rc = enter(o->place, err);

	if (rc != 0)
		return rc;
	if (i >= o->slot_count || o->slots[i].filled)
		return misuse(o->place, "rewind to no unfilled slot", err);
	for (size_t k = i + 1; k < o->slot_count; k++)
		if (!o->slots[k].filled)
			return misuse(o->place, "rewind past a slot", err);
	end = o->slots[i].at + o->slots[i].n;
	o->place->now -= o->n - end;
	o->n = end;
	o->slot_count = i + 1;
	return leave(o->place);
}

static int32_t do_read(void *object, uint64_t offset, void *buf, uint64_t n,
		       uint64_t *got, struct hyp_error *err)
{
	struct mem_object *o = object;
	int32_t rc = enter(o->place, err);

	if (rc != 0)
		return rc;
	if (o->flags != HYP_OBJECT_SCRATCH)
		return misuse(o->place, "read of what is no scratch", err);
	*got = offset >= o->n ? 0 : o->n - offset < n ? o->n - offset : n;
	if (*got > 0)
		memcpy(buf, o->bytes + offset, *got);
	return leave(o->place);
}

/* Frees in every case, as it must: only what it returns can fail. */
static int32_t object_close(void *object, struct hyp_error *err)
{
	struct mem_object *o = object;
	struct mem_place *p = o->place;
	int32_t rc = enter(p, err);
	int open_slot = 0;

	if (rc != 0)
		pthread_mutex_lock(&p->lock);
	if (o->closed)
		abort();
	o->closed = 1;
	for (size_t i = 0; i < o->slot_count; i++)
		open_slot |= !o->slots[i].filled;
	if (o->flags == HYP_OBJECT_SCRATCH) {
		p->now -= o->n;
		open_slot = 0;
	}
	if (rc == 0 && open_slot)
		return misuse(p, "close with an unfilled slot", err);
	pthread_mutex_unlock(&p->lock);
	return rc;
}

const struct hyp_storage_ops mem_storage_ops = {
	.size = sizeof(struct hyp_storage_ops),
	.object_open = object_open,
	.write = do_write,
	.reserve = reserve,
	.fill = fill,
	.rewind = rewind_to,
	.read = do_read,
	.object_close = object_close,
};
