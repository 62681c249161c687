/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures of Standard Webhooks: v1, HMAC-SHA256 over ID.TIMESTAMP.BODY. */
#include "plugins/notifier/webhook/webhook.h"

#include <inttypes.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#define BLANKS " \t\r\n"
#define PREFIX "whsec_"
#define KEY_MAX 1024 /* text of one key */

static int32_t bad_key(struct hyp_error *err)
{
	return hyp_error_set(err, HYP_E_USAGE, "bad_secret", 0,
			     "secret: it is none of the form whsec_BASE64, "
			     "with 16 to 512 bytes in it");
}

/* The bytes of a key; how many, or -1. */
static int decode(const char *text, size_t n, unsigned char *out)
{
	char padded[KEY_MAX + 4];
	int got, drop;

	while (n > 0 && text[n - 1] == '=')
		n--;
	if (n % 4 == 1 || n > KEY_MAX - 4)
		return -1;
	memcpy(padded, text, n);
	drop = (int)((4 - n % 4) % 4);
	memset(padded + n, '=', (size_t)drop);
	got = EVP_DecodeBlock(out, (unsigned char *)padded, (int)n + drop);
	return got < 0 ? -1 : got - drop;
}

static int32_t add_one(const unsigned char *key, int key_length,
		       const struct hyp_buf *content, struct hyp_buf *out,
		       struct hyp_error *err)
{
	unsigned char mac[EVP_MAX_MD_SIZE], text[2 * EVP_MAX_MD_SIZE];
	unsigned n = 0;

	if (HMAC(EVP_sha256(), key, key_length,
		 (const unsigned char *)hyp_buf_str(content), content->len, mac,
		 &n) == NULL)
		return hyp_error_nomem(err);
	EVP_EncodeBlock(text, mac, (int)n);
	return hyp_buf_addf(out, err, "%sv1,%s", out->len > 0 ? " " : "",
			    (const char *)text);
}

static int32_t sign_all(const struct hyp_secret *secret,
			const struct hyp_buf *content, struct hyp_buf *out,
			struct hyp_error *err)
{
	const char *at = secret->value;
	unsigned char key[KEY_MAX];
	int32_t rc = 0;

	while (rc == 0 && *(at += strspn(at, BLANKS)) != '\0') {
		size_t n = strcspn(at, BLANKS), skip = strlen(PREFIX);
		int length = -1;

		if (n > skip && strncmp(at, PREFIX, skip) == 0)
			length = decode(at + skip, n - skip, key);
		rc = length >= 16 && length <= 512
			     ? add_one(key, length, content, out, err)
			     : bad_key(err);
		at += n;
	}
	explicit_bzero(key, sizeof(key));
	return rc == 0 && out->len == 0 ? bad_key(err) : rc;
}

int32_t webhook_sign(const struct hyp_secret *secret, const char *id,
		     int64_t timestamp, const char *body, size_t n,
		     struct hyp_buf *out, struct hyp_error *err)
{
	struct hyp_buf content = HYP_BUF_INIT(n + 256);
	int32_t rc;

	rc = hyp_buf_addf(&content, err, "%s.%" PRId64 ".", id, timestamp);
	if (rc == 0)
		rc = hyp_buf_add(&content, body, n, err);
	if (rc == 0)
		rc = sign_all(secret, &content, out, err);
	hyp_buf_fini(&content);
	return rc;
}
