/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/buf.h"
#include "core/base/cleanup.h"
#include "tests/lib/unit.h"

#include <string.h>

static struct hyp_error err;

START_TEST(test_grows)
{
	HYP_AUTO_BUF struct hyp_buf b = HYP_BUF_INIT(1u << 20);
	char want[140000]; /* beyond what is wiped when it moves */

	ck_assert_str_eq(hyp_buf_str(&b), "");
	for (size_t i = 0; i < sizeof(want); i++) {
		want[i] = (char)('a' + i % 26);
		if (hyp_buf_add(&b, &want[i], 1, &err) != 0 ||
		    b.data[b.len] != 0)
			ck_abort_msg("byte %zu: %s", i, err.text);
	}
	ck_assert_uint_eq(b.len, sizeof(want));
	ck_assert_int_eq(memcmp(b.data, want, sizeof(want)), 0);
	ck_assert_uint_le(b.cap, b.max + 1);
}
END_TEST

START_TEST(test_maximum)
{
	HYP_AUTO_BUF struct hyp_buf b = HYP_BUF_INIT(4);

	ck_ok(hyp_buf_add(&b, "abc", 3, &err), &err);
	ck_fails(hyp_buf_add(&b, "de", 2, &err), &err, HYP_E_PERMANENT,
		 "too_large");
	ck_assert_str_eq(hyp_buf_str(&b), "abc");
	ck_ok(hyp_buf_adds(&b, "d", &err), &err);
	ck_fails(hyp_buf_adds(&b, "e", &err), &err, HYP_E_PERMANENT,
		 "too_large");
	ck_fails(hyp_buf_addf(&b, &err, "%d", 1), &err, HYP_E_PERMANENT,
		 "too_large");
	ck_fails(hyp_buf_add(&b, "", SIZE_MAX, &err), &err, HYP_E_PERMANENT,
		 "too_large");
	ck_assert_str_eq(hyp_buf_str(&b), "abcd");
	ck_assert_uint_eq(b.len, 4);
	ck_assert_int_eq(hyp_buf_adds(&b, "e", NULL), HYP_E_PERMANENT);
}
END_TEST

START_TEST(test_no_maximum)
{
	HYP_AUTO_BUF struct hyp_buf b = HYP_BUF_INIT(SIZE_MAX);

	ck_ok(hyp_buf_adds(&b, "abc", &err), &err);
	ck_assert_str_eq(hyp_buf_str(&b), "abc");
	ck_fails(hyp_buf_add(&b, "", SIZE_MAX - 3, &err), &err, HYP_E_PERMANENT,
		 "too_large");
}
END_TEST

START_TEST(test_nothing)
{
	HYP_AUTO_BUF struct hyp_buf b = HYP_BUF_INIT(0);

	ck_ok(hyp_buf_add(&b, NULL, 0, &err), &err);
	ck_assert_ptr_nonnull(b.data);
	ck_assert_str_eq(hyp_buf_str(&b), "");
	ck_fails(hyp_buf_adds(&b, "a", &err), &err, HYP_E_PERMANENT,
		 "too_large");
}
END_TEST

START_TEST(test_format)
{
	HYP_AUTO_BUF struct hyp_buf b = HYP_BUF_INIT(1000);

	for (int i = 0; i < 30; i++)
		ck_ok(hyp_buf_addf(&b, &err, "%d,%s;", i, "x"), &err);
	ck_assert_int_eq(strncmp(b.data, "0,x;1,x;2,x;", 12), 0);
	ck_assert_uint_eq(b.len, strlen(b.data));
	ck_assert_str_eq(b.data + b.len - 5, "29,x;");
}
END_TEST

START_TEST(test_reserve)
{
	struct hyp_buf buf = HYP_BUF_INIT(100);
	const char *before;

	ck_assert_int_eq(hyp_buf_reserve(&buf, 100, NULL), 0);
	ck_assert_str_eq(hyp_buf_str(&buf), "");
	before = buf.data;
	for (int i = 0; i < 100; i++)
		ck_assert_int_eq(hyp_buf_add(&buf, "x", 1, NULL), 0);
	ck_assert_ptr_eq(buf.data, before);
	ck_assert_int_eq(hyp_buf_reserve(&buf, 1, NULL), HYP_E_PERMANENT);
	hyp_buf_fini(&buf);
}
END_TEST

START_TEST(test_reset_and_again)
{
	struct hyp_buf b;

	hyp_buf_init(&b, 100);
	hyp_buf_reset(&b);
	ck_assert_str_eq(hyp_buf_str(&b), "");
	ck_ok(hyp_buf_adds(&b, "one", &err), &err);
	hyp_buf_reset(&b);
	ck_assert_str_eq(hyp_buf_str(&b), "");
	ck_ok(hyp_buf_adds(&b, "two", &err), &err);
	ck_assert_str_eq(hyp_buf_str(&b), "two");
	hyp_buf_fini(&b);
	ck_assert_uint_eq(b.max, 100);
	ck_ok(hyp_buf_adds(&b, "three", &err), &err);
	hyp_buf_wipe(&b);
	ck_assert_ptr_null(b.data);
	hyp_buf_wipe(&b);
	hyp_buf_fini(&b);
}
END_TEST

START_TEST(test_write)
{
	HYP_AUTO_BUF struct hyp_buf b = HYP_BUF_INIT(3);

	ck_ok(hyp_buf_write(&b, "ab", 2, &err), &err);
	ck_fails(hyp_buf_write(&b, "ab", UINT64_MAX, &err), &err,
		 HYP_E_PERMANENT, "too_large");
	ck_assert_str_eq(hyp_buf_str(&b), "ab");
}
END_TEST

START_TEST(test_strings)
{
	HYP_AUTO_FREE char *a = NULL;
	HYP_AUTO_FREE char *b = NULL;
	char *stolen;

	ck_ok(hyp_strdup("text", &a, &err), &err);
	ck_assert_str_eq(a, "text");
	ck_ok(hyp_asprintf(&b, &err, "%s-%d", a, 7), &err);
	ck_assert_str_eq(b, "text-7");
	stolen = HYP_STEAL(b);
	ck_assert_ptr_null(b);
	free(stolen);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("buf");
	TCase *t = tcase_create("buf");

	tcase_add_test(t, test_grows);
	tcase_add_test(t, test_maximum);
	tcase_add_test(t, test_no_maximum);
	tcase_add_test(t, test_nothing);
	tcase_add_test(t, test_format);
	tcase_add_test(t, test_reset_and_again);
	tcase_add_test(t, test_reserve);
	tcase_add_test(t, test_write);
	tcase_add_test(t, test_strings);
	suite_add_tcase(suite, t);
	return unit_main(suite);
}
