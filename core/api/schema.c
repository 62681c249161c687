/* SPDX-License-Identifier: Apache-2.0 */
#include "core/api/schema.h"
#include "core/api/times.h"
#include "core/base/text.h"

#define POINTER_MAX 256

__attribute__((format(printf, 3, 4))) static int32_t
refuse(struct hyp_error *err, const char *pointer, const char *fmt, ...)
{
	char text[HYP_ERROR_TEXT_MAX - POINTER_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return hyp_error_set(err, HYP_E_USAGE, "bad_request", 0, "%s: %s",
			     *pointer != '\0' ? pointer : "/", text);
}

/* RFC 6901: '~' and '/' in a name are escaped; what is not printable too, for
 * the message is one line. Too long a pointer ends in "...". */
static void append(char *out, const char *pointer, const char *name)
{
	char printable[POINTER_MAX];
	size_t n = (size_t)snprintf(out, POINTER_MAX, "%s/", pointer);

	hyp_text_printable(name, printable, sizeof(printable));
	for (const char *s = printable; *s != '\0'; s++) {
		const char *as = *s == '~' ? "~0" : *s == '/' ? "~1" : NULL;

		if (n + 6 >= POINTER_MAX) {
			snprintf(out + POINTER_MAX - 6, 6, "...");
			return;
		}
		if (as != NULL) {
			memcpy(out + n, as, 2);
			n += 2;
		} else {
			out[n++] = *s;
		}
		out[n] = '\0';
	}
}

static int32_t check_string(const struct hyp_field *f, struct json_object *json,
			    const char *pointer, struct hyp_error *err)
{
	const char *text = json_object_get_string(json);
	int64_t n = json_object_get_string_len(json), when;

	if (strlen(text) != (size_t)n)
		return refuse(err, pointer, "holds a NUL character");
	if (n < f->min)
		return refuse(err, pointer, "must not be empty");
	if (f->max > 0 && n > f->max)
		return refuse(err, pointer, "is longer than %lld bytes",
			      (long long)f->max);
	if (f->type == HYP_TYPE_TIME && hyp_time_parse(text, &when, NULL) != 0)
		return refuse(err, pointer,
			      "must be a time like 2026-11-25T21:38:00Z");
	for (size_t i = 0; f->words != NULL; i++) {
		if (f->words[i] == NULL)
			return refuse(err, pointer, "must be one of %s",
				      f->help);
		if (strcmp(f->words[i], text) == 0)
			break;
	}
	return 0;
}

static int32_t check_integer(const struct hyp_field *f,
			     struct json_object *json, const char *pointer,
			     struct hyp_error *err)
{
	int64_t number = json_object_get_int64(json);

	if (number < f->min || (f->max > 0 && number > f->max))
		return refuse(err, pointer, "must be from %lld to %lld",
			      (long long)f->min, (long long)f->max);
	return 0;
}

static int32_t check_array(const struct hyp_field *f, struct json_object *json,
			   const char *pointer, struct hyp_error *err)
{
	size_t n = json_object_array_length(json);
	struct hyp_field item = {.name = f->name,
				 .type = f->of != NULL ? HYP_TYPE_OBJECT
						       : f->items,
				 .min = f->items == HYP_TYPE_STRING,
				 .words = f->words,
				 .of = f->of,
				 .help = f->help};

	if ((int64_t)n < f->min)
		return refuse(err, pointer, "must not be empty");
	if (f->max > 0 && (int64_t)n > f->max)
		return refuse(err, pointer, "holds more than %lld entries",
			      (long long)f->max);
	for (size_t i = 0; i < n; i++) {
		char here[POINTER_MAX], index[24];

		snprintf(index, sizeof(index), "%zu", i);
		append(here, pointer, index);
		if (hyp_field_check(&item, json_object_array_get_idx(json, i),
				    here, err) != 0)
			return err->code;
	}
	return 0;
}

static const struct hyp_field *find(const struct hyp_schema *schema,
				    const char *name)
{
	for (size_t i = 0; i < schema->count; i++)
		if (strcmp(schema->fields[i].name, name) == 0)
			return &schema->fields[i];
	return NULL;
}

static int32_t unknown(const struct hyp_schema *schema, const char *name,
		       const char *pointer, struct hyp_error *err)
{
	const char *words[64], *near;
	size_t n = 0;

	for (size_t i = 0; i < schema->count && n < 64; i++)
		words[n++] = schema->fields[i].name;
	near = hyp_text_nearest(name, words, n);
	if (near != NULL)
		return refuse(err, pointer, "unknown field, meant \"%s\"?",
			      near);
	return refuse(err, pointer, "unknown field");
}

static int32_t check_members(const struct hyp_schema *schema,
			     struct json_object *json, const char *pointer,
			     struct hyp_error *err)
{
	char here[POINTER_MAX];

	json_object_object_foreach(json, name, value)
	{
		const struct hyp_field *f = find(schema, name);

		append(here, pointer, name);
		if (f == NULL && (schema->flags & HYP_SCHEMA_OPEN) == 0)
			return unknown(schema, name, here, err);
		if (f != NULL && hyp_field_check(f, value, here, err) != 0)
			return err->code;
	}
	for (size_t i = 0; i < schema->count; i++) {
		const struct hyp_field *f = &schema->fields[i];

		if ((f->flags & HYP_FIELD_REQUIRED) == 0 ||
		    json_object_object_get_ex(json, f->name, NULL))
			continue;
		append(here, pointer, f->name);
		return refuse(err, here, "is missing");
	}
	return 0;
}

static int32_t check_object(const struct hyp_schema *schema,
			    struct json_object *json, const char *pointer,
			    struct hyp_error *err)
{
	if (!json_object_is_type(json, json_type_object))
		return refuse(err, pointer, "must be an object");
	if (schema == NULL || schema->flags & HYP_SCHEMA_ELSEWHERE)
		return 0;
	return check_members(schema, json, pointer, err);
}

static const char *type_text(enum hyp_type type)
{
	switch (type) {
	case HYP_TYPE_STRING:
	case HYP_TYPE_TIME:
		return "a string";
	case HYP_TYPE_INTEGER:
		return "an integer";
	case HYP_TYPE_NUMBER:
		return "a number";
	case HYP_TYPE_BOOLEAN:
		return "true or false";
	case HYP_TYPE_ARRAY:
		return "an array";
	default:
		return "an object";
	}
}

static int has_type(enum hyp_type type, struct json_object *json)
{
	switch (json_object_get_type(json)) {
	case json_type_string:
		return type == HYP_TYPE_STRING || type == HYP_TYPE_TIME;
	case json_type_int:
		return type == HYP_TYPE_INTEGER || type == HYP_TYPE_NUMBER;
	case json_type_double:
		return type == HYP_TYPE_NUMBER;
	case json_type_boolean:
		return type == HYP_TYPE_BOOLEAN;
	case json_type_array:
		return type == HYP_TYPE_ARRAY;
	case json_type_object:
		return type == HYP_TYPE_OBJECT || type == HYP_TYPE_TEXTS;
	default:
		return 0;
	}
}

static int32_t check_one(const struct hyp_field *f, struct json_object *json,
			 const char *pointer, struct hyp_error *err)
{
	struct hyp_field one = {.name = f->name,
				.type = f->items,
				.min = 1,
				.words = f->words,
				.help = f->help};

	return hyp_field_check(&one, json, pointer, err);
}

int32_t hyp_field_check(const struct hyp_field *field, struct json_object *json,
			const char *pointer, struct hyp_error *err)
{
	if (field->type == HYP_TYPE_ANY ||
	    (json == NULL && field->flags & HYP_FIELD_NULL))
		return 0;
	if (field->flags & HYP_FIELD_OR_ONE && has_type(field->items, json))
		return check_one(field, json, pointer, err);
	if (!has_type(field->type, json))
		return refuse(err, pointer, "must be %s",
			      type_text(field->type));
	switch (field->type) {
	case HYP_TYPE_STRING:
	case HYP_TYPE_TIME:
		return check_string(field, json, pointer, err);
	case HYP_TYPE_INTEGER:
		return check_integer(field, json, pointer, err);
	case HYP_TYPE_ARRAY:
		return check_array(field, json, pointer, err);
	case HYP_TYPE_OBJECT:
		return check_object(field->of, json, pointer, err);
	default:
		return 0;
	}
}

static int32_t check_items(const struct hyp_schema *items,
			   struct json_object *json, struct hyp_error *err)
{
	struct hyp_field all = {
		.name = "", .type = HYP_TYPE_ARRAY, .min = 1, .of = items};

	return hyp_field_check(&all, json, "", err);
}

/* Which of several is meant follows from its kind: an array is the one with
 * items; of the objects it is the first whose required fields are all there,
 * else the last. */
static const struct hyp_schema *choose(const struct hyp_schema *const *one_of,
				       struct json_object *json)
{
	const struct hyp_schema *last = NULL;
	int array = json_object_is_type(json, json_type_array);

	for (size_t i = 0; one_of[i] != NULL; i++) {
		const struct hyp_schema *s = one_of[i];
		int all = 1;

		if ((s->items != NULL) != array)
			continue;
		for (size_t k = 0; k < s->count; k++)
			if (s->fields[k].flags & HYP_FIELD_REQUIRED &&
			    !json_object_object_get_ex(json, s->fields[k].name,
						       NULL))
				all = 0;
		if (array || all)
			return s;
		last = s;
	}
	return last;
}

int32_t hyp_schema_check(const struct hyp_schema *schema,
			 struct json_object *json, struct hyp_error *err)
{
	const struct hyp_schema *s = schema;

	if (schema->one_of != NULL) {
		if (!json_object_is_type(json, json_type_array) &&
		    !json_object_is_type(json, json_type_object))
			return refuse(err, "", "must be an object or an array");
		s = choose(schema->one_of, json);
	}
	if (s->items != NULL)
		return check_items(s->items, json, err);
	return check_object(s, json, "", err);
}
