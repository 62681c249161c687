/* SPDX-License-Identifier: Apache-2.0 */
/* The checked calls of packagers. */
#include "core/base/buf.h"
#include "core/base/digest.h"
#include "core/base/text.h"
#include "core/plugin/call.h"

#include <stdlib.h>

#define NAME_MAX_BYTES 100 /* what a tar header holds */

/* The core's handles of a package and of an entry of it. */
struct hyp_package {
	struct hyp_instance *instance;
	void *raw;
	uint32_t digest, entry_count;
	uint64_t descriptor_max;
	pthread_mutex_t lock;
	uint32_t open, closed; /* entries that are, that were completed */
	uint8_t *opened;       /* one per entry: 1 once it was opened */
};

struct hyp_entry {
	struct hyp_package *package;
	void *raw;
};

static const struct hyp_packager_ops *ops_of(const struct hyp_instance *i)
{
	return i->loaded->ops;
}

static int32_t check_args(const struct hyp_instance *i, const char *member,
			  const struct hyp_package_args *args,
			  struct hyp_error *err)
{
	if (!hyp_text_is_plain_name(args->name, 255))
		return hyp_call_bad(i, member, err, "no proper package name");
	if (hyp_digest_length(args->digest) == 0)
		return hyp_call_bad(i, member, err, "no such digest");
	if (args->parallel == 0)
		return hyp_call_bad(i, member, err, "parallel is 0");
	return 0;
}

static int32_t packager_space(void *instance,
			      const struct hyp_package_args *args,
			      const uint64_t *sizes, uint32_t n,
			      uint64_t *bytes, struct hyp_error *err)
{
	struct hyp_instance *i = instance;
	struct hyp_call call;
	uint64_t need = 0;
	int32_t rc = check_args(i, "space", args, err);

	if (rc == 0)
		rc = hyp_call_begin(&call, i, "space", err);
	if (rc != 0)
		return rc;
	rc = ops_of(i)->space(i->raw, args, sizes, n, &need, call.err);
	rc = hyp_call_end(&call, rc);
	if (rc == 0)
		*bytes = need;
	return rc;
}

static void package_free(struct hyp_package *p)
{
	pthread_mutex_destroy(&p->lock);
	free(p->opened);
	free(p);
}

static int32_t package_new(struct hyp_instance *i,
			   const struct hyp_package_args *args,
			   struct hyp_package **out, struct hyp_error *err)
{
	struct hyp_package *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return hyp_error_nomem(err);
	p->opened = calloc(args->entry_count + 1u, 1);
	if (p->opened == NULL || pthread_mutex_init(&p->lock, NULL) != 0) {
		free(p->opened);
		free(p);
		return hyp_error_nomem(err);
	}
	p->instance = i;
	p->digest = args->digest;
	p->entry_count = args->entry_count;
	p->descriptor_max = args->descriptor_max;
	*out = p;
	return 0;
}

static int32_t packager_begin(void *instance,
			      const struct hyp_package_args *args,
			      void **package, struct hyp_error *err)
{
	struct hyp_instance *i = instance;
	struct hyp_package *p = NULL;
	struct hyp_call call;
	void *raw = NULL;
	int32_t rc = check_args(i, "begin", args, err);

	if (rc == 0 && (args->storage == NULL || args->place == NULL))
		rc = hyp_call_bad(i, "begin", err, "no place");
	if (rc == 0)
		rc = package_new(i, args, &p, err);
	if (rc != 0)
		return rc;
	rc = hyp_call_begin(&call, i, "begin", err);
	if (rc == 0) {
		rc = ops_of(i)->begin(i->raw, args, &raw, call.err);
		rc = hyp_call_end(&call, rc);
	}
	if (rc == 0 && raw == NULL)
		rc = hyp_call_fault(i, "begin", err,
				    "succeeds without a package");
	if (rc != 0) {
		package_free(p);
		return rc;
	}
	p->raw = raw;
	*package = p;
	return 0;
}

/* Takes the entry's number, once. */
static int32_t claim(struct hyp_package *p, const struct hyp_entry_args *args,
		     struct hyp_error *err)
{
	const char *wrong = NULL;

	if (args->index >= p->entry_count)
		wrong = "there is no entry of that index";
	else if (!hyp_text_is_plain_name(args->name, NAME_MAX_BYTES))
		wrong = "no proper entry name";
	pthread_mutex_lock(&p->lock);
	if (wrong == NULL && p->opened[args->index])
		wrong = "that entry was opened before";
	if (wrong == NULL) {
		p->opened[args->index] = 1;
		p->open++;
	}
	pthread_mutex_unlock(&p->lock);
	return wrong == NULL
		       ? 0
		       : hyp_call_bad(p->instance, "entry_open", err, wrong);
}

