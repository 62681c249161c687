/* SPDX-License-Identifier: Apache-2.0 */
/* storage/local: objects, slots and scratch. */
#include "core/base/cleanup.h"
#include "tests/lib/file-fault.h"
#include "tests/lib/local-kit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static struct kit kit;
static struct hyp_place_args args;
static void *place;

static void setup(void)
{
	kit_init(&kit);
	args = kit_args(&kit, HYP_LAYOUT_DIRECTORY, "a");
	ck_ok(kit.ops->place_open(kit.storage, &args, &place, &kit.err),
	      &kit.err);
}

static void teardown(void)
{
	file_fault_clear();
	if (place != NULL)
		kit.ops->abort(place);
	kit_fini(&kit);
}

static void *open_object(const char *name, uint32_t flags)
{
	void *object;

	ck_ok(kit.ops->object_open(place, name, flags, &object, &kit.err),
	      &kit.err);
	return object;
}

static void put(void *object, const char *text)
{
	ck_ok(kit.ops->write(object, text, strlen(text), &kit.err), &kit.err);
}

static uint64_t reserve(void *object, uint64_t n)
{
	uint64_t slot;

	ck_ok(kit.ops->reserve(object, n, &slot, &kit.err), &kit.err);
	return slot;
}

static void fill(void *object, uint64_t slot, const char *text)
{
	ck_ok(kit.ops->fill(object, slot, text, strlen(text), &kit.err),
	      &kit.err);
}

static void publish(uint64_t bytes)
{
	ck_ok(kit_seal(&kit, place, &args, bytes), &kit.err);
	ck_ok(kit.ops->publish(place, &kit.err), &kit.err);
	place = NULL;
}

static void expect_text(const char *name, const char *want)
{
	HYP_AUTO_FREE char *path = kit_path(&kit, name);
	char text[256] = "";
	FILE *f = fopen(path, "r");

	ck_assert_ptr_nonnull(f);
	text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
	fclose(f);
	ck_assert_str_eq(text, want);
}

START_TEST(slots_are_filled_in_any_order)
{
	void *o = open_object("a.ova", 0);
	uint64_t first = reserve(o, 3), mark, second, last;

	put(o, "one");
	second = reserve(o, 2);
	mark = reserve(o, 0);
	put(o, "two");
	last = reserve(o, 4);
	fill(o, second, "22");
	fill(o, last, "last");
	fill(o, first, "111");
	fill(o, mark, "");
	ck_ok(kit.ops->object_close(o, &kit.err), &kit.err);
	publish(15);
	expect_text("a/a.ova", "111one22twolast");
}
END_TEST

START_TEST(rewind_drops_what_follows)
{
	void *o = open_object("a.ova", 0);
	uint64_t slot, mark = reserve(o, 0);

	put(o, "long and soon gone");
	ck_ok(kit.ops->rewind(o, mark, &kit.err), &kit.err);
	put(o, "kept");
	slot = reserve(o, 2);
	put(o, "much longer than the next, and gone");
	ck_fails(kit.ops->rewind(o, mark, &kit.err), &kit.err, HYP_E_USAGE,
		 "bad_call"); /* not the newest */
	ck_ok(kit.ops->rewind(o, slot, &kit.err), &kit.err);
	put(o, "end");
	fill(o, slot, "--");
	fill(o, mark, "");
	ck_fails(kit.ops->rewind(o, mark, &kit.err), &kit.err, HYP_E_USAGE,
		 "bad_call"); /* filled */
	ck_ok(kit.ops->object_close(o, &kit.err), &kit.err);
	publish(9);
	expect_text("a/a.ova", "kept--end");
}
END_TEST

