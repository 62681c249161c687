/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures; e2e/ova-sign.sh lets the openssl command judge the same. */
#include "core/package/cert.h"
#include "core/base/cleanup.h"
#include "core/base/clock.h"
#include "tests/unit/package/pkg-kit.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <string.h>

#define MANIFEST "SHA256(vm.ovf)= 00\n"

static struct pkg_kit kit;
static struct hyp_buf text = HYP_BUF_INIT(1u << 20);
static struct hyp_cert_verdict verdict;
static char key_file[256], cert_file[256], ca_file[256];

static void setup(void)
{
	pkg_kit_init(&kit);
	snprintf(key_file, sizeof(key_file), "%s/key.pem", kit.dir);
	snprintf(cert_file, sizeof(cert_file), "%s/cert.pem", kit.dir);
	snprintf(ca_file, sizeof(ca_file), "%s/ca.pem", kit.dir);
}

static void teardown(void)
{
	hyp_buf_fini(&text);
	pkg_kit_fini(&kit);
}

static void write_key(EVP_PKEY *key, const char *file, const char *password)
{
	BIO *bio = BIO_new_file(file, "w");

	ck_assert_int_eq(PEM_write_bio_PrivateKey(
				 bio, key,
				 password != NULL ? EVP_aes_128_cbc() : NULL,
				 (const unsigned char *)password,
				 password != NULL ? (int)strlen(password) : 0,
				 NULL, NULL),
			 1);
	BIO_free(bio);
}

static void set_name(X509_NAME *name, const char *common)
{
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
				   (const unsigned char *)common, -1, -1, 0);
}

/* A certificate for key, valid for a day around now, issued by that key. */
static X509 *certify(EVP_PKEY *key, const char *name, EVP_PKEY *by,
		     const char *issuer, int is_ca)
{
	X509 *x = X509_new();
	X509_EXTENSION *ca;

	X509_set_version(x, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(x), is_ca ? 1 : 2);
	X509_gmtime_adj(X509_getm_notBefore(x), -3600);
	X509_gmtime_adj(X509_getm_notAfter(x), 3600);
	X509_set_pubkey(x, key);
	set_name(X509_get_subject_name(x), name);
	set_name(X509_get_issuer_name(x), issuer);
	ca = X509V3_EXT_conf_nid(NULL, NULL, NID_basic_constraints,
				 is_ca ? "critical,CA:TRUE" : "CA:FALSE");
	X509_add_ext(x, ca, -1);
	X509_EXTENSION_free(ca);
	ck_assert_int_gt(X509_sign(x, by, EVP_sha256()), 0);
	return x;
}

static void write_cert(X509 *x, const char *file)
{
	BIO *bio = BIO_new_file(file, "w");

	ck_assert_int_eq(PEM_write_bio_X509(bio, x), 1);
	BIO_free(bio);
	X509_free(x);
}

/* key.pem and cert.pem of that key, signed by ca.pem's. */
static void make_files(EVP_PKEY *key)
{
	EVP_PKEY *root = EVP_EC_gen("P-256");

	write_key(key, key_file, NULL);
	write_cert(certify(key, "maker", root, "root", 0), cert_file);
	write_cert(certify(root, "root", root, "root", 1), ca_file);
	EVP_PKEY_free(root);
	EVP_PKEY_free(key);
}

static int32_t sign(uint32_t digest)
{
	hyp_buf_reset(&text);
	return hyp_cert_sign(key_file, cert_file, digest, "vm.mf", MANIFEST,
			     strlen(MANIFEST), &text, &kit.err);
}

static int32_t verify(const char *manifest, const char *ca, int64_t wall_ms)
{
	return hyp_cert_verify(hyp_buf_str(&text), text.len, "vm.mf", manifest,
			       strlen(manifest), ca, wall_ms, &verdict,
			       &kit.err);
}

static int64_t now(void)
{
	return hyp_clock_wall_ms();
}

START_TEST(test_round_trip)
{
	static const uint32_t digests[] = {HYP_DIGEST_SHA1, HYP_DIGEST_SHA256,
					   HYP_DIGEST_SHA512};

	for (size_t i = 0; i < 2 * HYP_COUNT(digests); i++) {
		make_files(i % 2 ? EVP_RSA_gen(2048) : EVP_EC_gen("P-384"));
		ck_ok(sign(digests[i / 2]), &kit.err);
		ck_ok(verify(MANIFEST, ca_file, now()), &kit.err);
		ck_assert_msg(verdict.signature_ok && verdict.chain_ok &&
				      verdict.valid_now,
			      "%s", verdict.reason);
		ck_assert_str_eq(verdict.reason, "");
		ck_assert_str_eq(verdict.subject, "/CN=maker");
		ck_assert_str_eq(verdict.issuer, "/CN=root");
		ck_assert_uint_eq(strlen(verdict.not_after), 20);
	}
}
END_TEST

