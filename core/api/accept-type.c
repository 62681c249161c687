/* SPDX-License-Identifier: Apache-2.0 */
#include "core/api/scrape.h"

#include <string.h>
#include <strings.h>

/* A piece of a header, without the blanks around it. */
struct span {
	const char *at;
	size_t n;
};

static struct span trim(const char *at, size_t n)
{
	while (n > 0 && (*at == ' ' || *at == '\t')) {
		at++;
		n--;
	}
	while (n > 0 && (at[n - 1] == ' ' || at[n - 1] == '\t'))
		n--;
	return (struct span){at, n};
}

/* The next piece up to one of these characters, and what is behind it. */
static struct span cut(struct span *rest, char by)
{
	const char *end = memchr(rest->at, by, rest->n);
	size_t n = end != NULL ? (size_t)(end - rest->at) : rest->n;
	struct span piece = trim(rest->at, n);

	rest->at += n + (end != NULL);
	rest->n -= n + (end != NULL);
	return piece;
}

static int is_text(struct span a, const char *text)
{
	return a.n == strlen(text) && strncasecmp(a.at, text, a.n) == 0;
}

static int is_same(struct span a, struct span b)
{
	return a.n == b.n && strncasecmp(a.at, b.at, a.n) == 0;
}

/* Thousandths; what is no weight counts as none was given. */
static unsigned weight(struct span q)
{
	unsigned value = 0, digits = 0;

	if (q.n == 0 || q.n > 5 || (q.at[0] != '0' && q.at[0] != '1') ||
	    (q.n > 1 && q.at[1] != '.'))
		return 1000;
	for (size_t i = 2; i < q.n; i++, digits++) {
		if (q.at[i] < '0' || q.at[i] > '9')
			return 1000;
		value = 10 * value + (unsigned)(q.at[i] - '0');
	}
	for (; digits < 3; digits++)
		value *= 10;
	return q.at[0] == '1' ? 1000 : value;
}

/* A media range or type. */
struct media {
	struct span type, version;
	unsigned q;
};

static struct media parse(struct span text)
{
	struct media m = {.type = cut(&text, ';'), .q = 1000};

	while (text.n > 0) {
		struct span value = cut(&text, ';'), name = cut(&value, '=');

		value = trim(value.at, value.n);
		if (is_text(name, "q"))
			m.q = weight(value);
		else if (is_text(name, "version"))
			m.version = value;
	}
	return m;
}

/* How closely the range names the type: 0 not at all, 1 by a wildcard, ... */
static unsigned closeness(const struct media *range, const struct media *type)
{
	const char *slash = memchr(type->type.at, '/', type->type.n);
	size_t major = slash != NULL ? (size_t)(slash - type->type.at) + 1 : 0;

	if (is_text(range->type, "*/*"))
		return 1;
	if (range->type.n == major + 1 && range->type.at[major] == '*' &&
	    strncasecmp(range->type.at, type->type.at, major) == 0)
		return 2;
	if (!is_same(range->type, type->type))
		return 0;
	if (range->version.n == 0)
		return 3;
	return is_same(range->version, type->version) ? 4 : 0;
}

/* The weight of the range that names it most closely. */
static unsigned liking(const char *accept, const char *offered,
		       unsigned *closest)
{
	const struct media type =
		parse((struct span){offered, strlen(offered)});
	struct span rest = {accept, strlen(accept)};
	unsigned q = 0;

	*closest = 0;
	while (rest.n > 0) {
		const struct media range = parse(cut(&rest, ','));
		unsigned close = closeness(&range, &type);

		if (close > *closest) {
			*closest = close;
			q = range.q;
		}
	}
	return q;
}

size_t hyp_accept_choose(const char *accept, const char *const *offered,
			 size_t count)
{
	unsigned best = 0, best_close = 0, close;
	size_t chosen = 0;

	for (size_t i = 0; accept != NULL && i < count; i++) {
		unsigned q = liking(accept, offered[i], &close);

		if (q < best || q == 0 || (q == best && close <= best_close))
			continue;
		best = q;
		best_close = close;
		chosen = i;
	}
	return chosen;
}
