/* SPDX-License-Identifier: Apache-2.0 */
#include "core/pipeline/counted.h"
#include "core/base/buf.h"
#include "core/base/units.h"

#include <pthread.h>
#include <stdlib.h>

struct slot {
	uint64_t id, end; /* offset behind it */
};

struct object {
	struct hyp_counted *owner;
	void *inner;
	uint32_t flags;
	uint64_t length;
	struct slot *slots; /* unfilled ones, oldest first */
	size_t slot_count, slot_cap;
};

struct hyp_counted {
	const struct hyp_storage_ops *inner;
	void *place;
	pthread_mutex_t lock;
	uint64_t bytes;
};

int32_t hyp_counted_new(const struct hyp_storage_ops *inner, void *place,
			struct hyp_counted **out, struct hyp_error *err)
{
	struct hyp_counted *counted = calloc(1, sizeof(*counted));

	if (counted == NULL)
		return hyp_error_nomem(err);
	counted->inner = inner;
	counted->place = place;
	pthread_mutex_init(&counted->lock, NULL);
	*out = counted;
	return 0;
}

static void free_object(struct object *object)
{
	free(object->slots);
	free(object);
}

void hyp_counted_free(struct hyp_counted *counted)
{
	if (counted == NULL)
		return;
	pthread_mutex_destroy(&counted->lock);
	free(counted);
}

uint64_t hyp_counted_bytes(const struct hyp_counted *counted)
{
	return counted->bytes;
}

static int32_t object_open(void *place, const char *name, uint32_t flags,
			   void **out, struct hyp_error *err)
{
	struct hyp_counted *counted = place;
	struct object *object = calloc(1, sizeof(*object));
	int32_t rc;

	if (object == NULL)
		return hyp_error_nomem(err);
	rc = counted->inner->object_open(counted->place, name, flags,
					 &object->inner, err);
	if (rc < 0) {
		free_object(object);
		return rc;
	}
	object->owner = counted;
	object->flags = flags;
	*out = object;
	return 0;
}

static int32_t object_write(void *ctx, const void *buf, uint64_t n,
			    struct hyp_error *err)
{
	struct object *object = ctx;
	int32_t rc = object->owner->inner->write(object->inner, buf, n, err);

	if (rc == 0)
		object->length = hyp_add_sat(object->length, n);
	return rc;
}

static int32_t grow_slots(struct object *object, struct hyp_error *err)
{
	size_t cap = object->slot_cap == 0 ? 8 : object->slot_cap * 2;
	struct slot *slots;

	if (object->slot_count < object->slot_cap)
		return 0;
	slots = reallocarray(object->slots, cap, sizeof(*slots));
	if (slots == NULL)
		return hyp_error_nomem(err);
	object->slots = slots;
	object->slot_cap = cap;
	return 0;
}

static int32_t object_reserve(void *ctx, uint64_t n, uint64_t *slot,
			      struct hyp_error *err)
{
	struct object *object = ctx;
	int32_t rc = grow_slots(object, err);

	if (rc == 0)
		rc = object->owner->inner->reserve(object->inner, n, slot, err);
	if (rc < 0)
		return rc;
	object->length = hyp_add_sat(object->length, n);
	object->slots[object->slot_count++] =
		(struct slot){.id = *slot, .end = object->length};
	return 0;
}

/* Index of a slot, or slot_count. */
static size_t find_slot(const struct object *object, uint64_t id)
{
	size_t i = 0;

	while (i < object->slot_count && object->slots[i].id != id)
		i++;
	return i;
}

static int32_t object_fill(void *ctx, uint64_t slot, const void *buf,
			   uint64_t n, struct hyp_error *err)
{
	struct object *object = ctx;
	int32_t rc =
		object->owner->inner->fill(object->inner, slot, buf, n, err);
	size_t i = find_slot(object, slot);

	if (rc == 0 && i < object->slot_count) {
		object->slot_count--;
		for (; i < object->slot_count; i++)
			object->slots[i] = object->slots[i + 1];
	}
	return rc;
}

static int32_t object_rewind(void *ctx, uint64_t slot, struct hyp_error *err)
{
	struct object *object = ctx;
	int32_t rc = object->owner->inner->rewind(object->inner, slot, err);
	size_t i = find_slot(object, slot);

	if (rc == 0 && i < object->slot_count)
		object->length = object->slots[i].end;
	return rc;
}

static int32_t object_read(void *ctx, uint64_t offset, void *buf, uint64_t n,
			   uint64_t *got, struct hyp_error *err)
{
	struct object *object = ctx;

	return object->owner->inner->read(object->inner, offset, buf, n, got,
					  err);
}

static int32_t object_close(void *ctx, struct hyp_error *err)
{
	struct object *object = ctx;
	struct hyp_counted *counted = object->owner;
	int32_t rc = counted->inner->object_close(object->inner, err);

	if (rc == 0 && (object->flags & HYP_OBJECT_SCRATCH) == 0) {
		pthread_mutex_lock(&counted->lock);
		counted->bytes = hyp_add_sat(counted->bytes, object->length);
		pthread_mutex_unlock(&counted->lock);
	}
	free_object(object);
	return rc;
}

const struct hyp_storage_ops hyp_counted_ops = {
	.size = sizeof(hyp_counted_ops),
	.object_open = object_open,
	.write = object_write,
	.reserve = object_reserve,
	.fill = object_fill,
	.rewind = object_rewind,
	.read = object_read,
	.object_close = object_close,
};
