/* SPDX-License-Identifier: Apache-2.0 */
#include "core/package/cert.h"
#include "core/base/cleanup.h"
#include "core/base/clock.h"
#include "core/base/digest.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <string.h>

#define SIGNATURE_MAX 2048 /* bytes: RSA of 16,384 bits */

static void free_bio(BIO **bio)
{
	BIO_free(*bio);
}
static void free_x509(X509 **cert)
{
	X509_free(*cert);
}
static void free_key(EVP_PKEY **key)
{
	EVP_PKEY_free(*key);
}
static void free_ctx(EVP_MD_CTX **ctx)
{
	EVP_MD_CTX_free(*ctx);
}
#define AUTO(f) __attribute__((cleanup(f)))

/* What OpenSSL says went wrong, its queue emptied. */
static const char *openssl_reason(char *out, size_t n)
{
	unsigned long code = ERR_peek_last_error();

	if (code == 0)
		snprintf(out, n, "no reason given");
	else
		ERR_error_string_n(code, out, n);
	ERR_clear_error();
	return out;
}

static const EVP_MD *md_of(uint32_t algorithm)
{
	const char *name = hyp_digest_label(algorithm);

	return name == NULL ? NULL : EVP_get_digestbyname(name);
}

/* A passphrase would be asked for on the terminal: there is none to give. */
static int no_passphrase(char *buf, int size, int writing, void *ctx)
{
	(void)buf, (void)size, (void)writing, (void)ctx;
	return -1;
}

static int32_t load_key(const char *file, EVP_PKEY **out, struct hyp_error *err)
{
	AUTO(free_bio) BIO *bio = BIO_new_file(file, "r");
	char reason[256];
	int id;

	if (bio != NULL)
		*out = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);
	if (bio == NULL || *out == NULL)
		return hyp_error_set(
			err, HYP_E_USAGE, "bad_key", 0,
			"%s is no readable PEM private key without "
			"passphrase: %s",
			file, openssl_reason(reason, sizeof(reason)));
	id = EVP_PKEY_get_base_id(*out);
	if (id != EVP_PKEY_RSA && id != EVP_PKEY_EC)
		return hyp_error_set(
			err, HYP_E_USAGE, "bad_key", 0,
			"%s is no RSA or EC key, which is what OVF "
			"importers know",
			file);
	return 0;
}

static int32_t load_cert(const char *file, X509 **out, struct hyp_error *err)
{
	AUTO(free_bio) BIO *bio = BIO_new_file(file, "r");
	char reason[256];

	if (bio != NULL)
		*out = PEM_read_bio_X509(bio, NULL, no_passphrase, NULL);
	if (bio == NULL || *out == NULL)
		return hyp_error_set(err, HYP_E_USAGE, "bad_cert", 0,
				     "%s is no PEM certificate: %s", file,
				     openssl_reason(reason, sizeof(reason)));
	return 0;
}

static int32_t make_signature(EVP_PKEY *key, uint32_t digest, const void *bytes,
			      size_t n, uint8_t *out, size_t *len,
			      struct hyp_error *err)
{
	AUTO(free_ctx) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	char reason[256];

	if (ctx == NULL ||
	    EVP_DigestSignInit(ctx, NULL, md_of(digest), NULL, key) != 1 ||
	    EVP_DigestSign(ctx, out, len, bytes, n) != 1)
		return hyp_error_set(err, HYP_E_PERMANENT, "bad_key", 0,
				     "signing the manifest failed: %s",
				     openssl_reason(reason, sizeof(reason)));
	return 0;
}

static int32_t add_pem(struct hyp_buf *out, X509 *cert, struct hyp_error *err)
{
	AUTO(free_bio) BIO *bio = BIO_new(BIO_s_mem());
	char *text;
	long n;

	if (bio == NULL || PEM_write_bio_X509(bio, cert) != 1)
		return hyp_error_nomem(err);
	n = BIO_get_mem_data(bio, &text);
	return hyp_buf_add(out, text, (size_t)n, err);
}

