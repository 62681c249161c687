/* SPDX-License-Identifier: Apache-2.0 */
/* storage/local: from place_open to publish or abort. */
#include "core/base/cleanup.h"
#include "tests/lib/local-kit.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>

static struct kit kit;

static void setup(void)
{
	kit_init(&kit);
}

static void teardown(void)
{
	kit_fini(&kit);
}

static unsigned int mode_of(const char *name)
{
	HYP_AUTO_FREE char *path = kit_path(&kit, name);
	struct stat st;

	ck_assert_int_eq(lstat(path, &st), 0);
	return st.st_mode & 07777;
}

static void *open_place(const struct hyp_place_args *args)
{
	void *place;

	ck_ok(kit.ops->place_open(kit.storage, args, &place, &kit.err),
	      &kit.err);
	return place;
}

START_TEST(file_is_published_whole)
{
	struct hyp_place_args args = kit_args(&kit, HYP_LAYOUT_FILE, "a.ova");
	HYP_AUTO_FREE char *path = kit_path(&kit, "a.ova");
	FILE *f;

	ck_ok(kit_export(&kit, &args, 100000), &kit.err);
	kit_expect(&kit, "a.ova 100000\na.ova.receipt.json\n");
	ck_assert_uint_eq(mode_of("a.ova"), 0600);
	ck_assert_uint_eq(mode_of("a.ova.receipt.json"), 0600);
	f = fopen(path, "r");
	for (uint64_t i = 0; i < 100000; i++)
		ck_assert_int_eq(fgetc(f), kit_byte(i));
	fclose(f);
}
END_TEST

START_TEST(directory_is_published_whole)
{
	struct hyp_place_args args = kit_args(&kit, HYP_LAYOUT_DIRECTORY, "a");

	ck_ok(kit_export(&kit, &args, 5000), &kit.err);
	kit_expect(&kit, "a/\na/a-disk1.vmdk 5000\na/a.ovf 100\n"
			 "a/receipt.json\n");
	ck_assert_uint_eq(mode_of("a"), 0700);
	ck_assert_uint_eq(mode_of("a/a.ovf"), 0600);
}
END_TEST

START_TEST(the_group_may_read)
{
	struct hyp_place_args args = kit_args(&kit, HYP_LAYOUT_DIRECTORY, "a");
	struct hyp_place_args ova = kit_args(&kit, HYP_LAYOUT_FILE, "a.ova");

	kit.options.group_read = 1;
	ck_ok(kit_export(&kit, &args, 5000), &kit.err);
	ck_ok(kit_export(&kit, &ova, 5000), &kit.err);
	ck_assert_uint_eq(mode_of("a"), 0750);
	ck_assert_uint_eq(mode_of("a/a.ovf"), 0640);
	ck_assert_uint_eq(mode_of("a/receipt.json"), 0640);
	ck_assert_uint_eq(mode_of("a.ova"), 0640);
	ck_assert_uint_eq(mode_of("a.ova.receipt.json"), 0640);
}
END_TEST

/* Each way to hinder an output, in both layouts. */
START_TEST(what_is_there_is_kept)
{
	struct hyp_place_args args = kit_args(
		&kit, _i < 6 ? HYP_LAYOUT_FILE : HYP_LAYOUT_DIRECTORY, "a");
	HYP_AUTO_FREE char *path = kit_path(&kit, "a");
	HYP_AUTO_FREE char *before = NULL;
	void *place;

	switch (_i % 6) {
	case 0:
		kit_make(&kit, "a", "precious");
		break;
	case 1:
		ck_assert_int_eq(mkdir(path, 0755), 0);
		break;
	case 2:
		ck_assert_int_eq(symlink("/nowhere", path), 0);
		break;
	case 3:
		ck_assert_int_eq(mkfifo(path, 0600), 0);
		break;
	case 4: /* a receipt alone, or a folder without one */
		if (args.layout == HYP_LAYOUT_FILE) {
			kit_make(&kit, "a.receipt.json", "{}");
		} else {
			ck_assert_int_eq(mkdir(path, 0755), 0);
			kit_make(&kit, "a/a.ovf", "precious");
		}
		break;
	default: /* a receipt that does not match */
		if (args.layout == HYP_LAYOUT_DIRECTORY)
			ck_assert_int_eq(mkdir(path, 0755), 0);
		else
			kit_make(&kit, "a", "precious");
		kit_make(&kit,
			 args.layout == HYP_LAYOUT_FILE ? "a.receipt.json"
							: "a/receipt.json",
			 "{\"format\": \"hypersdk-receipt/1\", \"job\": \"x\","
			 " \"attempt\": 1, \"package_bytes\": 10}");
	}
	before = kit_list(kit.root);
	for (args.force = 0; args.force < 2; args.force++) {
		ck_fails(kit.ops->place_open(kit.storage, &args, &place,
					     &kit.err),
			 &kit.err, HYP_E_EXISTS, "output_exists");
		kit_expect(&kit, before);
	}
}
END_TEST

