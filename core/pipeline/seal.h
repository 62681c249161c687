/* SPDX-License-Identifier: Apache-2.0 */
/* AES-256-GCM (NIST SP 800-38D) over a few bytes: nonce, ciphertext, tag. */
#ifndef HYP_PIPELINE_SEAL_H
#define HYP_PIPELINE_SEAL_H

#include "core/base/buf.h"

#define HYP_SEAL_KEY 32
#define HYP_SEAL_OVERHEAD (12 + 16)

/* aad: what the bytes belong to; unsealing under another name fails. Appends
 * to out. The nonce is random: one key is good for 2^32 seals. */
int32_t hyp_seal(const uint8_t *key, const char *aad, const void *bytes,
		 size_t n, struct hyp_buf *out, struct hyp_error *err);
/* HYP_E_PERMANENT "secret_lost": other key, other name, or changed bytes;
 * out is then as before. */
int32_t hyp_unseal(const uint8_t *key, const char *aad, const void *bytes,
		   size_t n, struct hyp_buf *out, struct hyp_error *err);

#define HYP_SEAL_MARK_MAX 65
/* What the bytes can be known again by, and not be found by trying without the
 * key: HMAC-SHA256 in hex, with a key of its own for each purpose, made of
 * key. out holds HYP_SEAL_MARK_MAX. */
int32_t hyp_seal_mark(const uint8_t *key, const char *purpose,
		      const void *bytes, size_t n, char *out,
		      struct hyp_error *err);

#endif