START_TEST(misuse_is_refused)
{
	void *o = open_object("a.ova", 0), *other;
	uint64_t slot = reserve(o, 3), got;
	char buf[8];

	ck_fails(kit.ops->fill(o, slot, "1", 1, &kit.err), &kit.err,
		 HYP_E_USAGE, "bad_call"); /* not its length */
	ck_fails(kit.ops->fill(o, slot + 1, "111", 3, &kit.err), &kit.err,
		 HYP_E_USAGE, "bad_call"); /* no such */
	ck_fails(kit.ops->read(o, 0, buf, 8, &got, &kit.err), &kit.err,
		 HYP_E_USAGE, "bad_call"); /* no scratch */
	ck_fails(kit.ops->object_open(place, "a.ova", 0, &other, &kit.err),
		 &kit.err, HYP_E_USAGE, "bad_call"); /* twice */
	ck_fails(kit.ops->object_open(place, "b", 2, &other, &kit.err),
		 &kit.err, HYP_E_USAGE, "bad_call"); /* flags */
	ck_fails(kit.ops->object_open(place, "receipt.json", 0, &other,
				      &kit.err),
		 &kit.err, HYP_E_USAGE, "bad_call");
	ck_fails(kit.ops->object_open(place, "../b", 0, &other, &kit.err),
		 &kit.err, HYP_E_USAGE, "unsafe_path");
	ck_fails(kit.ops->object_open(place, "", 0, &other, &kit.err), &kit.err,
		 HYP_E_USAGE, "unsafe_path");
	ck_fails(kit.ops->object_open(place, ".scratch", 0, &other, &kit.err),
		 &kit.err, HYP_E_USAGE, "unsafe_path");
	ck_fails(kit.ops->write(o, buf, UINT64_MAX, &kit.err), &kit.err,
		 HYP_E_PERMANENT, "file_too_large");
	ck_fails(kit.ops->object_close(o, &kit.err), &kit.err, HYP_E_USAGE,
		 "bad_call"); /* unfilled */
	ck_fails(kit_seal(&kit, place, &args, 3), &kit.err, HYP_E_PERMANENT,
		 "bad_call");
}
END_TEST

START_TEST(layout_file_has_one_object)
{
	struct hyp_place_args file = kit_args(&kit, HYP_LAYOUT_FILE, "b.ova");
	void *p, *object;

	file.attempt = 2;
	ck_ok(kit.ops->place_open(kit.storage, &file, &p, &kit.err), &kit.err);
	ck_ok(kit.ops->object_open(p, "x", 0, &object, &kit.err), &kit.err);
	ck_fails(kit.ops->object_open(p, "y", 0, &object, &kit.err), &kit.err,
		 HYP_E_USAGE, "bad_call");
	ck_ok(kit.ops->object_open(p, "z", HYP_OBJECT_SCRATCH, &object,
				   &kit.err),
	      &kit.err);
	kit.ops->abort(p);
	kit_expect(&kit, ".hyp-test-job-1.part/\n");
}
END_TEST

START_TEST(scratch_is_read_and_never_seen)
{
	void *o = open_object("s", HYP_OBJECT_SCRATCH);
	void *other = open_object("t", HYP_OBJECT_SCRATCH);
	uint64_t slot = reserve(o, 2), got;
	char buf[16] = "";

	put(o, "body");
	put(other, "other");
	fill(o, slot, "hd");
	kit_expect(&kit, ".hyp-test-job-1.part/\n");
	ck_ok(kit.ops->read(o, 0, buf, sizeof(buf), &got, &kit.err), &kit.err);
	ck_assert_uint_eq(got, 6);
	ck_assert_mem_eq(buf, "hdbody", 6);
	ck_ok(kit.ops->read(o, 4, buf, 1, &got, &kit.err), &kit.err);
	ck_assert_uint_eq(got, 1);
	ck_assert_int_eq(buf[0], 'd');
	ck_ok(kit.ops->read(o, 6, buf, 1, &got, &kit.err), &kit.err);
	ck_assert_uint_eq(got, 0);
	ck_ok(kit.ops->object_close(o, &kit.err), &kit.err);
	ck_ok(kit.ops->object_close(other, &kit.err), &kit.err);
	ck_ok(kit_put(&kit, place, "a.ovf", 10, 3), &kit.err);
	publish(10);
	kit_expect(&kit, "a/\na/a.ovf 10\na/receipt.json\n");
}
END_TEST

/* Six windows of 16 MiB: six are started, and the first five waited for. */
START_TEST(write_back_is_started_every_16_mib)
{
	file_fault_set(FILE_ANY, 0, 0, 0);
	ck_ok(kit_put(&kit, place, "a.ovf", 100 << 20, 1 << 20), &kit.err);
	ck_assert_uint_eq(file_fault_calls(FILE_SYNC_RANGE), 11);
	publish(100 << 20);
}
END_TEST

