/* SPDX-License-Identifier: Apache-2.0 */
/* What the core makes of a packager's answers, and of wrong calls of it. */
#include "core/base/digest.h"
#include "tests/unit/plugin/fake-loaded.h"

static struct {
	int32_t rc;
	int no_output;
	int files; /* how many finish adds */
	const struct hyp_file *file;
} does;
static unsigned packages, entries;
static char token;

static int32_t answer(struct hyp_error *err)
{
	if (does.rc != 0)
		hyp_error_set(err, does.rc, "from_plugin", 0, "it failed");
	return does.rc;
}

static int32_t create(const struct hyp_host *host, const void *options,
		      void **instance, struct hyp_error *err)
{
	(void)host;
	(void)options;
	*instance = &token;
	return answer(err);
}

static void destroy(void *instance)
{
	ck_assert_ptr_eq(instance, &token);
}

static int32_t space(void *instance, const struct hyp_package_args *args,
		     const uint64_t *sizes, uint32_t n, uint64_t *bytes,
		     struct hyp_error *err)
{
	(void)instance;
	(void)args;
	(void)sizes;
	*bytes = n;
	return answer(err);
}

static int32_t begin(void *instance, const struct hyp_package_args *args,
		     void **package, struct hyp_error *err)
{
	(void)instance;
	(void)args;
	*package = does.no_output ? NULL : &token;
	packages += does.rc == 0 && !does.no_output;
	return answer(err);
}

static int32_t entry_open(void *package, const struct hyp_entry_args *args,
			  void **entry, struct hyp_error *err)
{
	(void)package;
	(void)args;
	*entry = does.no_output ? NULL : &token;
	entries += does.rc == 0 && !does.no_output;
	return answer(err);
}

static int32_t entry_write(void *entry, const void *buf, uint64_t n,
			   struct hyp_error *err)
{
	(void)entry;
	(void)buf;
	(void)n;
	return answer(err);
}

static int32_t entry_restart(void *entry, struct hyp_error *err)
{
	(void)entry;
	return answer(err);
}

static int32_t entry_close(void *entry, uint64_t total,
			   const struct hyp_digest *digest,
			   struct hyp_error *err)
{
	(void)entry;
	(void)total;
	(void)digest;
	entries--;
	return answer(err);
}

static void entry_abort(void *entry)
{
	(void)entry;
	entries--;
}

static int32_t finish(void *package, const void *descriptor, uint64_t n,
		      int32_t (*add)(void *ctx, const struct hyp_file *file,
				     struct hyp_error *err),
		      void *ctx, struct hyp_error *err)
{
	int32_t rc = 0;

	(void)package;
	(void)descriptor;
	(void)n;
	packages--;
	for (int i = 0; i < does.files && rc == 0; i++)
		rc = add(ctx, does.file, err);
	return rc != 0 ? rc : answer(err);
}

static void abort_package(void *package)
{
	(void)package;
	packages--;
}