START_TEST(force_replaces_our_own)
{
	uint32_t layout = _i == 0 ? HYP_LAYOUT_FILE : HYP_LAYOUT_DIRECTORY;
	struct hyp_place_args args = kit_args(&kit, layout, "a");
	HYP_AUTO_FREE char *before = NULL;
	void *place;

	ck_ok(kit_export(&kit, &args, 5000), &kit.err);
	before = kit_list(kit.root);
	args.job_id = "second";
	ck_fails(kit.ops->place_open(kit.storage, &args, &place, &kit.err),
		 &kit.err, HYP_E_EXISTS, "output_exists");
	args.force = 1;
	place = open_place(&args);
	kit.ops->abort(place);
	kit_expect(&kit, before);
	ck_ok(kit_export(&kit, &args, 7000), &kit.err);
	kit_expect(&kit, _i == 0 ? "a 7000\na.receipt.json\n"
				 : "a/\na/a-disk1.vmdk 7000\na/a.ovf 100\n"
				   "a/receipt.json\n");
	args.job_id = "third"; /* and that one again, of the same length */
	ck_ok(kit_export(&kit, &args, 7000), &kit.err);
	ck_assert_ptr_null(
		fake_host_find(&kit.host, "warning", "temporary_left"));
}
END_TEST

/* Something was added to our folder, or cut from our file: no more ours. */
START_TEST(force_keeps_what_was_changed)
{
	uint32_t layout = _i == 0 ? HYP_LAYOUT_FILE : HYP_LAYOUT_DIRECTORY;
	struct hyp_place_args args = kit_args(&kit, layout, "a");
	HYP_AUTO_FREE char *path = NULL;
	void *place;

	ck_ok(kit_export(&kit, &args, 5000), &kit.err);
	if (_i == 0) {
		path = kit_path(&kit, "a");
		ck_assert_int_eq(truncate(path, 4999), 0);
	} else if (_i == 1) {
		path = kit_path(&kit, "a/empty");
		close(open(path, O_CREAT | O_WRONLY, 0600));
	} else if (_i == 2) {
		path = kit_path(&kit, "a/folder");
		ck_assert_int_eq(mkdir(path, 0755), 0);
	} else {
		kit_make(&kit, "a/notes.txt", "precious");
	}
	args.force = 1;
	ck_fails(kit.ops->place_open(kit.storage, &args, &place, &kit.err),
		 &kit.err, HYP_E_EXISTS, "output_exists");
}
END_TEST

/* It came after place_open had looked. */
START_TEST(late_output_is_kept)
{
	uint32_t layout = _i == 0 ? HYP_LAYOUT_FILE : HYP_LAYOUT_DIRECTORY;
	struct hyp_place_args args = kit_args(&kit, layout, "a");
	void *place = open_place(&args);

	ck_ok(kit_put(&kit, place, "a.ovf", 10, 10), &kit.err);
	ck_ok(kit_seal(&kit, place, &args, 10), &kit.err);
	kit_make(&kit, "a", "precious");
	ck_fails(kit.ops->publish(place, &kit.err), &kit.err, HYP_E_EXISTS,
		 "output_exists");
	kit.ops->abort(place);
	kit_expect(&kit, "a 9\n");
}
END_TEST

