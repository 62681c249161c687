/* SPDX-License-Identifier: Apache-2.0 */
/*
 * storage/local on disks that are full, read-only, unmounted in the middle: in
 * a mount namespace of its own, where nobody else sees what it mounts.
 */
#include "core/base/cleanup.h"
#include "tests/lib/local-kit.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>

#define MIB (1u << 20)

static struct kit kit;
static char *disk; /* a small file system beneath the root */

static void setup(void)
{
	kit_init(&kit);
	disk = kit_path(&kit, "disk");
	ck_assert_int_eq(mkdir(disk, 0700), 0);
	ck_assert_msg(mount("small", disk, "tmpfs", 0, "size=8m,mode=0700") ==
			      0,
		      "mount: %m (run me by mounts.sh)");
}

static void teardown(void)
{
	umount2(disk, MNT_DETACH);
	free(HYP_STEAL(disk));
	kit_fini(&kit);
}

static struct hyp_place_args on_disk(uint32_t layout)
{
	struct hyp_place_args args = kit_args(&kit, layout, "a");

	args.dir = disk;
	return args;
}

static void *open_place(const struct hyp_place_args *args)
{
	void *place;

	ck_ok(kit.ops->place_open(kit.storage, args, &place, &kit.err),
	      &kit.err);
	return place;
}

/* Takes n bytes of the disk, as another program would. */
static int take(const char *name, uint64_t n)
{
	HYP_AUTO_FREE char *path = NULL;
	int fd, rc;

	ck_assert_int_eq(hyp_asprintf(&path, NULL, "%s/%s", disk, name), 0);
	fd = open(path, O_CREAT | O_WRONLY, 0600);
	rc = posix_fallocate(fd, 0, (off_t)n);
	close(fd);
	return rc;
}

START_TEST(full_before_the_first_byte)
{
	struct hyp_place_args args = on_disk(HYP_LAYOUT_FILE);
	void *place;

	args.expected = 8 * MIB;
	ck_fails(kit.ops->place_open(kit.storage, &args, &place, &kit.err),
		 &kit.err, HYP_E_RESOURCE, "insufficient_space");
	args.expected = 8 * MIB - 90 * 4096; /* fits, but not with 5 % */
	ck_fails(kit.ops->place_open(kit.storage, &args, &place, &kit.err),
		 &kit.err, HYP_E_RESOURCE, "insufficient_space");
	kit_expect(&kit, "disk/\n");
}
END_TEST

/* At any byte: the disk has room for _i pages. */
START_TEST(full_in_the_middle)
{
	uint32_t layout = _i % 2 ? HYP_LAYOUT_FILE : HYP_LAYOUT_DIRECTORY;
	struct hyp_place_args args = on_disk(layout);
	int32_t rc;

	ck_assert_int_eq(take("other", 8 * MIB - (unsigned)_i * 4096), 0);
	rc = kit_export(&kit, &args, 16 * 4096);
	if (rc == 0)
		ck_assert_int_ge(_i, 16);
	else
		ck_fails(rc, &kit.err, HYP_E_RESOURCE, "insufficient_space");
	if (_i < 16)
		ck_assert_int_ne(rc, 0);
	if (rc != 0) {
		HYP_AUTO_FREE char *list = kit_list(disk);

		ck_assert_ptr_null(strchr(strchr(list, '\n') + 1, '\n'));
		ck_assert_int_eq(strncmp(list, "other ", 6), 0);
	}
}
END_TEST

/* What was promised is there, even if others fill the disk meanwhile. */
START_TEST(reserved_space_is_ours)
{
	struct hyp_place_args args = on_disk(HYP_LAYOUT_FILE);
	void *place;

	args.expected = 6 * MIB;
	place = open_place(&args);
	ck_assert_int_eq(take("other", 6 * MIB), ENOSPC);
	ck_assert_int_eq(take("small", 1 * MIB), 0);
	ck_ok(kit_put(&kit, place, "a", 6 * MIB, 64 << 10), &kit.err);
	ck_ok(kit_seal(&kit, place, &args, 6 * MIB), &kit.err);
	ck_ok(kit.ops->publish(place, &kit.err), &kit.err);
}
END_TEST

