/* SPDX-License-Identifier: Apache-2.0 */
/* Where a vCenter or ESXi host is, and whom to believe there. */
#ifndef VSPHERE_ENDPOINT_H
#define VSPHERE_ENDPOINT_H

#include "plugins/common/tls.h"

struct vs_options;

struct vs_endpoint {
	char url[512];	/* https://HOST:PORT/sdk */
	char host[256]; /* as in a URL: IPv6 in brackets */
	char name[272]; /* HOST:PORT, for people */
	uint32_t port;
	char user[256]; /* of the url, "" if none */
	struct hyp_tls_trust trust;
	const char *tls; /* the fact "tls" */
};

/*
 * url: "https://HOST[:PORT][/sdk]", "HOST[:PORT]", with "USER@" before the
 * host if need be. HYP_E_USAGE "bad_url", "bad_value" (thumbprint),
 * "bad_option" (thumbprint, ca and insecure exclude each other).
 */
int32_t vs_endpoint_init(struct vs_endpoint *ep, const struct vs_options *opt,
			 struct hyp_error *err);

/*
 * Where the bytes of a lease's deviceUrl are to be fetched and whom to
 * believe there: a host of "*" is the endpoint itself; any other must show
 * the certificate of thumbprint (SHA-1 or SHA-256, "" if none), or one that
 * an authority vouches for. url holds max bytes.
 * HYP_E_PERMANENT "bad_url" for what is not https or bears credentials.
 */
int32_t vs_endpoint_device(const struct vs_endpoint *ep, const char *given,
			   const char *thumbprint, char *url, size_t max,
			   struct hyp_tls_trust *trust, struct hyp_error *err);

#endif
