/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json-c without its silences: members that could not be added for want of
 * memory are told, and what is read must be there and of its type.
 */
#ifndef HYP_PIPELINE_JSON_H
#define HYP_PIPELINE_JSON_H

#include "core/base/json-text.h"

#include <hypersdk/error.h>
#include <json-c/json.h>

/* Adds value, which may be NULL for want of memory, and owns it. 0 or -1. */
int hyp_json_add(json_object *to, const char *name, json_object *value);
int hyp_json_append(json_object *to, json_object *value);
/* NULL becomes "". */
json_object *hyp_json_text(const char *s);

/* Records of our own: "bad_record" if it is no JSON. */
int32_t hyp_json_parse(const char *text, size_t n, json_object **out,
		       struct hyp_error *err);
/* A member of that type, or NULL. of may be NULL. */
json_object *hyp_json_member(json_object *of, const char *name, json_type type);

/* HYP_E_PERMANENT "bad_record" that names the member. */
int32_t hyp_json_bad(struct hyp_error *err, const char *name);
/* The text is the caller's to free. */
int32_t hyp_json_take_text(json_object *of, const char *name, char **out,
			   struct hyp_error *err);
int32_t hyp_json_take_number(json_object *of, const char *name, uint32_t *out,
			     struct hyp_error *err);

#endif
