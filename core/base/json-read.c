/* SPDX-License-Identifier: Apache-2.0 */
/* The grammar is ours, since json-c's tokener forgives in more places than its
 * strict mode closes; the values are json-c's. */
#include "core/base/json-read.h"
#include "core/base/buf.h"
#include "core/base/cleanup.h"
#include "core/base/text.h"
#include "core/base/utf8.h"

#include <inttypes.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>

#define STEP_MAX 48

/* Where in the tree we are: a member's name, or an element's index. */
struct step {
	const char *name; /* NULL: an element */
	size_t index;
};

struct reader {
	const char *begin, *at, *end;
	struct step path[HYP_JSON_DEPTH_MAX];
	size_t depth;
	size_t room; /* values that may still come */
	struct hyp_error *err;
};

size_t hyp_json_pointer_step(const char *name, char *out, size_t max)
{
	char safe[STEP_MAX];
	size_t n = 0;

	if (max < 2)
		return 0;
	hyp_text_printable(name, safe, sizeof(safe));
	out[n++] = '/';
	for (const char *c = safe; *c != '\0' && n + 3 < max; c++) {
		if (*c == '~' || *c == '/') {
			out[n++] = '~';
			out[n++] = *c == '~' ? '0' : '1';
		} else {
			out[n++] = *c;
		}
	}
	out[n] = '\0';
	return n;
}

static void pointer(const struct reader *r, char *out, size_t max)
{
	char index[24];
	size_t n = 0;

	out[0] = '\0';
	for (size_t i = 0; i < r->depth; i++) {
		const struct step *step = &r->path[i];

		snprintf(index, sizeof(index), "%zu", step->index);
		n += hyp_json_pointer_step(step->name ? step->name : index,
					   out + n, max - n);
	}
}

/* Columns are counted in bytes, as most tools do. */
__attribute__((format(printf, 3, 4))) static int32_t
bad(const struct reader *r, const char *at, const char *fmt, ...)
{
	char where[HYP_JSON_POINTER_MAX], what[256];
	size_t line = 1, column = 1;
	va_list ap;

	for (const char *c = r->begin; c < at; c++) {
		column = *c == '\n' ? 1 : column + 1;
		line += *c == '\n';
	}
	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	pointer(r, where, sizeof(where));
	return hyp_error_set(r->err, HYP_E_USAGE, "bad_request", 0,
			     "%s%sline %zu, column %zu: %s", where,
			     where[0] != '\0' ? ": " : "", line, column, what);
}

static void skip_blanks(struct reader *r)
{
	while (r->at < r->end && (*r->at == ' ' || *r->at == '\t' ||
				  *r->at == '\n' || *r->at == '\r'))
		r->at++;
}

/* The next byte after blanks, '\0' at the end: a NUL fits no grammar. */
static char peek(struct reader *r)
{
	skip_blanks(r);
	return r->at < r->end ? *r->at : '\0';
}

static int32_t unexpected(const struct reader *r, const char *wanted)
{
	unsigned char c;

	if (r->at >= r->end)
		return bad(r, r->at, "the text ends where %s should be",
			   wanted);
	c = (unsigned char)*r->at;
	if (c > ' ' && c < 0x7f)
		return bad(r, r->at, "'%c' where %s should be", c, wanted);
	return bad(r, r->at, "byte 0x%02x where %s should be", c, wanted);
}

static int hex4(const char *s, const char *end, uint32_t *out)
{
	uint32_t v = 0;

	if (end - s < 4)
		return 0;
	for (int i = 0; i < 4; i++) {
		char c = s[i];

		if (c >= '0' && c <= '9')
			v = v * 16 + (uint32_t)(c - '0');
		else if ((c | 32) >= 'a' && (c | 32) <= 'f')
			v = v * 16 + (uint32_t)((c | 32) - 'a') + 10;
		else
			return 0;
	}
	*out = v;
	return 1;
}

/* Behind "\u": one character, of one unit or of a pair. */
static int32_t unicode(struct reader *r, uint32_t *out)
{
	const char *escape = r->at - 2;
	uint32_t c, low;

	if (!hex4(r->at, r->end, &c))
		return bad(r, escape, "\\u is followed by no four hex digits");
	r->at += 4;
	if (c == 0)
		return bad(r, escape, "\\u0000 is in no text that we take");
	if (c >= 0xdc00 && c <= 0xdfff)
		return bad(r, escape, "a lone surrogate is no character");
	if (c >= 0xd800 && c <= 0xdbff) {
		if (r->end - r->at < 6 || r->at[0] != '\\' || r->at[1] != 'u' ||
		    !hex4(r->at + 2, r->end, &low) || low < 0xdc00 ||
		    low > 0xdfff)
			return bad(r, escape,
				   "a lone surrogate is no character");
		r->at += 6;
		c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
	}
	*out = c;
	return 0;
}

