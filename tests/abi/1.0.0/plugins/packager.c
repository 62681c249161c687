/* SPDX-License-Identifier: Apache-2.0 */
/* Kept as it was written for 1.0: an OVF folder, in the simplest way. It links
 * libcrypto for the one digest it makes itself. */
#include <hypersdk/packager.h>

#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>

#define NAME_BYTES 300

struct package {
	const struct hyp_storage_ops *storage;
	void *place;
	char name[NAME_BYTES];
	uint32_t count;
	struct hyp_file files[64];
	char names[64][NAME_BYTES];
};

struct entry {
	struct package *package;
	uint32_t index;
	void *object;
	uint64_t slot;
};

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
	(void)instance;
	(void)err;
	*bytes = args->descriptor_max + 4096;
	for (uint32_t i = 0; i < n; i++)
		*bytes += sizes[i] != HYP_UNKNOWN ? sizes[i] : 0;
	return 0;
}

static int32_t begin(void *instance, const struct hyp_package_args *args,
		     void **package, struct hyp_error *err)
{
	struct package *p = (struct package *)calloc(1, sizeof(*p));

	(void)instance;
	if (p == NULL)
		return hyp_error_set(err, HYP_E_TRANSIENT, "no_memory", ENOMEM,
				     "out of memory");
	if (args->entry_count > 64 || args->digest != HYP_DIGEST_SHA256) {
		free(p);
		return hyp_error_set(err, HYP_E_UNSUPPORTED, "too_much", 0,
				     "64 files and SHA-256 are all I know");
	}
	p->storage = args->storage;
	p->place = args->place;
	p->count = args->entry_count;
	snprintf(p->name, sizeof(p->name), "%s", args->name);
	*package = p;
	return 0;
}

static int32_t entry_open(void *package, const struct hyp_entry_args *args,
			  void **entry, struct hyp_error *err)
{
	struct package *p = (struct package *)package;
	struct entry *e = (struct entry *)calloc(1, sizeof(*e));
	int32_t rc;

	if (e == NULL)
		return hyp_error_set(err, HYP_E_TRANSIENT, "no_memory", ENOMEM,
				     "out of memory");
	e->package = p;
	e->index = args->index;
	snprintf(p->names[args->index], NAME_BYTES, "%s", args->name);
	rc = p->storage->object_open(p->place, args->name, 0, &e->object, err);
	if (rc == 0)
		rc = p->storage->reserve(e->object, 0, &e->slot, err);
	if (rc != 0)
		free(e);
	else
		*entry = e;
	return rc;
}

static int32_t entry_write(void *entry, const void *buf, uint64_t n,
			   struct hyp_error *err)
{
	struct entry *e = (struct entry *)entry;

	return e->package->storage->write(e->object, buf, n, err);
}

static int32_t entry_restart(void *entry, struct hyp_error *err)
{
	struct entry *e = (struct entry *)entry;

	return e->package->storage->rewind(e->object, e->slot, err);
}

static int32_t entry_close(void *entry, uint64_t total,
			   const struct hyp_digest *digest,
			   struct hyp_error *err)
{
	struct entry *e = (struct entry *)entry;
	const struct hyp_storage_ops *storage = e->package->storage;
	struct hyp_file *file = &e->package->files[e->index];
	struct hyp_error ignored;
	int32_t rc = storage->fill(e->object, e->slot, NULL, 0, err);

	if (rc == 0)
		rc = storage->object_close(e->object, err);
	else
		storage->object_close(e->object, &ignored);
	file->size = sizeof(*file);
	file->name = e->package->names[e->index];
	file->bytes = total;
	file->digest = *digest;
	free(e);
	return rc;
}

static void entry_abort(void *entry)
{
	struct entry *e = (struct entry *)entry;
	struct hyp_error ignored;

	e->package->storage->object_close(e->object, &ignored);
	free(e);
}

static int32_t put(struct package *p, const char *suffix, const void *text,
		   uint64_t n, char *name, struct hyp_file *file,
		   struct hyp_error *err)
{
	struct hyp_error ignored;
	unsigned int length = 0;
	void *object;
	int32_t rc;

	snprintf(name, NAME_BYTES, "%.200s%s", p->name, suffix);
	memset(file, 0, sizeof(*file));
	file->size = sizeof(*file);
	file->name = name;
	file->bytes = n;
	file->digest.algorithm = HYP_DIGEST_SHA256;
	if (EVP_Digest(text, (size_t)n, file->digest.value, &length,
		       EVP_sha256(), NULL) != 1)
		return hyp_error_set(err, HYP_E_PERMANENT, "crypto", 0,
				     "no SHA-256");
	file->digest.length = length;
	rc = p->storage->object_open(p->place, name, 0, &object, err);
	if (rc != 0)
		return rc;
	rc = p->storage->write(object, text, n, err);
	if (rc == 0)
		return p->storage->object_close(object, err);
	p->storage->object_close(object, &ignored);
	return rc;
}

static size_t line(char *at, size_t max, const struct hyp_file *file)
{
	size_t n = (size_t)snprintf(at, max, "SHA256(%s)= ", file->name);

	for (uint32_t i = 0; i < file->digest.length; i++)
		n += (size_t)snprintf(at + n, max - n, "%02x",
				      file->digest.value[i]);
	return n + (size_t)snprintf(at + n, max - n, "\n");
}

static int32_t finish(void *package, const void *descriptor, uint64_t n,
		      int32_t (*add)(void *ctx, const struct hyp_file *file,
				     struct hyp_error *err),
		      void *ctx, struct hyp_error *err)
{
	static const size_t max = 65536;
	struct package *p = (struct package *)package;
	char *manifest = (char *)malloc(max), names[2][NAME_BYTES];
	struct hyp_file ovf, mf;
	size_t length = 0;
	int32_t rc = 0;

	if (manifest == NULL)
		rc = hyp_error_set(err, HYP_E_TRANSIENT, "no_memory", ENOMEM,
				   "out of memory");
	if (rc == 0)
		rc = put(p, ".ovf", descriptor, n, names[0], &ovf, err);
	if (rc == 0)
		length = line(manifest, max, &ovf);
	for (uint32_t i = 0; i < p->count && rc == 0; i++)
		length += line(manifest + length, max - length, &p->files[i]);
	if (rc == 0)
		rc = put(p, ".mf", manifest, length, names[1], &mf, err);
	if (rc == 0)
		rc = add(ctx, &ovf, err);
	if (rc == 0)
		rc = add(ctx, &mf, err);
	for (uint32_t i = 0; i < p->count && rc == 0; i++)
		rc = add(ctx, &p->files[i], err);
	free(manifest);
	free(p);
	return rc;
}

static void abort_package(void *package)
{
	free(package);
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
	.entry_write = entry_write,
	.entry_restart = entry_restart,
	.entry_close = entry_close,
	.entry_abort = entry_abort,
	.finish = finish,
	.abort = abort_package,
};

static const struct hyp_plugin plugin = {
	.size = sizeof(plugin),
	.abi = HYP_ABI_VERSION,
	.kind = HYP_KIND_PACKAGER,
	.threads = HYP_THREADS_PARALLEL,
	.name = "ovf",
	.version = "0.1",
	.summary = "A packager of 1.0",
	.ops = &ops,
};

HYP_PLUGIN_EXPORT
{
	return &plugin;
}
