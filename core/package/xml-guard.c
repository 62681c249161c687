/* SPDX-License-Identifier: Apache-2.0 */
#include "core/package/xml-guard.h"

#include <string.h>
#include <strings.h>

#define TEXT_MAX (8u << 20) /* libxml2 takes 10,000,000 */

struct guard {
	const char *p, *end;
	const struct hyp_xml_limits *limits;
	const char *what;
	uint32_t depth, nodes;
	size_t text; /* bytes of it since the last tag */
	size_t tree; /* what libxml2 will need for all so far */
};

/* What malloc gives for libxml2's structures. */
#define ELEMENT_COST 136u
#define TEXT_COST 176u
#define ATTRIBUTE_COST (120u + TEXT_COST)

static int32_t malformed(const struct guard *g, const char *why,
			 struct hyp_error *err)
{
	return hyp_error_set(err, HYP_E_PERMANENT, "bad_xml", 0,
			     "%s: not well-formed XML: %s", g->what, why);
}

static int32_t beyond(const struct guard *g, const char *of, uint32_t most,
		      struct hyp_error *err)
{
	return hyp_error_set(err, HYP_E_PERMANENT, "xml_limit", 0,
			     "%s: more than %u %s; refused", g->what, most, of);
}

static int begins(const struct guard *g, const char *word)
{
	size_t n = strlen(word);

	return (size_t)(g->end - g->p) >= n && memcmp(g->p, word, n) == 0;
}

static int32_t charge(struct guard *g, size_t bytes, struct hyp_error *err)
{
	g->tree += bytes;
	if (g->limits->tree == 0 || g->tree <= g->limits->tree)
		return 0;
	return hyp_error_set(err, HYP_E_PERMANENT, "xml_limit", 0,
			     "%s: its parts would need more than %zu MiB of "
			     "memory; refused",
			     g->what, g->limits->tree >> 20);
}

/* Move behind the next end mark; 0 or bad_xml. */
static int32_t skip_to(struct guard *g, const char *mark, struct hyp_error *err)
{
	size_t n = strlen(mark);
	const char *found = memmem(g->p, (size_t)(g->end - g->p), mark, n);

	if (found == NULL)
		return malformed(g, "a part of it never ends", err);
	g->p = found + n;
	return 0;
}

static int32_t guard_text(struct guard *g, size_t n, struct hyp_error *err)
{
	if (n == 0)
		return 0;
	g->text += n;
	if (g->text > TEXT_MAX)
		return beyond(g, "bytes of text in a piece", TEXT_MAX, err);
	/* A string that grows is twice as long for a moment. */
	return charge(g, (g->text == n ? TEXT_COST : 0) + 2 * n, err);
}

static int32_t guard_cdata(struct guard *g, struct hyp_error *err)
{
	const char *start = g->p;
	int32_t rc = skip_to(g, "]]>", err);

	return rc != 0 ? rc : guard_text(g, (size_t)(g->p - start), err);
}

/* "<!" something that is not DOCTYPE. */
static int32_t guard_section(struct guard *g, struct hyp_error *err)
{
	if (begins(g, "!--")) {
		g->p += 3;
		return skip_to(g, "-->", err);
	}
	if (begins(g, "![CDATA[")) {
		return guard_cdata(g, err);
	}
	return hyp_error_set(err, HYP_E_PERMANENT, "xml_forbidden", 0,
			     "%s: it holds a DOCTYPE, or entities; these are "
			     "never read",
			     g->what);
}

static int32_t guard_instruction(struct guard *g, struct hyp_error *err)
{
	/* A second declaration would change the encoding. */
	if (g->end - g->p > 4 && strncasecmp(g->p, "?xml", 4) == 0 &&
	    strchr(" \t\r\n?", g->p[4]) != NULL)
		return malformed(g, "an XML declaration that is not the first",
				 err);
	return skip_to(g, "?>", err);
}

/* A quoted value; g->p is on the opening quote, then on the closing one. */
static int32_t guard_value(struct guard *g, struct hyp_error *err)
{
	size_t left = (size_t)(g->end - g->p - 1), most = g->limits->value;
	const char *close =
		memchr(g->p + 1, *g->p, left < most + 1 ? left : most + 1);

	if (close != NULL) {
		size_t n = (size_t)(close - g->p);

		g->p = close;
		return charge(g, ATTRIBUTE_COST + n, err);
	}
	if (left <= most)
		return malformed(g, "a value never ends", err);
	return beyond(g, "bytes in the value of an attribute", g->limits->value,
		      err);
}

static int32_t guard_start_tag(struct guard *g, struct hyp_error *err)
{
	uint32_t attributes = 0;
	int32_t rc = charge(g, ELEMENT_COST, err);

	for (; g->p < g->end && *g->p != '>' && rc == 0; g->p++) {
		if (*g->p == '<')
			return malformed(g, "'<' inside a tag", err);
		if (*g->p != '"' && *g->p != '\'')
			continue;
		rc = guard_value(g, err);
		if (++attributes > g->limits->attributes && rc == 0)
			return beyond(g, "attributes in one element",
				      g->limits->attributes, err);
	}
	if (rc != 0)
		return rc;
	if (g->p >= g->end)
		return malformed(g, "a tag never ends", err);
	if (g->p[-1] != '/' && ++g->depth > g->limits->depth)
		return beyond(g, "elements inside one another",
			      g->limits->depth, err);
	g->p++;
	return 0;
}

static int32_t guard_markup(struct guard *g, struct hyp_error *err)
{
	if (*g->p == '/') {
		g->text = 0;
		if (g->depth == 0)
			return malformed(g, "an end without a beginning", err);
		g->depth--;
		return skip_to(g, ">", err);
	}
	if (++g->nodes > g->limits->nodes)
		return beyond(g, "elements", g->limits->nodes, err);
	if (*g->p == '!')
		return guard_section(g, err);
	if (*g->p == '?')
		return guard_instruction(g, err);
	g->text = 0;
	return guard_start_tag(g, err);
}

int32_t hyp_xml_guard(const struct hyp_xml_body *body,
		      const struct hyp_xml_limits *limits, const char *what,
		      struct hyp_error *err)
{
	struct guard g = {
		.p = body->text,
		.end = body->text + body->n,
		.limits = limits,
		.what = what,
	};
	int32_t rc = 0;

	/* libxml2 guesses an encoding from the first bytes: only '<' will do.
	 */
	if (body->n == 0 || *body->text != '<')
		return malformed(&g, "it does not begin with '<'", err);
	while (rc == 0) {
		const char *next = memchr(g.p, '<', (size_t)(g.end - g.p));

		if (next == NULL)
			return 0;
		rc = guard_text(&g, (size_t)(next - g.p), err);
		g.p = next + 1;
		if (rc == 0 && g.p == g.end)
			return malformed(&g, "it ends inside a tag", err);
		if (rc == 0)
			rc = guard_markup(&g, err);
	}
	return rc;
}
