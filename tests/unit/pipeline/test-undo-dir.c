/* SPDX-License-Identifier: Apache-2.0 */
#include "core/pipeline/undo-dir.h"
#include "core/base/file.h"
#include "core/base/log.h"
#include "core/pipeline/place-record.h"
#include "core/pipeline/seal.h"
#include "tests/lib/unit.h"
#include "tests/unit/pipeline/fakes.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char root[64], folder[128];
static struct hyp_part part;
static struct hyp_error err;

static void no_log(void *ctx, const struct hyp_log_line *line)
{
	(void)ctx;
	(void)line;
}

static void setup(void)
{
	static char plugin[] = "fake";

	fakes_reset();
	hyp_log_set_sink(no_log, NULL);
	snprintf(root, sizeof(root), "/tmp/hyp-undo.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(root));
	snprintf(folder, sizeof(folder), "%s/a/b/undo", root);
	memset(&part, 0, sizeof(part));
	part.plugin = plugin;
	ck_ok(hyp_values_set(&part.values, "text", HYP_VALUE_TEXT,
			     "the option's value", "command line", 0, &err),
	      &err);
}

static void teardown(void)
{
	char command[128];

	hyp_file_set_ops(NULL);
	hyp_values_fini(&part.values);
	fakes_fini();
	snprintf(command, sizeof(command), "rm -rf '%s'", root);
	ck_assert_int_eq(system(command), 0);
}

/* Files in the folder whose names end like that; the name of the last. */
static unsigned count_files(const char *suffix, char *name)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	unsigned n = 0;

	ck_assert_ptr_nonnull(dir);
	while ((entry = readdir(dir)) != NULL) {
		size_t len = strlen(entry->d_name), end = strlen(suffix);

		if (strcmp(entry->d_name, ".") == 0 ||
		    strcmp(entry->d_name, "..") == 0 || len < end ||
		    strcmp(entry->d_name + len - end, suffix) != 0)
			continue;
		n++;
		if (name != NULL)
			sprintf(name, "%s/%s", folder, entry->d_name);
	}
	closedir(dir);
	return n;
}

static struct hyp_undo_dir *open_dir(void)
{
	struct hyp_undo_dir *dir;

	ck_ok(hyp_undo_dir_open(folder, &dir, &err), &err);
	return dir;
}

static void put(struct hyp_undo_dir *dir, const char *key, const char *bytes)
{
	ck_ok(hyp_undo_dir_put(dir, "job-1", 2, "provider/fake", &part, key,
			       bytes, strlen(bytes), &err),
	      &err);
}

static void recover(uint32_t want_undone, uint32_t want_left)
{
	struct hyp_undo_dir *dir = open_dir();
	uint32_t undone = 99, left = 99;

	ck_ok(hyp_undo_dir_recover(dir, NULL, 5000, &undone, &left, &err),
	      &err);
	ck_assert_uint_eq(undone, want_undone);
	ck_assert_uint_eq(left, want_left);
	hyp_undo_dir_close(dir);
}

