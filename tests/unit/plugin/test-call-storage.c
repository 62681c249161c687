/* SPDX-License-Identifier: Apache-2.0 */
/* What the core makes of a storage's answers, and of wrong calls of it. */
#include "tests/unit/plugin/fake-loaded.h"

static struct {
	int32_t rc;
	int no_output;
	uint64_t number; /* what space, reserve, read and sweep answer */
} does;
static unsigned places, objects;
static char token;
static struct hyp_place_args seen;
static const struct hyp_storage_ops *inner_ops;
static void *inner_instance;

static int32_t answer(struct hyp_error *err)
{
	if (does.rc != 0)
		hyp_error_set(err, does.rc, "from_plugin", 0, "it failed");
	return does.rc;
}

static int32_t create(const struct hyp_host *host, const void *options,
		      const struct hyp_storage_ops *inner, void *instance_in,
		      void **instance, struct hyp_error *err)
{
	(void)host;
	(void)options;
	inner_ops = inner;
	inner_instance = instance_in;
	*instance = &token;
	return answer(err);
}

static void destroy(void *instance)
{
	ck_assert_ptr_eq(instance, &token);
}

static int32_t space(void *instance, const char *dir, uint64_t *available,
		     struct hyp_error *err)
{
	(void)instance;
	(void)dir;
	*available = does.number;
	return answer(err);
}

static int32_t place_open(void *instance, const struct hyp_place_args *args,
			  void **place, struct hyp_error *err)
{
	(void)instance;
	ck_assert_uint_eq(args->size, sizeof(*args));
	seen = *args;
	*place = does.no_output ? NULL : &token;
	places += does.rc == 0 && !does.no_output;
	return answer(err);
}

static int32_t object_open(void *place, const char *name, uint32_t flags,
			   void **object, struct hyp_error *err)
{
	ck_assert_ptr_eq(place, &token);
	(void)name;
	(void)flags;
	*object = does.no_output ? NULL : &token;
	objects += does.rc == 0 && !does.no_output;
	return answer(err);
}

static int32_t do_write(void *object, const void *buf, uint64_t n,
			struct hyp_error *err)
{
	ck_assert_ptr_eq(object, &token);
	(void)buf;
	(void)n;
	return answer(err);
}

static int32_t reserve(void *object, uint64_t n, uint64_t *slot,
		       struct hyp_error *err)
{
	(void)object;
	(void)n;
	*slot = does.number;
	return answer(err);
}

static int32_t fill(void *object, uint64_t slot, const void *buf, uint64_t n,
		    struct hyp_error *err)
{
	(void)object;
	(void)buf;
	(void)n;
	ck_assert_uint_eq(slot, does.number);
	return answer(err);
}

static int32_t rewind_to(void *object, uint64_t slot, struct hyp_error *err)
{
	(void)object;
	ck_assert_uint_eq(slot, does.number);
	return answer(err);
}

static int32_t do_read(void *object, uint64_t offset, void *buf, uint64_t n,
		       uint64_t *got, struct hyp_error *err)
{
	(void)object;
	(void)offset;
	(void)buf;
	(void)n;
	*got = does.number;
	return answer(err);
}

static int32_t object_close(void *object, struct hyp_error *err)
{
	(void)object;
	objects--;
	return answer(err);
}

static int32_t seal(void *place, const void *receipt, uint64_t n,
		    struct hyp_error *err)
{
	(void)place;
	(void)receipt;
	(void)n;
	return answer(err);
}

static int32_t publish(void *place, struct hyp_error *err)
{
	(void)place;
	places -= does.rc == 0;
	return answer(err);
}

static void abort_place(void *place)
{
	(void)place;
	places--;
}

static int32_t state(void *instance, const struct hyp_place_args *args,
		     uint32_t *out, struct hyp_error *err)
{
	(void)instance;
	(void)args;
	if (!does.no_output)
		*out = (uint32_t)does.number;
	return answer(err);
}

static int32_t resume(void *instance, const struct hyp_place_args *args,
		      struct hyp_error *err)
{
	(void)instance;
	(void)args;
	return answer(err);
}

static int32_t sweep(void *instance, const char *dir,
		     uint32_t (*is_live)(void *ctx, const char *job_id,
					 uint32_t attempt),
		     void *ctx, uint64_t *removed, struct hyp_error *err)
{
	(void)instance;
	(void)dir;
	(void)is_live;
	(void)ctx;
	*removed = does.number;
	return answer(err);
}