/* Behind a backslash. */
static int32_t escape(struct reader *r, char *out, size_t *n)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *found;
	uint32_t c = 0;

	if (r->at >= r->end)
		return unexpected(r, "an escape");
	if (*r->at == 'u') {
		r->at++;
		if (unicode(r, &c) != 0)
			return r->err->code;
		*n += hyp_utf8_put(c, out + *n);
		return 0;
	}
	found = memchr(from, *r->at, sizeof(from) - 1);
	if (found == NULL)
		return unexpected(r, "an escape");
	r->at++;
	out[(*n)++] = to[found - from];
	return 0;
}

/* Unescapes into out, which holds as many bytes as are left and one. */
static int32_t string_into(struct reader *r, char *out, size_t *n)
{
	uint32_t c = 0;

	for (*n = 0; r->at < r->end && *r->at != '"';) {
		size_t k = hyp_utf8_next(r->at, (size_t)(r->end - r->at), &c);

		if (k == 0)
			return bad(r, r->at, "byte 0x%02x is not UTF-8",
				   (unsigned char)*r->at);
		if (c < ' ')
			return bad(r, r->at,
				   "a text holds the control character 0x%02x: "
				   "write it as \\u%04x",
				   (unsigned)c, (unsigned)c);
		if (c == '\\') {
			r->at++;
			if (escape(r, out, n) != 0)
				return r->err->code;
			continue;
		}
		memcpy(out + *n, r->at, k);
		*n += k;
		r->at += k;
	}
	if (r->at >= r->end)
		return unexpected(r, "the '\"' that ends a text");
	out[*n] = '\0';
	r->at++;
	return 0;
}

/* From the opening quote. The room is the text's own length at the most:
 * found out first, so that many short texts do not cost the whole body each. */
static int32_t string(struct reader *r, char **out, size_t *n)
{
	HYP_AUTO_FREE char *text = NULL;
	const char *close;

	r->at++;
	for (close = r->at; close < r->end && *close != '"'; close++)
		if (*close == '\\' && close + 1 < r->end)
			close++;
	close = close < r->end ? close : r->end;
	text = malloc((size_t)(close - r->at) + 1);
	if (text == NULL)
		return hyp_error_nomem(r->err);
	if (string_into(r, text, n) != 0)
		return r->err->code;
	*out = HYP_STEAL(text);
	return 0;
}

static int32_t made(const struct reader *r, json_object *value,
		    json_object **out)
{
	if (value == NULL)
		return hyp_error_nomem(r->err);
	*out = value;
	return 0;
}

static const char *digits(const char *c, const char *end)
{
	while (c < end && *c >= '0' && *c <= '9')
		c++;
	return c;
}

/* The end of the number, and whether it has a fraction or an exponent. */
static int32_t number_end(struct reader *r, const char **out, int *fraction)
{
	const char *c = r->at + (*r->at == '-'), *from = c;

	c = digits(c, r->end);
	if (c == from || (*from == '0' && c - from > 1))
		return bad(r, r->at, "this is no number");
	*fraction = 0;
	if (c < r->end && *c == '.') {
		from = ++c;
		c = digits(c, r->end);
		if (c == from)
			return bad(r, r->at, "this is no number");
		*fraction = 1;
	}
	if (c < r->end && (*c | 32) == 'e') {
		c += c + 1 < r->end && (c[1] == '+' || c[1] == '-') ? 2 : 1;
		from = c;
		c = digits(c, r->end);
		if (c == from)
			return bad(r, r->at, "this is no number");
		*fraction = 1;
	}
	*out = c;
	return 0;
}

/* The decimal point of the process's locale shall not matter. */
static int32_t fraction_value(const char *text, double *out,
			      struct hyp_error *err)
{
	locale_t c_locale = newlocale(LC_ALL_MASK, "C", NULL);

	if (c_locale == NULL)
		return hyp_error_nomem(err);
	*out = strtod_l(text, NULL, c_locale);
	freelocale(c_locale);
	return 0;
}

static int32_t number(struct reader *r, json_object **out)
{
	const char *start = r->at, *end = start;
	HYP_AUTO_FREE char *text = NULL;
	uint64_t u;
	int64_t i;
	double d = 0;
	int fraction = 0;

	if (number_end(r, &end, &fraction) != 0)
		return r->err->code;
	if (hyp_asprintf(&text, r->err, "%.*s", (int)(end - start), start) != 0)
		return r->err->code;
	r->at = end;
	errno = 0;
	if (fraction) {
		if (fraction_value(text, &d, r->err) != 0)
			return r->err->code;
		if (!isfinite(d))
			return bad(r, start, "the number is too large");
		return made(r, json_object_new_double_s(d, text), out);
	}
	i = strtoll(text, NULL, 10);
	if (errno == 0)
		return made(r, json_object_new_int64(i), out);
	errno = 0;
	u = strtoull(text, NULL, 10);
	if (errno != 0 || text[0] == '-')
		return bad(r, start, "the number does not fit into 64 bits");
	return made(r, json_object_new_uint64(u), out);
}

