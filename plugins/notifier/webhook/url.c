/* SPDX-License-Identifier: Apache-2.0 */
/* What an endpoint's URL and headers may look like. */
#include "plugins/notifier/webhook/webhook.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define URL_MAX 2048

static int32_t bad(const char *why, struct hyp_error *err)
{
	return hyp_error_set(err, HYP_E_USAGE, "bad_url", 0, "url: %s", why);
}

static int32_t blocked(const char *why, struct hyp_error *err)
{
	return hyp_error_set(err, HYP_E_USAGE, "ssrf_blocked", 0, "url: %s",
			     why);
}

static int is_plain(const char *text)
{
	for (; *text != '\0'; text++)
		if (*text <= ' ' || *text > '~')
			return 0;
	return 1;
}

static int32_t check_parts(CURLU *u, char *host, struct hyp_error *err)
{
	char *scheme = NULL, *name = NULL, *port = NULL;
	int32_t rc = 0;

	if (curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
	    (strcmp(scheme, "http") != 0 && strcmp(scheme, "https") != 0))
		rc = bad("http:// or https:// is expected", err);
	else if (curl_url_get(u, CURLUPART_HOST, &name, 0) != CURLUE_OK ||
		 name[0] == '\0' || strlen(name) > 255)
		rc = bad("it names no host", err);
	else if (curl_url_get(u, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) !=
		 CURLUE_OK)
		rc = bad("its port is none", err);
	else if (webhook_port_refused((unsigned)strtoul(port, NULL, 10)))
		rc = blocked("its port is not one of web servers", err);
	else
		strcpy(host, name);
	curl_free(scheme);
	curl_free(name);
	curl_free(port);
	return rc;
}

int32_t webhook_url_check(const char *url, char *host, struct hyp_error *err)
{
	char *user = NULL, *zone = NULL;
	CURLU *u;
	int32_t rc;

	if (strlen(url) > URL_MAX)
		return bad("it is longer than 2,048 bytes", err);
	/* A look-alike in another script is a host that nobody meant. */
	if (!is_plain(url))
		return blocked("only printable ASCII is taken: write other "
			       "names as xn--..., other bytes as %XX",
			       err);
	u = curl_url();
	if (u == NULL)
		return hyp_error_nomem(err);
	if (curl_url_set(u, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME) !=
	    CURLUE_OK)
		rc = bad("it is no URL: http://HOST[:PORT]/PATH is expected",
			 err);
	else if (curl_url_get(u, CURLUPART_USER, &user, 0) == CURLUE_OK)
		rc = blocked("a user before the host is not taken: give "
			     "headers instead",
			     err);
	else if (curl_url_get(u, CURLUPART_ZONEID, &zone, 0) == CURLUE_OK)
		rc = blocked("an address with a zone is link-local", err);
	else
		rc = check_parts(u, host, err);
	curl_free(user);
	curl_free(zone);
	curl_url_cleanup(u);
	return rc;
}

/* RFC 9110: a token; and not one of those that are ours. */
static int is_name(const char *line, size_t n)
{
	static const char *const ours[] = {"host",
					   "content-length",
					   "content-type",
					   "transfer-encoding",
					   "connection",
					   "expect",
					   "user-agent",
					   "webhook-id",
					   "webhook-timestamp",
					   "webhook-signature"};

	if (n == 0 || strspn(line, "abcdefghijklmnopqrstuvwxyz"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "0123456789!#$%&'*+-.^_`|~") < n)
		return 0;
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		if (strlen(ours[i]) == n && strncasecmp(ours[i], line, n) == 0)
			return 0;
	return 1;
}

int32_t webhook_header_check(const char *line, struct hyp_error *err)
{
	size_t n = strcspn(line, ":");

	if (line[n] != ':' || !is_name(line, n))
		return hyp_error_set(err, HYP_E_USAGE, "bad_value", 0,
				     "headers: \"%.*s\" is no header that can "
				     "be added",
				     n < 64 ? (int)n : 64, line);
	for (const char *p = line + n + 1; *p != '\0'; p++)
		if (((unsigned char)*p < ' ' && *p != '\t') || *p == 0x7f)
			return hyp_error_set(err, HYP_E_USAGE, "bad_value", 0,
					     "headers: the value of %.*s holds "
					     "control characters",
					     (int)n, line);
	return 0;
}