static const struct hyp_packager_ops ops = {
	.size = sizeof(ops),
	.layout = HYP_LAYOUT_FILE,
	.suffix = ".pkg",
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

static const struct hyp_packager_ops *const calls = &hyp_packager_calls;
static struct fake_loaded fake;
static struct hyp_error err;
static struct hyp_package_args args;
static struct hyp_digest digest;
static struct hyp_file file;
static unsigned added;

static void setup(void)
{
	memset(&does, 0, sizeof(does));
	fake_loaded_init(&fake, HYP_KIND_PACKAGER, HYP_THREADS_PARALLEL, 0,
			 &ops);
	fake.instance = fake_instance(&fake, NULL);
	args = (struct hyp_package_args){
		.size = sizeof(args),
		.digest = HYP_DIGEST_SHA256,
		.entry_count = 2,
		.parallel = 1,
		.name = "web",
		.descriptor_max = 1,
		.storage = &hyp_storage_calls,
		.place = &fake,
	};
	hyp_digest_bytes(HYP_DIGEST_SHA256, "", 0, &digest, &err);
	file = (struct hyp_file){
		.size = sizeof(file), .name = "web.ovf", .digest = digest};
	does.file = &file;
	added = 0;
}

static void teardown(void)
{
	ck_assert_uint_eq(packages, 0);
	ck_assert_uint_eq(entries, 0);
	fake_loaded_fini(&fake);
}

static int32_t add(void *ctx, const struct hyp_file *f, struct hyp_error *e)
{
	(void)e;
	ck_assert_ptr_eq(ctx, &added);
	ck_assert_str_eq(f->name, "web.ovf");
	ck_assert_str_eq(f->device_id, "");
	added++;
	return 0;
}

static int32_t call_finish(void *p)
{
	return calls->finish(p, "x", 1, add, &added, &err);
}

static void *package(void)
{
	void *p = NULL;

	ck_ok(calls->begin(fake.instance, &args, &p, &err), &err);
	return p;
}

static int32_t call_open(void *p, uint32_t index, const char *name, void **e)
{
	const struct hyp_entry_args entry = {sizeof(entry), index, name,
					     HYP_UNKNOWN};

	return calls->entry_open(p, &entry, e, &err);
}

static void *entry(void *p, uint32_t index)
{
	void *e = NULL;

	ck_ok(call_open(p, index, "a.vmdk", &e), &err);
	return e;
}

/* A package with both its entries complete. */
static void *complete(void)
{
	void *p = package();

	for (uint32_t i = 0; i < 2; i++)
		ck_ok(calls->entry_close(entry(p, i), 0, &digest, &err), &err);
	return p;
}

START_TEST(whole)
{
	void *p = package(), *e = entry(p, 1);
	uint64_t sizes[3] = {1, 2, 3}, bytes = 0;

	ck_assert_uint_eq(hyp_packager_layout(fake.instance), HYP_LAYOUT_FILE);
	ck_assert_str_eq(hyp_packager_suffix(fake.instance), ".pkg");
	ck_ok(calls->space(fake.instance, &args, sizes, 3, &bytes, &err), &err);
	ck_assert_uint_eq(bytes, 3);
	ck_ok(calls->entry_write(e, "x", 1, &err), &err);
	ck_ok(calls->entry_restart(e, &err), &err);
	ck_ok(calls->entry_close(e, 1, &digest, &err), &err);
	ck_ok(calls->entry_close(entry(p, 0), 1, &digest, &err), &err);
	does.files = 4;
	ck_ok(call_finish(p), &err);
	ck_assert_uint_eq(added, 4);
}
END_TEST

START_TEST(wrong_begin)
{
	void *p = &fake;

	args.name = "../x";
	ck_bad_call(calls->begin(fake.instance, &args, &p, &err), &err);
	args.name = "web";
	args.digest = 3;
	ck_bad_call(calls->begin(fake.instance, &args, &p, &err), &err);
	args.digest = HYP_DIGEST_SHA1;
	args.parallel = 0;
	ck_bad_call(calls->begin(fake.instance, &args, &p, &err), &err);
	args.parallel = 1;
	args.place = NULL;
	ck_bad_call(calls->begin(fake.instance, &args, &p, &err), &err);
	args.place = &fake;
	does.no_output = 1;
	ck_fault(calls->begin(fake.instance, &args, &p, &err), &err,
		 "succeeds without a package");
	does.no_output = 0;
	does.rc = HYP_E_RESOURCE;
	ck_fails(calls->begin(fake.instance, &args, &p, &err), &err,
		 HYP_E_RESOURCE, "from_plugin");
	ck_assert_ptr_eq(p, &fake);
}
END_TEST

START_TEST(wrong_entries)
{
	void *p = package(), *e = NULL, *other = &fake;

	ck_bad_call(call_open(p, 2, "a", &other), &err);
	ck_bad_call(call_open(p, 0, "a/b", &other), &err);
	ck_bad_call(call_open(p, 0, ".a", &other), &err);
	ck_bad_call(call_open(p, 0,
			      "0123456789012345678901234567890123456789"
			      "0123456789012345678901234567890123456789"
			      "012345678901234567890",
			      &other),
		    &err);
	ck_assert_ptr_eq(other, &fake);
	e = entry(p, 0);
	ck_bad_call(call_open(p, 0, "b", &other), &err);
	ck_bad_call(calls->entry_write(e, NULL, 1, &err), &err);
	ck_bad_call(calls->entry_write(e, "x", 0, &err), &err);
	calls->entry_abort(e);
	ck_bad_call(call_open(p, 0, "b", &other), &err);
	does.no_output = 1;
	ck_fault(call_open(p, 1, "b", &other), &err,
		 "succeeds without an entry");
	ck_assert_ptr_eq(other, &fake);
	calls->abort(p);
}
END_TEST

START_TEST(close_frees)
{
	void *p = package();

	does.rc = 0;
	digest.algorithm = HYP_DIGEST_SHA1;
	ck_bad_call(calls->entry_close(entry(p, 0), 0, &digest, &err), &err);
	ck_assert_uint_eq(entries, 0);
	digest.algorithm = HYP_DIGEST_SHA256;
	{
		void *e = entry(p, 1);

		does.rc = HYP_E_RESOURCE;
		ck_fails(calls->entry_close(e, 0, &digest, &err), &err,
			 HYP_E_RESOURCE, "from_plugin");
	}
	ck_assert_uint_eq(entries, 0);
	does.rc = 0;
	/* Neither entry was completed. */
	ck_bad_call(call_finish(p), &err);
	ck_assert_uint_eq(packages, 0);
}
END_TEST

START_TEST(finish_incomplete)
{
	void *p = package(), *e = entry(p, 0);

	ck_ok(calls->entry_close(e, 0, &digest, &err), &err);
	does.files = 4;
	ck_bad_call(call_finish(p), &err);
	ck_assert_uint_eq(packages, 0);
	ck_assert_uint_eq(added, 0);
}
END_TEST

START_TEST(finish_descriptor)
{
	does.files = 4;
	ck_bad_call(calls->finish(complete(), "xx", 2, add, &added, &err),
		    &err);
	ck_bad_call(calls->finish(complete(), "", 0, add, &added, &err), &err);
	ck_assert_uint_eq(packages, 0);
	ck_assert_uint_eq(added, 0);
}
END_TEST

START_TEST(finish_wrong)
{
	does.files = 3;
	ck_fault(call_finish(complete()), &err, "adds 3 files");
	does.files = 4;
	file.name = "../x";
	ck_fault(call_finish(complete()), &err, "a file without proper name");
	file.name = NULL;
	ck_fault(call_finish(complete()), &err, "a file without proper name");
	file.name = "web.ovf";
	file.bytes = HYP_UNKNOWN;
	ck_fault(call_finish(complete()), &err, "a file without proper name");
	file.bytes = 3;
	file.digest.length = 20;
	ck_fault(call_finish(complete()), &err, "a file without proper name");
	ck_assert_uint_eq(added, 3);
}
END_TEST

START_TEST(finish_fails)
{
	void *p = complete();

	does.files = 4;
	does.rc = HYP_E_RESOURCE;
	ck_fails(call_finish(p), &err, HYP_E_RESOURCE, "from_plugin");
	ck_assert_uint_eq(packages, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("call-packager");
	TCase *c = tcase_create("call-packager");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, whole);
	tcase_add_test(c, wrong_begin);
	tcase_add_test(c, wrong_entries);
	tcase_add_test(c, close_frees);
	tcase_add_test(c, finish_incomplete);
	tcase_add_test(c, finish_descriptor);
	tcase_add_test(c, finish_wrong);
	tcase_add_test(c, finish_fails);
	suite_add_tcase(suite, c);
	return unit_main(suite);
}
