/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/clock.h"
#include "core/base/random.h"
#include "tests/lib/unit.h"

#include <errno.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int64_t now_ms;
static const char *self; /* path of this program */

static uint64_t boot(void *ctx)
{
	(void)ctx;
	return 0;
}

static int64_t wall(void *ctx)
{
	(void)ctx;
	return now_ms;
}

START_TEST(test_bytes)
{
	unsigned char a[64] = {0}, b[64] = {0}, guard[3] = {1, 2, 3};

	hyp_random_bytes(a, sizeof(a));
	hyp_random_bytes(b, sizeof(b));
	ck_assert_int_ne(memcmp(a, b, sizeof(a)), 0);
	hyp_random_bytes(guard + 1, 0);
	ck_assert_int_eq(guard[1], 2);
}
END_TEST

START_TEST(test_uuid_form)
{
	static const struct hyp_clock clock = {boot, wall, NULL};
	char id[HYP_UUID_TEXT_MAX];

	now_ms = 0x0123456789ab;
	hyp_clock_set(&clock);
	for (int i = 0; i < 200; i++) {
		hyp_uuid7(id);
		ck_assert_uint_eq(strlen(id), 36);
		ck_assert_int_eq(strncmp(id, "01234567-89ab-7", 15), 0);
		ck_assert_int_eq(id[18], '-');
		ck_assert_ptr_nonnull(strchr("89ab", id[19]));
		ck_assert_int_eq(id[23], '-');
		ck_assert_uint_eq(strspn(id, "0123456789abcdef-"), 36);
	}
	hyp_clock_set(NULL);
}
END_TEST

START_TEST(test_uuid_order)
{
	static const struct hyp_clock clock = {boot, wall, NULL};
	char a[HYP_UUID_TEXT_MAX], b[HYP_UUID_TEXT_MAX];

	hyp_clock_set(&clock);
	now_ms = 1795642680123;
	hyp_uuid7(a);
	for (int i = 0; i < 100; i++) {
		now_ms += 1 + i * i * 1000;
		hyp_uuid7(b);
		ck_assert_int_lt(strcmp(a, b), 0);
		memcpy(a, b, sizeof(a));
	}
	hyp_clock_set(NULL);
}
END_TEST

START_TEST(test_uuid_sequence)
{
	char before[HYP_UUID_TEXT_MAX], now[HYP_UUID_TEXT_MAX];

	hyp_uuid7(before);
	for (int i = 0; i < 100000; i++) {
		hyp_uuid7(now);
		ck_assert_int_lt(strcmp(before, now), 0);
		strcpy(before, now);
	}
}
END_TEST

START_TEST(test_uuid_differs)
{
	char a[HYP_UUID_TEXT_MAX], b[HYP_UUID_TEXT_MAX];

	hyp_uuid7(a);
	hyp_uuid7(b);
	ck_assert_str_ne(a, b);
}
END_TEST

/* Without random bytes: exit 1 and a word, never weaker ones. This program
 * runs itself with a kernel that gives none. */
static int gives_none;

__attribute__((visibility("default"))) ssize_t getrandom(void *out, size_t n,
							 unsigned int flags)
{
	if (!gives_none)
		return syscall(SYS_getrandom, out, n, flags);
	errno = ENOSYS;
	return -1;
}

START_TEST(test_none)
{
	char said[256] = "";
	int status, fds[2];
	pid_t pid;

	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		dup2(fds[1], STDERR_FILENO);
		execl(self, self, "draw", NULL);
		_exit(99);
	}
	close(fds[1]);
	waitpid(pid, &status, 0);
	ck_assert_int_gt(read(fds[0], said, sizeof(said) - 1), 0);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), 1);
	ck_assert_ptr_nonnull(strstr(said, "no random bytes"));
}
END_TEST

int main(int argc, char **argv)
{
	Suite *suite = suite_create("random");
	TCase *t = tcase_create("random");
	char id[HYP_UUID_TEXT_MAX];

	self = argv[0];
	if (argc > 1 && strcmp(argv[1], "draw") == 0) {
		gives_none = 1;
		hyp_uuid7(id);
		return 42;
	}
	tcase_add_test(t, test_bytes);
	tcase_add_test(t, test_uuid_form);
	tcase_add_test(t, test_uuid_sequence);
	tcase_add_test(t, test_uuid_order);
	tcase_add_test(t, test_uuid_differs);
	tcase_add_test(t, test_none);
	suite_add_tcase(suite, t);
	return unit_main(suite);
}
