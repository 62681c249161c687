/* SPDX-License-Identifier: Apache-2.0 */
/* Objects: what is written, reserved, filled, dropped and read back. */
#include "tests/contract/storage.h"

static void compare(const struct hyp_place_args *args, const char *name,
		    const struct st_model *m)
{
	size_t n = 0;
	char *got = st_published(args, name, &n);

	ck_assert_ptr_nonnull(got);
	ck_assert_uint_eq(n, m->n);
	ck_assert_int_eq(memcmp(got, m->bytes, n), 0);
	free(got);
}

/* Two hundred steps at random, then the bytes are what they should be. */
START_TEST(any_order)
{
	uint32_t layout = _i % 2 ? HYP_LAYOUT_FILE : HYP_LAYOUT_DIRECTORY;
	struct hyp_place_args args = st_args(layout, "web01");
	void *place = st_place(&args), *object = st_object(place, "a", 0);
	struct st_model m;

	st_model_init(&m, object, 4711u + (uint32_t)_i);
	for (int i = 0; i < 200; i++)
		st_model_step(&m);
	st_model_fill_all(&m);
	ck_ok(st_ops()->object_close(object, &st_err), &st_err);
	st_seal(place, &args, m.n);
	ck_ok(st_ops()->publish(place, &st_err), &st_err);
	compare(&args, "a", &m);
	st_model_fini(&m);
}
END_TEST

static void read_back(struct st_model *m)
{
	size_t at = contract_random(&m->random) % (m->n + 1);
	uint64_t got = 99;
	char buf[4096];

	ck_ok(st_ops()->read(m->object, at, buf, sizeof(buf), &got, &st_err),
	      &st_err);
	ck_assert_uint_le(got, sizeof(buf));
	ck_assert_uint_le(at + got, m->n);
	ck_assert(got > 0 || at == m->n);
	ck_assert_int_eq(memcmp(buf, m->bytes + at, got), 0);
}

START_TEST(scratch)
{
	struct hyp_place_args args =
		st_args(_i ? HYP_LAYOUT_FILE : HYP_LAYOUT_DIRECTORY, "web01");
	void *place = st_place(&args);
	void *object = st_object(place, "spool", HYP_OBJECT_SCRATCH);
	struct st_model m;
	uint64_t got = 99;
	char buf[8];
	size_t n;

	st_put(place, "a", "visible");
	st_model_init(&m, object, 99);
	for (int i = 0; i < 100; i++)
		st_model_step(&m);
	st_model_fill_all(&m);
	for (int i = 0; i < 100; i++)
		read_back(&m);
	ck_ok(st_ops()->read(object, m.n, buf, sizeof(buf), &got, &st_err),
	      &st_err);
	ck_assert_uint_eq(got, 0);
	got = 99;
	ck_ok(st_ops()->read(object, m.n + (1u << 30), buf, sizeof(buf), &got,
			     &st_err),
	      &st_err);
	ck_assert_uint_eq(got, 0);
	ck_ok(st_ops()->object_close(object, &st_err), &st_err);
	st_model_fini(&m);
	st_seal(place, &args, 7);
	ck_ok(st_ops()->publish(place, &st_err), &st_err);
	if (args.layout == HYP_LAYOUT_DIRECTORY)
		ck_assert_ptr_null(st_published(&args, "spool", &n));
}
END_TEST

/* Scratch may be closed with slots that nobody filled: it is dropped. */
START_TEST(scratch_is_dropped)
{
	struct hyp_place_args args = st_args(HYP_LAYOUT_DIRECTORY, "web01");
	void *place = st_place(&args);
	void *object = st_object(place, "spool", HYP_OBJECT_SCRATCH);
	size_t n;

	ck_ok(st_ops()->write(object, "abc", 3, &st_err), &st_err);
	ck_ok(st_ops()->object_close(object, &st_err), &st_err);
	st_put(place, "a", "x");
	st_seal(place, &args, 1);
	ck_ok(st_ops()->publish(place, &st_err), &st_err);
	ck_assert_ptr_null(st_published(&args, "spool", &n));
}
END_TEST

START_TEST(empty)
{
	struct hyp_place_args args =
		st_args(_i ? HYP_LAYOUT_FILE : HYP_LAYOUT_DIRECTORY, "web01");
	void *place = st_place(&args);
	size_t n = 99;
	char *got;

	st_put(place, "a", "");
	st_seal(place, &args, 0);
	ck_ok(st_ops()->publish(place, &st_err), &st_err);
	got = st_published(&args, "a", &n);
	ck_assert_ptr_nonnull(got);
	ck_assert_uint_eq(n, 0);
	free(got);
}
END_TEST

/* What would corrupt an object is refused, and corrupts nothing. */
START_TEST(slots_misused)
{
	struct hyp_place_args args = st_args(HYP_LAYOUT_DIRECTORY, "web01");
	void *place = st_place(&args), *o = st_object(place, "a", 0);
	uint64_t first, second;
	size_t n = 0;
	char *got;

	ck_ok(st_ops()->reserve(o, 4, &first, &st_err), &st_err);
	ck_ok(st_ops()->write(o, "bb", 2, &st_err), &st_err);
	ck_ok(st_ops()->reserve(o, 2, &second, &st_err), &st_err);
	ct_fails(st_ops()->fill(o, first, "xxxxx", 5, &st_err), &st_err);
	ct_fails(st_ops()->fill(o, first, "xxx", 3, &st_err), &st_err);
	ct_fails(st_ops()->fill(o, first + 1000000, "xxxx", 4, &st_err),
		 &st_err);
	ct_fails(st_ops()->rewind(o, first, &st_err), &st_err);
	ck_ok(st_ops()->fill(o, second, "cc", 2, &st_err), &st_err);
	ct_fails(st_ops()->fill(o, second, "xx", 2, &st_err), &st_err);
	ct_fails(st_ops()->rewind(o, second, &st_err), &st_err);
	ck_ok(st_ops()->fill(o, first, "aaaa", 4, &st_err), &st_err);
	ck_ok(st_ops()->object_close(o, &st_err), &st_err);
	st_seal(place, &args, 8);
	ck_ok(st_ops()->publish(place, &st_err), &st_err);
	got = st_published(&args, "a", &n);
	ck_assert_uint_eq(n, 8);
	ck_assert_int_eq(memcmp(got, "aaaabbcc", 8), 0);
	free(got);
}
END_TEST

