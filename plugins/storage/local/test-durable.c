/* SPDX-License-Identifier: Apache-2.0 */
/* storage/local: in which order things become durable. No test can cut the
 * power; this one reads what the kernel was asked for, and when. */
#include "core/base/cleanup.h"
#include "core/base/file.h"
#include "tests/lib/local-kit.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

static struct kit kit;
static struct hyp_buf trace = HYP_BUF_INIT(1 << 16);

/* A descriptor's path beneath the root: "." for the root itself. */
static void path_of(int fd, char *out, size_t max)
{
	char link[64], path[4096] = "";
	size_t root = strlen(kit.root);
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path) - 1);
	path[n > 0 ? n : 0] = '\0';
	if (strncmp(path, kit.root, root) == 0)
		snprintf(out, max, "%s", path[root] ? path + root + 1 : ".");
	else
		snprintf(out, max, "%s", path);
}

static void note(const char *what, int fd, const char *name)
{
	char path[4096];

	path_of(fd, path, sizeof(path));
	ck_assert_int_eq(hyp_buf_addf(&trace, NULL, "%s %s%s%s\n", what, path,
				      name == NULL ? "" : "/",
				      name == NULL ? "" : name),
			 0);
}

static int t_openat(void *ctx, int dir, const char *path, int flags,
		    mode_t mode, uint64_t resolve)
{
	if (flags & O_CREAT)
		note("make", dir, path);
	return hyp_file_system_ops()->openat(ctx, dir, path, flags, mode,
					     resolve);
}

static int t_mkdirat(void *ctx, int dir, const char *path, mode_t mode)
{
	note("mkdir", dir, path);
	return hyp_file_system_ops()->mkdirat(ctx, dir, path, mode);
}

static int t_unlinkat(void *ctx, int dir, const char *path, int flags)
{
	note("unlink", dir, path);
	return hyp_file_system_ops()->unlinkat(ctx, dir, path, flags);
}

static int t_renameat2(void *ctx, int dir, const char *from, int todir,
		       const char *to, unsigned int flags)
{
	note(flags == RENAME_EXCHANGE	 ? "exchange"
	     : flags == RENAME_NOREPLACE ? "rename"
					 : "replace",
	     dir, from);
	note("to", todir, to);
	return hyp_file_system_ops()->renameat2(ctx, dir, from, todir, to,
						flags);
}

static ssize_t t_pwrite(void *ctx, int fd, const void *buf, size_t n, off_t at)
{
	note("write", fd, NULL);
	return hyp_file_system_ops()->pwrite(ctx, fd, buf, n, at);
}

static int t_fsync(void *ctx, int fd)
{
	note("fsync", fd, NULL);
	return hyp_file_system_ops()->fsync(ctx, fd);
}

static void setup(void)
{
	struct hyp_file_ops ops = *hyp_file_system_ops();

	kit_init(&kit);
	ops.openat = t_openat;
	ops.mkdirat = t_mkdirat;
	ops.unlinkat = t_unlinkat;
	ops.renameat2 = t_renameat2;
	ops.pwrite = t_pwrite;
	ops.fsync = t_fsync;
	hyp_file_set_ops(&ops);
}

static void teardown(void)
{
	hyp_file_set_ops(NULL);
	hyp_buf_fini(&trace);
	kit_fini(&kit);
}

#define T ".hyp-test-job-1.part"

