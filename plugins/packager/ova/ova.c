/* SPDX-License-Identifier: Apache-2.0 */
/* packager/ova: the operations and the plugin's description. */
#include "plugins/packager/ova/ova.h"

#include "core/base/cleanup.h"
#include "core/base/units.h"
#include "core/package/manifest.h"
#include "core/package/tar-header.h"

#include <inttypes.h>
#include <string.h>

static int32_t create(const struct hyp_host *host, const void *options,
		      void **instance, struct hyp_error *err)
{
	struct ova *ova = calloc(1, sizeof(*ova));

	(void)options;
	if (ova == NULL)
		return hyp_error_nomem(err);
	ova->host = host;
	*instance = ova;
	return 0;
}

static void destroy(void *instance)
{
	free(instance);
}

/* Of a file of that size with header and padding. */
static uint64_t tar_bytes(uint64_t size)
{
	return hyp_add_sat(size, HYP_TAR_BLOCK + hyp_tar_padding(size));
}

static uint64_t descriptor_room(const struct hyp_package_args *args)
{
	uint64_t n = args->descriptor_max == 0 ? 1 : args->descriptor_max;

	return hyp_add_sat(n, hyp_tar_padding(n));
}

static int32_t space(void *instance, const struct hyp_package_args *args,
		     const uint64_t *sizes, uint32_t n, uint64_t *bytes,
		     struct hyp_error *err)
{
	uint64_t sum, size;

	(void)instance;
	(void)err;
	sum = hyp_add_sat(tar_bytes(descriptor_room(args)),
			  tar_bytes(hyp_pack_manifest_max(n)) +
				  tar_bytes(HYP_PACK_CERTIFICATE_MAX) +
				  HYP_TAR_END);
	for (uint32_t i = 0; i < n; i++) {
		size = tar_bytes(sizes[i] == HYP_UNKNOWN ? 0 : sizes[i]);
		sum = hyp_add_sat(sum, size);
		if (args->parallel > 1 && i > 0) /* and as scratch */
			sum = hyp_add_sat(sum, size);
	}
	*bytes = sum;
	return 0;
}

static void package_free(struct ova_package *p)
{
	struct hyp_error ignored;

	for (uint32_t i = 0; p->spooled != NULL && i < p->pack.count; i++)
		if (p->spooled[i] != NULL)
			ova_entry_free(p->spooled[i]);
	if (p->object != NULL)
		p->pack.storage->object_close(p->object, &ignored);
	free(p->spooled);
	hyp_pack_fini(&p->pack);
	free(p);
}

/* The archive with the descriptor's slot in it. */
static int32_t start(struct ova_package *p, const struct hyp_package_args *args,
		     struct hyp_error *err)
{
	const struct hyp_storage_ops *storage = args->storage;
	HYP_AUTO_FREE char *name = NULL;
	int32_t rc;

	p->spooled = calloc((size_t)args->entry_count + 1, sizeof(*p->spooled));
	if (p->spooled == NULL)
		return hyp_error_nomem(err);
	rc = hyp_asprintf(&name, err, "%s.ova", args->name);
	if (rc == 0)
		rc = storage->object_open(args->place, name, 0, &p->object,
					  err);
	if (rc == 0)
		rc = storage->reserve(p->object,
				      HYP_TAR_BLOCK + p->descriptor_room,
				      &p->descriptor_slot, err);
	return rc;
}

static int32_t begin(void *instance, const struct hyp_package_args *args,
		     void **package, struct hyp_error *err)
{
	struct ova_package *p = calloc(1, sizeof(*p));
	int64_t wall_ms;
	int32_t rc;

	if (p == NULL)
		return hyp_error_nomem(err);
	p->ova = instance;
	wall_ms = p->ova->host->wall_ms(p->ova->host->ctx);
	p->mtime = wall_ms > 0 ? wall_ms / 1000 : 0;
	p->descriptor_max = args->descriptor_max;
	p->descriptor_room = descriptor_room(args);
	rc = hyp_pack_init(&p->pack, args, err);
	if (rc != 0) {
		free(p);
		return rc;
	}
	rc = start(p, args, err);
	if (rc != 0) {
		package_free(p);
		return rc;
	}
	*package = p;
	return 0;
}

static int32_t entry_open(void *package, const struct hyp_entry_args *args,
			  void **entry, struct hyp_error *err)
{
	struct ova_package *p = package;
	struct ova_entry *e = calloc(1, sizeof(*e));
	int32_t rc;

	if (e == NULL)
		return hyp_error_nomem(err);
	e->package = p;
	pthread_mutex_lock(&p->pack.lock);
	rc = hyp_pack_entry_init(&e->base, &p->pack, args, err);
	pthread_mutex_unlock(&p->pack.lock);
	if (rc == 0)
		rc = ova_entry_place(e, err);
	if (rc != 0) {
		ova_entry_free(e);
		return rc;
	}
	*entry = e;
	return 0;
}

static int32_t entry_close(void *entry, uint64_t total,
			   const struct hyp_digest *digest,
			   struct hyp_error *err)
{
	static const uint8_t zeros[HYP_TAR_BLOCK];
	struct ova_entry *e = entry;
	struct ova_package *p = e->package;
	const struct hyp_storage_ops *storage = p->pack.storage;
	uint8_t header[HYP_TAR_BLOCK];
	uint64_t padding = hyp_tar_padding(total);
	int32_t rc;