START_TEST(abort_leaves_nothing)
{
	uint32_t layout = _i < 5 ? HYP_LAYOUT_FILE : HYP_LAYOUT_DIRECTORY;
	struct hyp_place_args args = kit_args(&kit, layout, "a");
	HYP_AUTO_FREE char *dir = kit_path(&kit, "x/y/z");
	void *place, *object;

	args.dir = dir; /* made on the way, and gone with the rest */
	args.expected = 1 << 20;
	place = open_place(&args);
	if (_i % 5 >= 1)
		ck_ok(kit.ops->object_open(place, "a.ova", 0, &object,
					   &kit.err),
		      &kit.err);
	if (_i % 5 >= 2)
		ck_ok(kit.ops->write(object, "abc", 3, &kit.err), &kit.err);
	if (_i % 5 >= 3)
		ck_ok(kit.ops->object_close(object, &kit.err), &kit.err);
	if (_i % 5 >= 4)
		ck_ok(kit_seal(&kit, place, &args, 3), &kit.err);
	kit.ops->abort(place);
	kit_expect(&kit, "");
}
END_TEST

START_TEST(two_attempts_do_not_meet)
{
	struct hyp_place_args args = kit_args(&kit, HYP_LAYOUT_FILE, "a");
	struct hyp_place_args other = kit_args(&kit, HYP_LAYOUT_FILE, "b");
	HYP_AUTO_FREE char *dir = kit_path(&kit, "x");
	void *place, *second;

	args.dir = other.dir = dir;
	place = open_place(&args);
	ck_fails(kit.ops->place_open(kit.storage, &args, &second, &kit.err),
		 &kit.err, HYP_E_TRANSIENT, "temporary_exists");
	other.attempt = 2;
	second = open_place(&other);
	kit.ops->abort(place); /* the folder is the other's, too */
	ck_ok(kit_put(&kit, second, "b", 10, 10), &kit.err);
	ck_ok(kit_seal(&kit, second, &other, 10), &kit.err);
	ck_ok(kit.ops->publish(second, &kit.err), &kit.err);
	kit_expect(&kit, "x/\nx/b 10\nx/b.receipt.json\n");
}
END_TEST

START_TEST(seal_wants_all_to_be_well)
{
	struct hyp_place_args args = kit_args(&kit, HYP_LAYOUT_FILE, "a");
	struct hyp_place_args other = args;
	void *place = open_place(&args), *object;

	ck_fails(kit_seal(&kit, place, &args, 0), &kit.err, HYP_E_PERMANENT,
		 "bad_call"); /* no object */
	ck_ok(kit.ops->object_open(place, "a", 0, &object, &kit.err), &kit.err);
	ck_ok(kit.ops->write(object, "abc", 3, &kit.err), &kit.err);
	ck_fails(kit_seal(&kit, place, &args, 3), &kit.err, HYP_E_PERMANENT,
		 "bad_call"); /* still open */
	ck_ok(kit.ops->object_close(object, &kit.err), &kit.err);
	ck_fails(kit_seal(&kit, place, &args, 4), &kit.err, HYP_E_PERMANENT,
		 "size_mismatch");
	other.attempt = 2;
	ck_fails(kit_seal(&kit, place, &other, 3), &kit.err, HYP_E_USAGE,
		 "bad_receipt");
	ck_fails(kit.ops->seal(place, "[1]", 3, &kit.err), &kit.err,
		 HYP_E_USAGE, "bad_receipt");
	ck_fails(kit.ops->seal(place, "{}\0", 3, &kit.err), &kit.err,
		 HYP_E_USAGE, "bad_receipt");
	ck_fails(kit.ops->publish(place, &kit.err), &kit.err, HYP_E_USAGE,
		 "bad_call");
	ck_ok(kit_seal(&kit, place, &args, 3), &kit.err);
	ck_fails(kit_seal(&kit, place, &args, 3), &kit.err, HYP_E_PERMANENT,
		 "bad_call"); /* once */
	ck_fails(kit.ops->object_open(place, "b", 0, &object, &kit.err),
		 &kit.err, HYP_E_USAGE, "bad_call");
	ck_ok(kit.ops->publish(place, &kit.err), &kit.err);
}
END_TEST