static struct hyp_storage_ops ops = {
	.size = sizeof(ops),
	.create = create,
	.destroy = destroy,
	.space = space,
	.place_open = place_open,
	.object_open = object_open,
	.write = do_write,
	.reserve = reserve,
	.fill = fill,
	.rewind = rewind_to,
	.read = do_read,
	.object_close = object_close,
	.seal = seal,
	.publish = publish,
	.abort = abort_place,
	.state = state,
	.resume = resume,
	.sweep = sweep,
};

static const struct hyp_storage_ops *const calls = &hyp_storage_calls;
static struct fake_loaded fake;
static struct hyp_error err;
static struct hyp_place_args args;

static void setup(void)
{
	memset(&does, 0, sizeof(does));
	fake_loaded_init(&fake, HYP_KIND_STORAGE, HYP_THREADS_INSTANCE, 0,
			 &ops);
	fake.instance = fake_instance(&fake, NULL);
	args = (struct hyp_place_args){
		.size = sizeof(args),
		.layout = HYP_LAYOUT_DIRECTORY,
		.attempt = 1,
		.job_id = "job-1",
		.dir = "/srv",
		.name = "web",
	};
}

static void teardown(void)
{
	ck_assert_uint_eq(places, 0);
	ck_assert_uint_eq(objects, 0);
	fake_loaded_fini(&fake);
}

static void *place(void)
{
	void *p = NULL;

	ck_ok(calls->place_open(fake.instance, &args, &p, &err), &err);
	ck_assert_ptr_nonnull(p);
	return p;
}

static void *object(void *p, uint32_t flags)
{
	void *o = NULL;

	ck_ok(calls->object_open(p, "disk.vmdk", flags, &o, &err), &err);
	ck_assert_ptr_nonnull(o);
	return o;
}

START_TEST(whole)
{
	void *p = place(), *o = object(p, 0);
	uint64_t slot;

	does.number = 17;
	ck_ok(calls->reserve(o, 512, &slot, &err), &err);
	ck_assert_uint_eq(slot, 17);
	ck_ok(calls->write(o, "abc", 3, &err), &err);
	ck_ok(calls->write(o, NULL, 0, &err), &err);
	ck_ok(calls->rewind(o, slot, &err), &err);
	ck_ok(calls->fill(o, slot, "abc", 3, &err), &err);
	ck_ok(calls->object_close(o, &err), &err);
	ck_ok(calls->seal(p, "{}", 2, &err), &err);
	ck_ok(calls->publish(p, &err), &err);
}
END_TEST

/* By a plugin of another age that wraps this one. */
START_TEST(args_of_another_age)
{
	struct {
		struct hyp_place_args args;
		uint64_t later;
	} longer = {args, 1};
	void *p = NULL;

	args.expected = 4711;
	args.size = offsetof(struct hyp_place_args, expected);
	calls->abort(place());
	ck_assert_uint_eq(seen.expected, 0);
	ck_assert_str_eq(seen.name, "web");
	longer.args.size = sizeof(longer);
	longer.args.expected = 4711;
	ck_ok(calls->place_open(fake.instance, &longer.args, &p, &err), &err);
	ck_assert_uint_eq(seen.expected, 4711);
	calls->abort(p);
	args.size = 4;
	ck_bad_call(calls->place_open(fake.instance, &args, &p, &err), &err);
}
END_TEST

START_TEST(wrong_place)
{
	static const char *const names[] = {"",	    "a/b", "..",  ".x",
					    "a\nb", "a:b", "\xff"};
	void *p = &fake;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		args.name = names[i];
		ck_bad_call(calls->place_open(fake.instance, &args, &p, &err),
			    &err);
	}
	args.name = "web";
	args.layout = 0;
	ck_bad_call(calls->place_open(fake.instance, &args, &p, &err), &err);
	args.layout = 3;
	ck_bad_call(calls->place_open(fake.instance, &args, &p, &err), &err);
	args.layout = HYP_LAYOUT_FILE;
	args.attempt = 0;
	ck_bad_call(calls->place_open(fake.instance, &args, &p, &err), &err);
	args.attempt = 1;
	args.job_id = "a/b";
	ck_bad_call(calls->place_open(fake.instance, &args, &p, &err), &err);
	args.job_id = "j";
	args.dir = "";
	ck_bad_call(calls->place_open(fake.instance, &args, &p, &err), &err);
	args.dir = "/srv";
	does.no_output = 1;
	ck_fault(calls->place_open(fake.instance, &args, &p, &err), &err,
		 "succeeds without a place");
	does.no_output = 0;
	does.rc = HYP_E_EXISTS;
	ck_fails(calls->place_open(fake.instance, &args, &p, &err), &err,
		 HYP_E_EXISTS, "from_plugin");
	ck_assert_ptr_eq(p, &fake);
}
END_TEST

