/* SPDX-License-Identifier: Apache-2.0 */
/* Each entry is an object of the place; the descriptor and a note follow. */
#include "core/base/buf.h"
#include "core/base/digest.h"
#include "tests/unit/pipeline/fakes-parts.h"
#include "tests/unit/pipeline/fakes.h"

#include <stdlib.h>
#include <string.h>

static int32_t create(const struct hyp_host *host, const void *options,
		      void **out, struct hyp_error *err)
{
	static int one;

	(void)host;
	(void)options;
	(void)err;
	fake_note("packager.create", 1);
	*out = &one;
	return 0;
}

static void destroy(void *instance)
{
	(void)instance;
	fake_note("packager.destroy", -1);
}

static int32_t space(void *instance, const struct hyp_package_args *args,
		     const uint64_t *sizes, uint32_t n, uint64_t *bytes,
		     struct hyp_error *err)
{
	int32_t rc = fake_call("packager.space", err);

	(void)instance;
	(void)args;
	if (rc < 0)
		return rc;
	*bytes = 0;
	for (uint32_t i = 0; i < n; i++)
		*bytes += sizes[i];
	return 0;
}

struct package {
	struct hyp_package_args args;
	char names[32][100];
	uint64_t bytes[32];
	struct hyp_digest digests[32];
};

static int32_t begin(void *instance, const struct hyp_package_args *args,
		     void **out, struct hyp_error *err)
{
	struct package *p;
	int32_t rc = fake_call("packager.begin", err);

	(void)instance;
	if (rc < 0)
		return rc;
	p = calloc(1, sizeof(*p));
	if (p == NULL)
		return hyp_error_nomem(err);
	p->args = *args;
	fake_note("package", 1);
	*out = p;
	return 0;
}

struct entry {
	struct package *package;
	uint32_t index;
	void *object;
	uint64_t slot, bytes;
};

static int32_t entry_open(void *package, const struct hyp_entry_args *args,
			  void **out, struct hyp_error *err)
{
	struct package *p = package;
	struct hyp_error ignored;
	struct entry *e;
	int32_t rc = fake_call("packager.entry_open", err);

	if (rc < 0)
		return rc;
	e = calloc(1, sizeof(*e));
	if (e == NULL)
		return hyp_error_nomem(err);
	e->package = p;
	e->index = args->index;
	rc = p->args.storage->object_open(p->args.place, args->name, 0,
					  &e->object, err);
	if (rc == 0) { /* a slot before the bytes, to rewind to */
		rc = p->args.storage->reserve(e->object, 512, &e->slot, err);
		if (rc < 0)
			p->args.storage->object_close(e->object, &ignored);
	}
	if (rc < 0) {
		free(e);
		return rc;
	}
	snprintf(p->names[args->index], sizeof(p->names[0]), "%s", args->name);
	fake_note("entry", 1);
	*out = e;
	return 0;
}

static int32_t entry_write(void *entry, const void *buf, uint64_t n,
			   struct hyp_error *err)
{
	struct entry *e = entry;
	int32_t rc = fake_call("packager.entry_write", err);

	if (rc < 0)
		return rc;
	e->bytes += n;
	return e->package->args.storage->write(e->object, buf, n, err);
}

static int32_t entry_restart(void *entry, struct hyp_error *err)
{
	struct entry *e = entry;
	int32_t rc = fake_call("packager.entry_restart", err);

	if (rc < 0)
		return rc;
	e->bytes = 0;
	return e->package->args.storage->rewind(e->object, e->slot, err);
}

static int32_t entry_close(void *entry, uint64_t total,
			   const struct hyp_digest *digest,
			   struct hyp_error *err)
{
	struct entry *e = entry;
	struct package *p = e->package;
	char head[512] = {0};
	struct hyp_error ignored;
	int32_t rc = fake_call("packager.entry_close", err), closed;

	if (rc == 0 && total != e->bytes)
		rc = hyp_error_set(err, HYP_E_PERMANENT, "test_broken", 0,
				   "total is not what was written");
	p->bytes[e->index] = total;
	p->digests[e->index] = *digest;
	if (rc == 0)
		rc = p->args.storage->fill(e->object, e->slot, head,
					   sizeof(head), err);
	closed = p->args.storage->object_close(e->object,
					       rc == 0 ? err : &ignored);
	rc = rc == 0 ? closed : rc;
	fake_note("entry", -1);
	free(e);
	return rc;
}

static void entry_abort(void *entry)
{
	struct entry *e = entry;
	struct hyp_error ignored;

	e->package->args.storage->object_close(e->object, &ignored);
	fake_note("packager.entry_abort", -1);
	free(entry);
}

static int32_t put(struct package *p, const char *name, const void *bytes,
		   uint64_t n, struct hyp_error *err)
{
	struct hyp_error ignored;
	void *object;
	int32_t rc = p->args.storage->object_open(p->args.place, name, 0,
						  &object, err);

	if (rc < 0)
		return rc;
	rc = p->args.storage->write(object, bytes, n, err);
	if (rc == 0)
		return p->args.storage->object_close(object, err);
	p->args.storage->object_close(object, &ignored);
	return rc;
}

static int32_t finish(void *package, const void *descriptor, uint64_t n,
		      int32_t (*add)(void *ctx, const struct hyp_file *file,
				     struct hyp_error *err),
		      void *ctx, struct hyp_error *err)
{
	struct package *p = package;
	struct hyp_file ovf = {.size = sizeof(ovf),
			       .role = HYP_ROLE_OTHER,
			       .format = HYP_FORMAT_PLAIN,
			       .device_id = "",
			       .name = "package.ovf",
			       .bytes = n};
	int32_t rc = fake_call("packager.finish", err);

	if (rc == 0)
		rc = put(p, "package.ovf", descriptor, n, err);
	if (rc == 0)
		rc = hyp_digest_bytes(p->args.digest, descriptor, (size_t)n,
				      &ovf.digest, err);
	if (rc == 0)
		rc = add(ctx, &ovf, err);
	for (uint32_t i = 0;
	     i + (uint32_t)fakes.forget_file < p->args.entry_count && rc == 0;
	     i++) {
		struct hyp_file f = ovf;

		f.name = p->names[i];
		f.bytes = p->bytes[i];
		f.digest = p->digests[i];
		rc = add(ctx, &f, err);
	}
	ovf.name = "package.mf";
	if (rc == 0)
		rc = put(p, "package.mf", descriptor, n, err);
	if (rc == 0)
		rc = add(ctx, &ovf, err);
	fake_note("package", -1);
	free(p);
	return rc;
}

static void abort_package(void *package)
{
	fake_note("packager.abort", -1);
	free(package);
}

const struct hyp_packager_ops fake_packager = {
	.size = sizeof(fake_packager),
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
