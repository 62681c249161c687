/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whom to believe at the other end of a TLS connection. The question is
 * settled inside the handshake: before it, no byte of a request is sent.
 */
#ifndef HYP_COMMON_TLS_H
#define HYP_COMMON_TLS_H

#include <hypersdk/types.h>

#define HYP_TLS_PINS 2u

/* A certificate is accepted if it is one of the pins, or if ca is 1 and its
 * chain and host name verify, or if insecure is 1. Copied by who takes it. */
struct hyp_tls_trust {
	uint32_t insecure;
	uint32_t ca;
	const char *ca_file; /* PEM; NULL: the system's authorities */
	uint32_t pin_count;
	struct hyp_digest pins[HYP_TLS_PINS]; /* SHA-1 or SHA-256 of the DER */
};

/*
 * Read a fingerprint as people paste it: "SHA256:AA:BB:…", "sha256 aabb…",
 * bare hex with or without colons; 32 bytes, or 20 if sha1_too.
 * HYP_E_USAGE "bad_value".
 */
int32_t hyp_tls_parse_pin(const char *text, int sha1_too,
			  struct hyp_digest *out, struct hyp_error *err);

#define HYP_TLS_PIN_TEXT_MAX 112
/* "SHA256:AA:BB:…" */
void hyp_tls_format_pin(const struct hyp_digest *pin, char *out);

/* One client's verifier, for CURLOPT_SSL_CTX_FUNCTION and _DATA. */
struct hyp_tls_verifier {
	struct hyp_tls_trust trust;
	const char *host;	/* of the request under way, for ca */
	struct hyp_digest seen; /* SHA-256 of the last certificate refused */
	struct hyp_digest seen_sha1;
	uint32_t refused; /* 1: the last handshake failed here */
	char why[160];	  /* OpenSSL's words, if by the chain */
};

struct ssl_ctx_st;
/* Installs the verifier; also drops key logging. 0, or 1 on failure. */
int hyp_tls_install(struct ssl_ctx_st *ctx, struct hyp_tls_verifier *v);

/* The error for a refused certificate: HYP_E_PERMANENT "cert_mismatch"
 * (pinned) or "cert_untrusted". */
int32_t hyp_tls_error(const struct hyp_tls_verifier *v, struct hyp_error *err);

#endif
