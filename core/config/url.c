/* SPDX-License-Identifier: Apache-2.0 */
#include "core/config/url.h"
#include "core/base/buf.h"
#include "core/base/cleanup.h"

#include <ctype.h>

static int32_t bad_url(struct hyp_error *err, const char *why)
{
	return hyp_error_set(err, HYP_E_USAGE, "bad_url", 0,
			     "the endpoint's URL %s; write it like "
			     "https://vcenter.example/sdk",
			     why);
}

/* Value of two hex digits, or -1: NUL is no digit, nor allowed as a value. */
static int hex_pair(const char *s)
{
	const char *const digits = "0123456789abcdef";
	const char *hi, *lo;

	if (s[0] == '\0' || s[1] == '\0')
		return -1;
	hi = strchr(digits, tolower((unsigned char)s[0]));
	lo = strchr(digits, tolower((unsigned char)s[1]));
	if (hi == NULL || lo == NULL || (hi == digits && lo == digits))
		return -1;
	return (int)((hi - digits) * 16 + (lo - digits));
}

/* Percent-decode the n bytes of user or password; no '%' comes after them. */
static int32_t decode(const char *text, size_t n, char **out,
		      struct hyp_error *err)
{
	char *to = malloc(n + 1);
	size_t used = 0;

	if (to == NULL)
		return hyp_error_nomem(err);
	for (size_t i = 0; i < n; i++, used++) {
		int c = text[i] == '%' ? hex_pair(text + i + 1)
				       : (unsigned char)text[i];

		if (c < 0 || (text[i] == '%' && i + 2 >= n)) {
			explicit_bzero(to, n);
			free(to);
			return bad_url(err, "holds a broken %XX");
		}
		i += text[i] == '%' ? 2 : 0;
		to[used] = (char)c;
	}
	to[used] = '\0';
	*out = to;
	return 0;
}

static int32_t take_user(const char *text, size_t n, struct hyp_url *out,
			 struct hyp_error *err)
{
	const char *colon = memchr(text, ':', n);
	size_t user = colon != NULL ? (size_t)(colon - text) : n;

	if (user > 0 && decode(text, user, &out->username, err) != 0)
		return err->code;
	if (colon == NULL)
		return 0;
	return decode(colon + 1, n - user - 1, &out->password, err);
}

/* HOST, HOST:PORT, or the same with HOST in brackets. */
static int has_bad_port(const char *authority, size_t n)
{
	const char *bracket = memrchr(authority, ']', n);
	const char *from = bracket != NULL ? bracket : authority;
	const char *colon = memchr(from, ':', n - (size_t)(from - authority));
	size_t digits;

	if (colon == NULL)
		return 0;
	digits = strspn(colon + 1, "0123456789");
	return colon + 1 + digits != authority + n || digits == 0 ||
	       digits > 5 || atoi(colon + 1) > 65535 || atoi(colon + 1) == 0;
}

static int32_t parse(const char *text, const char *path, struct hyp_url *out,
		     struct hyp_error *err)
{
	const char *scheme = strstr(text, "://");
	const char *rest = scheme != NULL ? scheme + 3 : text;
	size_t authority = strcspn(rest, "/?#");
	const char *at = memrchr(rest, '@', authority);
	const char *tail = rest + authority;
	size_t user = at != NULL ? (size_t)(at - rest) : 0;

	for (const char *c = text; *c != '\0'; c++)
		if ((unsigned char)*c <= ' ' || *c == 0x7f)
			return bad_url(err, "holds a blank or worse");
	/* "u:p/w@host" must not become host "u" and a logged "p". */
	if (strchr(tail, '@') != NULL)
		return bad_url(err, "holds an @ behind the host (in a "
				    "password write / as %2F, ? as %3F, # as "
				    "%23)");
	if (scheme != NULL && strncmp(text, "https://", 8) != 0 &&
	    strncmp(text, "http://", 7) != 0)
		return bad_url(err, "begins with neither https:// nor http://");
	if (at != NULL && take_user(rest, user, out, err) != 0)
		return err->code;
	if (at != NULL) {
		authority -= user + 1;
		rest = at + 1;
	}
	if (authority == 0)
		return bad_url(err, "names no host");
	if (has_bad_port(rest, authority))
		return bad_url(err, "holds a port that is none");
	if (tail[0] == '\0' || strcmp(tail, "/") == 0)
		tail = path;
	return hyp_asprintf(&out->url, err, "%.*s%.*s%s",
			    scheme != NULL ? (int)(scheme - text) + 3 : 8,
			    scheme != NULL ? text : "https://", (int)authority,
			    rest, tail);
}

int32_t hyp_url_parse(const char *text, const char *path, struct hyp_url *out,
		      struct hyp_error *err)
{
	int32_t rc;

	memset(out, 0, sizeof(*out));
	rc = parse(text, path, out, err);
	if (rc != 0)
		hyp_url_fini(out);
	return rc;
}

void hyp_url_fini(struct hyp_url *url)
{
	if (url->password != NULL)
		explicit_bzero(url->password, strlen(url->password));
	free(url->password);
	free(url->username);
	free(url->url);
	memset(url, 0, sizeof(*url));
}