static int word(struct reader *r, const char *text)
{
	size_t n = strlen(text);

	if ((size_t)(r->end - r->at) < n || memcmp(r->at, text, n) != 0)
		return 0;
	r->at += n;
	return 1;
}

static int32_t value(struct reader *r, json_object **out);

static int32_t enter(struct reader *r)
{
	if (r->depth == HYP_JSON_DEPTH_MAX)
		return bad(r, r->at, "more than %d levels", HYP_JSON_DEPTH_MAX);
	r->at++;
	return 0;
}

/* One member of an object, from its name's quote. */
static int32_t member(struct reader *r, json_object *to)
{
	HYP_AUTO_FREE char *name = NULL;
	const char *start = r->at;
	json_object *v = NULL;
	size_t n;

	if (string(r, &name, &n) != 0)
		return r->err->code;
	r->path[r->depth++] = (struct step){name, 0};
	if (json_object_object_get_ex(to, name, NULL))
		return bad(r, start, "the name is given twice");
	if (peek(r) != ':')
		return unexpected(r, "':'");
	r->at++;
	if (value(r, &v) != 0)
		return r->err->code;
	r->depth--;
	if (json_object_object_add_ex(to, name, v,
				      JSON_C_OBJECT_ADD_KEY_IS_NEW) != 0) {
		json_object_put(v);
		return hyp_error_nomem(r->err);
	}
	return 0;
}

static int32_t element(struct reader *r, json_object *to)
{
	json_object *v = NULL;

	r->path[r->depth++] = (struct step){NULL, json_object_array_length(to)};
	if (value(r, &v) != 0)
		return r->err->code;
	r->depth--;
	if (json_object_array_add(to, v) != 0) {
		json_object_put(v);
		return hyp_error_nomem(r->err);
	}
	return 0;
}

/* Members or elements up to the closing bracket. */
static int32_t items(struct reader *r, json_object *to, char close)
{
	int object = close == '}';

	if (peek(r) == close) {
		r->at++;
		return 0;
	}
	for (;;) {
		if (object && peek(r) != '"')
			return unexpected(r, "a name in '\"'");
		if ((object ? member(r, to) : element(r, to)) != 0)
			return r->err->code;
		if (peek(r) == close)
			break;
		if (peek(r) != ',')
			return unexpected(r,
					  object ? "',' or '}'" : "',' or ']'");
		r->at++;
	}
	r->at++;
	return 0;
}

static int32_t container(struct reader *r, json_object **out)
{
	char close = *r->at == '{' ? '}' : ']';
	json_object *made_of;

	if (enter(r) != 0)
		return r->err->code;
	made_of = close == '}' ? json_object_new_object()
			       : json_object_new_array();
	if (made_of == NULL)
		return hyp_error_nomem(r->err);
	if (items(r, made_of, close) != 0) {
		json_object_put(made_of);
		return r->err->code;
	}
	*out = made_of;
	return 0;
}

static int32_t text_value(struct reader *r, json_object **out)
{
	HYP_AUTO_FREE char *text = NULL;
	size_t n;

	if (string(r, &text, &n) != 0)
		return r->err->code;
	return made(r, json_object_new_string_len(text, (int)n), out);
}

static int32_t value(struct reader *r, json_object **out)
{
	char c = peek(r);
	int contains = c == '{' || c == '[';
	size_t weight = contains ? HYP_JSON_CONTAINER : 1;

	if (weight > r->room)
		return bad(r, r->at, "too many values");
	r->room -= weight;
	if (contains)
		return container(r, out);
	if (c == '"')
		return text_value(r, out);
	if (c == '-' || (c >= '0' && c <= '9'))
		return number(r, out);
	if (word(r, "true"))
		return made(r, json_object_new_boolean(1), out);
	if (word(r, "false"))
		return made(r, json_object_new_boolean(0), out);
	if (word(r, "null")) {
		*out = NULL;
		return 0;
	}
	return unexpected(r, "a value");
}

int32_t hyp_json_read(const char *text, size_t n, struct json_object **out,
		      struct hyp_error *err)
{
	return hyp_json_read_within(text, n, SIZE_MAX, out, err);
}

int32_t hyp_json_read_within(const char *text, size_t n, size_t values,
			     struct json_object **out, struct hyp_error *err)
{
	struct hyp_error unsaid;
	struct reader r = {.begin = text,
			   .at = text,
			   .end = text + n,
			   .room = values,
			   .err = err != NULL ? err : &unsaid};
	json_object *v = NULL;

	if (n > INT32_MAX)
		return bad(&r, text, "the text is longer than 2 GiB");
	if (value(&r, &v) != 0)
		return r.err->code;
	skip_blanks(&r);
	if (r.at != r.end) {
		json_object_put(v);
		return unexpected(&r, "the end");
	}
	*out = v;
	return 0;
}
