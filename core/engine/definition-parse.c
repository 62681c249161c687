/* SPDX-License-Identifier: Apache-2.0 */
#include "core/engine/definition-parse.h"
#include "core/base/buf.h"
#include "core/base/cleanup.h"
#include "core/base/text.h"
#include "core/base/utf8.h"

#include <inttypes.h>
#include <math.h>

#define FIELDS_MAX 32

__attribute__((format(printf, 3, 0))) static int32_t
refuse(struct hyp_definition_reader *r, const char *kind, const char *fmt,
       va_list ap)
{
	char what[512];

	vsnprintf(what, sizeof(what), fmt, ap);
	return hyp_error_set(r->err, HYP_E_USAGE, kind, 0, "%s%s%s", r->at,
			     r->at[0] != '\0' ? ": " : "", what);
}

int32_t hyp_definition_bad(struct hyp_definition_reader *r, const char *fmt,
			   ...)
{
	va_list ap;
	int32_t rc;

	va_start(ap, fmt);
	rc = refuse(r, "bad_request", fmt, ap);
	va_end(ap);
	return rc;
}

int32_t hyp_definition_unsupported(struct hyp_definition_reader *r,
				   const char *fmt, ...)
{
	va_list ap;
	int32_t rc;

	va_start(ap, fmt);
	rc = refuse(r, "unsupported", fmt, ap);
	va_end(ap);
	return rc;
}

static int32_t unknown(struct hyp_definition_reader *r,
		       const struct hyp_definition_field *fields, size_t count)
{
	const char *names[FIELDS_MAX], *near;
	const char *name = strrchr(r->at, '/') + 1;

	for (size_t i = 0; i < count && i < FIELDS_MAX; i++)
		names[i] = fields[i].name;
	near = hyp_text_nearest(name, names, count);
	if (near != NULL)
		return hyp_definition_bad(r,
					  "there is no such field; did you "
					  "mean \"%s\"?",
					  near);
	return hyp_definition_bad(r, "there is no such field");
}

static int32_t take(struct hyp_definition_reader *r, const char *name,
		    struct json_object *value,
		    const struct hyp_definition_field *fields, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(fields[i].name, name) == 0)
			return value != NULL ? fields[i].take(r, value) : 0;
	return unknown(r, fields, count);
}

int32_t hyp_definition_members(struct hyp_definition_reader *r,
			       struct json_object *object,
			       const struct hyp_definition_field *fields,
			       size_t count)
{
	size_t n = strlen(r->at);

	if (!json_object_is_type(object, json_type_object))
		return hyp_definition_bad(r, "must be an object, {...}");
	json_object_object_foreach(object, name, value)
	{
		hyp_json_pointer_step(name, r->at + n, sizeof(r->at) - n);
		if (take(r, name, value, fields, count) != 0)
			return r->err->code;
		r->at[n] = '\0';
	}
	return 0;
}

/* Why n bytes are no text of one line, or NULL. */
static const char *text_fault(const char *text, size_t n)
{
	uint32_t c;
	size_t k;

	for (size_t i = 0; i < n; i += k) {
		k = hyp_utf8_next(text + i, n - i, &c);
		if (k == 0)
			return "is not valid UTF-8";
		if (c < ' ' || (c >= 0x7f && c < 0xa0))
			return "holds a control character";
	}
	return NULL;
}

int32_t hyp_definition_text(struct hyp_definition_reader *r,
			    struct json_object *value, size_t max, char **out)
{
	const char *text, *fault;
	size_t n;

	if (!json_object_is_type(value, json_type_string))
		return hyp_definition_bad(r, "must be a text");
	text = json_object_get_string(value);
	n = (size_t)json_object_get_string_len(value);
	if (n > max)
		return hyp_definition_bad(
			r, "is longer than %zu bytes (it has %zu)", max, n);
	fault = text_fault(text, n);
	if (fault != NULL)
		return hyp_definition_bad(r, "%s", fault);
	if (n == 0)
		return 0;
	free(*out);
	*out = NULL;
	return hyp_strdup(text, out, r->err);
}

int32_t hyp_definition_bool(struct hyp_definition_reader *r,
			    struct json_object *value, uint32_t *out)
{
	if (!json_object_is_type(value, json_type_boolean))
		return hyp_definition_bad(r, "must be true or false");
	*out = json_object_get_boolean(value) ? 1 : 0;
	return 0;
}

int32_t hyp_definition_integer(struct hyp_definition_reader *r,
			       struct json_object *value, int64_t min,
			       int64_t max, int64_t *out)
{
	int64_t n;

	if (!json_object_is_type(value, json_type_int))
		return hyp_definition_bad(r, "must be a whole number");
	/* What is beyond int64 comes as its nearest end, which is as far
	 * outside. */
	n = json_object_get_int64(value);
	if (n < min || n > max)
		return hyp_definition_bad(
			r, "must be from %" PRId64 " to %" PRId64, min, max);
	*out = n;
	return 0;
}

static int32_t any(struct hyp_definition_reader *r, struct json_object *value,
		   unsigned depth);

static int32_t any_text(struct hyp_definition_reader *r, const char *text,
			size_t n)
{
	if (hyp_text_is_utf8(text, n))
		return 0;
	return hyp_definition_bad(r, "is not valid UTF-8, or holds NUL");
}

static int32_t any_inside(struct hyp_definition_reader *r,
			  struct json_object *value, unsigned depth)
{
	size_t at = strlen(r->at);
	char index[24];

	if (json_object_is_type(value, json_type_object)) {
		json_object_object_foreach(value, name, member)
		{
			hyp_json_pointer_step(name, r->at + at,
					      sizeof(r->at) - at);
			if (any_text(r, name, strlen(name)) != 0 ||
			    any(r, member, depth + 1) != 0)
				return r->err->code;
			r->at[at] = '\0';
		}
		return 0;
	}
	for (size_t i = 0; i < json_object_array_length(value); i++) {
		snprintf(index, sizeof(index), "%zu", i);
		hyp_json_pointer_step(index, r->at + at, sizeof(r->at) - at);
		if (any(r, json_object_array_get_idx(value, i), depth + 1) != 0)
			return r->err->code;
		r->at[at] = '\0';
	}
	return 0;
}

static int32_t any(struct hyp_definition_reader *r, struct json_object *value,
		   unsigned depth)
{
	switch (json_object_get_type(value)) {
	case json_type_object:
	case json_type_array:
		if (depth == HYP_JSON_DEPTH_MAX)
			return hyp_definition_bad(r, "more than %d levels",
						  HYP_JSON_DEPTH_MAX);
		return any_inside(r, value, depth);
	case json_type_string:
		return any_text(r, json_object_get_string(value),
				(size_t)json_object_get_string_len(value));
	case json_type_double:
		if (!isfinite(json_object_get_double(value)))
			return hyp_definition_bad(r, "is no finite number");
		return 0;
	default:
		return 0;
	}
}

int32_t hyp_definition_any(struct hyp_definition_reader *r,
			   struct json_object *value)
{
	/* It stands one level below the definition, which may be in a list of
	 * a body: what is kept can always be read again. */
	return any(r, value, 3);
}
