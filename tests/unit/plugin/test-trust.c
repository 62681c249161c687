/* SPDX-License-Identifier: Apache-2.0 */
/* Fault 111: whose files may become code of ours. */
#include "core/plugin/trust.h"
#include "tests/lib/tree.h"
#include "tests/lib/unit.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static struct tree tree;
static struct hyp_error err;

static void setup(void)
{
	tree_init(&tree);
	tree_write(&tree, "a/b/x.so", "content", 0644);
}

static void teardown(void)
{
	tree_fini(&tree);
}

static void trusted(const char *name)
{
	char buf[16];
	int fd = -1;

	ck_ok(hyp_trust_open(tree_path(&tree, name), &fd, &err), &err);
	ck_assert_int_eq(read(fd, buf, sizeof(buf)), 7);
	ck_assert_int_ne(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
	close(fd);
}

static void rejected_path(const char *path, const char *why)
{
	int fd = -1;

	ck_fails(hyp_trust_open(path, &fd, &err), &err, HYP_E_USAGE,
		 "plugin_rejected");
	ck_assert_msg(strstr(err.text, why) != NULL, "%s", err.text);
	ck_assert_int_eq(fd, -1);
}

static void rejected(const char *name, const char *why)
{
	rejected_path(tree_path(&tree, name), why);
}

static void mode(const char *name, mode_t bits)
{
	ck_assert_int_eq(chmod(tree_path(&tree, name), bits), 0);
}

START_TEST(plain)
{
	trusted("a/b/x.so");
	trusted("a//b///x.so");
	trusted("a/./b/../b/x.so");
	mode("a/b/x.so", 0400);
	trusted("a/b/x.so");
}
END_TEST

START_TEST(file_writable)
{
	mode("a/b/x.so", 0664);
	rejected("a/b/x.so", "x.so can be written by others (mode 0664)");
	mode("a/b/x.so", 0646);
	rejected("a/b/x.so", "x.so can be written by others");
}
END_TEST

START_TEST(folder_writable)
{
	mode("a/b", 0775);
	rejected("a/b/x.so", "a/b can be written by others (mode 0775); chmod "
			     "go-w");
	mode("a/b", 0757);
	rejected("a/b/x.so", "a/b can be written by others");
	/* Sticky is not enough here: anybody could add plugins. */
	mode("a/b", 01777);
	rejected("a/b/x.so", "a/b can be written by others (mode 1777)");
}
END_TEST

START_TEST(parent_writable)
{
	mode("a", 0775);
	rejected("a/b/x.so", "/a can be written by others");
	mode("a", 0757);
	rejected("a/b/x.so", "/a can be written by others");
	mode("a", 01777);
	trusted("a/b/x.so");
}
END_TEST

START_TEST(links)
{
	ck_assert_int_eq(symlink("x.so", tree_path(&tree, "a/b/y.so")), 0);
	rejected("a/b/y.so", "y.so is a symbolic link");
	ck_assert_int_eq(symlink("b", tree_path(&tree, "a/c")), 0);
	rejected("a/c/x.so", "a/c is a symbolic link");
	ck_assert_int_eq(symlink("a", tree_path(&tree, "d")), 0);
	rejected("d/b/x.so", "d is a symbolic link");
}
END_TEST

START_TEST(special)
{
	mode("a/b/x.so", 04755);
	rejected("a/b/x.so", "is set-user-ID or set-group-ID");
	mode("a/b/x.so", 02755);
	rejected("a/b/x.so", "is set-user-ID or set-group-ID");
	tree_mkdir(&tree, "a/b/d.so", 0755);
	rejected("a/b/d.so", "d.so is not a regular file");
	ck_assert_int_eq(mkfifo(tree_path(&tree, "a/b/f.so"), 0600), 0);
	rejected("a/b/f.so", "f.so is not a regular file");
	rejected("a/b/x.so/y", "x.so is not a directory");
	rejected_path("a/b/x.so", "is not an absolute path");
}
END_TEST

START_TEST(missing)
{
	int fd;

	ck_fails(hyp_trust_open(tree_path(&tree, "a/b/z.so"), &fd, &err), &err,
		 HYP_E_NOT_FOUND, "not_found");
	ck_fails(hyp_trust_open(tree_path(&tree, "z/b/x.so"), &fd, &err), &err,
		 HYP_E_NOT_FOUND, "not_found");
}
END_TEST

/* Only root can give files away; others are shown one that is not theirs. */
START_TEST(foreign)
{
	if (geteuid() != 0) {
		trusted("a/b/x.so");
		return;
	}
	ck_assert_int_eq(chown(tree_path(&tree, "a/b/x.so"), 1234, 0), 0);
	rejected("a/b/x.so", "x.so belongs to user 1234, not to root");
	ck_assert_int_eq(chown(tree_path(&tree, "a/b/x.so"), 0, 1234), 0);
	trusted("a/b/x.so");
	ck_assert_int_eq(chown(tree_path(&tree, "a/b"), 1234, 0), 0);
	rejected("a/b/x.so", "a/b belongs to user 1234");
	ck_assert_int_eq(chown(tree_path(&tree, "a/b"), 0, 0), 0);
	ck_assert_int_eq(chown(tree_path(&tree, "a"), 1234, 0), 0);
	rejected("a/b/x.so", "/a belongs to user 1234");
}
END_TEST

START_TEST(lists)
{
	char list[2048];

	snprintf(list, sizeof(list), "/usr/lib:%s", tree_path(&tree, "a/b"));
	ck_ok(hyp_trust_list(list, "RPATH", &err), &err);
	ck_ok(hyp_trust_list("/usr/lib:/no/such/folder", "RPATH", &err), &err);
	mode("a/b", 0777);
	ck_fails(hyp_trust_list(list, "RPATH", &err), &err, HYP_E_USAGE,
		 "plugin_rejected");
	ck_assert_ptr_nonnull(strstr(err.text, "RPATH: "));
	ck_fails(hyp_trust_list("/usr/lib:", "RPATH", &err), &err, HYP_E_USAGE,
		 "plugin_rejected");
	ck_fails(hyp_trust_list("$ORIGIN", "RPATH", &err), &err, HYP_E_USAGE,
		 "plugin_rejected");
	ck_fails(hyp_trust_list("lib", "RPATH", &err), &err, HYP_E_USAGE,
		 "plugin_rejected");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("trust");
	TCase *c = tcase_create("trust");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, plain);
	tcase_add_test(c, file_writable);
	tcase_add_test(c, folder_writable);
	tcase_add_test(c, parent_writable);
	tcase_add_test(c, links);
	tcase_add_test(c, special);
	tcase_add_test(c, missing);
	tcase_add_test(c, foreign);
	tcase_add_test(c, lists);
	suite_add_tcase(suite, c);
	return unit_main(suite);
}