START_TEST(test_verdicts)
{
	make_files(EVP_EC_gen("P-256"));
	ck_ok(sign(HYP_DIGEST_SHA256), &kit.err);
	ck_ok(verify(MANIFEST "x", ca_file, now()), &kit.err);
	ck_assert(!verdict.signature_ok && verdict.chain_ok);
	ck_assert_str_ne(verdict.reason, "");
	ck_ok(verify(MANIFEST, NULL, now()), &kit.err);
	ck_assert(verdict.signature_ok && !verdict.chain_ok);
	ck_ok(verify(MANIFEST, "/nonexistent", now()), &kit.err);
	ck_assert(!verdict.chain_ok);
	ck_ok(verify(MANIFEST, ca_file, now() + 7200000), &kit.err);
	ck_assert(verdict.signature_ok && verdict.chain_ok);
	ck_assert(!verdict.valid_now);
	ck_ok(verify(MANIFEST, ca_file, now() - 7200000), &kit.err);
	ck_assert(!verdict.valid_now);
	/* A certificate of the same name by somebody else. */
	make_files(EVP_EC_gen("P-256"));
	ck_ok(verify(MANIFEST, ca_file, now()), &kit.err);
	ck_assert(verdict.signature_ok && !verdict.chain_ok);
}
END_TEST

START_TEST(test_bad_keys)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");

	make_files(EVP_EC_gen("P-256"));
	write_key(key, key_file, NULL); /* not the certificate's */
	ck_fails(sign(HYP_DIGEST_SHA256), &kit.err, HYP_E_USAGE, "bad_key");
	write_key(key, key_file, "secret");
	ck_fails(sign(HYP_DIGEST_SHA256), &kit.err, HYP_E_USAGE, "bad_key");
	EVP_PKEY_free(key);
	pkg_kit_file(&kit, "key.pem", "no key", 6);
	ck_fails(sign(HYP_DIGEST_SHA256), &kit.err, HYP_E_USAGE, "bad_key");
	remove(key_file);
	ck_fails(sign(HYP_DIGEST_SHA256), &kit.err, HYP_E_USAGE, "bad_key");
	make_files(EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"));
	ck_fails(sign(HYP_DIGEST_SHA256), &kit.err, HYP_E_USAGE, "bad_key");
	make_files(EVP_EC_gen("P-256"));
	pkg_kit_file(&kit, "cert.pem", "no cert", 7);
	ck_fails(sign(HYP_DIGEST_SHA256), &kit.err, HYP_E_USAGE, "bad_cert");
	ck_assert_uint_eq(text.len, 0);
}
END_TEST

/* Every cut and every changed byte of a good file: refused, or a verdict that
 * says so. */
START_TEST(test_mutations)
{
	HYP_AUTO_FREE char *good = NULL;
	size_t n, line;

	make_files(EVP_EC_gen("P-256"));
	ck_ok(sign(HYP_DIGEST_SHA256), &kit.err);
	n = text.len;
	line = strcspn(text.data, "\n");
	ck_ok(hyp_strdup(text.data, &good, &kit.err), &kit.err);
	for (size_t i = 0; i < n; i++) {
		text.len = i;
		text.data[i] = '\0';
		if (verify(MANIFEST, ca_file, now()) == 0) /* last newline */
			ck_assert_uint_ge(i, n - 1);
		else
			ck_assert_str_eq(kit.err.kind, "bad_cert");
		text.len = n;
		memcpy(text.data, good, n + 1);
	}
	for (size_t i = 0; i < line; i++) {
		text.data[i] = (char)(text.data[i] ^ 1);
		if (verify(MANIFEST, ca_file, now()) == 0)
			ck_assert(!verdict.signature_ok);
		text.data[i] = good[i];
	}
}
END_TEST

START_TEST(test_malformed)
{
	static const char *const bad[] = {
		"",
		"\n",
		"SHA256(vm.mf)= 00",
		"SHA256(vm.mf)= \n",
		"SHA256(vm.mf)= 0\n",
		"SHA256(vm.mf)= zz\n",
		"SHA256(vm.mf) 00\n",
		"SHA256(vm.mg)= 00\n",
		"SHA256(vm.m)= 00\n",
		"SHA256(vm.mfx)= 00\n",
		"SHA999(vm.mf)= 00\n",
		"SHA256SHA256SHA256(vm.mf)= 00\n",
		"(vm.mf)= 00\n",
		"SHA256(vm.mf)= 00\nno certificate\n",
	};

	for (size_t i = 0; i < HYP_COUNT(bad); i++) {
		hyp_buf_reset(&text);
		ck_ok(hyp_buf_adds(&text, bad[i], &kit.err), &kit.err);
		ck_fails(verify(MANIFEST, NULL, now()), &kit.err,
			 HYP_E_PERMANENT, "bad_cert");
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("cert");
	TCase *tcase = tcase_create("cert");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, test_round_trip);
	tcase_add_test(tcase, test_verdicts);
	tcase_add_test(tcase, test_bad_keys);
	tcase_add_test(tcase, test_mutations);
	tcase_add_test(tcase, test_malformed);
	suite_add_tcase(suite, tcase);
	return unit_main(suite);
}
