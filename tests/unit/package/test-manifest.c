/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/cleanup.h"
#include "core/package/manifest.h"
#include "tests/lib/unit.h"

#include <string.h>

#define HEX1 "da39a3ee5e6b4b0d3255bfef95601890afd80709"
#define HEX1_OTHER "a9993e364706816aba3e25717850c26c9cd0d89d"
#define HEX256                                                                 \
	"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static struct hyp_error err;
static struct hyp_manifest m;

static int32_t parse(const char *text)
{
	return hyp_manifest_parse(text, strlen(text), &m, &err);
}

START_TEST(test_write)
{
	HYP_AUTO_BUF struct hyp_buf out = HYP_BUF_INIT(4096);
	struct hyp_digest d;

	ck_ok(hyp_digest_bytes(HYP_DIGEST_SHA256, "", 0, &d, &err), &err);
	ck_ok(hyp_manifest_add(&out, "web01.ovf", &d, &err), &err);
	ck_ok(hyp_digest_bytes(HYP_DIGEST_SHA1, "", 0, &d, &err), &err);
	ck_ok(hyp_manifest_add(&out, "web01-disk1.vmdk", &d, &err), &err);
	ck_assert_str_eq(hyp_buf_str(&out),
			 "SHA256(web01.ovf)= " HEX256 "\n"
			 "SHA1(web01-disk1.vmdk)= " HEX1 "\n");
	ck_ok(parse(out.data), &err);
	ck_assert_uint_eq(m.count, 2);
	ck_assert_uint_eq(m.algorithms, HYP_DIGEST_SHA256 | HYP_DIGEST_SHA1);
	ck_assert(hyp_digest_equal(hyp_manifest_find(&m, "web01-disk1.vmdk"),
				   &d));
	ck_assert_ptr_null(hyp_manifest_find(&m, "web01"));
	hyp_manifest_fini(&m);
	ck_assert_uint_eq(m.count, 0);
	hyp_manifest_fini(&m);
}
END_TEST

START_TEST(test_write_refused)
{
	HYP_AUTO_BUF struct hyp_buf out = HYP_BUF_INIT(40);
	struct hyp_digest none = {0}, d;

	ck_ok(hyp_digest_bytes(HYP_DIGEST_SHA1, "", 0, &d, &err), &err);
	ck_fails(hyp_manifest_add(&out, "a", &none, &err), &err,
		 HYP_E_PERMANENT, "bad_digest");
	none = d;
	none.length--;
	ck_fails(hyp_manifest_add(&out, "a", &none, &err), &err,
		 HYP_E_PERMANENT, "bad_digest");
	ck_fails(hyp_manifest_add(&out, "a\nb", &d, &err), &err, HYP_E_USAGE,
		 "unsafe_path");
	ck_fails(hyp_manifest_add(&out, "", &d, &err), &err, HYP_E_USAGE,
		 "unsafe_path");
	ck_fails(hyp_manifest_add(&out, "a", &d, &err), &err, HYP_E_PERMANENT,
		 "too_large");
	ck_assert_str_eq(hyp_buf_str(&out), "");
}
END_TEST

/* Each names the digest of "" for the file in the second column. */
static const struct {
	const char *text, *name;
} good[] = {
	{"SHA1(a.ovf)= " HEX1 "\n", "a.ovf"},
	{"SHA1(a.ovf)= " HEX1 "\r\n", "a.ovf"},
	{"SHA1(a.ovf)= " HEX1, "a.ovf"},
	{"SHA1(a.ovf)=" HEX1 "\n", "a.ovf"},
	{"SHA1 (a.ovf)= " HEX1 "\n", "a.ovf"},	/* VirtualBox */
	{"SHA1 (a.ovf) = " HEX1 "\n", "a.ovf"}, /* sha1sum --tag */
	{"sha1(a.ovf)= DA39A3EE5E6B4B0D3255BFEF95601890AFD80709\n", "a.ovf"},
	{"SHA1(a (1).ovf)= " HEX1 "\n", "a (1).ovf"},
	{"SHA1(a)= b.ovf)= " HEX1 "\n", "a)= b.ovf"},
	{"SHA1(\xc3\xa4.ovf)= " HEX1 "\n", "\xc3\xa4.ovf"},
	{"SHA1(a.ovf)= " HEX1 "\nSHA1(a.ovf)= " HEX1 "\n", "a.ovf"},
};

START_TEST(test_good)
{
	struct hyp_digest d;

	ck_ok(hyp_digest_bytes(HYP_DIGEST_SHA1, "", 0, &d, &err), &err);
	ck_ok(parse(good[_i].text), &err);
	ck_assert_uint_eq(m.count, 1);
	ck_assert_str_eq(m.lines[0].name, good[_i].name);
	ck_assert(hyp_digest_equal(&m.lines[0].digest, &d));
	hyp_manifest_fini(&m);
}
END_TEST

