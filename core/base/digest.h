/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-1, SHA-256 and SHA-512 (FIPS 180-4) by OpenSSL's EVP. */
#ifndef HYP_BASE_DIGEST_H
#define HYP_BASE_DIGEST_H

#include <hypersdk/types.h>
#include <stddef.h>

struct hyp_hasher; /* one stream, one thread at a time */

/* algorithm: one HYP_DIGEST_*. HYP_E_UNSUPPORTED where OpenSSL's
 * configuration refuses it (FIPS: SHA-1). */
int32_t hyp_hasher_new(uint32_t algorithm, struct hyp_hasher **out,
		       struct hyp_error *err);
void hyp_hasher_free(struct hyp_hasher *hasher);
int32_t hyp_hasher_reset(struct hyp_hasher *hasher, struct hyp_error *err);
int32_t hyp_hasher_update(struct hyp_hasher *hasher, const void *buf, size_t n,
			  struct hyp_error *err);
/* Ends the stream; only reset or free may follow. */
int32_t hyp_hasher_final(struct hyp_hasher *hasher, struct hyp_digest *out,
			 struct hyp_error *err);

int32_t hyp_digest_bytes(uint32_t algorithm, const void *buf, size_t n,
			 struct hyp_digest *out, struct hyp_error *err);

#define HYP_DIGEST_HEX_MAX (2 * HYP_DIGEST_MAX + 1)
/* Lower-case hex; "" for a digest of length 0. */
void hyp_digest_hex(const struct hyp_digest *digest, char *out);
/* Either case. HYP_E_PERMANENT "bad_digest" if length or digits are wrong. */
int32_t hyp_digest_parse(uint32_t algorithm, const char *hex,
			 struct hyp_digest *out, struct hyp_error *err);
/* 0 also where either has length 0: nothing proves nothing. */
int hyp_digest_equal(const struct hyp_digest *a, const struct hyp_digest *b);

/* "sha256" (options, JSON) and "SHA256" (manifests); 0 and NULL if unknown. */
uint32_t hyp_digest_by_name(const char *name); /* either case */
const char *hyp_digest_name(uint32_t algorithm);
const char *hyp_digest_label(uint32_t algorithm);
uint32_t hyp_digest_length(uint32_t algorithm); /* bytes, 0 if unknown */

#endif