START_TEST(read_only)
{
	struct hyp_place_args args = on_disk(HYP_LAYOUT_FILE);
	void *place;

	ck_assert_int_eq(
		mount("none", disk, "none", MS_REMOUNT | MS_RDONLY, NULL), 0);
	ck_fails(kit.ops->place_open(kit.storage, &args, &place, &kit.err),
		 &kit.err, HYP_E_PERMANENT, "read_only");
	kit_expect(&kit, "disk/\n");
}
END_TEST

/* Unmounted between two steps: an error, and not a byte on the disk that was
 * behind the mount point. _i: when; the root itself, or a directory in it. */
START_TEST(unmounted_in_the_middle)
{
	struct hyp_place_args args = on_disk(HYP_LAYOUT_DIRECTORY);
	const char *roots[] = {disk};
	int32_t rc = 0;
	void *place;

	if (_i >= 3)
		kit.options.roots.items = roots;
	place = open_place(&args);
	if (_i % 3 == 0)
		ck_assert_int_eq(umount2(disk, MNT_DETACH), 0);
	ck_ok(kit_put(&kit, place, "a.ovf", 1000, 100), &kit.err);
	if (_i % 3 == 1)
		ck_assert_int_eq(umount2(disk, MNT_DETACH), 0);
	rc = kit_seal(&kit, place, &args, 1000);
	if (_i % 3 == 2) {
		ck_ok(rc, &kit.err);
		ck_assert_int_eq(umount2(disk, MNT_DETACH), 0);
		rc = kit.ops->publish(place, &kit.err);
	}
	ck_fails(rc, &kit.err, HYP_E_TRANSIENT, "io_error");
	kit.ops->abort(place);
	kit_expect(&kit, "disk/\n");
}
END_TEST

START_TEST(an_unmounted_root_is_refused)
{
	struct hyp_place_args args = on_disk(HYP_LAYOUT_FILE);
	const char *roots[] = {disk};
	void *place;

	kit.options.roots.items = roots;
	kit.options.require_mount = 1;
	ck_ok(kit_export(&kit, &args, 1000), &kit.err);
	ck_assert_int_eq(umount2(disk, 0), 0);
	ck_fails(kit.ops->place_open(kit.storage, &args, &place, &kit.err),
		 &kit.err, HYP_E_TRANSIENT, "io_error");
	kit_expect(&kit, "disk/\n");
}
END_TEST

/* Another file system is mounted over the output while a job runs. */
START_TEST(mounted_over)
{
	struct hyp_place_args args = on_disk(HYP_LAYOUT_FILE);
	HYP_AUTO_FREE char *list = NULL;
	void *place = open_place(&args);

	ck_ok(kit_put(&kit, place, "a", 1000, 100), &kit.err);
	ck_assert_int_eq(mount("over", disk, "tmpfs", 0, "mode=0700"), 0);
	ck_fails(kit_seal(&kit, place, &args, 1000), &kit.err, HYP_E_TRANSIENT,
		 "io_error");
	kit.ops->abort(place);
	kit_expect(&kit, "disk/\n");
	ck_assert_int_eq(umount2(disk, 0), 0);
	list = kit_list(disk);
	ck_assert_str_eq(list, "");
}
END_TEST