int32_t hyp_cert_sign(const char *key_file, const char *cert_file,
		      uint32_t digest, const char *manifest_name,
		      const void *manifest, size_t n, struct hyp_buf *out,
		      struct hyp_error *err)
{
	AUTO(free_key) EVP_PKEY *key = NULL;
	AUTO(free_x509) X509 *cert = NULL;
	uint8_t signature[SIGNATURE_MAX];
	size_t len = sizeof(signature);
	int32_t rc;

	rc = load_key(key_file, &key, err);
	if (rc == 0)
		rc = load_cert(cert_file, &cert, err);
	if (rc == 0 && X509_check_private_key(cert, key) != 1) {
		ERR_clear_error();
		rc = hyp_error_set(err, HYP_E_USAGE, "bad_key", 0,
				   "the key in %s does not belong to the "
				   "certificate in %s",
				   key_file, cert_file);
	}
	if (rc == 0)
		rc = make_signature(key, digest, manifest, n, signature, &len,
				    err);
	if (rc == 0)
		rc = hyp_buf_addf(out, err,
				  "%s(%s)= ", hyp_digest_label(digest),
				  manifest_name);
	for (size_t i = 0; rc == 0 && i < len; i++)
		rc = hyp_buf_addf(out, err, "%02x", signature[i]);
	if (rc == 0)
		rc = hyp_buf_adds(out, "\n", err);
	return rc != 0 ? rc : add_pem(out, cert, err);
}

/* The first line of a .cert, taken apart. */
struct signed_line {
	uint32_t digest;
	uint8_t signature[SIGNATURE_MAX];
	size_t len;
};

static int32_t malformed(struct hyp_error *err, const char *why)
{
	return hyp_error_set(err, HYP_E_PERMANENT, "bad_cert", 0,
			     "the certificate file is malformed: %s", why);
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int32_t parse_hex(const char *hex, size_t n, struct signed_line *out,
			 struct hyp_error *err)
{
	while (n > 0 && (hex[n - 1] == '\r' || hex[n - 1] == ' '))
		n--;
	if (n == 0 || n % 2 != 0 || n / 2 > sizeof(out->signature))
		return malformed(err, "the signature's length cannot be");
	for (size_t i = 0; i < n; i += 2) {
		int hi = hex_value(hex[i]), lo = hex_value(hex[i + 1]);

		if (hi < 0 || lo < 0)
			return malformed(err, "the signature is no hex text");
		out->signature[i / 2] = (uint8_t)(hi << 4 | lo);
	}
	out->len = n / 2;
	return 0;
}

static int32_t parse_line(const char *text, size_t n, const char *manifest_name,
			  struct signed_line *out, struct hyp_error *err)
{
	const char *end = memchr(text, '\n', n);
	const char *open, *close;
	char label[16];
	size_t name_len = strlen(manifest_name);

	if (end == NULL)
		return malformed(err, "there is no signature line");
	open = memchr(text, '(', (size_t)(end - text));
	if (open == NULL || (size_t)(open - text) >= sizeof(label))
		return malformed(err, "the first line is no \"SHA256(NAME.mf)= "
				      "HEX\"");
	memcpy(label, text, (size_t)(open - text));
	label[open - text] = '\0';
	out->digest = hyp_digest_by_name(label);
	if (out->digest == 0)
		return malformed(err, "its digest algorithm is unknown");
	if ((size_t)(end - open) < name_len + 3 ||
	    memcmp(open + 1, manifest_name, name_len) != 0)
		return malformed(err, "it does not sign this manifest's name");
	close = open + 1 + name_len;
	if (close[0] != ')' || close[1] != '=')
		return malformed(err, "it does not sign this manifest's name");
	close += 2;
	while (close < end && *close == ' ')
		close++;
	return parse_hex(close, (size_t)(end - close), out, err);
}

static void add_reason(struct hyp_cert_verdict *out, const char *fmt,
		       const char *detail)
{
	size_t used = strlen(out->reason);

	if (used > 0 && used + 2 < sizeof(out->reason)) {
		memcpy(out->reason + used, "; ", 3);
		used += 2;
	}
	snprintf(out->reason + used, sizeof(out->reason) - used, "%s%s", fmt,
		 detail);
}

static void check_signature(X509 *cert, const struct signed_line *line,
			    const void *manifest, size_t n,
			    struct hyp_cert_verdict *out)
{
	AUTO(free_ctx) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY *key = X509_get0_pubkey(cert);

	out->signature_ok = ctx != NULL && key != NULL &&
			    EVP_DigestVerifyInit(ctx, NULL, md_of(line->digest),
						 NULL, key) == 1 &&
			    EVP_DigestVerify(ctx, line->signature, line->len,
					     manifest, n) == 1;
	ERR_clear_error();
	if (!out->signature_ok)
		add_reason(out, "the signature does not match the manifest",
			   "");
}

static void check_chain(X509 *cert, STACK_OF(X509) * others,
			const char *ca_file, struct hyp_cert_verdict *out)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	int loaded;

	if (store == NULL || ctx == NULL) {
		add_reason(out, "no memory to check the chain", "");
		goto done;
	}
	loaded = ca_file != NULL ? X509_STORE_load_file(store, ca_file)
				 : X509_STORE_set_default_paths(store);
	/* Dates are judged apart, so that each reason is named. */
	X509_STORE_set_flags(store, X509_V_FLAG_NO_CHECK_TIME);
	if (loaded != 1)
		add_reason(out, "cannot read trusted roots from ",
			   ca_file != NULL ? ca_file : "the system");
	else if (X509_STORE_CTX_init(ctx, store, cert, others) == 1)
		out->chain_ok = X509_verify_cert(ctx) == 1;
	if (loaded == 1 && !out->chain_ok)
		add_reason(out, "no trusted root: ",
			   X509_verify_cert_error_string(
				   X509_STORE_CTX_get_error(ctx)));
done:
	ERR_clear_error();
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
}

