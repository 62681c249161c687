/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a request or an answer looks like, as data: requests are checked by
 * it, and GET /openapi.json is written from it, so that they cannot differ.
 */
#ifndef HYP_API_SCHEMA_H
#define HYP_API_SCHEMA_H

#include "core/api/out.h"
#include <json-c/json.h>

enum hyp_type {
	HYP_TYPE_STRING = 1,
	HYP_TYPE_TIME, /* string, RFC 3339 */
	HYP_TYPE_INTEGER,
	HYP_TYPE_NUMBER,
	HYP_TYPE_BOOLEAN,
	HYP_TYPE_OBJECT, /* of is its schema; NULL: any members */
	HYP_TYPE_ARRAY,	 /* of is its items' schema, else items their type */
	HYP_TYPE_TEXTS,	 /* object whose members are strings */
	HYP_TYPE_ANY,
};

#define HYP_FIELD_REQUIRED 1u
#define HYP_FIELD_NULL 2u /* may be null */
/* In requests: one value stands for an array of one (as theirs took it). */
#define HYP_FIELD_OR_ONE 4u
#define HYP_FIELD_SECRET 8u /* OpenAPI: writeOnly, format password */

struct hyp_field {
	const char *name;
	enum hyp_type type;
	uint32_t flags;
	/* Of an integer its value, of a string its bytes, of an array its
	 * length. max 0: no limit but the body's. */
	int64_t min, max;
	const char *const *words; /* allowed strings, ends with NULL; or NULL */
	enum hyp_type items;
	const struct hyp_schema *of;
	const char *help;
};

#define HYP_SCHEMA_OPEN 1u /* other members are allowed (answers) */
/* Only that it is an object: who takes it checks each member (the engine,
 * a job's definition). */
#define HYP_SCHEMA_ELSEWHERE 2u

struct hyp_schema {
	const char *name; /* in components/schemas; unique */
	const char *help;
	const struct hyp_field *fields;
	size_t count;
	uint32_t flags;
	/* Or one of these, ends with NULL. An array of items is one with
	 * items set. */
	const struct hyp_schema *const *one_of;
	const struct hyp_schema *items;
};

/* HYP_E_USAGE "bad_request"; the text begins with a JSON pointer to what is
 * wrong ("/job_ids/0: must be a string"). */
int32_t hyp_schema_check(const struct hyp_schema *schema,
			 struct json_object *json, struct hyp_error *err);
/* One value by its field; pointer is where it stands. */
int32_t hyp_field_check(const struct hyp_field *field, struct json_object *json,
			const char *pointer, struct hyp_error *err);

/* The JSON Schema (2020-12) of it, references as #/components/schemas/NAME. */
void hyp_schema_write(struct hyp_out *out, const char *name,
		      const struct hyp_schema *schema);
void hyp_field_write(struct hyp_out *out, const char *name,
		     const struct hyp_field *field);
void hyp_schema_write_reference(struct hyp_out *out, const char *name,
				const struct hyp_schema *schema);

#endif