/* The entry is no longer open. */
static void release(struct hyp_package *p, uint32_t completed)
{
	pthread_mutex_lock(&p->lock);
	p->open--;
	p->closed += completed;
	pthread_mutex_unlock(&p->lock);
}

static int32_t open_entry(struct hyp_package *p,
			  const struct hyp_entry_args *args, void **raw,
			  struct hyp_error *err)
{
	struct hyp_call call;
	int32_t rc = hyp_call_begin(&call, p->instance, "entry_open", err);

	if (rc != 0)
		return rc;
	rc = ops_of(p->instance)->entry_open(p->raw, args, raw, call.err);
	rc = hyp_call_end(&call, rc);
	if (rc == 0 && *raw == NULL)
		rc = hyp_call_fault(p->instance, "entry_open", err,
				    "succeeds without an entry");
	return rc;
}

static int32_t packager_entry_open(void *package,
				   const struct hyp_entry_args *args,
				   void **entry, struct hyp_error *err)
{
	struct hyp_package *p = package;
	struct hyp_entry *e = calloc(1, sizeof(*e));
	int32_t rc;

	if (e == NULL)
		return hyp_error_nomem(err);
	rc = claim(p, args, err);
	if (rc == 0) {
		rc = open_entry(p, args, &e->raw, err);
		if (rc != 0)
			release(p, 0);
	}
	if (rc != 0) {
		free(e);
		return rc;
	}
	e->package = p;
	*entry = e;
	return 0;
}

static int32_t packager_entry_write(void *entry, const void *buf, uint64_t n,
				    struct hyp_error *err)
{
	struct hyp_entry *e = entry;
	struct hyp_instance *i = e->package->instance;
	struct hyp_call call;
	int32_t rc;

	if (buf == NULL || n == 0)
		return hyp_call_bad(i, "entry_write", err, "no bytes");
	rc = hyp_call_begin(&call, i, "entry_write", err);
	if (rc != 0)
		return rc;
	rc = ops_of(i)->entry_write(e->raw, buf, n, call.err);
	return hyp_call_end(&call, rc);
}

static int32_t packager_entry_restart(void *entry, struct hyp_error *err)
{
	struct hyp_entry *e = entry;
	struct hyp_instance *i = e->package->instance;
	struct hyp_call call;
	int32_t rc = hyp_call_begin(&call, i, "entry_restart", err);

	if (rc != 0)
		return rc;
	rc = ops_of(i)->entry_restart(e->raw, call.err);
	return hyp_call_end(&call, rc);
}

static int32_t check_digest(const struct hyp_package *p, const char *member,
			    const struct hyp_digest *digest,
			    struct hyp_error *err)
{
	if (digest != NULL && digest->algorithm == p->digest &&
	    digest->length == hyp_digest_length(p->digest))
		return 0;
	return hyp_call_bad(p->instance, member, err,
			    "a digest of another algorithm than the package's");
}

static void packager_entry_abort(void *entry)
{
	struct hyp_entry *e = entry;
	struct hyp_instance *i = e->package->instance;
	struct hyp_call call;

	hyp_call_begin_cleanup(&call, i, "entry_abort", NULL);
	ops_of(i)->entry_abort(e->raw);
	hyp_call_end(&call, 0);
	release(e->package, 0);
	free(e);
}

static int32_t packager_entry_close(void *entry, uint64_t total,
				    const struct hyp_digest *digest,
				    struct hyp_error *err)
{
	struct hyp_entry *e = entry;
	struct hyp_package *p = e->package;
	struct hyp_call call;
	int32_t rc = check_digest(p, "entry_close", digest, err);

	/* It frees the entry in every case. */
	if (rc != 0) {
		packager_entry_abort(e);
		return rc;
	}
	hyp_call_begin_cleanup(&call, p->instance, "entry_close", err);
	rc = ops_of(p->instance)->entry_close(e->raw, total, digest, call.err);
	rc = hyp_call_end(&call, rc);
	release(p, rc == 0);
	free(e);
	return rc;
}

/* What finish tells of the package, checked and handed on. */
struct add_guard {
	struct hyp_guard guard;
	uint32_t digest;
	int32_t (*add)(void *ctx, const struct hyp_file *file,
		       struct hyp_error *err);
	void *ctx;
};

