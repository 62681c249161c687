/* SPDX-License-Identifier: Apache-2.0 */
#include "core/pipeline/seal.h"
#include "core/base/cleanup.h"
#include "core/base/digest.h"
#include "core/base/random.h"

#include <limits.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#define NONCE 12
#define TAG 16

static void free_context(EVP_CIPHER_CTX **context)
{
	EVP_CIPHER_CTX_free(*context);
}
#define AUTO_CONTEXT __attribute__((cleanup(free_context))) EVP_CIPHER_CTX *

/* Key, nonce and associated data; both directions. */
static int begin(EVP_CIPHER_CTX *c, const uint8_t *key, const uint8_t *nonce,
		 const char *aad, int encrypt)
{
	int n;

	return c != NULL &&
	       EVP_CipherInit_ex(c, EVP_aes_256_gcm(), NULL, key, nonce,
				 encrypt) == 1 &&
	       EVP_CipherUpdate(c, NULL, &n, (const uint8_t *)aad,
				(int)strlen(aad)) == 1;
}

int32_t hyp_seal(const uint8_t *key, const char *aad, const void *bytes,
		 size_t n, struct hyp_buf *out, struct hyp_error *err)
{
	AUTO_CONTEXT c = EVP_CIPHER_CTX_new();
	HYP_AUTO_FREE uint8_t *sealed = NULL;
	int done = 0, more = 0;

	if (n > INT_MAX - HYP_SEAL_OVERHEAD)
		return hyp_error_set(err, HYP_E_PERMANENT, "too_large", 0,
				     "%zu bytes are too many to seal", n);
	sealed = malloc(n + HYP_SEAL_OVERHEAD);
	if (sealed == NULL)
		return hyp_error_nomem(err);
	if (hyp_random_bytes(sealed, NONCE, err) != 0)
		return err->code;
	if (!begin(c, key, sealed, aad, 1) ||
	    EVP_CipherUpdate(c, sealed + NONCE, &done, bytes, (int)n) != 1 ||
	    EVP_CipherFinal_ex(c, sealed + NONCE + done, &more) != 1 ||
	    EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_GET_TAG, TAG,
				sealed + NONCE + n) != 1)
		return hyp_error_set(err, HYP_E_TRANSIENT, "no_cipher", 0,
				     "OpenSSL refuses AES-256-GCM: see its "
				     "configuration");
	return hyp_buf_add(out, sealed, n + HYP_SEAL_OVERHEAD, err);
}

/* 1, 0 if the bytes are not what was sealed, -1 if OpenSSL cannot tell. */
static int open_sealed(EVP_CIPHER_CTX *c, const uint8_t *key, const char *aad,
		       const uint8_t *sealed, size_t n, uint8_t *plain)
{
	uint8_t tag[TAG];
	int done = 0, more = 0;

	memcpy(tag, sealed + NONCE + n, TAG);
	if (!begin(c, key, sealed, aad, 0) ||
	    EVP_CipherUpdate(c, plain, &done, sealed + NONCE, (int)n) != 1 ||
	    EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_SET_TAG, TAG, tag) != 1)
		return -1;
	return EVP_CipherFinal_ex(c, plain + done, &more) == 1;
}

int32_t hyp_unseal(const uint8_t *key, const char *aad, const void *bytes,
		   size_t n, struct hyp_buf *out, struct hyp_error *err)
{
	AUTO_CONTEXT c = EVP_CIPHER_CTX_new();
	uint8_t *plain;
	int opened;
	int32_t rc;

	if (n < HYP_SEAL_OVERHEAD || n > INT_MAX)
		return hyp_error_set(err, HYP_E_PERMANENT, "secret_lost", 0,
				     "sealed bytes of impossible length");
	n -= HYP_SEAL_OVERHEAD;
	plain = malloc(n + 1);
	if (plain == NULL)
		return hyp_error_nomem(err);
	opened = open_sealed(c, key, aad, bytes, n, plain);
	if (opened == 1)
		rc = hyp_buf_add(out, plain, n, err);
	else if (opened < 0) /* nothing is known of the bytes yet */
		rc = hyp_error_nomem(err);
	else
		rc = hyp_error_set(err, HYP_E_PERMANENT, "secret_lost", 0,
				   "sealed bytes were changed, or sealed with "
				   "another key");
	explicit_bzero(plain, n);
	free(plain);
	return rc;
}

int32_t hyp_seal_mark(const uint8_t *key, const char *purpose,
		      const void *bytes, size_t n, char *out,
		      struct hyp_error *err)
{
	struct hyp_digest mark = {.algorithm = HYP_DIGEST_SHA256};
	uint8_t own[HYP_DIGEST_MAX];
	unsigned int length = 0;
	int done;

	done = HMAC(EVP_sha256(), key, HYP_SEAL_KEY, (const uint8_t *)purpose,
		    strlen(purpose), own, &length) != NULL &&
	       HMAC(EVP_sha256(), own, (int)length, bytes, n, mark.value,
		    &mark.length) != NULL;
	explicit_bzero(own, sizeof(own));
	if (!done)
		return hyp_error_set(err, HYP_E_TRANSIENT, "digest_failed", 0,
				     "OpenSSL could not compute an HMAC");
	hyp_digest_hex(&mark, out);
	return 0;
}
