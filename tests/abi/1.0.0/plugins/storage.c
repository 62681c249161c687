/* SPDX-License-Identifier: Apache-2.0 */
/* Kept as it was written for 1.0: a storage that hands all to the one it
 * wraps. */
#include <hypersdk/storage.h>

#include <errno.h>
#include <stdlib.h>

struct through {
	const struct hyp_storage_ops *inner;
	void *instance;
};

struct handle {
	const struct hyp_storage_ops *inner;
	void *inner_handle;
};

static int32_t create(const struct hyp_host *host, const void *options,
		      const struct hyp_storage_ops *inner, void *inner_instance,
		      void **instance, struct hyp_error *err)
{
	struct through *t = (struct through *)malloc(sizeof(*t));

	(void)options;
	if (t == NULL)
		return hyp_error_set(err, HYP_E_TRANSIENT, "no_memory", ENOMEM,
				     "out of memory");
	t->inner = inner;
	t->instance = inner_instance;
	host->count(host->ctx, "kept", 1);
	*instance = t;
	return 0;
}

static void destroy(void *instance)
{
	free(instance);
}

static int32_t space(void *instance, const char *dir, uint64_t *available,
		     struct hyp_error *err)
{
	const struct through *t = (const struct through *)instance;

	return t->inner->space(t->instance, dir, available, err);
}

static int32_t wrap(const struct hyp_storage_ops *inner, void **out,
		    struct hyp_error *err)
{
	struct handle *h = (struct handle *)malloc(sizeof(*h));

	if (h == NULL)
		return hyp_error_set(err, HYP_E_TRANSIENT, "no_memory", ENOMEM,
				     "out of memory");
	h->inner = inner;
	*out = h;
	return 0;
}

static int32_t place_open(void *instance, const struct hyp_place_args *args,
			  void **place, struct hyp_error *err)
{
	const struct through *t = (const struct through *)instance;
	void *made = NULL;
	struct handle *h;
	int32_t rc = wrap(t->inner, &made, err);

	if (rc != 0)
		return rc;
	h = (struct handle *)made;
	rc = t->inner->place_open(t->instance, args, &h->inner_handle, err);
	if (rc != 0)
		free(h);
	else
		*place = h;
	return rc;
}

static int32_t object_open(void *place, const char *name, uint32_t flags,
			   void **object, struct hyp_error *err)
{
	const struct handle *p = (const struct handle *)place;
	void *made = NULL;
	struct handle *h;
	int32_t rc = wrap(p->inner, &made, err);

	if (rc != 0)
		return rc;
	h = (struct handle *)made;
	rc = p->inner->object_open(p->inner_handle, name, flags,
				   &h->inner_handle, err);
	if (rc != 0)
		free(h);
	else
		*object = h;
	return rc;
}

#define INNER(h) ((const struct handle *)(h))->inner
#define HANDLE(h) ((const struct handle *)(h))->inner_handle

static int32_t write_bytes(void *object, const void *buf, uint64_t n,
			   struct hyp_error *err)
{
	return INNER(object)->write(HANDLE(object), buf, n, err);
}

static int32_t reserve(void *object, uint64_t n, uint64_t *slot,
		       struct hyp_error *err)
{
	return INNER(object)->reserve(HANDLE(object), n, slot, err);
}

static int32_t fill(void *object, uint64_t slot, const void *buf, uint64_t n,
		    struct hyp_error *err)
{
	return INNER(object)->fill(HANDLE(object), slot, buf, n, err);
}

static int32_t rewind_to(void *object, uint64_t slot, struct hyp_error *err)
{
	return INNER(object)->rewind(HANDLE(object), slot, err);
}

static int32_t read_bytes(void *object, uint64_t offset, void *buf, uint64_t n,
			  uint64_t *got, struct hyp_error *err)
{
	return INNER(object)->read(HANDLE(object), offset, buf, n, got, err);
}

static int32_t object_close(void *object, struct hyp_error *err)
{
	int32_t rc = INNER(object)->object_close(HANDLE(object), err);

	free(object);
	return rc;
}

static int32_t seal(void *place, const void *receipt, uint64_t n,
		    struct hyp_error *err)
{
	return INNER(place)->seal(HANDLE(place), receipt, n, err);
}

static int32_t publish(void *place, struct hyp_error *err)
{
	int32_t rc = INNER(place)->publish(HANDLE(place), err);

	if (rc == 0)
		free(place);
	return rc;
}

static void abort_place(void *place)
{
	INNER(place)->abort(HANDLE(place));
	free(place);
}

static const struct hyp_storage_ops ops = {
	.size = sizeof(ops),
	.create = create,
	.destroy = destroy,
	.space = space,
	.place_open = place_open,
	.object_open = object_open,
	.write = write_bytes,
	.reserve = reserve,
	.fill = fill,
	.rewind = rewind_to,
	.read = read_bytes,
	.object_close = object_close,
	.seal = seal,
	.publish = publish,
	.abort = abort_place,
};

static const struct hyp_plugin plugin = {
	.size = sizeof(plugin),
	.abi = HYP_ABI_VERSION,
	.kind = HYP_KIND_STORAGE,
	.threads = HYP_THREADS_PARALLEL,
	.flags = HYP_PLUGIN_WRAPS,
	.name = "through",
	.version = "0.1",
	.summary = "A storage of 1.0",
	.ops = &ops,
};

HYP_PLUGIN_EXPORT
{
	return &plugin;
}
