/* SPDX-License-Identifier: Apache-2.0 */
/* Counts bytes. */
#include "core/base/buf.h"
#include "tests/unit/pipeline/fakes-parts.h"
#include "tests/unit/pipeline/fakes.h"

#include <stdlib.h>
#include <string.h>

static int32_t create(const struct hyp_host *host, const void *options,
		      const struct hyp_storage_ops *inner, void *inner_instance,
		      void **out, struct hyp_error *err)
{
	static int one;

	(void)host;
	(void)options;
	(void)inner;
	(void)inner_instance;
	(void)err;
	fake_note("storage.create", 1);
	*out = &one;
	return 0;
}

static void destroy(void *instance)
{
	(void)instance;
	fake_note("storage.destroy", -1);
}

static int32_t space(void *instance, const char *dir, uint64_t *available,
		     struct hyp_error *err)
{
	int32_t rc = fake_call("storage.space", err);

	(void)instance;
	(void)dir;
	if (rc == 0)
		*available = HYP_UNKNOWN;
	return rc;
}

struct object {
	uint64_t length, slot_end;
	uint32_t flags;
};

static int32_t place_open(void *instance, const struct hyp_place_args *args,
			  void **out, struct hyp_error *err)
{
	int32_t rc = fake_call("storage.place_open", err);

	if (rc < 0)
		return rc;
	fakes.expected = args->expected;
	fake_note("place", 1);
	*out = instance;
	return 0;
}

static int32_t object_open(void *place, const char *name, uint32_t flags,
			   void **out, struct hyp_error *err)
{
	struct object *o;
	int32_t rc = fake_call("storage.object_open", err);

	(void)place;
	(void)name;
	if (rc < 0)
		return rc;
	o = calloc(1, sizeof(*o));
	if (o == NULL)
		return hyp_error_nomem(err);
	o->flags = flags;
	fake_note("object", 1);
	*out = o;
	return 0;
}

static int32_t write_object(void *object, const void *buf, uint64_t n,
			    struct hyp_error *err)
{
	int32_t rc = fake_call("storage.write", err);

	(void)buf;
	if (rc == 0)
		((struct object *)object)->length += n;
	return rc;
}

static int32_t reserve(void *object, uint64_t n, uint64_t *slot,
		       struct hyp_error *err)
{
	struct object *o = object;
	int32_t rc = fake_call("storage.reserve", err);

	if (rc < 0)
		return rc;
	o->length += n;
	o->slot_end = o->length;
	*slot = 7;
	return 0;
}

static int32_t fill(void *object, uint64_t slot, const void *buf, uint64_t n,
		    struct hyp_error *err)
{
	(void)object;
	(void)slot;
	(void)buf;
	(void)n;
	return fake_call("storage.fill", err);
}

static int32_t rewind_object(void *object, uint64_t slot, struct hyp_error *err)
{
	struct object *o = object;
	int32_t rc = fake_call("storage.rewind", err);

	(void)slot;
	if (rc == 0)
		o->length = o->slot_end;
	return rc;
}

static int32_t read_object(void *object, uint64_t offset, void *buf, uint64_t n,
			   uint64_t *got, struct hyp_error *err)
{
	(void)object;
	(void)offset;
	(void)buf;
	(void)n;
	*got = 0;
	return fake_call("storage.read", err);
}

static int32_t object_close(void *object, struct hyp_error *err)
{
	struct object *o = object;
	int32_t rc = fake_call("storage.object_close", err);

	fake_note("object", -1);
	pthread_mutex_lock(&fakes.lock);
	fakes.place_bytes += o->length;
	pthread_mutex_unlock(&fakes.lock);
	free(o);
	return rc;
}

static int32_t seal(void *place, const void *receipt, uint64_t n,
		    struct hyp_error *err)
{
	int32_t rc = fake_call("storage.seal", err);

	(void)place;
	free(fakes.receipt);
	fakes.receipt = strndup(receipt, (size_t)n);
	return rc;
}

static int32_t publish(void *place, struct hyp_error *err)
{
	int32_t rc = fake_call("storage.publish", err);

	if (rc < 0)
		return rc;
	fakes.published++;
	fake_note("place", -1);
	(void)place;
	return 0;
}

static void abort_place(void *place)
{
	fake_note("storage.abort", -1);
	(void)place;
}

static int32_t state(void *instance, const struct hyp_place_args *args,
		     uint32_t *out, struct hyp_error *err)
{
	int32_t rc = fake_call("storage.state", err);

	(void)instance;
	snprintf(fakes.undone, sizeof(fakes.undone), "%s %u %s %s %u %u",
		 args->job_id, args->attempt, args->dir, args->name,
		 args->layout, args->force);
	if (rc == 0)
		*out = fakes.place_state;
	return rc;
}

static int32_t resume(void *instance, const struct hyp_place_args *args,
		      struct hyp_error *err)
{
	(void)instance;
	(void)args;
	return fake_call("storage.resume", err);
}

/* Two attempts are there, ours and another. */
static int32_t sweep(void *instance, const char *dir,
		     uint32_t (*is_live)(void *ctx, const char *job_id,
					 uint32_t attempt),
		     void *ctx, uint64_t *removed, struct hyp_error *err)
{
	int32_t rc = fake_call("storage.sweep", err);

	(void)instance;
	(void)dir;
	if (rc < 0)
		return rc;
	fakes.swept = 0;
	fakes.swept += !is_live(ctx, "job-1", 2);
	fakes.swept += 10 * !is_live(ctx, "job-1", 1);
	fakes.swept += 10 * !is_live(ctx, "job-10", 2);
	*removed = 1;
	return 0;
}

const struct hyp_storage_ops fake_storage = {
	.size = sizeof(fake_storage),
	.create = create,
	.destroy = destroy,
	.space = space,
	.place_open = place_open,
	.object_open = object_open,
	.write = write_object,
	.reserve = reserve,
	.fill = fill,
	.rewind = rewind_object,
	.read = read_object,
	.object_close = object_close,
	.seal = seal,
	.publish = publish,
	.abort = abort_place,
	.state = state,
	.resume = resume,
	.sweep = sweep,
};