	rc = hyp_pack_entry_complete(&e->base, total, digest, err);
	if (rc == 0)
		rc = hyp_tar_header_build(header,
					  p->pack.files[e->base.index].name,
					  total, p->mtime, err);
	if (rc == 0)
		rc = storage->fill(e->base.object, e->base.slot, header,
				   sizeof(header), err);
	if (rc == 0 && padding > 0)
		rc = storage->write(e->base.object, zeros, padding, err);
	if (rc == 0)
		return ova_entry_end(e, err);
	ova_entry_free(e);
	return rc;
}

static void entry_abort(void *entry)
{
	ova_entry_free(entry);
}

/* Header and body of an entry: n bytes of text, blanks up to its length,
 * zeros up to room. */
static int32_t make_entry(const struct ova_package *p, const char *name,
			  const void *text, uint64_t n, uint64_t length,
			  uint64_t room, char **out, struct hyp_error *err)
{
	HYP_AUTO_FREE char *entry = NULL;
	int32_t rc;

	if (n > room || room > SIZE_MAX - HYP_TAR_BLOCK)
		return hyp_error_set(err, HYP_E_PERMANENT, "too_large", 0,
				     "%s has %" PRIu64 " bytes, and %" PRIu64
				     " were set "
				     "aside for it",
				     name, n, room);
	entry = malloc(HYP_TAR_BLOCK + (size_t)room);
	if (entry == NULL)
		return hyp_error_nomem(err);
	rc = hyp_tar_header_build((uint8_t *)entry, name, length, p->mtime,
				  err);
	if (rc != 0)
		return rc;
	memset(entry + HYP_TAR_BLOCK, 0, (size_t)room);
	memcpy(entry + HYP_TAR_BLOCK, text, (size_t)n);
	memset(entry + HYP_TAR_BLOCK + n, ' ', (size_t)(length - n));
	*out = HYP_STEAL(entry);
	return 0;
}

static int32_t put_descriptor(struct ova_package *p, const void *text,
			      uint64_t n, struct hyp_buf *manifest,
			      struct hyp_error *err)
{
	HYP_AUTO_FREE char *entry = NULL;
	uint64_t room = p->descriptor_room, bytes = room;
	int32_t rc;

	if (n > 0 && n == p->descriptor_max)
		bytes = n; /* what is left of the slot is padding then */
	rc = make_entry(p, p->pack.descriptor.name, text, n, bytes, room,
			&entry, err);
	if (rc == 0)
		rc = hyp_pack_manifest(&p->pack, entry + HYP_TAR_BLOCK, bytes,
				       manifest, err);
	if (rc == 0)
		rc = p->pack.storage->fill(p->object, p->descriptor_slot, entry,
					   HYP_TAR_BLOCK + room, err);
	return rc;
}

/* A small entry at the end. */
static int32_t put_text(struct ova_package *p, const char *name,
			const struct hyp_buf *text, struct hyp_error *err)
{
	HYP_AUTO_FREE char *entry = NULL;
	uint64_t room = text->len + hyp_tar_padding(text->len);
	int32_t rc;

	rc = make_entry(p, name, text->data, text->len, text->len, room, &entry,
			err);
	if (rc == 0)
		rc = p->pack.storage->write(p->object, entry,
					    HYP_TAR_BLOCK + room, err);
	return rc;
}

static int32_t put_end(struct ova_package *p, const struct hyp_buf *manifest,
		       struct hyp_error *err)
{
	static const uint8_t zeros[HYP_TAR_END];
	struct hyp_buf certificate HYP_AUTO_BUF =
		HYP_BUF_INIT(HYP_PACK_CERTIFICATE_MAX);
	int32_t rc;

	rc = put_text(p, p->pack.manifest.name, manifest, err);
	if (rc == 0)
		rc = hyp_pack_certificate(&p->pack, manifest, &certificate,
					  err);
	if (rc == 0 && certificate.len > 0)
		rc = put_text(p, p->pack.certificate.name, &certificate, err);
	if (rc == 0)
		rc = p->pack.storage->write(p->object, zeros, sizeof(zeros),
					    err);
	return rc;
}

static int32_t finish(void *package, const void *descriptor, uint64_t n,
		      int32_t (*add)(void *ctx, const struct hyp_file *file,
				     struct hyp_error *err),
		      void *ctx, struct hyp_error *err)
{
	struct ova_package *p = package;
	struct hyp_buf manifest HYP_AUTO_BUF = HYP_BUF_INIT(HYP_MANIFEST_MAX);
	int32_t rc;

	rc = put_descriptor(p, descriptor, n, &manifest, err);
	if (rc == 0)
		rc = put_end(p, &manifest, err);
	if (rc == 0)
		rc = p->pack.storage->object_close(HYP_STEAL(p->object), err);
	if (rc == 0)
		rc = hyp_pack_report(&p->pack, add, ctx, err);
	package_free(p);
	return rc;
}

static void abort_package(void *package)
{
	package_free(package);
}

static const struct hyp_packager_ops ops = {
	.size = sizeof(ops),
	.layout = HYP_LAYOUT_FILE,
	.suffix = ".ova",
	.create = create,
	.destroy = destroy,
	.space = space,
	.begin = begin,
	.entry_open = entry_open,
	.entry_write = hyp_pack_entry_write,
	.entry_restart = hyp_pack_entry_restart,
	.entry_close = entry_close,
	.entry_abort = entry_abort,
	.finish = finish,
	.abort = abort_package,
};

const struct hyp_plugin ova_plugin = {
	.size = sizeof(ova_plugin),
	.abi = HYP_ABI_VERSION,
	.kind = HYP_KIND_PACKAGER,
	.threads = HYP_THREADS_PARALLEL,
	.name = "ova",
	.version = "1.0.0",
	.summary = "one OVA file, written in one pass",
	.option_stride = sizeof(struct hyp_option),
	.ops = &ops,
};
