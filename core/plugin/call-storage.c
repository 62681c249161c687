/* SPDX-License-Identifier: Apache-2.0 */
/* The checked calls of storages: instances and places. (Objects:
 * call-object.c.) */
#include "core/base/buf.h"
#include "core/base/structs.h"
#include "core/base/text.h"
#include "core/plugin/call-storage.h"

#include <stdlib.h>

static int32_t storage_space(void *instance, const char *dir,
			     uint64_t *available, struct hyp_error *err)
{
	struct hyp_instance *i = instance;
	struct hyp_call call;
	uint64_t bytes = 0;
	int32_t rc = hyp_call_begin(&call, i, "space", err);

	if (rc != 0)
		return rc;
	rc = hyp_storage_raw(i)->space(i->raw, dir, &bytes, call.err);
	rc = hyp_call_end(&call, rc);
	if (rc == 0)
		*available = bytes;
	return rc;
}

/* Of a plugin that wraps another they may be shorter, or longer, than ours. */
static int32_t take_args(const struct hyp_instance *i, const char *member,
			 const struct hyp_place_args *from,
			 struct hyp_place_args *args, struct hyp_error *err)
{
	if (from->size < 2 * sizeof(uint32_t))
		return hyp_call_bad(i, member, err, "arguments without a size");
	hyp_struct_copy(args, sizeof(*args), from, from->size);
	args->size = sizeof(*args);
	if (args->layout != HYP_LAYOUT_FILE &&
	    args->layout != HYP_LAYOUT_DIRECTORY)
		return hyp_call_bad(i, member, err, "no such layout");
	if (!hyp_text_is_plain_name(args->name, 255))
		return hyp_call_bad(i, member, err, "no proper name");
	if (!hyp_text_is_file_name(args->job_id, 128) || args->attempt == 0)
		return hyp_call_bad(i, member, err, "no proper job or attempt");
	if (args->dir == NULL || args->dir[0] == '\0')
		return hyp_call_bad(i, member, err, "no directory");
	return 0;
}

static int32_t place_new(struct hyp_instance *i, struct hyp_place **out,
			 struct hyp_error *err)
{
	struct hyp_place *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return hyp_error_nomem(err);
	if (pthread_mutex_init(&p->lock, NULL) != 0) {
		free(p);
		return hyp_error_nomem(err);
	}
	p->instance = i;
	*out = p;
	return 0;
}

static void place_free(struct hyp_place *p)
{
	pthread_mutex_destroy(&p->lock);
	free(p);
}

static int32_t storage_place_open(void *instance,
				  const struct hyp_place_args *args,
				  void **place, struct hyp_error *err)
{
	struct hyp_instance *i = instance;
	struct hyp_place_args mine;
	struct hyp_place *p = NULL;
	struct hyp_call call;
	int32_t rc = take_args(i, "place_open", args, &mine, err);

	if (rc == 0)
		rc = place_new(i, &p, err);
	if (rc != 0)
		return rc;
	rc = hyp_call_begin(&call, i, "place_open", err);
	if (rc == 0) {
		rc = hyp_storage_raw(i)->place_open(i->raw, &mine, &p->raw,
						    call.err);
		rc = hyp_call_end(&call, rc);
	}
	if (rc == 0 && p->raw == NULL)
		rc = hyp_call_fault(i, "place_open", err,
				    "succeeds without a place");
	if (rc != 0) {
		place_free(p);
		return rc;
	}
	*place = p;
	return 0;
}

static int32_t storage_seal(void *place, const void *receipt, uint64_t n,
			    struct hyp_error *err)
{
	struct hyp_place *p = place;
	struct hyp_call call;
	int32_t rc;

	if (p->open > 0 || p->sealed)
		return hyp_call_bad(p->instance, "seal", err,
				    p->sealed ? "it is sealed already"
					      : "objects are still open");
	if (receipt == NULL && n != 0)
		return hyp_call_bad(p->instance, "seal", err, "no receipt");
	rc = hyp_call_begin(&call, p->instance, "seal", err);
	if (rc != 0)
		return rc;
	rc = hyp_storage_raw(p->instance)->seal(p->raw, receipt, n, call.err);
	rc = hyp_call_end(&call, rc);
	p->sealed = rc == 0;
	return rc;
}

