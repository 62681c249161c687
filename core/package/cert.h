/* SPDX-License-Identifier: Apache-2.0 */
/* OVF certificates (DSP0243 "Signature"): "SHA256(NAME.mf)= HEX" of the
 * signed manifest, then a PEM certificate. By OpenSSL. */
#ifndef HYP_PACKAGE_CERT_H
#define HYP_PACKAGE_CERT_H

#include "core/base/buf.h"
#include <hypersdk/types.h>

/* Append the .cert text for a manifest. key and cert are PEM files; the key
 * must belong to the certificate. HYP_E_USAGE "bad_key" or "bad_cert". */
int32_t hyp_cert_sign(const char *key_file, const char *cert_file,
		      uint32_t digest, const char *manifest_name,
		      const void *manifest, size_t n, struct hyp_buf *out,
		      struct hyp_error *err);

struct hyp_cert_verdict {
	int signature_ok; /* of the manifest by the certificate's key */
	int chain_ok;	  /* to a trusted root */
	int valid_now;	  /* within notBefore..notAfter */
	char subject[256], issuer[256];
	char not_after[32]; /* RFC 3339 */
	char reason[256];   /* why not, "" if all is well */
};

/* Whether the text is a well-formed certificate file, and its verdict. A
 * malformed one: HYP_E_PERMANENT "bad_cert". ca_file NULL: system's roots. */
int32_t hyp_cert_verify(const char *text, size_t n, const char *manifest_name,
			const void *manifest, size_t manifest_n,
			const char *ca_file, int64_t wall_ms,
			struct hyp_cert_verdict *out, struct hyp_error *err);

#endif
