/* SPDX-License-Identifier: Apache-2.0 */
#include "core/api/uri.h"
#include "core/base/buf.h"
#include "core/base/text.h"

#include <stdlib.h>

static int hex(char c)
{
	return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

/* In place, by the guard's rules: each '%' has its two digits. */
static int decode(char *text, int plus)
{
	char *to = text;

	for (const char *from = text; *from != '\0'; from++) {
		if (*from == '%') {
			*to++ = (char)(16 * hex(from[1]) + hex(from[2]));
			from += 2;
		} else {
			*to++ = plus && *from == '+' ? ' ' : *from;
		}
	}
	*to = '\0';
	return hyp_text_is_utf8(text, (size_t)(to - text)) ? 0 : -1;
}

static int32_t bad(struct hyp_error *err, const char *text)
{
	return hyp_error_set(err, HYP_E_USAGE, "bad_request", 0, "%s", text);
}

static int32_t add(struct hyp_uri *uri, char *pair, struct hyp_error *err)
{
	char *value = strchr(pair, '=');

	if (value != NULL)
		*value++ = '\0';
	else
		value = pair + strlen(pair);
	if (decode(pair, 1) != 0 || decode(value, 1) != 0)
		return bad(err, "the query is not UTF-8");
	if (hyp_uri_get(uri, pair) != NULL)
		return hyp_error_set(err, HYP_E_USAGE, "bad_request", 0,
				     "the query names \"%.64s\" twice", pair);
	if (uri->query_count == HYP_QUERY_MAX)
		return bad(err, "the query has too many parameters");
	uri->query[uri->query_count].name = pair;
	uri->query[uri->query_count++].value = value;
	return 0;
}

int32_t hyp_uri_parse(const char *raw, struct hyp_uri *out,
		      struct hyp_error *err)
{
	char *rest, *pair;

	memset(out, 0, sizeof(*out));
	if (hyp_strdup(raw, &out->path, err) != 0)
		return err->code;
	rest = strchr(out->path, '?');
	if (rest != NULL)
		*rest++ = '\0';
	if (decode(out->path, 0) != 0) {
		bad(err, "the path is not UTF-8");
		goto fail;
	}
	while ((pair = strsep(&rest, "&")) != NULL)
		if (*pair != '\0' && add(out, pair, err) != 0)
			goto fail;
	return 0;
fail:
	hyp_uri_fini(out);
	return err->code;
}

void hyp_uri_fini(struct hyp_uri *uri)
{
	free(uri->path);
	memset(uri, 0, sizeof(*uri));
}

const char *hyp_uri_get(const struct hyp_uri *uri, const char *name)
{
	for (size_t i = 0; i < uri->query_count; i++)
		if (strcmp(uri->query[i].name, name) == 0)
			return uri->query[i].value;
	return NULL;
}
