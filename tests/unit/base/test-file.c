/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/cleanup.h"
#include "core/base/file.h"
#include "tests/lib/file-fault.h"
#include "tests/lib/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>

static struct hyp_error err;
static char base[] = "/tmp/hyp-test-file.XXXXXX";
static int dir = -1;

static void setup(void)
{
	memcpy(base + sizeof(base) - 7, "XXXXXX", 6);
	ck_assert_ptr_nonnull(mkdtemp(base));
	dir = open(base, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(dir, 0);
}

static void teardown(void)
{
	char command[64];

	file_fault_clear();
	close(dir);
	snprintf(command, sizeof(command), "rm -rf %s", base);
	ck_assert_int_eq(system(command), 0);
}

static const char *path_of(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", base, name);
	return path;
}

static int create(const char *name)
{
	return hyp_file_openat(dir, name, O_RDWR | O_CREAT | O_EXCL, 0600,
			       RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
}

START_TEST(test_operations)
{
	char text[16] = "";
	int fd = create("a");
	struct stat st;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	ck_assert_int_eq(fstat(fd, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	ck_assert_int_eq(hyp_file_pwrite_all(fd, "hello", 5, 3), 0);
	ck_assert_int_eq(hyp_file_sync_range(fd, 0, 0, 0), 0);
	ck_assert_int_eq(hyp_file_fsync(fd), 0);
	ck_assert_int_eq(hyp_file_pread_all(fd, text, sizeof(text), 0), 8);
	ck_assert_int_eq(memcmp(text, "\0\0\0hello", 8), 0);
	ck_assert_int_eq(hyp_file_pread_all(fd, text, 2, 3), 2);
	ck_assert_int_eq(hyp_file_pread_all(fd, text, 2, 100), 0);
	ck_assert_int_eq(hyp_file_ftruncate(fd, 4), 0);
	ck_assert_int_eq(hyp_file_fallocate(fd, 0, 0, 4096), 0);
	ck_assert_int_eq(fstat(fd, &st), 0);
	ck_assert_int_eq(st.st_size, 4096);
	ck_assert_int_eq(hyp_file_close(fd), 0);
	ck_assert_int_eq(hyp_file_mkdirat(dir, "d", 0700), 0);
	ck_assert_int_eq(hyp_file_linkat(dir, "a", dir, "c"), 0);
	ck_assert_int_eq(hyp_file_linkat(dir, "a", dir, "c"), -1);
	ck_assert_int_eq(errno, EEXIST);
	ck_assert_int_eq(hyp_file_renameat2(dir, "a", dir, "d/b", 0), 0);
	ck_assert_int_eq(hyp_file_unlinkat(dir, "d/b", 0), 0);
	ck_assert_int_eq(hyp_file_unlinkat(dir, "d", AT_REMOVEDIR), 0);
}
END_TEST

START_TEST(test_rename_never_replaces)
{
	close(create("a"));
	close(create("b"));
	ck_assert_int_eq(
		hyp_file_renameat2(dir, "a", dir, "b", RENAME_NOREPLACE), -1);
	ck_assert_int_eq(errno, EEXIST);
}
END_TEST

START_TEST(test_resolve)
{
	static const struct {
		const char *path;
		int want;
	} cases[] = {
		{"sub/f", 0},		{"../etc", EXDEV},
		{"/etc/passwd", EXDEV}, {"link/f", ELOOP},
		{"out/passwd", ELOOP},	{"sub/../../x", EXDEV},
		{"nothing", ENOENT},
	};
	int fd;

	ck_assert_int_eq(mkdirat(dir, "sub", 0700), 0);
	close(create("sub/f"));
	ck_assert_int_eq(symlinkat("sub", dir, "link"), 0);
	ck_assert_int_eq(symlinkat("/etc", dir, "out"), 0);
	for (size_t i = 0; i < HYP_COUNT(cases); i++) {
		fd = hyp_file_openat(dir, cases[i].path, O_RDONLY, 0777,
				     RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
		ck_assert_int_eq(fd < 0 ? errno : 0, cases[i].want);
		if (fd >= 0)
			close(fd);
	}
}
END_TEST

START_TEST(test_openat_tries_again)
{
	file_fault_set(FILE_OPENAT, 1, EAGAIN, 1);
	ck_assert_int_eq(create("a"), -1);
	ck_assert_int_eq(errno, EAGAIN);
	ck_assert_uint_eq(file_fault_calls(FILE_OPENAT), 64);
	file_fault_set(FILE_OPENAT, 1, EAGAIN, 0);
	ck_assert_int_ge(create("a"), 0);
	/* Without a walk that could race, it means what it says. */
	file_fault_set(FILE_OPENAT, 1, EAGAIN, 1);
	ck_assert_int_eq(hyp_file_openat(dir, "a", O_RDONLY, 0, 0), -1);
	ck_assert_uint_eq(file_fault_calls(FILE_OPENAT), 1);
}
END_TEST

START_TEST(test_short_and_interrupted)
{
	char text[10] = "";
	int fd = create("a");

	file_fault_set(FILE_PWRITE, 2, EINTR, 0);
	file_fault_short(3);
	ck_assert_int_eq(hyp_file_pwrite_all(fd, "0123456789", 10, 1), 0);
	ck_assert_uint_eq(file_fault_calls(FILE_PWRITE), 5);
	file_fault_set(FILE_PREAD, 2, EINTR, 0);
	file_fault_short(3);
	ck_assert_int_eq(hyp_file_pread_all(fd, text, 10, 1), 10);
	ck_assert_int_eq(memcmp(text, "0123456789", 10), 0);
	ck_assert_uint_eq(file_fault_calls(FILE_PREAD), 5);
	close(fd);
}
END_TEST

START_TEST(test_failing_write)
{
	char text[10];
	int fd = create("a");

	file_fault_set(FILE_PWRITE, 3, ENOSPC, 1);
	file_fault_short(3);
	ck_assert_int_eq(hyp_file_pwrite_all(fd, "0123456789", 10, 0), -1);
	ck_assert_int_eq(errno, ENOSPC);
	file_fault_set(FILE_PREAD, 1, EIO, 0);
	ck_assert_int_eq(hyp_file_pread_all(fd, text, 10, 0), -1);
	ck_assert_int_eq(errno, EIO);
	close(fd);
}
END_TEST

static ssize_t write_nothing(void *ctx, int fd, const void *buf, size_t n,
			     off_t at)
{
	(void)ctx;
	(void)fd;
	(void)buf;
	(void)n;
	(void)at;
	return 0;
}

START_TEST(test_write_of_nothing_ends)
{
	struct hyp_file_ops ops = *hyp_file_system_ops();

	ops.pwrite = write_nothing;
	hyp_file_set_ops(&ops);
	ck_assert_int_eq(hyp_file_pwrite_all(dir, "x", 1, 0), -1);
	ck_assert_int_eq(errno, EIO);
	hyp_file_set_ops(NULL);
}
END_TEST

/* Every operation goes through the table: the Nth of any is the one told. */
static int nth(unsigned n)
{
	int fd = create("a"), made;

	switch (n) {
	case 1:
		return fd;
	case 2:
		return hyp_file_mkdirat(dir, "d", 0700);
	case 3:
		made = hyp_file_mkdirat(dir, "d", 0700);
		return made != 0 ? 0
				 : hyp_file_renameat2(dir, "a", dir, "b", 0);
	default:
		return 0;
	}
}

START_TEST(test_nth_call)
{
	file_fault_set(FILE_ANY, (unsigned)_i, EDQUOT, 0);
	errno = 0;
	ck_assert_int_eq(nth((unsigned)_i), -1);
	ck_assert_int_eq(errno, EDQUOT);
	ck_assert_uint_eq(file_fault_calls(FILE_ANY), (unsigned)_i);
}
END_TEST

START_TEST(test_each_fails)
{
	int fd = create("a");
	char c;

	for (unsigned op = 0; op < FILE_OPS; op++) {
		ssize_t rc = 0;

		file_fault_set(op, 1, EIO, 0);
		errno = 0;
		switch (op) {
		case FILE_OPENAT:
			rc = create("z");
			break;
		case FILE_MKDIRAT:
			rc = hyp_file_mkdirat(dir, "z", 0700);
			break;
		case FILE_UNLINKAT:
			rc = hyp_file_unlinkat(dir, "a", 0);
			break;
		case FILE_RENAMEAT2:
			rc = hyp_file_renameat2(dir, "a", dir, "z", 0);
			break;
		case FILE_PWRITE:
			rc = hyp_file_pwrite_all(fd, "x", 1, 0);
			break;
		case FILE_PREAD:
			rc = hyp_file_pread_all(fd, &c, 1, 0);
			break;
		case FILE_FTRUNCATE:
			rc = hyp_file_ftruncate(fd, 9);
			break;
		case FILE_FALLOCATE:
			rc = hyp_file_fallocate(fd, 0, 0, 9);
			break;
		case FILE_SYNC_RANGE:
			rc = hyp_file_sync_range(fd, 0, 0, 0);
			break;
		case FILE_FSYNC:
			rc = hyp_file_fsync(fd);
			break;
		case FILE_LINKAT:
			rc = hyp_file_linkat(dir, "a", dir, "z");
			break;
		case FILE_CLOSE:
			rc = hyp_file_close(dup(fd));
			break;
		}
		ck_assert_msg(rc == -1 && errno == EIO, "operation %u", op);
		ck_assert_uint_eq(file_fault_calls(op), 1);
	}
	file_fault_clear();
	ck_assert_int_eq(faccessat(dir, "z", F_OK, 0), -1);
	close(fd);
}
END_TEST

static const struct {
	int sys_errno, code;
	const char *kind;
} meanings[] = {
	{ENOSPC, HYP_E_RESOURCE, "insufficient_space"},
	{EDQUOT, HYP_E_RESOURCE, "quota_exceeded"},
	{EFBIG, HYP_E_PERMANENT, "file_too_large"},
	{EROFS, HYP_E_PERMANENT, "read_only"},
	{ENAMETOOLONG, HYP_E_PERMANENT, "name_too_long"},
	{EACCES, HYP_E_PERMANENT, "no_permission"},
	{EPERM, HYP_E_PERMANENT, "no_permission"},
	{ELOOP, HYP_E_PERMANENT, "unsafe_path"},
	{EXDEV, HYP_E_PERMANENT, "unsafe_path"},
	{EEXIST, HYP_E_EXISTS, "output_exists"},
	{ENOTEMPTY, HYP_E_EXISTS, "output_exists"},
	{ENOENT, HYP_E_NOT_FOUND, "not_found"},
	{ENOTDIR, HYP_E_NOT_FOUND, "not_found"},
	{EMLINK, HYP_E_PERMANENT, "too_many_links"},
	{EMFILE, HYP_E_TRANSIENT, "too_many_files"},
	{ENOMEM, HYP_E_TRANSIENT, "no_memory"},
	{EIO, HYP_E_TRANSIENT, "io_error"},
	{ESTALE, HYP_E_TRANSIENT, "io_error"},
	{12345, HYP_E_TRANSIENT, "io_error"},
};

START_TEST(test_meaning)
{
	int32_t rc = hyp_error_errno(&err, meanings[_i].sys_errno, "write",
				     "/x/a\nb");

	ck_assert_int_eq(rc, meanings[_i].code);
	ck_assert_int_eq(err.code, meanings[_i].code);
	ck_assert_int_eq(err.sys_errno, meanings[_i].sys_errno);
	ck_assert_str_eq(err.kind, meanings[_i].kind);
	ck_assert_ptr_eq(strstr(err.text, "cannot write /x/a\\x0ab: "),
			 err.text);
	ck_assert_int_eq(
		hyp_error_errno(NULL, meanings[_i].sys_errno, "a", "b"),
		meanings[_i].code);
}
END_TEST

static void make(const char *name, const char *text)
{
	int fd = create(name);

	ck_assert_int_eq(write(fd, text, strlen(text)), (int)strlen(text));
	close(fd);
}

START_TEST(test_read_small)
{
	HYP_AUTO_FREE char *text = NULL;
	size_t n = 0;

	make("a", "12345");
	ck_ok(hyp_file_read_small(path_of("a"), 5, &text, &n, &err), &err);
	ck_assert_uint_eq(n, 5);
	ck_assert_str_eq(text, "12345");
	ck_fails(hyp_file_read_small(path_of("a"), 4, &text, &n, &err), &err,
		 HYP_E_PERMANENT, "too_large");
	ck_assert_str_eq(text, "12345");
	ck_assert_ptr_nonnull(strstr(err.text, path_of("a")));
}
END_TEST

START_TEST(test_read_empty)
{
	HYP_AUTO_FREE char *text = NULL;
	size_t n = 9;

	make("a", "");
	ck_ok(hyp_file_read_small(path_of("a"), 0, &text, &n, &err), &err);
	ck_assert_uint_eq(n, 0);
	ck_assert_str_eq(text, "");
}
END_TEST

START_TEST(test_read_large)
{
	HYP_AUTO_FREE char *text = NULL;
	size_t n = 0;
	int fd = create("a");

	ck_assert_int_eq(ftruncate(fd, 100001), 0);
	ck_assert_int_eq(pwrite(fd, "end", 3, 99998), 3);
	close(fd);
	ck_fails(hyp_file_read_small(path_of("a"), 100000, &text, &n, &err),
		 &err, HYP_E_PERMANENT, "too_large");
	ck_ok(hyp_file_read_small(path_of("a"), 100001, &text, &n, &err), &err);
	ck_assert_uint_eq(n, 100001);
	ck_assert_int_eq(memcmp(text + 99998, "end", 4), 0);
}
END_TEST

START_TEST(test_read_refused)
{
	char *text = NULL;
	size_t n = 0;

	make("a", "x");
	ck_assert_int_eq(symlinkat("a", dir, "link"), 0);
	ck_assert_int_eq(mkfifoat(dir, "fifo", 0600), 0);
	ck_fails(hyp_file_read_small(path_of("link"), 9, &text, &n, &err), &err,
		 HYP_E_PERMANENT, "unsafe_path");
	ck_fails(hyp_file_read_small(path_of("fifo"), 9, &text, &n, &err), &err,
		 HYP_E_PERMANENT, "not_a_file");
	ck_fails(hyp_file_read_small(base, 9, &text, &n, &err), &err,
		 HYP_E_PERMANENT, "not_a_file");
	ck_fails(hyp_file_read_small("/dev/zero", 9, &text, &n, &err), &err,
		 HYP_E_PERMANENT, "not_a_file");
	ck_fails(hyp_file_read_small(path_of("none"), 9, &text, &n, &err), &err,
		 HYP_E_NOT_FOUND, "not_found");
	file_fault_set(FILE_PREAD, 1, EIO, 0);
	ck_fails(hyp_file_read_small(path_of("a"), 9, &text, &n, &err), &err,
		 HYP_E_TRANSIENT, "io_error");
	ck_assert_ptr_null(text);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("file");
	TCase *t = tcase_create("file");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_operations);
	tcase_add_test(t, test_rename_never_replaces);
	tcase_add_test(t, test_resolve);
	tcase_add_test(t, test_openat_tries_again);
	tcase_add_test(t, test_short_and_interrupted);
	tcase_add_test(t, test_failing_write);
	tcase_add_test(t, test_write_of_nothing_ends);
	tcase_add_loop_test(t, test_nth_call, 1, 4);
	tcase_add_test(t, test_each_fails);
	tcase_add_loop_test(t, test_meaning, 0, (int)HYP_COUNT(meanings));
	tcase_add_test(t, test_read_small);
	tcase_add_test(t, test_read_empty);
	tcase_add_test(t, test_read_large);
	tcase_add_test(t, test_read_refused);
	suite_add_tcase(suite, t);
	return unit_main(suite);
}
