/* SPDX-License-Identifier: Apache-2.0 */
/* An instance on a fake host, and what arrives from it. */
#ifndef HYP_SYNTHETIC_TEST_FIXTURE_H
#define HYP_SYNTHETIC_TEST_FIXTURE_H

#include "core/base/clock.h"
#include "core/base/digest.h"
#include "core/base/units.h"
#include "plugins/provider/synthetic/synthetic.h"
#include "tests/lib/fake-host.h"
#include "tests/lib/unit.h"
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MIB (1u << 20)

static struct fake_host host;
static struct synthetic_options opt;
static const struct hyp_provider_ops *ops;
static struct hyp_error err;

static inline void set_default(const struct hyp_option *o)
{
	char *at = (char *)&opt + o->offset;
	const char *def = o->def != NULL ? o->def : "0";

	switch (o->type) {
	case HYP_OPT_T_STRING:
		*(const char **)(void *)at = o->def;
		break;
	case HYP_OPT_T_INTEGER:
		ck_ok(hyp_parse_integer(def, o->min, o->max,
					(int64_t *)(void *)at, &err),
		      &err);
		break;
	case HYP_OPT_T_BYTES:
		ck_ok(hyp_parse_bytes(def, (uint64_t *)(void *)at, &err), &err);
		break;
	case HYP_OPT_T_BOOL:
		*(uint32_t *)(void *)at = strcmp(def, "true") == 0;
		break;
	case HYP_OPT_T_ENUM:
		for (uint32_t i = 0; o->choices[i] != NULL; i++)
			if (strcmp(o->choices[i], def) == 0)
				*(uint32_t *)(void *)at = i;
		break;
	default:
		ck_abort_msg("option %s has an unknown type", o->name);
	}
}

static inline void setup(void)
{
	const struct hyp_plugin *p = hypersdk_plugin_v1();

	fake_host_init(&host);
	ops = p->ops;
	ck_assert_uint_eq(p->options_size, sizeof(opt));
	for (uint32_t i = 0; i < p->option_count; i++)
		set_default(HYP_AT(struct hyp_option, p->options,
				   p->option_stride, i));
	opt.disk_size = 4 * MIB;
}

static inline void teardown(void)
{
	fake_host_fini(&host);
}

static inline struct synthetic *new_instance(void)
{
	void *s = NULL;

	ck_ok(ops->create(&host.table, &opt, &s, &err), &err);
	return s;
}

/* --- what arrives --- */

struct arrival {
	uint64_t bytes;
	struct hyp_hasher *hasher;
	struct hyp_vmdk_check *check;
	int32_t verdict; /* of the checker, 0: fine so far */
	int refuse;	 /* 1: write fails */
};

static inline int32_t arrive(void *ctx, const void *buf, uint64_t n,
			     struct hyp_error *e)
{
	struct arrival *a = ctx;

	ck_assert_uint_gt(n, 0);
	if (a->refuse)
		return hyp_error_set(e, HYP_E_RESOURCE, "insufficient_space", 0,
				     "full");
	a->bytes += n;
	ck_ok(hyp_hasher_update(a->hasher, buf, n, e), e);
	if (a->verdict == 0)
		a->verdict = hyp_vmdk_check_feed(a->check, buf, n, e);
	return 0;
}

static inline void arrival_init(struct arrival *a)
{
	memset(a, 0, sizeof(*a));
	ck_ok(hyp_hasher_new(HYP_DIGEST_SHA256, &a->hasher, &err), &err);
	ck_ok(hyp_vmdk_check_new(&a->check, &err), &err);
}

static inline void arrival_fini(struct arrival *a)
{
	hyp_hasher_free(a->hasher);
	hyp_vmdk_check_free(a->check);
}

static inline int32_t copy(void *e, uint32_t index, struct arrival *a)
{
	struct hyp_writer w = {sizeof(w), 0, a, arrive};

	return ops->copy(e, index, &w, &err);
}

static inline void *open_vm(struct synthetic *s, const char *id, uint32_t mode)
{
	struct hyp_open_args args = {sizeof(args), mode, 0, HYP_DIGEST_SHA256,
				     id};
	void *e = NULL;

	ck_ok(ops->open(s, &args, &e, &err), &err);
	return e;
}

struct seen {
	unsigned count;
	struct hyp_proof proof[8];
	struct hyp_file file[8];
	char name[64], path[128], kind[64];
	uint32_t power, level;
};

static inline int32_t see_vm(void *ctx, const struct hyp_vm *vm,
			     struct hyp_error *e)
{
	struct seen *seen = ctx;

	(void)e;
	seen->count++;
	seen->power = vm->power;
	snprintf(seen->name, sizeof(seen->name), "%s", vm->name);
	snprintf(seen->path, sizeof(seen->path), "%s", vm->path);
	return 0;
}

static inline int32_t see_proof(void *ctx, const struct hyp_proof *p,
				struct hyp_error *e)
{
	struct seen *seen = ctx;

	(void)e;
	seen->proof[seen->count++] = *p;
	return 0;
}

static inline int32_t see_file(void *ctx, const struct hyp_file *f,
			       struct hyp_error *e)
{
	struct seen *seen = ctx;

	(void)e;
	seen->file[seen->count++] = *f;
	return 0;
}

static inline int32_t see_finding(void *ctx, const struct hyp_finding *f,
				  struct hyp_error *e)
{
	struct seen *seen = ctx;

	(void)e;
	seen->count++;
	seen->level = f->level;
	snprintf(seen->kind, sizeof(seen->kind), "%s", f->kind);
	return 0;
}

static inline void get_proof(void *e, struct seen *seen)
{
	struct hyp_proof_sink sink = {sizeof(sink), 0, seen, see_proof};

	memset(seen, 0, sizeof(*seen));
	ck_ok(ops->proof(e, &sink, &err), &err);
}

/* --- inventory --- */

static inline unsigned list(struct synthetic *s, uint32_t power,
			    const char *glob, struct seen *seen)
{
	struct hyp_vm_filter filter = {sizeof(filter), power, glob};
	struct hyp_vm_sink sink = {sizeof(sink), 0, seen, see_vm};

	memset(seen, 0, sizeof(*seen));
	ck_ok(ops->list(s, &filter, &sink, &err), &err);
	return seen->count;
}

#endif
