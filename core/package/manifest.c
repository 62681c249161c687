/* SPDX-License-Identifier: Apache-2.0 */
#include "core/package/manifest.h"
#include "core/base/cleanup.h"
#include "core/base/text.h"

#include <string.h>

#define LINES_MAX 2048
#define LINE_MAX_BYTES 1024

int32_t hyp_manifest_add(struct hyp_buf *out, const char *name,
			 const struct hyp_digest *digest, struct hyp_error *err)
{
	const char *label = hyp_digest_label(digest->algorithm);
	char hex[HYP_DIGEST_HEX_MAX], shown[256];

	hyp_text_printable(name, shown, sizeof(shown));
	if (label == NULL ||
	    digest->length != hyp_digest_length(digest->algorithm))
		return hyp_error_set(err, HYP_E_PERMANENT, "bad_digest", 0,
				     "%s has no digest to put into the "
				     "manifest",
				     shown);
	if (name[0] == '\0' || strpbrk(name, "\r\n") != NULL)
		return hyp_error_set(err, HYP_E_USAGE, "unsafe_path", 0,
				     "\"%s\" is no name for a manifest", shown);
	hyp_digest_hex(digest, hex);
	return hyp_buf_addf(out, err, "%s(%s)= %s\n", label, name, hex);
}

struct parser {
	struct hyp_manifest *out;
	size_t line; /* number, from 1 */
};

static int32_t corrupt(const struct parser *p, const char *why,
		       struct hyp_error *err)
{
	return hyp_error_set(err, HYP_E_PERMANENT, "corrupt_archive", 0,
			     "manifest, line %zu: %s", p->line, why);
}

static int32_t keep(struct parser *p, const char *name,
		    const struct hyp_digest *digest, struct hyp_error *err)
{
	const struct hyp_digest *known = hyp_manifest_find(p->out, name);
	struct hyp_manifest_line *line = &p->out->lines[p->out->count];
	int32_t rc;

	if (known != NULL && !hyp_digest_equal(known, digest))
		return corrupt(p, "the same file with another digest", err);
	if (known != NULL)
		return 0;
	rc = hyp_strdup(name, &line->name, err);
	if (rc != 0)
		return rc;
	line->digest = *digest;
	p->out->count++;
	p->out->algorithms |= digest->algorithm;
	return 0;
}

/* "SHA256(name)= hex": blanks may stand around '(' and '='. The name may hold
 * ')', so the line is taken apart from both ends. */
static int32_t parse_line(struct parser *p, char *line, struct hyp_error *err)
{
	char *open = strchr(line, '('), *equals = strrchr(line, '='), *close;
	struct hyp_digest digest;
	uint32_t algorithm;
	char *hex, *end;

	if (open == NULL || equals == NULL || equals < open)
		return corrupt(p, "not of the form SHA256(name)= digest", err);
	for (end = open; end > line && end[-1] == ' ';)
		end--;
	*end = '\0';
	for (close = equals; close > open && close[-1] == ' ';)
		close--;
	if (--close <= open + 1 || *close != ')')
		return corrupt(p, "not of the form SHA256(name)= digest", err);
	*close = '\0';
	algorithm = hyp_digest_by_name(line);
	if (algorithm == 0)
		return corrupt(p, "an unknown digest algorithm", err);
	hex = equals + 1 + strspn(equals + 1, " ");
	if (hyp_digest_parse(algorithm, hex, &digest, NULL) != 0)
		return corrupt(p, "a digest of wrong length or digits", err);
	return keep(p, open + 1, &digest, err);
}

static int32_t parse_lines(struct parser *p, const char *text, size_t n,
			   struct hyp_error *err)
{
	char line[LINE_MAX_BYTES];
	int32_t rc = 0;

	while (n > 0 && rc == 0) {
		const char *nl = memchr(text, '\n', n);
		size_t len = nl == NULL ? n : (size_t)(nl - text);
		size_t used = nl == NULL ? len : len + 1;

		p->line++;
		if (len > 0 && text[len - 1] == '\r')
			len--;
		if (p->line > LINES_MAX)
			return corrupt(p, "more lines than are taken", err);
		if (len >= sizeof(line) || !hyp_text_is_utf8(text, len))
			return corrupt(p, "too long, or not UTF-8", err);
		memcpy(line, text, len);
		line[len] = '\0';
		rc = parse_line(p, line, err);
		text += used;
		n -= used;
	}
	return rc;
}

int32_t hyp_manifest_parse(const char *text, size_t n, struct hyp_manifest *out,
			   struct hyp_error *err)
{
	struct hyp_manifest found = {0};
	struct parser p = {.out = &found};
	int32_t rc;

	if (n > HYP_MANIFEST_MAX)
		return hyp_error_set(err, HYP_E_PERMANENT, "corrupt_archive", 0,
				     "a manifest of %zu bytes is not read", n);
	found.lines = calloc(LINES_MAX, sizeof(found.lines[0]));
	if (found.lines == NULL)
		return hyp_error_nomem(err);
	rc = parse_lines(&p, text, n, err);
	if (rc != 0) {
		hyp_manifest_fini(&found);
		return rc;
	}
	*out = found;
	return 0;
}

void hyp_manifest_fini(struct hyp_manifest *manifest)
{
	for (size_t i = 0; i < manifest->count; i++)
		free(manifest->lines[i].name);
	free(manifest->lines);
	*manifest = (struct hyp_manifest){0};
}

const struct hyp_digest *hyp_manifest_find(const struct hyp_manifest *manifest,
					   const char *name)
{
	for (size_t i = 0; i < manifest->count; i++)
		if (strcmp(manifest->lines[i].name, name) == 0)
			return &manifest->lines[i].digest;
	return NULL;
}
