/* SPDX-License-Identifier: Apache-2.0 */
#include "plugins/provider/vsphere/endpoint.h"

#include "core/base/text.h"
#include "plugins/provider/vsphere/vs.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The parts of a URL, out of libcurl's hands. */
struct parts {
	char host[256];
	char path[256];
	char user[256];
	uint32_t port;
	uint32_t has_password;
	uint32_t has_more; /* query or fragment */
};

static int take_part(CURLU *u, CURLUPart which, unsigned int flags, char *out,
		     size_t max)
{
	char *text = NULL;
	size_t n = 0;

	out[0] = '\0';
	if (curl_url_get(u, which, &text, flags) == CURLUE_OK) {
		n = strlen(text);
		if (n < max)
			memcpy(out, text, n + 1);
		explicit_bzero(text, n);
	}
	curl_free(text);
	return n < max;
}

static uint32_t has_part(CURLU *u, CURLUPart which)
{
	char one[2];

	return !take_part(u, which, 0, one, sizeof(one)) || one[0] != '\0';
}

static int split(const char *url, struct parts *out)
{
	char port[8], scheme[8];
	CURLU *u = curl_url();
	int ok;

	memset(out, 0, sizeof(*out));
	ok = u != NULL && curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK &&
	     take_part(u, CURLUPART_SCHEME, 0, scheme, sizeof(scheme)) &&
	     strcmp(scheme, "https") == 0 &&
	     take_part(u, CURLUPART_HOST, 0, out->host, sizeof(out->host)) &&
	     take_part(u, CURLUPART_PATH, 0, out->path, sizeof(out->path)) &&
	     take_part(u, CURLUPART_USER, CURLU_URLDECODE, out->user,
		       sizeof(out->user)) &&
	     take_part(u, CURLUPART_PORT, CURLU_DEFAULT_PORT, port,
		       sizeof(port));
	if (ok) {
		out->port = (uint32_t)strtoul(port, NULL, 10);
		out->has_password = has_part(u, CURLUPART_PASSWORD);
		out->has_more = has_part(u, CURLUPART_QUERY) ||
				has_part(u, CURLUPART_FRAGMENT);
		ok = out->host[0] != '\0' && out->port != 0;
	}
	curl_url_cleanup(u);
	return ok;
}

static int32_t read_url(struct vs_endpoint *ep, const char *given,
			struct hyp_error *err)
{
	const char *scheme = strstr(given, "://") != NULL ? "" : "https://";
	char url[512];
	struct parts p;

	if (snprintf(url, sizeof(url), "%s%s", scheme, given) >=
		    (int)sizeof(url) ||
	    !split(url, &p) || p.has_more ||
	    (strcmp(p.path, "/") != 0 && strcmp(p.path, "/sdk") != 0 &&
	     strcmp(p.path, "/sdk/") != 0))
		return hyp_error_set(
			err, HYP_E_USAGE, "bad_url", 0,
			"url is not the address of a vCenter or ESXi host; "
			"give https://HOST[:PORT]/sdk, or HOST[:PORT]");
	if (p.has_password)
		return hyp_error_set(
			err, HYP_E_USAGE, "bad_url", 0,
			"url holds a password, which logs would show; give it "
			"by the option password (file:PATH or env:NAME)");
	snprintf(ep->host, sizeof(ep->host), "%s", p.host);
	snprintf(ep->name, sizeof(ep->name), "%s:%u", p.host, p.port);
	snprintf(ep->url, sizeof(ep->url), "https://%s/sdk", ep->name);
	snprintf(ep->user, sizeof(ep->user), "%s", p.user);
	ep->port = p.port;
	return 0;
}

static int32_t read_trust(struct vs_endpoint *ep, const struct vs_options *opt,
			  struct hyp_error *err)
{
	struct hyp_tls_trust *trust = &ep->trust;
	int pinned = opt->thumbprint != NULL && opt->thumbprint[0] != '\0';
	int ca = opt->ca != NULL && opt->ca[0] != '\0';

	memset(trust, 0, sizeof(*trust));
	if (pinned + ca + (opt->insecure != 0) > 1)
		return hyp_error_set(
			err, HYP_E_USAGE, "bad_option", 0,
			"thumbprint, ca and insecure exclude each other: give "
			"one of them, or none for the system's authorities");
	trust->insecure = opt->insecure;
	trust->ca = !pinned && !opt->insecure;
	trust->ca_file = ca ? opt->ca : NULL;
	ep->tls = opt->insecure ? "insecure" : pinned ? "pinned" : "ca";
	if (!pinned)
		return 0;
	trust->pin_count = 1;
	return hyp_tls_parse_pin(opt->thumbprint, 0, &trust->pins[0], err);
}

int32_t vs_endpoint_init(struct vs_endpoint *ep, const struct vs_options *opt,
			 struct hyp_error *err)
{
	int32_t rc = read_url(ep, opt->url, err);

	return rc != 0 ? rc : read_trust(ep, opt, err);
}

static int32_t bad_device(const char *given, const char *why,
			  struct hyp_error *err)
{
	char shown[200];

	hyp_text_printable(given, shown, sizeof(shown));
	return hyp_error_set(err, HYP_E_PERMANENT, "bad_url", 0,
			     "the server names \"%s\" to fetch a disk from: %s",
			     shown, why);
}

/* "https://STAR[:PORT]/..." to the endpoint's host and port. */
static int expand_star(const struct vs_endpoint *ep, const char *given,
		       char *url, size_t max)
{
	const char *rest = given + strlen("https://*");
	int n;

	if (*rest == ':')
		rest += 1 + strspn(rest + 1, "0123456789");
	if (*rest != '/')
		return -1;
	n = snprintf(url, max, "https://%s%s", ep->name, rest);
	return n > 0 && (size_t)n < max ? 0 : -1;
}

/* A host of its own: its thumbprint, or an authority. The endpoint's own
 * host may also show the endpoint's pinned certificate. */
static void trust_other(const struct vs_endpoint *ep, const struct parts *p,
			const char *thumbprint, struct hyp_tls_trust *trust)
{
	int same = strcasecmp(p->host, ep->host) == 0 && p->port == ep->port;

	if (ep->trust.insecure)
		return; /* the opt-in covers the endpoint's data hosts */
	if (!same)
		trust->pin_count = 0;
	trust->ca = !same || trust->ca;
	if (thumbprint[0] != '\0' &&
	    hyp_tls_parse_pin(thumbprint, 1, &trust->pins[trust->pin_count],
			      NULL) == 0)
		trust->pin_count++;
}

int32_t vs_endpoint_device(const struct vs_endpoint *ep, const char *given,
			   const char *thumbprint, char *url, size_t max,
			   struct hyp_tls_trust *trust, struct hyp_error *err)
{
	int star = strncasecmp(given, "https://*", 9) == 0;
	struct parts p;
	int rc = 0;

	if (star)
		rc = expand_star(ep, given, url, max);
	else if ((size_t)snprintf(url, max, "%s", given) >= max)
		rc = -1;
	if (rc != 0)
		return bad_device(given, "that is no usable address", err);
	if (!split(url, &p))
		return bad_device(given, "https://HOST/PATH is expected", err);
	if (p.user[0] != '\0' || p.has_password)
		return bad_device(given,
				  "an address with credentials in it "
				  "is not used",
				  err);
	*trust = ep->trust;
	if (!star)
		trust_other(ep, &p, thumbprint, trust);
	return 0;
}
