/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/cleanup.h"
#include "core/base/utf8.h"
#include "core/package/xml-guard.h"

#include <string.h>
#include <strings.h>

enum encoding { UTF8, UTF16LE, UTF16BE };

static int32_t bad_encoding(const char *what, const char *why,
			    struct hyp_error *err)
{
	return hyp_error_set(err, HYP_E_PERMANENT, "xml_limit", 0,
			     "%s: %s; only UTF-8, UTF-16 with a byte order "
			     "mark and ASCII are read",
			     what, why);
}

static uint32_t unit_at(const unsigned char *p, enum encoding encoding)
{
	return encoding == UTF16LE ? (uint32_t)p[0] | (uint32_t)p[1] << 8
				   : (uint32_t)p[1] | (uint32_t)p[0] << 8;
}

/* The character at p, of which *units 16-bit units are used; 0 if broken. */
static uint32_t utf16_next(const unsigned char *p, size_t n,
			   enum encoding encoding, size_t *units)
{
	uint32_t c = unit_at(p, encoding), low;

	*units = 1;
	if (c < 0xd800 || c > 0xdfff)
		return c;
	if (c > 0xdbff || n < 4)
		return 0;
	low = unit_at(p + 2, encoding);
	if (low < 0xdc00 || low > 0xdfff)
		return 0;
	*units = 2;
	return 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
}

static int32_t from_utf16(const unsigned char *p, size_t n,
			  enum encoding encoding, const char *what,
			  struct hyp_buf *room, struct hyp_error *err)
{
	char part[1024];
	size_t used = 0, units;
	int32_t rc = 0;

	if (n % 2 != 0)
		return bad_encoding(what, "half a UTF-16 character", err);
	while (n > 0 && rc == 0) {
		uint32_t c = utf16_next(p, n, encoding, &units);

		if (c == 0)
			return bad_encoding(what, "broken UTF-16", err);
		used += hyp_utf8_put(c, part + used);
		p += 2 * units;
		n -= 2 * units;
		if (used > sizeof(part) - 4 || n == 0) {
			rc = hyp_buf_add(room, part, used, err);
			used = 0;
		}
	}
	return rc;
}

static const char *skip_blank(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\n'))
		p++;
	return p;
}

/* One 'name = "value"' of the declaration; the place behind it, or NULL. */
static const char *pseudo_attribute(const char *p, const char *end,
				    const char **name, size_t *name_n,
				    const char **value, size_t *value_n)
{
	const char *close;

	*name = p;
	while (p < end && *p >= 'a' && *p <= 'z')
		p++;
	*name_n = (size_t)(p - *name);
	p = skip_blank(p, end);
	if (p == end || *p != '=')
		return NULL;
	p = skip_blank(p + 1, end);
	if (p == end || (*p != '"' && *p != '\''))
		return NULL;
	close = memchr(p + 1, *p, (size_t)(end - p - 1));
	if (close == NULL)
		return NULL;
	*value = p + 1;
	*value_n = (size_t)(close - *value);
	return close + 1;
}

static int is_word(const char *p, size_t n, const char *word)
{
	return n == strlen(word) && strncasecmp(p, word, n) == 0;
}

static int names_encoding(const char *p, size_t n, enum encoding encoding)
{
	if (encoding != UTF8)
		return is_word(p, n, "UTF-16") ||
		       is_word(p, n,
			       encoding == UTF16LE ? "UTF-16LE" : "UTF-16BE");
	return is_word(p, n, "UTF-8") || is_word(p, n, "UTF8") ||
	       is_word(p, n, "ASCII") || is_word(p, n, "US-ASCII");
}

static int32_t bad_declaration(const char *what, struct hyp_error *err)
{
	return hyp_error_set(err, HYP_E_PERMANENT, "bad_xml", 0,
			     "%s: its XML declaration is malformed", what);
}

/* Take "<?xml ...?>" off the front, if it is there. */
static int32_t skip_declaration(struct hyp_xml_body *body,
				enum encoding encoding, const char *what,
				struct hyp_error *err)
{
	const char *p, *end, *name, *value;
	size_t name_n, value_n;

	if (body->n < 6 || memcmp(body->text, "<?xml", 5) != 0)
		return 0;
	p = body->text + 5;
	if (skip_blank(p, p + 1) == p)
		return 0;
	end = memmem(p, body->n - 5, "?>", 2);
	if (end == NULL)
		return bad_declaration(what, err);
	for (p = skip_blank(p, end); p < end; p = skip_blank(p, end)) {
		p = pseudo_attribute(p, end, &name, &name_n, &value, &value_n);
		if (p == NULL)
			return bad_declaration(what, err);
		if (is_word(name, name_n, "encoding") &&
		    !names_encoding(value, value_n, encoding))
			return bad_encoding(
				what, "it declares another encoding", err);
	}
	body->n -= (size_t)(end + 2 - body->text);
	body->text = end + 2;
	return 0;
}

static enum encoding find_encoding(const unsigned char *p, size_t n,
				   size_t *mark)
{
	*mark = 0;
	if (n >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0) {
		*mark = 3;
		return UTF8;
	}
	if (n < 2 ||
	    (memcmp(p, "\xff\xfe", 2) != 0 && memcmp(p, "\xfe\xff", 2) != 0))
		return UTF8;
	*mark = 2;
	return p[0] == 0xff ? UTF16LE : UTF16BE;
}

int32_t hyp_xml_decode(const void *text, size_t n, const char *what,
		       struct hyp_buf *room, struct hyp_xml_body *out,
		       struct hyp_error *err)
{
	const unsigned char *p = text;
	struct hyp_xml_body body;
	enum encoding encoding;
	const char *first;
	size_t mark;
	int32_t rc;

	encoding = find_encoding(p, n, &mark);
	body = (struct hyp_xml_body){(const char *)p + mark, n - mark};
	if (encoding != UTF8) {
		rc = from_utf16(p + mark, n - mark, encoding, what, room, err);
		if (rc != 0)
			return rc;
		body = (struct hyp_xml_body){hyp_buf_str(room), room->len};
	}
	if (body.n > 0 && memchr(body.text, 0, body.n) != NULL)
		return bad_encoding(what, "it holds NUL", err);
	rc = skip_declaration(&body, encoding, what, err);
	if (rc != 0)
		return rc;
	first = skip_blank(body.text, body.text + body.n);
	body.n -= (size_t)(first - body.text);
	body.text = first;
	*out = body;
	return 0;
}