static int32_t check_file(const struct add_guard *g, struct hyp_file *f,
			  struct hyp_error *err)
{
	const struct hyp_guard *b = &g->guard;
	int32_t rc = hyp_guard_text(b, "file's name", &f->name, err);

	if (rc == 0)
		rc = hyp_guard_text(b, "device id", &f->device_id, err);
	if (rc != 0)
		return rc;
	if (!hyp_text_is_plain_name(f->name, NAME_MAX_BYTES) ||
	    f->bytes == HYP_UNKNOWN || f->digest.algorithm != g->digest ||
	    f->digest.length != hyp_digest_length(g->digest))
		return hyp_call_fault(b->instance, b->member, err,
				      "adds a file without proper name, size "
				      "or digest");
	return 0;
}

static int32_t guarded_add(void *ctx, const struct hyp_file *file,
			   struct hyp_error *err)
{
	struct add_guard *g = ctx;
	struct hyp_error spare;
	struct hyp_file mine;
	int32_t rc;

	err = err != NULL ? err : &spare;
	rc = hyp_guard_enter(&g->guard, err);
	if (rc != 0)
		return rc;
	rc = hyp_guard_copy(&g->guard, &mine, sizeof(mine), file, err);
	if (rc == 0)
		rc = check_file(g, &mine, err);
	if (rc == 0)
		rc = g->add(g->ctx, &mine, err);
	return hyp_guard_leave(&g->guard, rc, err);
}

/* Every entry must have been completed; on failure the package is aborted, as
 * finish frees it in every case. */
static int32_t check_complete(struct hyp_package *p, const void *descriptor,
			      uint64_t n, struct hyp_error *err)
{
	const char *wrong = NULL;

	if (p->open > 0)
		wrong = "entries are still open";
	else if (p->closed != p->entry_count)
		wrong = "entries are missing";
	else if (descriptor == NULL || n == 0)
		wrong = "there is no descriptor";
	else if (n > p->descriptor_max)
		wrong = "the descriptor is longer than begin was told";
	return wrong == NULL ? 0
			     : hyp_call_bad(p->instance, "finish", err, wrong);
}

static void packager_abort(void *package)
{
	struct hyp_package *p = package;
	struct hyp_call call;

	hyp_call_begin_cleanup(&call, p->instance, "abort", NULL);
	ops_of(p->instance)->abort(p->raw);
	hyp_call_end(&call, 0);
	package_free(p);
}

static int32_t check_added(const struct hyp_package *p,
			   const struct hyp_guard *guard, int32_t rc,
			   struct hyp_error *err)
{
	/* The entries, the descriptor and the manifest at least. */
	if (rc == 0 && guard->count < (uint64_t)p->entry_count + 2)
		return hyp_call_fault(p->instance, "finish", err,
				      "adds %llu files of a package that has "
				      "%u entries",
				      (unsigned long long)guard->count,
				      p->entry_count);
	return rc;
}

static int32_t
packager_finish(void *package, const void *descriptor, uint64_t n,
		int32_t (*add)(void *ctx, const struct hyp_file *file,
			       struct hyp_error *err),
		void *ctx, struct hyp_error *err)
{
	struct hyp_package *p = package;
	struct add_guard *g;
	struct hyp_call call;
	int32_t rc = check_complete(p, descriptor, n, err);

	if (rc == 0)
		rc = hyp_guard_new(p->instance, "finish", sizeof(*g), &g, err);
	if (rc != 0) {
		packager_abort(p);
		return rc;
	}
	g->digest = p->digest;
	g->add = add;
	g->ctx = ctx;
	hyp_call_begin_cleanup(&call, p->instance, "finish", err);
	rc = ops_of(p->instance)
		     ->finish(p->raw, descriptor, n, guarded_add, g, call.err);
	rc = hyp_guard_close(&g->guard, hyp_call_end(&call, rc), err);
	rc = check_added(p, &g->guard, rc, err);
	package_free(p);
	return rc;
}

const struct hyp_packager_ops hyp_packager_calls = {
	.size = sizeof(struct hyp_packager_ops),
	.suffix = "",
	.space = packager_space,
	.begin = packager_begin,
	.entry_open = packager_entry_open,
	.entry_write = packager_entry_write,
	.entry_restart = packager_entry_restart,
	.entry_close = packager_entry_close,
	.entry_abort = packager_entry_abort,
	.finish = packager_finish,
	.abort = packager_abort,
};
