/* SPDX-License-Identifier: Apache-2.0 */
/* Schemas as OpenAPI 3.1 wants them: JSON Schema 2020-12. */
#include "core/api/schema.h"

static const char *type_name(enum hyp_type type)
{
	switch (type) {
	case HYP_TYPE_STRING:
	case HYP_TYPE_TIME:
		return "string";
	case HYP_TYPE_INTEGER:
		return "integer";
	case HYP_TYPE_NUMBER:
		return "number";
	case HYP_TYPE_BOOLEAN:
		return "boolean";
	case HYP_TYPE_ARRAY:
		return "array";
	case HYP_TYPE_OBJECT:
	case HYP_TYPE_TEXTS:
		return "object";
	case HYP_TYPE_ANY:
		break;
	}
	return NULL;
}

void hyp_schema_write_reference(struct hyp_out *out, const char *name,
				const struct hyp_schema *schema)
{
	char text[96];

	snprintf(text, sizeof(text), "#/components/schemas/%s", schema->name);
	hyp_out_open(out, name, '{');
	hyp_out_text(out, "$ref", text);
	hyp_out_close(out, '}');
}

static void write_type(struct hyp_out *out, const struct hyp_field *f)
{
	const char *type = type_name(f->type);

	if (type == NULL)
		return;
	if ((f->flags & HYP_FIELD_NULL) == 0) {
		hyp_out_text(out, "type", type);
		return;
	}
	hyp_out_open(out, "type", '[');
	hyp_out_text(out, NULL, type);
	hyp_out_text(out, NULL, "null");
	hyp_out_close(out, ']');
}

static void write_limits(struct hyp_out *out, const struct hyp_field *f)
{
	switch (f->type) {
	case HYP_TYPE_STRING:
		if (f->min > 0)
			hyp_out_number(out, "minLength", f->min);
		if (f->max > 0)
			hyp_out_number(out, "maxLength", f->max);
		break;
	case HYP_TYPE_INTEGER:
		if (f->max > 0) {
			hyp_out_number(out, "minimum", f->min);
			hyp_out_number(out, "maximum", f->max);
		}
		break;
	case HYP_TYPE_ARRAY:
		if (f->min > 0)
			hyp_out_number(out, "minItems", f->min);
		if (f->max > 0)
			hyp_out_number(out, "maxItems", f->max);
		break;
	case HYP_TYPE_TIME:
		hyp_out_text(out, "format", "date-time");
		break;
	default:
		break;
	}
}

static void write_words(struct hyp_out *out, const struct hyp_field *f)
{
	if (f->words == NULL)
		return;
	hyp_out_open(out, "enum", '[');
	for (size_t i = 0; f->words[i] != NULL; i++)
		hyp_out_text(out, NULL, f->words[i]);
	if (f->flags & HYP_FIELD_NULL && f->type != HYP_TYPE_ARRAY)
		hyp_out_null(out, NULL);
	hyp_out_close(out, ']');
}

static void write_items(struct hyp_out *out, const struct hyp_field *f)
{
	if (f->of != NULL) {
		hyp_schema_write_reference(out, "items", f->of);
		return;
	}
	hyp_out_open(out, "items", '{');
	if (type_name(f->items) != NULL)
		hyp_out_text(out, "type", type_name(f->items));
	write_words(out, f);
	hyp_out_close(out, '}');
}

/* An object that may be null is a choice of two schemas. */
static void write_choice(struct hyp_out *out, const struct hyp_schema *of)
{
	hyp_out_open(out, "anyOf", '[');
	hyp_schema_write_reference(out, NULL, of);
	hyp_out_open(out, NULL, '{');
	hyp_out_text(out, "type", "null");
	hyp_out_close(out, '}');
	hyp_out_close(out, ']');
}

/* A value or an array of them: its words and limits are of either. */
static void write_one_or_more(struct hyp_out *out, const struct hyp_field *f)
{
	struct hyp_field one = {.type = f->items, .words = f->words};
	struct hyp_field more = *f;

	more.flags &= ~HYP_FIELD_OR_ONE;
	more.help = NULL;
	hyp_out_open(out, "anyOf", '[');
	hyp_field_write(out, NULL, &more);
	hyp_field_write(out, NULL, &one);
	hyp_out_close(out, ']');
}

void hyp_field_write(struct hyp_out *out, const char *name,
		     const struct hyp_field *f)
{
	hyp_out_open(out, name, '{');
	if (f->help != NULL)
		hyp_out_text(out, "description", f->help);
	if (f->type == HYP_TYPE_OBJECT && f->of != NULL) {
		char text[96];

		snprintf(text, sizeof(text), "#/components/schemas/%s",
			 f->of->name);
		if (f->flags & HYP_FIELD_NULL)
			write_choice(out, f->of);
		else
			hyp_out_text(out, "$ref", text);
		hyp_out_close(out, '}');
		return;
	}
	if (f->flags & HYP_FIELD_OR_ONE) {
		write_one_or_more(out, f);
		hyp_out_close(out, '}');
		return;
	}
	write_type(out, f);
	write_limits(out, f);
	if (f->flags & HYP_FIELD_SECRET) {
		hyp_out_text(out, "format", "password");
		hyp_out_bool(out, "writeOnly", 1);
	}
	if (f->type == HYP_TYPE_ARRAY)
		write_items(out, f);
	else
		write_words(out, f);
	if (f->type == HYP_TYPE_TEXTS) {
		hyp_out_open(out, "additionalProperties", '{');
		hyp_out_text(out, "type", "string");
		hyp_out_close(out, '}');
	}
	hyp_out_close(out, '}');
}

static void write_members(struct hyp_out *out, const struct hyp_schema *schema)
{
	int required = 0;

	hyp_out_text(out, "type", "object");
	hyp_out_open(out, "properties", '{');
	for (size_t i = 0; i < schema->count; i++) {
		hyp_field_write(out, schema->fields[i].name,
				&schema->fields[i]);
		required |= schema->fields[i].flags & HYP_FIELD_REQUIRED;
	}
	hyp_out_close(out, '}');
	if (required) {
		hyp_out_open(out, "required", '[');
		for (size_t i = 0; i < schema->count; i++)
			if (schema->fields[i].flags & HYP_FIELD_REQUIRED)
				hyp_out_text(out, NULL, schema->fields[i].name);
		hyp_out_close(out, ']');
	}
	if ((schema->flags & HYP_SCHEMA_OPEN) == 0)
		hyp_out_bool(out, "additionalProperties", 0);
}

void hyp_schema_write(struct hyp_out *out, const char *name,
		      const struct hyp_schema *schema)
{
	hyp_out_open(out, name, '{');
	if (schema->help != NULL)
		hyp_out_text(out, "description", schema->help);
	if (schema->one_of != NULL) {
		hyp_out_open(out, "oneOf", '[');
		for (size_t i = 0; schema->one_of[i] != NULL; i++)
			hyp_schema_write_reference(out, NULL,
						   schema->one_of[i]);
		hyp_out_close(out, ']');
	} else if (schema->items != NULL) {
		hyp_out_text(out, "type", "array");
		hyp_out_number(out, "minItems", 1);
		hyp_schema_write_reference(out, "items", schema->items);
	} else {
		write_members(out, schema);
	}
	hyp_out_close(out, '}');
}