static void check_dates(X509 *cert, int64_t wall_ms,
			struct hyp_cert_verdict *out)
{
	time_t now = (time_t)(wall_ms / 1000);
	struct tm tm;

	out->valid_now = X509_cmp_time(X509_get0_notBefore(cert), &now) < 0 &&
			 X509_cmp_time(X509_get0_notAfter(cert), &now) > 0;
	if (ASN1_TIME_to_tm(X509_get0_notAfter(cert), &tm) == 1)
		hyp_time_format((int64_t)timegm(&tm) * 1000, out->not_after);
	if (!out->valid_now)
		add_reason(out, "outside its dates, which end ",
			   out->not_after);
}

/* All PEM certificates of the text; the first is the signer's. */
static STACK_OF(X509) * read_certs(const char *text, size_t n)
{
	AUTO(free_bio) BIO *bio = BIO_new_mem_buf(text, (int)n);
	STACK_OF(X509) *certs = sk_X509_new_null();
	X509 *cert;

	while (bio != NULL && certs != NULL && sk_X509_num(certs) < 16 &&
	       (cert = PEM_read_bio_X509(bio, NULL, no_passphrase, NULL)) !=
		       NULL)
		if (sk_X509_push(certs, cert) == 0)
			X509_free(cert);
	ERR_clear_error();
	return certs;
}

int32_t hyp_cert_verify(const char *text, size_t n, const char *manifest_name,
			const void *manifest, size_t manifest_n,
			const char *ca_file, int64_t wall_ms,
			struct hyp_cert_verdict *out, struct hyp_error *err)
{
	struct hyp_cert_verdict verdict = {0};
	struct signed_line line = {0};
	STACK_OF(X509) * certs;
	int32_t rc = parse_line(text, n, manifest_name, &line, err);

	if (rc != 0)
		return rc;
	certs = read_certs(text, n);
	if (certs == NULL || sk_X509_num(certs) < 1) {
		sk_X509_pop_free(certs, X509_free);
		return malformed(err, "no PEM certificate follows the "
				      "signature");
	}
	X509 *cert = sk_X509_value(certs, 0);

	X509_NAME_oneline(X509_get_subject_name(cert), verdict.subject,
			  sizeof(verdict.subject));
	X509_NAME_oneline(X509_get_issuer_name(cert), verdict.issuer,
			  sizeof(verdict.issuer));
	check_signature(cert, &line, manifest, manifest_n, &verdict);
	check_chain(cert, certs, ca_file, &verdict);
	check_dates(cert, wall_ms, &verdict);
	sk_X509_pop_free(certs, X509_free);
	*out = verdict;
	return 0;
}