static int32_t storage_publish(void *place, struct hyp_error *err)
{
	struct hyp_place *p = place;
	struct hyp_call call;
	int32_t rc;

	if (!p->sealed)
		return hyp_call_bad(p->instance, "publish", err,
				    "it is not sealed");
	hyp_call_begin_cleanup(&call, p->instance, "publish", err);
	rc = hyp_storage_raw(p->instance)->publish(p->raw, call.err);
	rc = hyp_call_end(&call, rc);
	if (rc == 0)
		place_free(p);
	return rc;
}

static void storage_abort(void *place)
{
	struct hyp_place *p = place;
	struct hyp_call call;

	hyp_call_begin_cleanup(&call, p->instance, "abort", NULL);
	hyp_storage_raw(p->instance)->abort(p->raw);
	hyp_call_end(&call, 0);
	place_free(p);
}

static int32_t storage_state(void *instance, const struct hyp_place_args *args,
			     uint32_t *state, struct hyp_error *err)
{
	struct hyp_instance *i = instance;
	struct hyp_place_args mine;
	uint32_t found = UINT32_MAX;
	struct hyp_call call;
	int32_t rc;

	if (hyp_storage_raw(i)->state == NULL)
		return hyp_call_absent(i, "state", err);
	rc = take_args(i, "state", args, &mine, err);
	if (rc == 0)
		rc = hyp_call_begin(&call, i, "state", err);
	if (rc != 0)
		return rc;
	rc = hyp_storage_raw(i)->state(i->raw, &mine, &found, call.err);
	rc = hyp_call_end(&call, rc);
	if (rc == 0 && found > HYP_PLACE_PUBLISHED)
		rc = hyp_call_fault(i, "state", err,
				    "succeeds with the unknown state %u",
				    found);
	if (rc == 0)
		*state = found;
	return rc;
}

static int32_t storage_resume(void *instance, const struct hyp_place_args *args,
			      struct hyp_error *err)
{
	struct hyp_instance *i = instance;
	struct hyp_place_args mine;
	struct hyp_call call;
	int32_t rc;

	if (hyp_storage_raw(i)->resume == NULL)
		return hyp_call_absent(i, "resume", err);
	rc = take_args(i, "resume", args, &mine, err);
	if (rc == 0)
		rc = hyp_call_begin(&call, i, "resume", err);
	if (rc != 0)
		return rc;
	rc = hyp_storage_raw(i)->resume(i->raw, &mine, call.err);
	return hyp_call_end(&call, rc);
}

static int32_t storage_sweep(void *instance, const char *dir,
			     uint32_t (*is_live)(void *ctx, const char *job_id,
						 uint32_t attempt),
			     void *ctx, uint64_t *removed,
			     struct hyp_error *err)
{
	struct hyp_instance *i = instance;
	struct hyp_call call;
	uint64_t count = 0;
	int32_t rc;

	if (hyp_storage_raw(i)->sweep == NULL)
		return hyp_call_absent(i, "sweep", err);
	rc = hyp_call_begin(&call, i, "sweep", err);
	if (rc != 0)
		return rc;
	rc = hyp_storage_raw(i)->sweep(i->raw, dir, is_live, ctx, &count,
				       call.err);
	rc = hyp_call_end(&call, rc);
	if (rc == 0)
		*removed = count;
	return rc;
}

const struct hyp_storage_ops hyp_storage_calls = {
	.size = sizeof(struct hyp_storage_ops),
	.space = storage_space,
	.place_open = storage_place_open,
	.object_open = hyp_object_call_open,
	.write = hyp_object_call_write,
	.reserve = hyp_object_call_reserve,
	.fill = hyp_object_call_fill,
	.rewind = hyp_object_call_rewind,
	.read = hyp_object_call_read,
	.object_close = hyp_object_call_close,
	.seal = storage_seal,
	.publish = storage_publish,
	.abort = storage_abort,
	.state = storage_state,
	.resume = storage_resume,
	.sweep = storage_sweep,
};
