/* SPDX-License-Identifier: Apache-2.0 */
/* packager/ovf: every file an object of its own, as it comes. */
#include "plugins/packager/ovf/ovf.h"

#include "core/base/cleanup.h"
#include "core/base/units.h"
#include "core/package/manifest.h"
#include "plugins/common/pack.h"

struct package {
	struct hyp_pack pack;
};

/* There is nothing to keep but that it was made. */
static int32_t create(const struct hyp_host *host, const void *options,
		      void **instance, struct hyp_error *err)
{
	(void)options;
	(void)err;
	*instance = (void *)(uintptr_t)host;
	return 0;
}

static void destroy(void *instance)
{
	(void)instance;
}

static int32_t space(void *instance, const struct hyp_package_args *args,
		     const uint64_t *sizes, uint32_t n, uint64_t *bytes,
		     struct hyp_error *err)
{
	uint64_t sum;

	(void)instance;
	(void)err;
	sum = hyp_add_sat(args->descriptor_max, hyp_pack_manifest_max(n));
	for (uint32_t i = 0; i < n; i++)
		if (sizes[i] != HYP_UNKNOWN)
			sum = hyp_add_sat(sum, sizes[i]);
	*bytes = sum;
	return 0;
}

static int32_t begin(void *instance, const struct hyp_package_args *args,
		     void **package, struct hyp_error *err)
{
	struct package *p = calloc(1, sizeof(*p));
	int32_t rc;

	(void)instance;
	if (p == NULL)
		return hyp_error_nomem(err);
	rc = hyp_pack_init(&p->pack, args, err);
	if (rc != 0) {
		free(p);
		return rc;
	}
	*package = p;
	return 0;
}

static void package_free(void *package)
{
	struct package *p = package;

	hyp_pack_fini(&p->pack);
	free(p);
}

static void entry_free(void *entry)
{
	struct hyp_pack_entry *e = entry;
	struct hyp_error ignored;

	if (e->object != NULL)
		e->pack->storage->object_close(e->object, &ignored);
	free(e);
}

static int32_t entry_open(void *package, const struct hyp_entry_args *args,
			  void **entry, struct hyp_error *err)
{
	struct hyp_pack *pack = &((struct package *)package)->pack;
	struct hyp_pack_entry *e = calloc(1, sizeof(*e));
	int32_t rc;

	if (e == NULL)
		return hyp_error_nomem(err);
	pthread_mutex_lock(&pack->lock);
	rc = hyp_pack_entry_init(e, pack, args, err);
	pthread_mutex_unlock(&pack->lock);
	if (rc == 0)
		rc = pack->storage->object_open(pack->place, args->name, 0,
						&e->object, err);
	if (rc == 0) /* a mark to rewind to */
		rc = pack->storage->reserve(e->object, 0, &e->slot, err);
	if (rc != 0) {
		entry_free(e);
		return rc;
	}
	*entry = e;
	return 0;
}

static int32_t entry_close(void *entry, uint64_t total,
			   const struct hyp_digest *digest,
			   struct hyp_error *err)
{
	struct hyp_pack_entry *e = entry;
	const struct hyp_storage_ops *storage = e->pack->storage;
	int32_t rc;

	rc = hyp_pack_entry_complete(e, total, digest, err);
	if (rc == 0)
		rc = storage->fill(e->object, e->slot, "", 0, err);
	if (rc == 0)
		rc = storage->object_close(HYP_STEAL(e->object), err);
	entry_free(e);
	return rc;
}

static int32_t put(const struct hyp_pack *pack, const char *name,
		   const void *text, uint64_t n, struct hyp_error *err)
{
	const struct hyp_storage_ops *storage = pack->storage;
	struct hyp_error ignored;
	void *object;
	int32_t rc;

	rc = storage->object_open(pack->place, name, 0, &object, err);
	if (rc != 0)
		return rc;
	rc = storage->write(object, text, n, err);
	if (rc == 0)
		return storage->object_close(object, err);
	storage->object_close(object, &ignored);
	return rc;
}

static int32_t finish(void *package, const void *descriptor, uint64_t n,
		      int32_t (*add)(void *ctx, const struct hyp_file *file,
				     struct hyp_error *err),
		      void *ctx, struct hyp_error *err)
{
	struct hyp_pack *pack = &((struct package *)package)->pack;
	struct hyp_buf manifest HYP_AUTO_BUF = HYP_BUF_INIT(HYP_MANIFEST_MAX);
	struct hyp_buf certificate HYP_AUTO_BUF =
		HYP_BUF_INIT(HYP_PACK_CERTIFICATE_MAX);
	int32_t rc;

	rc = hyp_pack_manifest(pack, descriptor, n, &manifest, err);
	if (rc == 0)
		rc = hyp_pack_certificate(pack, &manifest, &certificate, err);
	if (rc == 0)
		rc = put(pack, pack->descriptor.name, descriptor, n, err);
	if (rc == 0)
		rc = put(pack, pack->manifest.name, manifest.data, manifest.len,
			 err);
	if (rc == 0 && certificate.len > 0)
		rc = put(pack, pack->certificate.name, certificate.data,
			 certificate.len, err);
	if (rc == 0)
		rc = hyp_pack_report(pack, add, ctx, err);
	package_free(package);
	return rc;
}

static const struct hyp_packager_ops ops = {
	.size = sizeof(ops),
	.layout = HYP_LAYOUT_DIRECTORY,
	.suffix = "",
	.create = create,
	.destroy = destroy,
	.space = space,
	.begin = begin,
	.entry_open = entry_open,
	.entry_write = hyp_pack_entry_write,
	.entry_restart = hyp_pack_entry_restart,
	.entry_close = entry_close,
	.entry_abort = entry_free,
	.finish = finish,
	.abort = package_free,
};

const struct hyp_plugin ovf_plugin = {
	.size = sizeof(ovf_plugin),
	.abi = HYP_ABI_VERSION,
	.kind = HYP_KIND_PACKAGER,
	.threads = HYP_THREADS_PARALLEL,
	.name = "ovf",
	.version = "1.0.0",
	.summary = "a folder with descriptor, files and manifest",
	.option_stride = sizeof(struct hyp_option),
	.ops = &ops,
};
