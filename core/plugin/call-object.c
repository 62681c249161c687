/* SPDX-License-Identifier: Apache-2.0 */
/* The checked calls of storages: objects. */
#include "core/base/buf.h"
#include "core/base/text.h"
#include "core/plugin/call-storage.h"

#include <stdlib.h>

struct hyp_object {
	struct hyp_place *place;
	void *raw;
	uint32_t flags;
};

static void count(struct hyp_place *p, int step)
{
	pthread_mutex_lock(&p->lock);
	p->open = (uint32_t)((int)p->open + step);
	pthread_mutex_unlock(&p->lock);
}

static int32_t open_object(struct hyp_place *p, const char *name,
			   uint32_t flags, void **raw, struct hyp_error *err)
{
	struct hyp_call call;
	int32_t rc = hyp_call_begin(&call, p->instance, "object_open", err);

	if (rc != 0)
		return rc;
	rc = hyp_storage_raw(p->instance)
		     ->object_open(p->raw, name, flags, raw, call.err);
	rc = hyp_call_end(&call, rc);
	if (rc == 0 && *raw == NULL)
		rc = hyp_call_fault(p->instance, "object_open", err,
				    "succeeds without an object");
	return rc;
}

int32_t hyp_object_call_open(void *place, const char *name, uint32_t flags,
			     void **object, struct hyp_error *err)
{
	struct hyp_place *p = place;
	struct hyp_object *o;
	int32_t rc;

	if (!hyp_text_is_plain_name(name, 255))
		return hyp_call_bad(p->instance, "object_open", err,
				    "no proper name");
	if (p->sealed)
		return hyp_call_bad(p->instance, "object_open", err,
				    "the place is sealed");
	o = calloc(1, sizeof(*o));
	if (o == NULL)
		return hyp_error_nomem(err);
	rc = open_object(p, name, flags, &o->raw, err);
	if (rc != 0) {
		free(o);
		return rc;
	}
	o->place = p;
	o->flags = flags;
	count(p, 1);
	*object = o;
	return 0;
}

int32_t hyp_object_call_write(void *object, const void *buf, uint64_t n,
			      struct hyp_error *err)
{
	struct hyp_object *o = object;
	struct hyp_instance *i = o->place->instance;
	struct hyp_call call;
	int32_t rc;

	if (n == 0)
		return 0;
	if (buf == NULL || n > INT64_MAX)
		return hyp_call_bad(i, "write", err, "no bytes");
	rc = hyp_call_begin(&call, i, "write", err);
	if (rc != 0)
		return rc;
	rc = hyp_storage_raw(i)->write(o->raw, buf, n, call.err);
	return hyp_call_end(&call, rc);
}

int32_t hyp_object_call_reserve(void *object, uint64_t n, uint64_t *slot,
				struct hyp_error *err)
{
	struct hyp_object *o = object;
	struct hyp_instance *i = o->place->instance;
	struct hyp_call call;
	uint64_t made = 0;
	int32_t rc;

	if (n > INT64_MAX)
		return hyp_call_bad(i, "reserve", err, "no length");
	rc = hyp_call_begin(&call, i, "reserve", err);
	if (rc != 0)
		return rc;
	rc = hyp_storage_raw(i)->reserve(o->raw, n, &made, call.err);
	rc = hyp_call_end(&call, rc);
	if (rc == 0)
		*slot = made;
	return rc;
}

int32_t hyp_object_call_fill(void *object, uint64_t slot, const void *buf,
			     uint64_t n, struct hyp_error *err)
{
	struct hyp_object *o = object;
	struct hyp_instance *i = o->place->instance;
	struct hyp_call call;
	int32_t rc;

	if (buf == NULL && n > 0)
		return hyp_call_bad(i, "fill", err, "no bytes");
	rc = hyp_call_begin(&call, i, "fill", err);
	if (rc != 0)
		return rc;
	rc = hyp_storage_raw(i)->fill(o->raw, slot, buf, n, call.err);
	return hyp_call_end(&call, rc);
}

int32_t hyp_object_call_rewind(void *object, uint64_t slot,
			       struct hyp_error *err)
{
	struct hyp_object *o = object;
	struct hyp_instance *i = o->place->instance;
	struct hyp_call call;
	int32_t rc = hyp_call_begin(&call, i, "rewind", err);

	if (rc != 0)
		return rc;
	rc = hyp_storage_raw(i)->rewind(o->raw, slot, call.err);
	return hyp_call_end(&call, rc);
}

int32_t hyp_object_call_read(void *object, uint64_t offset, void *buf,
			     uint64_t n, uint64_t *got, struct hyp_error *err)
{
	struct hyp_object *o = object;
	struct hyp_instance *i = o->place->instance;
	struct hyp_call call;
	uint64_t bytes = 0;
	int32_t rc;

	if ((o->flags & HYP_OBJECT_SCRATCH) == 0)
		return hyp_call_bad(i, "read", err,
				    "only scratch is read back");
	if (buf == NULL || n == 0)
		return hyp_call_bad(i, "read", err, "no buffer");
	rc = hyp_call_begin(&call, i, "read", err);
	if (rc != 0)
		return rc;
	rc = hyp_storage_raw(i)->read(o->raw, offset, buf, n, &bytes, call.err);
	rc = hyp_call_end(&call, rc);
	if (rc == 0 && bytes > n)
		rc = hyp_call_fault(
			i, "read", err, "gives %llu bytes where %llu fit",
			(unsigned long long)bytes, (unsigned long long)n);
	if (rc == 0)
		*got = bytes;
	return rc;
}

int32_t hyp_object_call_close(void *object, struct hyp_error *err)
{
	struct hyp_object *o = object;
	struct hyp_place *p = o->place;
	struct hyp_call call;
	int32_t rc;

	hyp_call_begin_cleanup(&call, p->instance, "object_close", err);
	rc = hyp_storage_raw(p->instance)->object_close(o->raw, call.err);
	rc = hyp_call_end(&call, rc);
	count(p, -1);
	free(o);
	return rc;
}