START_TEST(wrong_object)
{
	void *p = place(), *o = &fake;

	ck_bad_call(calls->object_open(p, "../x", 0, &o, &err), &err);
	ck_bad_call(calls->object_open(p, ".x", 0, &o, &err), &err);
	ck_bad_call(calls->object_open(p, "", 0, &o, &err), &err);
	does.no_output = 1;
	ck_fault(calls->object_open(p, "x", 0, &o, &err), &err,
		 "succeeds without an object");
	does.no_output = 0;
	does.rc = HYP_E_RESOURCE;
	ck_fails(calls->object_open(p, "x", 0, &o, &err), &err, HYP_E_RESOURCE,
		 "from_plugin");
	ck_assert_ptr_eq(o, &fake);
	calls->abort(p);
}
END_TEST

START_TEST(wrong_order)
{
	void *p = place(), *o = object(p, 0), *other;

	ck_bad_call(calls->seal(p, "{}", 2, &err), &err);
	ck_bad_call(calls->publish(p, &err), &err);
	ck_ok(calls->object_close(o, &err), &err);
	ck_bad_call(calls->seal(p, NULL, 1, &err), &err);
	does.rc = HYP_E_TRANSIENT;
	ck_fails(calls->seal(p, "{}", 2, &err), &err, HYP_E_TRANSIENT,
		 "from_plugin");
	does.rc = 0;
	ck_bad_call(calls->publish(p, &err), &err);
	ck_ok(calls->seal(p, "{}", 2, &err), &err);
	ck_bad_call(calls->seal(p, "{}", 2, &err), &err);
	ck_bad_call(calls->object_open(p, "x", 0, &other, &err), &err);
	/* A publish that failed leaves it sealed: again, or abort. */
	does.rc = HYP_E_EXISTS;
	ck_fails(calls->publish(p, &err), &err, HYP_E_EXISTS, "from_plugin");
	does.rc = 0;
	ck_ok(calls->publish(p, &err), &err);
}
END_TEST

START_TEST(close_frees)
{
	void *p = place(), *o = object(p, 0);

	does.rc = HYP_E_RESOURCE;
	ck_fails(calls->object_close(o, &err), &err, HYP_E_RESOURCE,
		 "from_plugin");
	calls->abort(p);
}
END_TEST

START_TEST(bytes_wrong)
{
	void *p = place(), *o = object(p, 0);
	uint64_t slot = 99;

	ck_bad_call(calls->write(o, NULL, 3, &err), &err);
	ck_bad_call(calls->write(o, "x", UINT64_MAX, &err), &err);
	ck_bad_call(calls->reserve(o, UINT64_MAX, &slot, &err), &err);
	ck_bad_call(calls->fill(o, 0, NULL, 3, &err), &err);
	does.number = 5;
	does.rc = HYP_E_RESOURCE;
	ck_fails(calls->reserve(o, 5, &slot, &err), &err, HYP_E_RESOURCE,
		 "from_plugin");
	ck_assert_uint_eq(slot, 99);
	does.rc = 0;
	ck_ok(calls->object_close(o, &err), &err);
	calls->abort(p);
}
END_TEST

