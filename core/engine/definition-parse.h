/* SPDX-License-Identifier: Apache-2.0 */
/* Members of a job's definition, checked one by one; inside core/engine. */
#ifndef HYP_ENGINE_DEFINITION_PARSE_H
#define HYP_ENGINE_DEFINITION_PARSE_H

#include "core/engine/definition.h"
#include "core/base/json-read.h"

#define HYP_VM_PATH_MAX 4096
#define HYP_OUTPUT_PATH_MAX 4000 /* PATH_MAX, less what stands below it */

struct hyp_definition_reader {
	struct hyp_definition *definition;
	char at[HYP_JSON_POINTER_MAX]; /* pointer to what is being read */
	/* What several members say together, judged at the end. */
	uint32_t create_ova; /* 0: not said, 1: false, 2: true */
	char *output_dir, *vcenter_url, *datacenter;
	struct hyp_error *err;
};

typedef int32_t hyp_definition_take(struct hyp_definition_reader *r,
				    struct json_object *value);

struct hyp_definition_field {
	const char *name;
	hyp_definition_take *take;
};

/* Every member of the object by its field; null is as if not given. */
int32_t hyp_definition_members(struct hyp_definition_reader *r,
			       struct json_object *object,
			       const struct hyp_definition_field *fields,
			       size_t count);

/* HYP_E_USAGE "bad_request" or "unsupported" for what is being read. */
__attribute__((format(printf, 2, 3))) int32_t
hyp_definition_bad(struct hyp_definition_reader *r, const char *fmt, ...);
__attribute__((format(printf, 2, 3))) int32_t
hyp_definition_unsupported(struct hyp_definition_reader *r, const char *fmt,
			   ...);

/* One line of valid text of at most max bytes; "" leaves *out NULL. */
int32_t hyp_definition_text(struct hyp_definition_reader *r,
			    struct json_object *value, size_t max, char **out);
int32_t hyp_definition_bool(struct hyp_definition_reader *r,
			    struct json_object *value, uint32_t *out);
int32_t hyp_definition_integer(struct hyp_definition_reader *r,
			       struct json_object *value, int64_t min,
			       int64_t max, int64_t *out);
/* Any value that can be written down again: valid texts, finite numbers. */
int32_t hyp_definition_any(struct hyp_definition_reader *r,
			   struct json_object *value);

/* options{...}: definition-options.c */
int32_t hyp_definition_options(struct hyp_definition_reader *r,
			       struct json_object *value);
int32_t hyp_definition_refuse_true(struct hyp_definition_reader *r,
				   struct json_object *value);

/* All fields and what they say together: definition-fields.c */
int32_t hyp_definition_fields(struct hyp_definition_reader *r,
			      struct json_object *json);

#endif
