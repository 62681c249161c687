/* SPDX-License-Identifier: Apache-2.0 */
#include "plugins/common/tls.h"

#include "core/base/digest.h"

#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <strings.h>

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

/* Skip "SHA256:", "SHA-256 ", "sha1=" and the like; returns its algorithm,
 * or 0 when the text begins with the digits themselves. */
static uint32_t skip_label(const char **text)
{
	static const struct {
		const char *name;
		uint32_t algorithm;
	} labels[] = {
		{"sha256", HYP_DIGEST_SHA256},
		{"sha-256", HYP_DIGEST_SHA256},
		{"sha1", HYP_DIGEST_SHA1},
		{"sha-1", HYP_DIGEST_SHA1},
	};

	while (**text == ' ' || **text == '\t')
		(*text)++;
	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
		size_t n = strlen(labels[i].name);

		if (strncasecmp(*text, labels[i].name, n) != 0)
			continue;
		*text += n;
		while (**text != '\0' && strchr(":= \t", **text) != NULL)
			(*text)++;
		return labels[i].algorithm;
	}
	return 0;
}

/* Digits in pairs with at most one colon or blank between pairs. Returns the
 * number of bytes, 0 if the text is anything else. */
static uint32_t read_hex(const char *text, uint8_t *out, uint32_t max)
{
	uint32_t n = 0;

	while (*text != '\0') {
		int hi = hex_value(text[0]);
		int lo = hi < 0 ? -1 : hex_value(text[1]);

		if (lo < 0 || n == max)
			return 0;
		out[n++] = (uint8_t)(hi * 16 + lo);
		text += 2;
		if ((*text == ':' || *text == ' ') && text[1] != '\0')
			text++;
	}
	return n;
}

int32_t hyp_tls_parse_pin(const char *text, int sha1_too,
			  struct hyp_digest *out, struct hyp_error *err)
{
	struct hyp_digest pin = {0};
	uint32_t label = skip_label(&text);

	pin.length = read_hex(text, pin.value, 32);
	if (pin.length == 32)
		pin.algorithm = HYP_DIGEST_SHA256;
	else if (pin.length == 20 && sha1_too)
		pin.algorithm = HYP_DIGEST_SHA1;
	if (pin.algorithm == 0 || (label != 0 && label != pin.algorithm))
		return hyp_error_set(
			err, HYP_E_USAGE, "bad_value", 0,
			"\"%.120s\" is not a certificate's SHA-256 "
			"fingerprint; give 32 bytes in hex, such as "
			"SHA256:AA:BB:CC:… (openssl x509 -noout -fingerprint "
			"-sha256)",
			text);
	*out = pin;
	return 0;
}

void hyp_tls_format_pin(const struct hyp_digest *pin, char *out)
{
	static const char digits[] = "0123456789ABCDEF";
	const char *label = hyp_digest_label(pin->algorithm);
	char *at = out;

	*at = '\0';
	if (pin->length == 0 || pin->length > 32 || label == NULL)
		return;
	at += sprintf(at, "%s", label);
	for (uint32_t i = 0; i < pin->length; i++) {
		*at++ = ':';
		*at++ = digits[pin->value[i] >> 4];
		*at++ = digits[pin->value[i] & 15];
	}
	*at = '\0';
}

static int digest_leaf(X509 *leaf, const EVP_MD *md, uint32_t algorithm,
		       struct hyp_digest *out)
{
	unsigned int n = 0;

	memset(out, 0, sizeof(*out));
	if (X509_digest(leaf, md, out->value, &n) != 1)
		return 1;
	out->algorithm = algorithm;
	out->length = n;
	return 0;
}

static int is_pinned(const struct hyp_tls_verifier *v)
{
	for (uint32_t i = 0; i < v->trust.pin_count; i++) {
		const struct hyp_digest *pin = &v->trust.pins[i];

		if (pin->length != 0 && (hyp_digest_equal(pin, &v->seen) ||
					 hyp_digest_equal(pin, &v->seen_sha1)))
			return 1;
	}
	return 0;
}

/* The chain, and the name: libcurl is told not to look at the name itself,
 * since a pinned certificate may bear any. */
static int chain_holds(struct hyp_tls_verifier *v, X509_STORE_CTX *store)
{
	X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(store);
	unsigned char ip[16];
	int named;

	if (inet_pton(AF_INET, v->host, ip) == 1 ||
	    inet_pton(AF_INET6, v->host, ip) == 1)
		named = X509_VERIFY_PARAM_set1_ip_asc(param, v->host);
	else
		named = X509_VERIFY_PARAM_set1_host(param, v->host, 0);
	return named == 1 && X509_verify_cert(store) == 1;
}

static int verify(X509_STORE_CTX *store, void *arg)
{
	struct hyp_tls_verifier *v = arg;
	X509 *leaf = X509_STORE_CTX_get0_cert(store);

	v->refused = 0;
	v->why[0] = '\0';
	if (leaf == NULL ||
	    digest_leaf(leaf, EVP_sha256(), HYP_DIGEST_SHA256, &v->seen) != 0)
		goto refuse;
	if (digest_leaf(leaf, EVP_sha1(), HYP_DIGEST_SHA1, &v->seen_sha1) != 0)
		v->seen_sha1.length = 0; /* a FIPS provider may refuse it */
	if (v->trust.insecure || is_pinned(v)) {
		X509_STORE_CTX_set_error(store, X509_V_OK);
		return 1;
	}
	if (v->trust.ca && chain_holds(v, store))
		return 1;
	if (v->trust.ca)
		snprintf(v->why, sizeof(v->why), "%s",
			 X509_verify_cert_error_string(
				 X509_STORE_CTX_get_error(store)));
refuse:
	v->refused = 1;
	if (X509_STORE_CTX_get_error(store) == X509_V_OK)
		X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED);
	return 0;
}

int hyp_tls_install(struct ssl_ctx_st *ctx, struct hyp_tls_verifier *v)
{
	SSL_CTX_set_cert_verify_callback(ctx, verify, v);
	/* libcurl takes SSLKEYLOGFILE from the environment by itself. */
	SSL_CTX_set_keylog_callback(ctx, NULL);
	return SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1 ? 0 : 1;
}

int32_t hyp_tls_error(const struct hyp_tls_verifier *v, struct hyp_error *err)
{
	char seen[HYP_TLS_PIN_TEXT_MAX], want[HYP_TLS_PIN_TEXT_MAX];

	hyp_tls_format_pin(&v->seen, seen);
	if (v->trust.pin_count == 0)
		return hyp_error_set(
			err, HYP_E_PERMANENT, "cert_untrusted", 0,
			"the certificate of %s cannot be trusted: %s; its "
			"fingerprint is %s: compare it at the server's console "
			"and pin it (--thumbprint, or thumbprint of its "
			"pipeline), or name the authority that signed it "
			"(--ca, or ca)",
			v->host, v->why[0] != '\0' ? v->why : "no certificate",
			seen);
	hyp_tls_format_pin(&v->trust.pins[0], want);
	if (v->trust.pins[0].algorithm == HYP_DIGEST_SHA1)
		hyp_tls_format_pin(&v->seen_sha1, seen);
	return hyp_error_set(
		err, HYP_E_PERMANENT, "cert_mismatch", 0,
		"%s shows another certificate than the one expected: expected "
		"%s, seen %s; if it was renewed, compare the new one at the "
		"server's console, else somebody stands in between",
		v->host, want, seen);
}