START_TEST(no_room)
{
	struct hyp_place_args args = kit_args(&kit, HYP_LAYOUT_FILE, "a");
	struct statvfs fs;
	uint64_t available;
	void *place;

	ck_assert_int_eq(statvfs(kit.root, &fs), 0);
	ck_ok(kit.ops->space(kit.storage, kit.root, &available, &kit.err),
	      &kit.err);
	ck_assert_uint_lt(available, fs.f_blocks * fs.f_frsize + 1);
	args.expected = fs.f_blocks * fs.f_frsize;
	ck_fails(kit.ops->place_open(kit.storage, &args, &place, &kit.err),
		 &kit.err, HYP_E_RESOURCE, "insufficient_space");
	args.expected = UINT64_MAX - 1;
	ck_fails(kit.ops->place_open(kit.storage, &args, &place, &kit.err),
		 &kit.err, HYP_E_RESOURCE, "insufficient_space");
	kit_expect(&kit, "");
}
END_TEST

static uint64_t free_bytes(void)
{
	uint64_t available;

	ck_ok(kit.ops->space(kit.storage, kit.root, &available, &kit.err),
	      &kit.err);
	return available;
}

/* What is expected is set aside at once, used up by writing, and what is left
 * of it is given back. Other programs use the disk, too: coarse numbers. */
START_TEST(space_is_reserved)
{
	struct hyp_place_args args = kit_args(&kit, HYP_LAYOUT_FILE, "a");
	uint64_t before = free_bytes(), mib = 1 << 20;
	void *place;

	args.expected = 2000 * mib;
	place = open_place(&args);
	ck_assert_uint_lt(free_bytes(), before - 1500 * mib);
	ck_ok(kit_put(&kit, place, "a", 200 * mib, mib), &kit.err);
	ck_assert_uint_gt(free_bytes(), before - 2500 * mib);
	ck_ok(kit_seal(&kit, place, &args, 200 * mib), &kit.err);
	ck_assert_uint_gt(free_bytes(), before - 1000 * mib);
	ck_ok(kit.ops->publish(place, &kit.err), &kit.err);
}
END_TEST

START_TEST(space_of_what_is_not_yet_there)
{
	HYP_AUTO_FREE char *deep = kit_path(&kit, "x/y");
	uint64_t available = 0;

	ck_ok(kit.ops->space(kit.storage, deep, &available, &kit.err),
	      &kit.err);
	ck_assert_uint_gt(available, 0);
	kit_expect(&kit, "");
	ck_fails(
		kit.ops->space(kit.storage, "/elsewhere", &available, &kit.err),
		&kit.err, HYP_E_USAGE, "unsafe_path");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("storage/local place");
	TCase *tc = tcase_create("place");

	tcase_set_timeout(tc, 120);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, file_is_published_whole);
	tcase_add_test(tc, directory_is_published_whole);
	tcase_add_test(tc, the_group_may_read);
	tcase_add_loop_test(tc, what_is_there_is_kept, 0, 12);
	tcase_add_loop_test(tc, force_replaces_our_own, 0, 2);
	tcase_add_loop_test(tc, force_keeps_what_was_changed, 0, 4);
	tcase_add_loop_test(tc, late_output_is_kept, 0, 2);
	tcase_add_loop_test(tc, abort_leaves_nothing, 0, 10);
	tcase_add_test(tc, two_attempts_do_not_meet);
	tcase_add_test(tc, seal_wants_all_to_be_well);
	tcase_add_test(tc, no_room);
	tcase_add_test(tc, space_is_reserved);
	tcase_add_test(tc, space_of_what_is_not_yet_there);
	suite_add_tcase(suite, tc);
	return unit_main(suite);
}