START_TEST(scratch)
{
	void *p = place(), *o = object(p, 0);
	void *s = object(p, HYP_OBJECT_SCRATCH);
	uint64_t got = 99;
	char buf[4];

	ck_bad_call(calls->read(o, 0, buf, 4, &got, &err), &err);
	ck_bad_call(calls->read(s, 0, NULL, 4, &got, &err), &err);
	ck_bad_call(calls->read(s, 0, buf, 0, &got, &err), &err);
	does.number = 5;
	ck_fault(calls->read(s, 0, buf, 4, &got, &err), &err,
		 "gives 5 bytes where 4 fit");
	ck_assert_uint_eq(got, 99);
	does.number = 4;
	ck_ok(calls->read(s, 0, buf, 4, &got, &err), &err);
	ck_assert_uint_eq(got, 4);
	ck_ok(calls->object_close(o, &err), &err);
	ck_ok(calls->object_close(s, &err), &err);
	calls->abort(p);
}
END_TEST

START_TEST(instance_calls)
{
	uint64_t number = 99;
	uint32_t found = 99;

	does.number = HYP_UNKNOWN;
	ck_ok(calls->space(fake.instance, "/srv", &number, &err), &err);
	ck_assert_uint_eq(number, HYP_UNKNOWN);
	does.number = HYP_PLACE_SEALED;
	ck_ok(calls->state(fake.instance, &args, &found, &err), &err);
	ck_assert_uint_eq(found, HYP_PLACE_SEALED);
	does.number = 4;
	ck_fault(calls->state(fake.instance, &args, &found, &err), &err,
		 "the unknown state 4");
	does.no_output = 1;
	ck_fault(calls->state(fake.instance, &args, &found, &err), &err,
		 "the unknown state");
	ck_assert_uint_eq(found, HYP_PLACE_SEALED);
	ck_ok(calls->resume(fake.instance, &args, &err), &err);
	ck_ok(calls->sweep(fake.instance, "/srv", NULL, NULL, &number, &err),
	      &err);
	ck_assert_uint_eq(number, 4);
	does.rc = HYP_E_PERMANENT;
	does.number = 5;
	ck_fails(calls->sweep(fake.instance, "/srv", NULL, NULL, &number, &err),
		 &err, HYP_E_PERMANENT, "from_plugin");
	ck_assert_uint_eq(number, 4);
}
END_TEST

START_TEST(absent)
{
	uint64_t number;
	uint32_t found;

	fake_loaded_fini(&fake);
	ops.state = NULL;
	ops.resume = NULL;
	ops.sweep = NULL;
	setup();
	ck_fails(calls->state(fake.instance, &args, &found, &err), &err,
		 HYP_E_UNSUPPORTED, "not_offered");
	ck_fails(calls->resume(fake.instance, &args, &err), &err,
		 HYP_E_UNSUPPORTED, "not_offered");
	ck_fails(calls->sweep(fake.instance, "/", NULL, NULL, &number, &err),
		 &err, HYP_E_UNSUPPORTED, "not_offered");
}
END_TEST

/* A wrapping storage gets the core's checked calls of the inner one. */
START_TEST(wraps)
{
	struct hyp_instance *outer = NULL;
	struct fake_loaded wrapping;
	uint64_t number;

	ck_assert_ptr_null(inner_ops);
	fake_loaded_init(&wrapping, HYP_KIND_STORAGE, HYP_THREADS_SERIAL,
			 HYP_PLUGIN_WRAPS, &ops);
	ck_fails(hyp_instance_new(&wrapping.loaded, NULL, &wrapping.host.table,
				  NULL, &outer, &err),
		 &err, HYP_E_USAGE, "no_inner");
	wrapping.instance = fake_instance(&wrapping, fake.instance);
	ck_assert_ptr_eq(inner_ops, &hyp_storage_calls);
	ck_assert_ptr_eq(inner_instance, fake.instance);
	does.number = 3;
	ck_ok(inner_ops->space(inner_instance, "/", &number, &err), &err);
	ck_assert_uint_eq(number, 3);
	fake_loaded_fini(&wrapping);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("call-storage");
	TCase *c = tcase_create("call-storage");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, whole);
	tcase_add_test(c, args_of_another_age);
	tcase_add_test(c, wrong_place);
	tcase_add_test(c, wrong_object);
	tcase_add_test(c, wrong_order);
	tcase_add_test(c, close_frees);
	tcase_add_test(c, bytes_wrong);
	tcase_add_test(c, scratch);
	tcase_add_test(c, instance_calls);
	tcase_add_test(c, absent);
	tcase_add_test(c, wraps);
	suite_add_tcase(suite, c);
	return unit_main(suite);
}