/* A mount point in the way is something that is there. */
START_TEST(output_is_a_mount_point)
{
	struct hyp_place_args args = on_disk(HYP_LAYOUT_DIRECTORY);
	HYP_AUTO_FREE char *path = NULL;
	void *place;

	ck_ok(kit_export(&kit, &args, 1000), &kit.err);
	ck_assert_int_eq(hyp_asprintf(&path, NULL, "%s/a", disk), 0);
	ck_assert_int_eq(mount(path, path, "none", MS_BIND, NULL), 0);
	args.force = 1; /* RESOLVE_NO_XDEV, or the kernel's EBUSY */
	ck_assert_int_lt(
		kit.ops->place_open(kit.storage, &args, &place, &kit.err), 0);
	ck_assert_int_eq(umount2(path, 0), 0);
	ck_ok(kit_export(&kit, &args, 2000), &kit.err);
}
END_TEST

/* A bind mount of the root: renames within it work. */
START_TEST(beneath_a_bind_mount)
{
	struct hyp_place_args args = on_disk(HYP_LAYOUT_FILE);
	HYP_AUTO_FREE char *bound = kit_path(&kit, "bound");

	ck_assert_int_eq(mkdir(bound, 0700), 0);
	ck_assert_int_eq(mount(disk, bound, "none", MS_BIND, NULL), 0);
	args.dir = bound;
	ck_ok(kit_export(&kit, &args, 1000), &kit.err);
	args.force = 1;
	ck_ok(kit_export(&kit, &args, 2000), &kit.err);
	ck_assert_int_eq(umount2(bound, 0), 0);
	kit_expect(&kit, "bound/\ndisk/\ndisk/a 2000\n"
			 "disk/a.receipt.json\n");
}
END_TEST

/* Somebody else's directory, for root (chown) or for who is root only here
 * (where the system's own belong to nobody). */
START_TEST(owned_by_another)
{
	struct hyp_place_args args = on_disk(HYP_LAYOUT_FILE);
	const char *roots[] = {"/usr"};
	void *place;

	if (chown(disk, 1, 1) != 0) {
		kit.options.roots.items = roots;
		args.dir = "/usr";
	}
	ck_fails(kit.ops->place_open(kit.storage, &args, &place, &kit.err),
		 &kit.err, HYP_E_PERMANENT, "unsafe_path");
	ck_assert_ptr_nonnull(strstr(kit.err.text, "belongs to user"));
}
END_TEST

static int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : write(fd, text, strlen(text));

	close(fd);
	return n == (ssize_t)strlen(text) ? 0 : -1;
}

/* Who is not root becomes so in a user namespace, too. */
static int enter_namespace(void)
{
	char users[64], groups[64];
	int flags = CLONE_NEWNS | (geteuid() == 0 ? 0 : CLONE_NEWUSER);

	snprintf(users, sizeof(users), "0 %u 1", (unsigned int)geteuid());
	snprintf(groups, sizeof(groups), "0 %u 1", (unsigned int)getegid());
	if (unshare(flags) != 0)
		return -1;
	if ((flags & CLONE_NEWUSER) != 0 &&
	    (write_file("/proc/self/uid_map", users) != 0 ||
	     write_file("/proc/self/setgroups", "deny") != 0 ||
	     write_file("/proc/self/gid_map", groups) != 0))
		return -1;
	return mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL);
}

int main(void)
{
	Suite *suite = suite_create("storage/local mounts");
	TCase *tc = tcase_create("mounts");

	if (enter_namespace() != 0) {
		perror("a namespace of one's own");
		return 1;
	}
	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, full_before_the_first_byte);
	tcase_add_loop_test(tc, full_in_the_middle, 0, 24);
	tcase_add_test(tc, reserved_space_is_ours);
	tcase_add_test(tc, read_only);
	tcase_add_loop_test(tc, unmounted_in_the_middle, 0, 6);
	tcase_add_test(tc, an_unmounted_root_is_refused);
	tcase_add_test(tc, mounted_over);
	tcase_add_test(tc, output_is_a_mount_point);
	tcase_add_test(tc, beneath_a_bind_mount);
	tcase_add_test(tc, owned_by_another);
	suite_add_tcase(suite, tc);
	return unit_main(suite);
}