START_TEST(file)
{
	struct hyp_place_args args = kit_args(&kit, HYP_LAYOUT_FILE, "a");
	HYP_AUTO_FREE char *dir = kit_path(&kit, "x");

	args.dir = dir;
	ck_ok(kit_export(&kit, &args, 5000), &kit.err);
	ck_assert_str_eq(hyp_buf_str(&trace), "mkdir ./x\n"
					      "fsync .\n"
					      "mkdir x/" T "\n"
					      "make x/" T "/a\n"
					      "write x/" T "/a\n"
					      "write x/" T "/a\n"
					      "fsync x/" T "/a\n"
					      "fsync x/" T "\n"
					      "make x/" T "/receipt.json\n"
					      "write x/" T "/receipt.json\n"
					      "fsync x/" T "/receipt.json\n"
					      "fsync x/" T "\n"
					      "fsync x\n"
					      "rename x/" T "/a\n"
					      "to x/a\n"
					      "fsync x\n"
					      "rename x/" T "/receipt.json\n"
					      "to x/a.receipt.json\n"
					      "fsync x\n"
					      "unlink x/" T "\n"
					      "fsync x\n");
}
END_TEST

START_TEST(directory)
{
	struct hyp_place_args args = kit_args(&kit, HYP_LAYOUT_DIRECTORY, "a");

	ck_ok(kit_export(&kit, &args, 3000), &kit.err);
	ck_assert_str_eq(strstr(hyp_buf_str(&trace), "fsync"),
			 "fsync " T "/a-disk1.vmdk\n"
			 "fsync " T "/a.ovf\n"
			 "fsync " T "\n"
			 "make " T "/receipt.json\n"
			 "write " T "/receipt.json\n"
			 "fsync " T "/receipt.json\n"
			 "fsync " T "\n"
			 "fsync .\n"
			 "rename ./" T "\n"
			 "to ./a\n"
			 "fsync .\n");
}
END_TEST

START_TEST(replaced_directory)
{
	struct hyp_place_args args = kit_args(&kit, HYP_LAYOUT_DIRECTORY, "a");

	ck_ok(kit_export(&kit, &args, 3000), &kit.err);
	hyp_buf_reset(&trace);
	args.force = 1;
	ck_ok(kit_export(&kit, &args, 3000), &kit.err);
	ck_assert_ptr_nonnull(strstr(hyp_buf_str(&trace), "fsync " T "\n"
							  "fsync .\n"
							  "exchange ./" T "\n"
							  "to ./a\n"
							  "fsync .\n"
							  "unlink "));
}
END_TEST

/* The limit of ulimit -f, with the signal ignored as the daemon has it. */
START_TEST(file_size_limit)
{
	struct hyp_place_args args = kit_args(&kit, HYP_LAYOUT_FILE, "a");
	struct rlimit limit = {65536, 65536};

	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	args.expected = 100000; /* more than can be reserved, then */
	ck_fails(kit_export(&kit, &args, 100000), &kit.err, HYP_E_PERMANENT,
		 "file_too_large");
	kit_expect(&kit, "");
	ck_ok(kit_export(&kit, &args, 60000), &kit.err);
}
END_TEST

/* Names that the file system does not take: the directory's path is long. */
START_TEST(name_too_long)
{
	struct hyp_place_args args = kit_args(&kit, HYP_LAYOUT_FILE, "a");
	char dir[5000];
	size_t n = strlen(kit.root);

	memcpy(dir, kit.root, n);
	while (n < 4200) {
		dir[n++] = '/';
		memset(dir + n, 'd', 200);
		n += 200;
	}
	dir[n] = '\0';
	args.dir = dir;
	ck_fails(kit_export(&kit, &args, 10), &kit.err, HYP_E_USAGE,
		 "unsafe_path");
	dir[strlen(kit.root) + 1 + 256] = '\0';
	memset(dir + strlen(kit.root) + 1, 'd', 256);
	ck_fails(kit_export(&kit, &args, 10), &kit.err, HYP_E_USAGE,
		 "unsafe_path");
	ck_assert_str_eq(hyp_buf_str(&trace), "");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("storage/local durability");
	TCase *tc = tcase_create("durability");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, file);
	tcase_add_test(tc, directory);
	tcase_add_test(tc, replaced_directory);
	tcase_add_test(tc, file_size_limit);
	tcase_add_test(tc, name_too_long);
	suite_add_tcase(suite, tc);
	return unit_main(suite);
}