/* fsync will not tell again what starting write-back or waiting for it told. */
START_TEST(a_failed_write_back_counts)
{
	file_fault_set(FILE_SYNC_RANGE, (unsigned)_i, EIO, 0);
	ck_fails(kit_put(&kit, place, "a.ovf", 100 << 20, 1 << 20), &kit.err,
		 HYP_E_TRANSIENT, "fsync_failed");
	file_fault_clear();
	ck_fails(kit_seal(&kit, place, &args, 33 << 20), &kit.err,
		 HYP_E_PERMANENT, "bad_call");
}
END_TEST

START_TEST(short_writes_are_completed)
{
	HYP_AUTO_FREE char *path = kit_path(&kit, "a/a.ovf");
	FILE *f;

	file_fault_set(FILE_ANY, 0, 0, 0);
	file_fault_short(7);
	ck_ok(kit_put(&kit, place, "a.ovf", 1000, 333), &kit.err);
	publish(1000);
	f = fopen(path, "r");
	for (uint64_t i = 0; i < 1000; i++)
		ck_assert_int_eq(fgetc(f), kit_byte(i));
	ck_assert_int_eq(fgetc(f), EOF);
	fclose(f);
}
END_TEST

/* What a failed write is called, and that nothing is sealed after it. */
START_TEST(errors_have_kinds)
{
	static const struct {
		enum file_op op;
		int sys_errno;
		int32_t code;
		const char *kind;
	} cases[] = {
		{FILE_PWRITE, ENOSPC, HYP_E_RESOURCE, "insufficient_space"},
		{FILE_PWRITE, EDQUOT, HYP_E_RESOURCE, "quota_exceeded"},
		{FILE_PWRITE, EFBIG, HYP_E_PERMANENT, "file_too_large"},
		{FILE_PWRITE, EROFS, HYP_E_PERMANENT, "read_only"},
		{FILE_PWRITE, EIO, HYP_E_TRANSIENT, "io_error"},
	};
	void *o = open_object("a.ova", 0);

	file_fault_set(cases[_i].op, 1, cases[_i].sys_errno, 0);
	ck_fails(kit.ops->write(o, "abc", 3, &kit.err), &kit.err,
		 cases[_i].code, cases[_i].kind);
	ck_assert_int_eq(kit.err.sys_errno, cases[_i].sys_errno);
	kit.ops->object_close(o, &kit.err);
	ck_fails(kit_seal(&kit, place, &args, 3), &kit.err, HYP_E_PERMANENT,
		 "bad_call");
}
END_TEST

/* A failed fsync or close is told once, and never asked again. */
START_TEST(fsync_is_not_retried)
{
	enum file_op op = _i % 2 ? FILE_CLOSE : FILE_FSYNC;
	int full = _i >= 2;
	unsigned int calls;

	ck_ok(kit_put(&kit, place, "a.ovf", 10, 3), &kit.err);
	file_fault_set(op, 1, full ? ENOSPC : EIO, 0);
	if (full)
		ck_fails(kit_seal(&kit, place, &args, 10), &kit.err,
			 HYP_E_RESOURCE, "insufficient_space");
	else
		ck_fails(kit_seal(&kit, place, &args, 10), &kit.err,
			 HYP_E_TRANSIENT, "fsync_failed");
	calls = file_fault_calls(FILE_FSYNC);
	ck_assert_uint_eq(calls, 1);
	ck_fails(kit_seal(&kit, place, &args, 10), &kit.err, HYP_E_PERMANENT,
		 "bad_call");
	ck_assert_uint_eq(file_fault_calls(FILE_FSYNC), calls);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("storage/local objects");
	TCase *tc = tcase_create("objects");

	tcase_set_timeout(tc, 120);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, slots_are_filled_in_any_order);
	tcase_add_test(tc, rewind_drops_what_follows);
	tcase_add_test(tc, misuse_is_refused);
	tcase_add_test(tc, layout_file_has_one_object);
	tcase_add_test(tc, scratch_is_read_and_never_seen);
	tcase_add_test(tc, write_back_is_started_every_16_mib);
	tcase_add_loop_test(tc, a_failed_write_back_counts, 1, 4);
	tcase_add_test(tc, short_writes_are_completed);
	tcase_add_loop_test(tc, errors_have_kinds, 0, 5);
	tcase_add_loop_test(tc, fsync_is_not_retried, 0, 4);
	suite_add_tcase(suite, tc);
	return unit_main(suite);
}