START_TEST(test_put_drop)
{
	struct hyp_undo_dir *dir = open_dir();
	char name[512], command[700];
	struct stat st;

	put(dir, "lease", "the-secret-cookie");
	put(dir, "snapshot", "x");
	ck_assert_uint_eq(count_files(".undo", name), 2);
	ck_assert_int_eq(stat(name, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0600);
	ck_assert_int_eq(stat(folder, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0700);
	/* sealed: neither what is remembered nor where it came from shows */
	snprintf(command, sizeof(command),
		 "grep -rqaE 'secret-cookie|option|job-1|fake' '%s'", folder);
	ck_assert_int_ne(system(command), 0);
	put(dir, "lease", "again"); /* replaces */
	ck_assert_uint_eq(count_files(".undo", NULL), 2);
	ck_ok(hyp_undo_dir_drop(dir, "job-1", "lease", &err), &err);
	ck_ok(hyp_undo_dir_drop(dir, "job-1", "lease", &err), &err);
	ck_ok(hyp_undo_dir_drop(dir, "job-2", "snapshot", &err), &err);
	ck_assert_uint_eq(count_files(".undo", NULL), 1);
	ck_ok(hyp_undo_dir_drop(dir, "job-1", "snapshot", &err), &err);
	ck_assert_uint_eq(count_files("", NULL), 1); /* the key */
	hyp_undo_dir_close(dir);
}
END_TEST

START_TEST(test_recover_dead)
{
	struct hyp_undo_dir *dir = open_dir();

	put(dir, "lease", "first");
	put(dir, "lease", "newest");
	recover(0, 0); /* we live: another process leaves it alone */
	hyp_undo_dir_close(dir);
	recover(1, 0);
	ck_assert_str_eq(fakes.undone, "lease=newest");
	ck_assert_str_eq(fakes.option, "the option's value");
	ck_assert_int_eq(fakes.live, 0);
	recover(0, 0);
	ck_assert_uint_eq(fakes_count("provider.undo"), 1);
	ck_assert_uint_eq(count_files("", NULL), 1);
}
END_TEST

START_TEST(test_recover_many)
{
	struct hyp_undo_dir *dir = open_dir();
	char key[16];

	for (int i = 0; i < 150; i++) {
		snprintf(key, sizeof(key), "key-%d", i);
		put(dir, key, key);
	}
	hyp_undo_dir_close(dir);
	recover(150, 0);
	ck_assert_uint_eq(fakes_count("provider.undo"), 150);
	ck_assert_int_eq(fakes.live, 0);
}
END_TEST

/* Alive while its process is, dead with it. */
START_TEST(test_child)
{
	int ready[2], status;
	char byte;
	pid_t pid;

	ck_assert_int_eq(pipe(ready), 0);
	hyp_undo_dir_close(open_dir());
	pid = fork();
	if (pid == 0) {
		put(open_dir(), "lease", "of the child");
		if (write(ready[1], "x", 1) == 1)
			for (;;)
				pause();
	}
	ck_assert_int_eq(read(ready[0], &byte, 1), 1);
	recover(0, 0);
	kill(pid, SIGKILL);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	recover(1, 0);
	ck_assert_str_eq(fakes.undone, "lease=of the child");
	close(ready[0]);
	close(ready[1]);
}
END_TEST

START_TEST(test_undo_fails)
{
	struct hyp_undo_dir *dir = open_dir();

	put(dir, "lease", "x");
	hyp_undo_dir_close(dir);
	fakes.undo_code = HYP_E_TRANSIENT;
	recover(0, 1);
	fakes.undo_code = 0;
	recover(1, 0);
}
END_TEST

START_TEST(test_no_time)
{
	struct hyp_undo_dir *dir = open_dir();
	uint32_t undone, left;

	put(dir, "lease", "x");
	hyp_undo_dir_close(dir);
	dir = open_dir();
	ck_ok(hyp_undo_dir_recover(dir, NULL, 0, &undone, &left, &err), &err);
	ck_assert_uint_eq(undone, 0);
	ck_assert_uint_eq(left, 1);
	ck_assert_uint_eq(fakes_count("provider.undo"), 0);
	hyp_undo_dir_close(dir);
	recover(1, 0);
}
END_TEST

static void leave_place(void)
{
	struct hyp_place_args args = {.size = sizeof(args),
				      .layout = HYP_LAYOUT_FILE,
				      .force = 1,
				      .dir = "/a \"quoted\"\nfolder",
				      .name = "web01.ova"};
	struct hyp_undo_dir *dir = open_dir();
	struct hyp_buf record = HYP_BUF_INIT(1000);

	ck_ok(hyp_place_encode(&args, &record, &err), &err);
	ck_ok(hyp_undo_dir_put(dir, "job-1", 2, "storage/fake", &part, "place",
			       record.data, record.len, &err),
	      &err);
	hyp_undo_dir_close(dir);
	hyp_buf_fini(&record);
}

/* What a killed process left at the output: swept, or completed if sealed. */
START_TEST(test_places)
{
	leave_place();
	fakes.place_state = HYP_PLACE_PARTIAL;
	recover(1, 0);
	ck_assert_str_eq(fakes.undone,
			 "job-1 2 /a \"quoted\"\nfolder web01.ova 1 1");
	ck_assert_uint_eq(fakes_count("storage.resume"), 0);
	ck_assert_uint_eq(fakes.swept, 1);
	ck_assert_int_eq(fakes.live, 0);

	leave_place();
	fakes.place_state = HYP_PLACE_SEALED;
	recover(1, 0);
	ck_assert_int_lt(fakes_index("storage.resume"),
			 (int)fakes.log_count - 2);
	ck_assert_uint_eq(fakes_count("storage.sweep"), 2);

	leave_place(); /* not to be completed: nothing is swept away */
	fakes.fail_name = "storage.resume";
	recover(0, 1);
	ck_assert_uint_eq(fakes_count("storage.sweep"), 2);
	fakes.fail_name = "storage.sweep";
	recover(0, 1);
	fakes.fail_name = "storage.state"; /* its folder is gone */
	fakes.fail_code = HYP_E_NOT_FOUND;
	recover(1, 0);
}
END_TEST

static void change_byte(const char *name, off_t at)
{
	int fd = open(name, O_RDWR);
	uint8_t byte;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(pread(fd, &byte, 1, at), 1);
	byte ^= 1;
	ck_assert_int_eq(pwrite(fd, &byte, 1, at), 1);
	close(fd);
}

START_TEST(test_tampered)
{
	struct hyp_undo_dir *dir = open_dir();
	char name[512], other[600];
	struct stat st;

	put(dir, "lease", "x");
	hyp_undo_dir_close(dir);
	ck_assert_uint_eq(count_files(".undo", name), 1);
	ck_assert_int_eq(stat(name, &st), 0);
	for (off_t at = 0; at < st.st_size; at += st.st_size / 7) {
		change_byte(name, at);
		recover(0, 1);
		change_byte(name, at);
	}
	/* one record in the place of another */
	snprintf(other, sizeof(other), "%.*s0.undo", (int)strlen(name) - 6,
		 name);
	if (strcmp(other, name) == 0)
		other[strlen(other) - 6] = '1';
	ck_assert_int_eq(rename(name, other), 0);
	recover(0, 1);
	ck_assert_int_eq(rename(other, name), 0);
	/* cut, empty, too long, no file */
	ck_assert_int_eq(truncate(name, 20), 0);
	recover(0, 1);
	ck_assert_int_eq(truncate(name, 0), 0);
	recover(0, 1);
	ck_assert_int_eq(truncate(name, 3 << 20), 0);
	recover(0, 1);
	ck_assert_uint_eq(fakes_count("provider.undo"), 0);
}
END_TEST

START_TEST(test_lost_key)
{
	struct hyp_undo_dir *dir = open_dir();
	char key[256];

	put(dir, "lease", "x");
	hyp_undo_dir_close(dir);
	snprintf(key, sizeof(key), "%s/undo.key", folder);
	ck_assert_int_eq(unlink(key), 0);
	recover(0, 1);
	ck_assert_uint_eq(fakes_count("provider.undo"), 0);
	ck_assert_int_eq(chmod(key, 0644), 0);
	ck_fails(hyp_undo_dir_open(folder, &dir, &err), &err, HYP_E_PERMANENT,
		 "unsafe_path");
	ck_assert_int_eq(chmod(key, 0600), 0);
	ck_assert_int_eq(truncate(key, 31), 0);
	ck_fails(hyp_undo_dir_open(folder, &dir, &err), &err, HYP_E_PERMANENT,
		 "unsafe_path");
}
END_TEST

START_TEST(test_unsafe_folder)
{
	struct hyp_undo_dir *dir = open_dir();

	hyp_undo_dir_close(dir);
	ck_assert_int_eq(chmod(folder, 0750), 0);
	ck_fails(hyp_undo_dir_open(folder, &dir, &err), &err, HYP_E_PERMANENT,
		 "unsafe_path");
}
END_TEST

START_TEST(test_default_path)
{
	struct hyp_undo_dir *dir;
	char path[256];
	struct stat st;

	setenv("XDG_STATE_HOME", root, 1);
	ck_ok(hyp_undo_dir_open(NULL, &dir, &err), &err);
	hyp_undo_dir_close(dir);
	snprintf(path, sizeof(path), "%s/hypersdk/undo", root);
	ck_assert_int_eq(stat(path, &st), 0);
	setenv("XDG_STATE_HOME", "relative", 1);
	setenv("HOME", root, 1);
	ck_ok(hyp_undo_dir_open(NULL, &dir, &err), &err);
	hyp_undo_dir_close(dir);
	snprintf(path, sizeof(path), "%s/.local/state/hypersdk/undo", root);
	ck_assert_int_eq(stat(path, &st), 0);
}
END_TEST

/* File operations that fail, one by one. */
static unsigned op_count, op_fails;

static int op(void)
{
	if (++op_count != op_fails)
		return 0;
	errno = EIO;
	return 1;
}

static const struct hyp_file_ops *system_ops;

static int op_openat(void *ctx, int dir, const char *path, int flags,
		     mode_t mode, uint64_t resolve)
{
	return op() ? -1
		    : system_ops->openat(ctx, dir, path, flags, mode, resolve);
}

static int op_renameat2(void *ctx, int dir, const char *from, int todir,
			const char *to, unsigned int flags)
{
	return op() ? -1
		    : system_ops->renameat2(ctx, dir, from, todir, to, flags);
}

static ssize_t op_pwrite(void *ctx, int fd, const void *buf, size_t n, off_t at)
{
	return op() ? -1 : system_ops->pwrite(ctx, fd, buf, n, at);
}

static int op_fsync(void *ctx, int fd)
{
	return op() ? -1 : system_ops->fsync(ctx, fd);
}

START_TEST(test_file_operations_fail)
{
	struct hyp_undo_dir *dir = open_dir();
	struct hyp_file_ops ops = *hyp_file_system_ops();
	unsigned failed = 0;
	int32_t rc = -1;

	system_ops = hyp_file_system_ops();
	ops.openat = op_openat;
	ops.renameat2 = op_renameat2;
	ops.pwrite = op_pwrite;
	ops.fsync = op_fsync;
	put(dir, "lease", "old");
	hyp_file_set_ops(&ops);
	for (op_fails = 1; rc < 0; op_fails++) {
		op_count = 0;
		rc = hyp_undo_dir_put(dir, "job-1", 2, "provider/fake", &part,
				      "lease", "new", 3, &err);
		failed += rc < 0;
		ck_assert(rc == 0 || strcmp(err.kind, "io_error") == 0);
		ck_assert_uint_eq(count_files(".undo", NULL), 1);
		ck_assert_uint_eq(count_files("", NULL), 2);
	}
	/* open, write, fsync, rename, fsync of the folder */
	ck_assert_uint_eq(failed, 5);
	hyp_file_set_ops(NULL);
	hyp_undo_dir_close(dir);
	recover(1, 0);
	ck_assert_str_eq(fakes.undone, "lease=new");
}
END_TEST

/* As NFS does, where many a home folder is. */
static int plain_renameat2(void *ctx, int dir, const char *from, int todir,
			   const char *to, unsigned int flags)
{
	if (flags == 0)
		return system_ops->renameat2(ctx, dir, from, todir, to, 0);
	errno = EINVAL;
	return -1;
}

START_TEST(test_no_flags_of_rename)
{
	struct hyp_file_ops ops = *hyp_file_system_ops();
	struct hyp_undo_dir *dir;

	system_ops = hyp_file_system_ops();
	ops.renameat2 = plain_renameat2;
	hyp_file_set_ops(&ops);
	dir = open_dir();
	put(dir, "lease", "of NFS");
	hyp_undo_dir_close(dir);
	ck_assert_uint_eq(count_files("", NULL), 2); /* key and record */
	recover(1, 0);
	ck_assert_str_eq(fakes.undone, "lease=of NFS");
}
END_TEST

START_TEST(test_limits)
{
	struct hyp_undo_dir *dir = open_dir();
	static char bytes[65537];

	ck_ok(hyp_undo_dir_put(dir, "job-1", 2, "provider/fake", &part, "k",
			       bytes, 65536, &err),
	      &err);
	ck_fails(hyp_undo_dir_put(dir, "job-1", 2, "provider/fake", &part, "l",
				  bytes, 65537, &err),
		 &err, HYP_E_PERMANENT, "too_large");
	ck_ok(hyp_undo_dir_put(dir, "job-1", 2, "provider/fake", &part, "l", "",
			       0, &err),
	      &err);
	hyp_undo_dir_close(dir);
	recover(2, 0);
}
END_TEST

START_TEST(test_seal)
{
	uint8_t key[HYP_SEAL_KEY] = {1}, wrong[HYP_SEAL_KEY] = {2};
	struct hyp_buf a = HYP_BUF_INIT(1000), b = HYP_BUF_INIT(1000);
	struct hyp_buf plain = HYP_BUF_INIT(1000);

	ck_ok(hyp_seal(key, "job-1", "secret", 6, &a, &err), &err);
	ck_ok(hyp_seal(key, "job-1", "secret", 6, &b, &err), &err);
	ck_assert_uint_eq(a.len, 6 + HYP_SEAL_OVERHEAD);
	ck_assert(memcmp(a.data, b.data, a.len) != 0); /* fresh nonce */
	ck_ok(hyp_unseal(key, "job-1", a.data, a.len, &plain, &err), &err);
	ck_assert_str_eq(hyp_buf_str(&plain), "secret");
	ck_fails(hyp_unseal(wrong, "job-1", a.data, a.len, &plain, &err), &err,
		 HYP_E_PERMANENT, "secret_lost");
	ck_fails(hyp_unseal(key, "job-2", a.data, a.len, &plain, &err), &err,
		 HYP_E_PERMANENT, "secret_lost");
	for (size_t i = 0; i < a.len; i++) {
		a.data[i] ^= 0x40;
		ck_fails(hyp_unseal(key, "job-1", a.data, a.len, &plain, &err),
			 &err, HYP_E_PERMANENT, "secret_lost");
		a.data[i] ^= 0x40;
		ck_fails(hyp_unseal(key, "job-1", a.data, i, &plain, &err),
			 &err, HYP_E_PERMANENT, "secret_lost");
	}
	ck_assert_str_eq(hyp_buf_str(&plain), "secret");
	hyp_buf_fini(&a);
	hyp_buf_fini(&b);
	hyp_buf_fini(&plain);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("undo-dir");
	TCase *tc = tcase_create("undo-dir");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, test_put_drop);
	tcase_add_test(tc, test_recover_dead);
	tcase_add_test(tc, test_recover_many);
	tcase_add_test(tc, test_child);
	tcase_add_test(tc, test_undo_fails);
	tcase_add_test(tc, test_no_time);
	tcase_add_test(tc, test_places);
	tcase_add_test(tc, test_tampered);
	tcase_add_test(tc, test_lost_key);
	tcase_add_test(tc, test_unsafe_folder);
	tcase_add_test(tc, test_default_path);
	tcase_add_test(tc, test_file_operations_fail);
	tcase_add_test(tc, test_no_flags_of_rename);
	tcase_add_test(tc, test_limits);
	tcase_add_test(tc, test_seal);
	suite_add_tcase(suite, tc);
	return unit_main(suite);
}
