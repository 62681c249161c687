/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/clock.h"
#include "core/base/random.h"
#include "tests/lib/unit.h"

#include <errno.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <string.h>
#include <unistd.h>

static int64_t now_ms;
static struct hyp_error err;

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

	ck_ok(hyp_random_bytes(a, sizeof(a), &err), &err);
	ck_ok(hyp_random_bytes(b, sizeof(b), &err), &err);
	ck_assert_int_ne(memcmp(a, b, sizeof(a)), 0);
	ck_ok(hyp_random_bytes(guard + 1, 0, &err), &err);
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
		ck_ok(hyp_uuid7(id, &err), &err);
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
	ck_ok(hyp_uuid7(a, &err), &err);
	for (int i = 0; i < 100; i++) {
		now_ms += 1 + i * i * 1000;
		ck_ok(hyp_uuid7(b, &err), &err);
		ck_assert_int_lt(strcmp(a, b), 0);
		memcpy(a, b, sizeof(a));
	}
	hyp_clock_set(NULL);
}
END_TEST

START_TEST(test_uuid_sequence)
{
	char before[HYP_UUID_TEXT_MAX], now[HYP_UUID_TEXT_MAX];

	ck_ok(hyp_uuid7(before, &err), &err);
	for (int i = 0; i < 100000; i++) {
		ck_ok(hyp_uuid7(now, &err), &err);
		ck_assert_int_lt(strcmp(before, now), 0);
		strcpy(before, now);
	}
}
END_TEST

START_TEST(test_uuid_differs)
{
	char a[HYP_UUID_TEXT_MAX], b[HYP_UUID_TEXT_MAX];

	ck_ok(hyp_uuid7(a, &err), &err);
	ck_ok(hyp_uuid7(b, &err), &err);
	ck_assert_str_ne(a, b);
}
END_TEST

/* Without random bytes: an error, never weaker ones, nor an end of a process
 * that is another program's. */
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
	char id[HYP_UUID_TEXT_MAX] = "as it was";
	unsigned char bytes[8];

	gives_none = 1;
	ck_fails(hyp_random_bytes(bytes, sizeof(bytes), &err), &err,
		 HYP_E_PERMANENT, "no_random");
	ck_assert_int_eq(err.sys_errno, ENOSYS);
	ck_fails(hyp_uuid7(id, &err), &err, HYP_E_PERMANENT, "no_random");
	ck_assert_str_eq(id, "as it was");
	ck_assert_int_eq(hyp_uuid7(id, NULL), HYP_E_PERMANENT);
	gives_none = 0;
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("random");
	TCase *t = tcase_create("random");

	tcase_add_test(t, test_bytes);
	tcase_add_test(t, test_uuid_form);
	tcase_add_test(t, test_uuid_sequence);
	tcase_add_test(t, test_uuid_order);
	tcase_add_test(t, test_uuid_differs);
	tcase_add_test(t, test_none);
	suite_add_tcase(suite, t);
	return unit_main(suite);
}
