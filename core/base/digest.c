/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/digest.h"
#include "core/base/buf.h"
#include "core/base/cleanup.h"

#include <errno.h>
#include <openssl/evp.h>
#include <string.h>
#include <strings.h>

static const struct algorithm {
	uint32_t id;
	uint32_t length;
	const char *name, *label;
} algorithms[] = {
	{HYP_DIGEST_SHA1, 20, "sha1", "SHA1"},
	{HYP_DIGEST_SHA256, 32, "sha256", "SHA256"},
	{HYP_DIGEST_SHA512, 64, "sha512", "SHA512"},
};

static const struct algorithm *find(uint32_t id)
{
	for (size_t i = 0; i < HYP_COUNT(algorithms); i++)
		if (algorithms[i].id == id)
			return &algorithms[i];
	return NULL;
}

struct hyp_hasher {
	EVP_MD *md;
	EVP_MD_CTX *ctx;
	uint32_t algorithm;
	int open; /* reset, and final not yet called */
};

static int32_t unsupported(const char *name, struct hyp_error *err)
{
	return hyp_error_set(err, HYP_E_UNSUPPORTED, "unsupported_digest", 0,
			     "this system's OpenSSL offers no %s; choose "
			     "another digest",
			     name);
}

static int32_t hash_failed(struct hyp_error *err)
{
	if (errno == ENOMEM)
		return hyp_error_nomem(err);
	return hyp_error_set(err, HYP_E_TRANSIENT, "digest_failed", 0,
			     "OpenSSL could not compute a digest");
}

int32_t hyp_hasher_new(uint32_t algorithm, struct hyp_hasher **out,
		       struct hyp_error *err)
{
	const struct algorithm *a = find(algorithm);
	struct hyp_hasher *h;
	int32_t rc;

	if (a == NULL)
		return unsupported("digest of that number", err);
	h = calloc(1, sizeof(*h));
	if (h == NULL)
		return hyp_error_nomem(err);
	h->algorithm = algorithm;
	errno = 0;
	h->md = EVP_MD_fetch(NULL, a->label, NULL);
	if (h->md == NULL) {
		rc = errno == ENOMEM ? hyp_error_nomem(err)
				     : unsupported(a->name, err);
		goto fail;
	}
	h->ctx = EVP_MD_CTX_new();
	if (h->ctx == NULL) {
		rc = hyp_error_nomem(err);
		goto fail;
	}
	rc = hyp_hasher_reset(h, err);
	if (rc != 0)
		goto fail;
	*out = h;
	return 0;
fail:
	hyp_hasher_free(h);
	return rc;
}

void hyp_hasher_free(struct hyp_hasher *hasher)
{
	if (hasher == NULL)
		return;
	EVP_MD_CTX_free(hasher->ctx);
	EVP_MD_free(hasher->md);
	free(hasher);
}

int32_t hyp_hasher_reset(struct hyp_hasher *hasher, struct hyp_error *err)
{
	errno = 0;
	hasher->open = EVP_DigestInit_ex2(hasher->ctx, hasher->md, NULL) == 1;
	return hasher->open ? 0 : hash_failed(err);
}

int32_t hyp_hasher_update(struct hyp_hasher *hasher, const void *buf, size_t n,
			  struct hyp_error *err)
{
	errno = 0;
	if (!hasher->open || EVP_DigestUpdate(hasher->ctx, buf, n) != 1)
		return hash_failed(err);
	return 0;
}

int32_t hyp_hasher_final(struct hyp_hasher *hasher, struct hyp_digest *out,
			 struct hyp_error *err)
{
	struct hyp_digest d = {.algorithm = hasher->algorithm};
	unsigned int length = 0;

	errno = 0;
	if (!hasher->open ||
	    EVP_DigestFinal_ex(hasher->ctx, d.value, &length) != 1)
		return hash_failed(err);
	hasher->open = 0;
	d.length = length;
	*out = d;
	return 0;
}

int32_t hyp_digest_bytes(uint32_t algorithm, const void *buf, size_t n,
			 struct hyp_digest *out, struct hyp_error *err)
{
	struct hyp_hasher *h;
	int32_t rc = hyp_hasher_new(algorithm, &h, err);

	if (rc != 0)
		return rc;
	rc = hyp_hasher_update(h, buf, n, err);
	if (rc == 0)
		rc = hyp_hasher_final(h, out, err);
	hyp_hasher_free(h);
	return rc;
}

void hyp_digest_hex(const struct hyp_digest *digest, char *out)
{
	static const char digits[] = "0123456789abcdef";
	uint32_t n = digest->length > HYP_DIGEST_MAX ? 0 : digest->length;

	for (uint32_t i = 0; i < n; i++) {
		*out++ = digits[digest->value[i] >> 4];
		*out++ = digits[digest->value[i] & 15];
	}
	*out = '\0';
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static int32_t bad_digest(const struct algorithm *a, struct hyp_error *err)
{
	return hyp_error_set(err, HYP_E_PERMANENT, "bad_digest", 0,
			     "not a %s digest: %u hexadecimal digits are "
			     "needed",
			     a->name, 2 * a->length);
}

int32_t hyp_digest_parse(uint32_t algorithm, const char *hex,
			 struct hyp_digest *out, struct hyp_error *err)
{
	const struct algorithm *a = find(algorithm);
	struct hyp_digest d = {.algorithm = algorithm};

	if (a == NULL)
		return unsupported("digest of that number", err);
	if (strnlen(hex, 2 * a->length + 1) != 2 * a->length)
		return bad_digest(a, err);
	for (uint32_t i = 0; i < a->length; i++) {
		int hi = hex_value(hex[2 * i]), lo = hex_value(hex[2 * i + 1]);

		if (hi < 0 || lo < 0)
			return bad_digest(a, err);
		d.value[i] = (uint8_t)(hi << 4 | lo);
	}
	d.length = a->length;
	*out = d;
	return 0;
}

int hyp_digest_equal(const struct hyp_digest *a, const struct hyp_digest *b)
{
	return a->length > 0 && a->length <= HYP_DIGEST_MAX &&
	       a->length == b->length && a->algorithm == b->algorithm &&
	       memcmp(a->value, b->value, a->length) == 0;
}

uint32_t hyp_digest_by_name(const char *name)
{
	for (size_t i = 0; i < HYP_COUNT(algorithms); i++)
		if (strcasecmp(algorithms[i].name, name) == 0)
			return algorithms[i].id;
	return 0;
}

const char *hyp_digest_name(uint32_t algorithm)
{
	const struct algorithm *a = find(algorithm);

	return a == NULL ? NULL : a->name;
}

const char *hyp_digest_label(uint32_t algorithm)
{
	const struct algorithm *a = find(algorithm);

	return a == NULL ? NULL : a->label;
}

uint32_t hyp_digest_length(uint32_t algorithm)
{
	const struct algorithm *a = find(algorithm);

	return a == NULL ? 0 : a->length;
}