static const struct {
	const char *text, *where;
} bad[] = {
	{"\n", "line 1"},
	{"SHA1(a)= " HEX1 "\n\n", "line 2"},
	{"garbage\n", "line 1"},
	{"SHA1(a)= " HEX1 "\ngarbage\n", "line 2"},
	{"SHA1(a) " HEX1 "\n", "line 1"},
	{"SHA1 a= " HEX1 "\n", "line 1"},
	{"SHA1()= " HEX1 "\n", "line 1"},
	{"SHA1(a= " HEX1 "\n", "line 1"},
	{"SHA1)a(= " HEX1 "\n", "line 1"},
	{"(a)= " HEX1 "\n", "line 1"},
	{"=(a)" HEX1 "\n", "line 1"},
	{"MD5(a)= d41d8cd98f00b204e9800998ecf8427e\n", "line 1"},
	{" SHA1(a)= " HEX1 "\n", "line 1"},
	{"SHA256(a)= " HEX1 "\n", "line 1"},
	{"SHA1(a)= " HEX1 " \n", "line 1"},
	{"SHA1(a)= " HEX1 "x\n", "line 1"},
	{"SHA1(a)= \n", "line 1"},
	{"SHA1(a)= " HEX1 "\r\r\n", "line 1"},
	{"SHA1(a)= " HEX1 "\nSHA1(a)= " HEX1_OTHER "\n", "line 2"},
	{"SHA1(a)= " HEX1 "\nSHA256(a)= " HEX256 "\n", "line 2"},
	{"SHA1(\xff)= " HEX1 "\n", "line 1"},
	{"\xef\xbb\xbfSHA1(a)= " HEX1 "\n", "line 1"},
};

START_TEST(test_bad)
{
	ck_fails(parse(bad[_i].text), &err, HYP_E_PERMANENT, "corrupt_archive");
	ck_assert_ptr_nonnull(strstr(err.text, bad[_i].where));
	ck_assert_uint_eq(m.count, 0);
}
END_TEST

START_TEST(test_nul)
{
	static const char text[] = "SHA1(a\0b)= " HEX1 "\n";

	ck_fails(hyp_manifest_parse(text, sizeof(text) - 1, &m, &err), &err,
		 HYP_E_PERMANENT, "corrupt_archive");
}
END_TEST

START_TEST(test_empty)
{
	ck_ok(hyp_manifest_parse("", 0, &m, &err), &err);
	ck_assert_uint_eq(m.count, 0);
	hyp_manifest_fini(&m);
}
END_TEST

START_TEST(test_limits)
{
	HYP_AUTO_BUF struct hyp_buf b = HYP_BUF_INIT(4u << 20);
	HYP_AUTO_FREE char *name = NULL;

	for (int i = 0; i < 2048; i++)
		ck_ok(hyp_buf_addf(&b, &err, "SHA1(%d)= " HEX1 "\n", i), &err);
	ck_ok(parse(b.data), &err);
	ck_assert_uint_eq(m.count, 2048);
	hyp_manifest_fini(&m);
	ck_ok(hyp_buf_adds(&b, "SHA1(x)= " HEX1 "\n", &err), &err);
	ck_fails(parse(b.data), &err, HYP_E_PERMANENT, "corrupt_archive");
	hyp_buf_reset(&b);
	ck_assert_int_ge(asprintf(&name, "%0*d", 2000, 7), 0);
	ck_ok(hyp_buf_addf(&b, &err, "SHA1(%s)= " HEX1 "\n", name), &err);
	ck_fails(parse(b.data), &err, HYP_E_PERMANENT, "corrupt_archive");
	hyp_buf_reset(&b);
	while (b.len <= HYP_MANIFEST_MAX)
		ck_ok(hyp_buf_adds(&b, "SHA1(x)= " HEX1 "\n", &err), &err);
	ck_fails(parse(b.data), &err, HYP_E_PERMANENT, "corrupt_archive");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("manifest");
	TCase *t = tcase_create("manifest");

	tcase_add_test(t, test_write);
	tcase_add_test(t, test_write_refused);
	tcase_add_loop_test(t, test_good, 0, (int)HYP_COUNT(good));
	tcase_add_loop_test(t, test_bad, 0, (int)HYP_COUNT(bad));
	tcase_add_test(t, test_nul);
	tcase_add_test(t, test_empty);
	tcase_add_test(t, test_limits);
	suite_add_tcase(suite, t);
	return unit_main(suite);
}
