/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/cleanup.h"
#include "core/base/digest.h"
#include "tests/lib/unit.h"

#include <string.h>

static struct hyp_error err;

/* FIPS 180's examples, and the empty text. */
static const struct {
	uint32_t algorithm;
	const char *text, *hex;
} known[] = {
	{HYP_DIGEST_SHA1, "", "da39a3ee5e6b4b0d3255bfef95601890afd80709"},
	{HYP_DIGEST_SHA1, "abc", "a9993e364706816aba3e25717850c26c9cd0d89d"},
	{HYP_DIGEST_SHA256, "",
	 "e3b0c44298fc1c149afbf4c8996fb924"
	 "27ae41e4649b934ca495991b7852b855"},
	{HYP_DIGEST_SHA256, "abc",
	 "ba7816bf8f01cfea414140de5dae2223"
	 "b00361a396177a9cb410ff61f20015ad"},
	{HYP_DIGEST_SHA512, "abc",
	 "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
	 "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"},
};

START_TEST(test_known)
{
	char hex[HYP_DIGEST_HEX_MAX];
	struct hyp_digest d, parsed;

	ck_ok(hyp_digest_bytes(known[_i].algorithm, known[_i].text,
			       strlen(known[_i].text), &d, &err),
	      &err);
	hyp_digest_hex(&d, hex);
	ck_assert_str_eq(hex, known[_i].hex);
	ck_assert_uint_eq(d.length, hyp_digest_length(known[_i].algorithm));
	ck_ok(hyp_digest_parse(known[_i].algorithm, hex, &parsed, &err), &err);
	ck_assert(hyp_digest_equal(&d, &parsed));
}
END_TEST

START_TEST(test_stream)
{
	struct hyp_hasher *h = NULL;
	struct hyp_digest d, whole;

	ck_ok(hyp_hasher_new(HYP_DIGEST_SHA256, &h, &err), &err);
	ck_ok(hyp_hasher_update(h, "garbage", 7, &err), &err);
	ck_ok(hyp_hasher_reset(h, &err), &err);
	ck_ok(hyp_hasher_update(h, "a", 1, &err), &err);
	ck_ok(hyp_hasher_update(h, "", 0, &err), &err);
	ck_ok(hyp_hasher_update(h, "bc", 2, &err), &err);
	ck_ok(hyp_hasher_final(h, &d, &err), &err);
	ck_ok(hyp_digest_bytes(HYP_DIGEST_SHA256, "abc", 3, &whole, &err),
	      &err);
	ck_assert(hyp_digest_equal(&d, &whole));
	/* Ended: only reset brings it back. */
	ck_fails(hyp_hasher_update(h, "d", 1, &err), &err, HYP_E_TRANSIENT,
		 "digest_failed");
	ck_fails(hyp_hasher_final(h, &d, &err), &err, HYP_E_TRANSIENT,
		 "digest_failed");
	ck_ok(hyp_hasher_reset(h, &err), &err);
	ck_ok(hyp_hasher_update(h, "abc", 3, &err), &err);
	ck_ok(hyp_hasher_final(h, &d, &err), &err);
	ck_assert(hyp_digest_equal(&d, &whole));
	hyp_hasher_free(h);
	hyp_hasher_free(NULL);
}
END_TEST

START_TEST(test_unknown)
{
	struct hyp_hasher *h = NULL;
	struct hyp_digest d;

	ck_fails(hyp_hasher_new(8, &h, &err), &err, HYP_E_UNSUPPORTED,
		 "unsupported_digest");
	ck_assert_ptr_null(h);
	ck_fails(hyp_hasher_new(3, &h, &err), &err, HYP_E_UNSUPPORTED,
		 "unsupported_digest");
	ck_fails(hyp_digest_parse(0, "", &d, &err), &err, HYP_E_UNSUPPORTED,
		 "unsupported_digest");
	ck_assert_ptr_null(hyp_digest_name(0));
	ck_assert_ptr_null(hyp_digest_label(3));
	ck_assert_uint_eq(hyp_digest_length(16), 0);
	ck_assert_uint_eq(hyp_digest_by_name("md5"), 0);
	ck_assert_uint_eq(hyp_digest_by_name(""), 0);
	ck_assert_uint_eq(hyp_digest_by_name("sha256 "), 0);
}
END_TEST

START_TEST(test_names)
{
	ck_assert_uint_eq(hyp_digest_by_name("sha1"), HYP_DIGEST_SHA1);
	ck_assert_uint_eq(hyp_digest_by_name("Sha256"), HYP_DIGEST_SHA256);
	ck_assert_uint_eq(hyp_digest_by_name("SHA512"), HYP_DIGEST_SHA512);
	ck_assert_str_eq(hyp_digest_name(HYP_DIGEST_SHA512), "sha512");
	ck_assert_str_eq(hyp_digest_label(HYP_DIGEST_SHA1), "SHA1");
}
END_TEST

START_TEST(test_parse)
{
	static const char *const bad[] = {
		"",
		"da39a3ee5e6b4b0d3255bfef95601890afd8070",
		"da39a3ee5e6b4b0d3255bfef95601890afd807090",
		"da39a3ee5e6b4b0d3255bfef95601890afd8070g",
		" a39a3ee5e6b4b0d3255bfef95601890afd80709",
		"0xda39a3ee5e6b4b0d3255bfef95601890afd807",
	};
	struct hyp_digest d = {.length = 77};

	for (size_t i = 0; i < HYP_COUNT(bad); i++)
		ck_fails(hyp_digest_parse(HYP_DIGEST_SHA1, bad[i], &d, &err),
			 &err, HYP_E_PERMANENT, "bad_digest");
	ck_assert_uint_eq(d.length, 77);
	ck_ok(hyp_digest_parse(HYP_DIGEST_SHA1,
			       "DA39A3EE5E6B4B0D3255bfef95601890afd80709", &d,
			       &err),
	      &err);
	ck_assert_uint_eq(d.value[0], 0xda);
	ck_assert_uint_eq(d.value[19], 0x09);
}
END_TEST

START_TEST(test_equal)
{
	struct hyp_digest none = {0}, a, b;
	char hex[HYP_DIGEST_HEX_MAX];

	ck_assert(!hyp_digest_equal(&none, &none));
	ck_ok(hyp_digest_bytes(HYP_DIGEST_SHA1, "x", 1, &a, &err), &err);
	b = a;
	ck_assert(hyp_digest_equal(&a, &b));
	b.value[19] ^= 1;
	ck_assert(!hyp_digest_equal(&a, &b));
	b = a;
	b.algorithm = HYP_DIGEST_SHA256;
	ck_assert(!hyp_digest_equal(&a, &b));
	b = a;
	b.length = 19;
	ck_assert(!hyp_digest_equal(&a, &b));
	b.length = a.length = 1000;
	ck_assert(!hyp_digest_equal(&a, &b));
	hyp_digest_hex(&none, hex);
	ck_assert_str_eq(hex, "");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("digest");
	TCase *t = tcase_create("digest");

	tcase_add_loop_test(t, test_known, 0, (int)HYP_COUNT(known));
	tcase_add_test(t, test_stream);
	tcase_add_test(t, test_unknown);
	tcase_add_test(t, test_names);
	tcase_add_test(t, test_parse);
	tcase_add_test(t, test_equal);
	suite_add_tcase(suite, t);
	return unit_main(suite);
}