/* An object with a hole in it is never complete. */
START_TEST(slot_left_empty)
{
	struct hyp_place_args args = st_args(HYP_LAYOUT_DIRECTORY, "web01");
	void *place = st_place(&args), *o = st_object(place, "a", 0);
	uint64_t slot;

	ck_ok(st_ops()->reserve(o, 4, &slot, &st_err), &st_err);
	ct_fails(st_ops()->object_close(o, &st_err), &st_err);
	st_ops()->abort(place);
	ck_assert_uint_eq(contract_entries(st_dir, 0), 0);
}
END_TEST

START_TEST(names_once)
{
	struct hyp_place_args args = st_args(HYP_LAYOUT_DIRECTORY, "web01");
	void *place = st_place(&args), *o = st_object(place, "a", 0);
	void *out = POISON;

	ct_fails(st_ops()->object_open(place, "a", 0, &out, &st_err), &st_err);
	ck_assert_ptr_eq(out, POISON);
	ck_ok(st_ops()->object_close(o, &st_err), &st_err);
	ct_fails(st_ops()->object_open(place, "a", 0, &out, &st_err), &st_err);
	ck_assert_ptr_eq(out, POISON);
	st_ops()->abort(place);
}
END_TEST

static const char *const hostile[] = {"",
				      ".",
				      "..",
				      "../x",
				      "/etc/passwd",
				      "a/b",
				      ".hid",
				      "a\nb",
				      "a\\b",
				      "a:b",
				      "a*",
				      "a%2fb",
				      "\xff",
				      "con/aux",
				      "\x01",
				      "a\xc0\xaf\xc0\xaf"};

/* By the core's checked calls: that is who a plugin may rely on. */
START_TEST(names_hostile)
{
	struct hyp_place_args args = st_args(HYP_LAYOUT_DIRECTORY, "web01");
	void *place = NULL, *out = POISON;

	ck_ok(hyp_storage_calls.place_open(st->checked, &args, &place, &st_err),
	      &st_err);
	ct_fails(hyp_storage_calls.object_open(place, hostile[_i], 0, &out,
					       &st_err),
		 &st_err);
	ck_assert_ptr_eq(out, POISON);
	hyp_storage_calls.abort(place);
	args.name = hostile[_i];
	place = POISON;
	ct_fails(hyp_storage_calls.place_open(st->checked, &args, &place,
					      &st_err),
		 &st_err);
	ck_assert_ptr_eq(place, POISON);
	ck_assert_uint_eq(contract_entries(st_dir, 0), 0);
}
END_TEST

START_TEST(one_file_in_layout_file)
{
	struct hyp_place_args args = st_args(HYP_LAYOUT_FILE, "web01.ova");
	void *place = st_place(&args), *out = POISON;

	st_put(place, "a", "x");
	ct_fails(st_ops()->object_open(place, "b", 0, &out, &st_err), &st_err);
	ck_assert_ptr_eq(out, POISON);
	st_ops()->abort(place);
}
END_TEST

START_TEST(many_objects)
{
	struct hyp_place_args args = st_args(HYP_LAYOUT_DIRECTORY, "web01");
	void *place = st_place(&args), *objects[20];
	char name[16], text[16], *got;
	size_t n;

	for (int i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "o%d", i);
		objects[i] = st_object(place, name, 0);
	}
	for (int i = 19; i >= 0; i--) {
		snprintf(text, sizeof(text), "text %d", i);
		ck_ok(st_ops()->write(objects[i], text, strlen(text), &st_err),
		      &st_err);
		ck_ok(st_ops()->object_close(objects[i], &st_err), &st_err);
	}
	st_seal(place, &args, 130);
	ck_ok(st_ops()->publish(place, &st_err), &st_err);
	for (int i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "o%d", i);
		snprintf(text, sizeof(text), "text %d", i);
		got = st_published(&args, name, &n);
		ck_assert_ptr_nonnull(got);
		ck_assert_uint_eq(n, strlen(text));
		ck_assert_int_eq(memcmp(got, text, n), 0);
		free(got);
	}
}
END_TEST

void st_add_objects(Suite *suite)
{
	TCase *c = st_tcase(suite, "objects");

	tcase_add_loop_test(c, any_order, 0, 8);
	tcase_add_loop_test(c, scratch, 0, 2);
	tcase_add_test(c, scratch_is_dropped);
	tcase_add_loop_test(c, empty, 0, 2);
	tcase_add_test(c, slots_misused);
	tcase_add_test(c, slot_left_empty);
	tcase_add_test(c, names_once);
	tcase_add_loop_test(c, names_hostile, 0,
			    (int)(sizeof(hostile) / sizeof(hostile[0])));
	tcase_add_test(c, one_file_in_layout_file);
	tcase_add_test(c, many_objects);
}
