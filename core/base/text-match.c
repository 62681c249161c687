/* SPDX-License-Identifier: Apache-2.0 */
/* Nearest word and shell-style patterns. */
#include "core/base/text.h"

#include <string.h>

#define WORD_MAX 64
#define PATTERN_MAX 1024

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Damerau-Levenshtein, no part edited twice (optimal string alignment). */
static unsigned distance(const char *a, size_t an, const char *b, size_t bn)
{
	unsigned d[WORD_MAX + 1][WORD_MAX + 1];

	for (unsigned i = 0; i <= an; i++)
		d[i][0] = i;
	for (unsigned j = 0; j <= bn; j++)
		d[0][j] = j;
	for (size_t i = 1; i <= an; i++)
		for (size_t j = 1; j <= bn; j++) {
			unsigned cost = a[i - 1] != b[j - 1];

			d[i][j] = least(d[i - 1][j] + 1, d[i][j - 1] + 1);
			d[i][j] = least(d[i][j], d[i - 1][j - 1] + cost);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1])
				d[i][j] = least(d[i][j], d[i - 2][j - 2] + 1);
		}
	return d[an][bn];
}

const char *hyp_text_nearest(const char *word, const char *const *words,
			     size_t count)
{
	size_t n = strnlen(word, WORD_MAX + 1);
	unsigned best = (unsigned)(2 + n / 3);
	const char *nearest = NULL;

	if (n > WORD_MAX)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		size_t len = strnlen(words[i], WORD_MAX + 1);
		unsigned d;

		if (len > WORD_MAX)
			continue;
		d = distance(word, n, words[i], len);
		/* As many changes as letters: nothing in common. */
		if (d < best && (d == 0 || d < len)) {
			best = d;
			nearest = words[i];
		}
	}
	return nearest;
}

enum token_kind { LITERAL, ONE, SET, STAR, STARSTAR, FOLDERS };

struct token {
	unsigned char kind;
	char byte;	      /* LITERAL */
	unsigned short first; /* SET: where in the pattern, after '[' */
};

struct pattern {
	const char *text;
	struct token tokens[PATTERN_MAX + 2];
	size_t count;
};

static void add_token(struct pattern *p, enum token_kind kind, char byte,
		      size_t first)
{
	p->tokens[p->count++] = (struct token){(unsigned char)kind, byte,
					       (unsigned short)first};
}

/* One past the ']' of the set whose inside begins at i, 0 if it has none. */
static size_t set_end(const char *s, size_t i)
{
	if (s[i] == '!' || s[i] == '^')
		i++;
	if (s[i] == ']')
		i++;
	for (; s[i] != '\0' && s[i] != ']'; i++)
		if (s[i] == '\\' && s[i + 1] != '\0')
			i++;
	return s[i] == ']' ? i + 1 : 0;
}

static int set_has(const char *s, size_t i, char byte)
{
	unsigned char c = (unsigned char)byte;
	int negate = s[i] == '!' || s[i] == '^', found = 0;
	size_t end;

	end = set_end(s, i) - 1;
	for (i += (size_t)negate; i < end; i++) {
		unsigned char lo, hi;

		if (s[i] == '\\')
			i++;
		lo = hi = (unsigned char)s[i];
		if (i + 2 < end && s[i + 1] == '-') {
			i += 2;
			if (s[i] == '\\')
				i++;
			hi = (unsigned char)s[i];
		}
		found |= c >= lo && c <= hi;
	}
	return found != negate;
}

static size_t add_stars(struct pattern *p, size_t i)
{
	const char *s = p->text;
	size_t start = i;

	while (s[i] == '*')
		i++;
	if (i - start == 1) {
		add_token(p, STAR, 0, 0);
		return i;
	}
	/* A component that is "**" stands for no folder, too. */
	if (s[i] == '/' && (start == 0 || s[start - 1] == '/'))
		add_token(p, FOLDERS, 0, 0);
	add_token(p, STARSTAR, 0, 0);
	return i;
}

static void compile(struct pattern *p)
{
	const char *s = p->text;

	for (size_t i = 0, end; s[i] != '\0';) {
		if (s[i] == '*') {
			i = add_stars(p, i);
		} else if (s[i] == '?') {
			add_token(p, ONE, 0, 0);
			i++;
		} else if (s[i] == '[' && (end = set_end(s, i + 1)) != 0) {
			add_token(p, SET, 0, i + 1);
			i = end;
		} else {
			if (s[i] == '\\' && s[i + 1] != '\0')
				i++;
			add_token(p, LITERAL, s[i++], 0);
		}
	}
}

/* Which tokens may come next; all that can be reached without a byte. */
static void enter(const struct pattern *p, unsigned char *at, size_t i)
{
	at[i] = 1;
	while (i < p->count) {
		if (p->tokens[i].kind == FOLDERS)
			enter(p, at, i + 3);
		else if (p->tokens[i].kind != STAR &&
			 p->tokens[i].kind != STARSTAR)
			return;
		at[++i] = 1;
	}
}

static void step(const struct pattern *p, size_t i, char byte,
		 unsigned char *after)
{
	const struct token *t = &p->tokens[i];

	if (t->kind == STARSTAR || (t->kind == STAR && byte != '/'))
		enter(p, after, i);
	else if ((t->kind == LITERAL && byte == t->byte) ||
		 (t->kind == ONE && byte != '/') ||
		 (t->kind == SET && byte != '/' &&
		  set_has(p->text, t->first, byte)))
		enter(p, after, i + 1);
}

/* All places in the pattern at once: time is the product of the lengths. */
int hyp_text_glob(const char *pattern, const char *text)
{
	struct pattern p = {.text = pattern, .count = 0};
	unsigned char at[PATTERN_MAX + 2] = {0}, after[PATTERN_MAX + 2];

	if (strnlen(pattern, PATTERN_MAX + 1) > PATTERN_MAX)
		return 0;
	compile(&p);
	enter(&p, at, 0);
	for (; *text != '\0'; text++) {
		memset(after, 0, p.count + 1);
		for (size_t i = 0; i < p.count; i++)
			if (at[i])
				step(&p, i, *text, after);
		memcpy(at, after, p.count + 1);
	}
	return at[p.count] != 0;
}
