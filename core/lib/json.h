/* SPDX-License-Identifier: Apache-2.0 */
/* Members of a JSON object in one call each. A number that JSON readers would
 * take for another (above 2^63 - 1) and HYP_UNKNOWN become null. */
#ifndef HYP_LIB_JSON_H
#define HYP_LIB_JSON_H

#include <json-c/json.h>
#include <stdint.h>

static inline void hyp_json_string(struct json_object *o, const char *name,
				   const char *text)
{
	json_object_object_add(
		o, name, text != NULL ? json_object_new_string(text) : NULL);
}

static inline void hyp_json_number(struct json_object *o, const char *name,
				   uint64_t number)
{
	json_object_object_add(o, name,
			       number <= INT64_MAX
				       ? json_object_new_int64((int64_t)number)
				       : NULL);
}

static inline void hyp_json_bool(struct json_object *o, const char *name,
				 int value)
{
	json_object_object_add(o, name, json_object_new_boolean(value));
}

/* The present time under "timestamp". */
void hyp_json_timestamp(struct json_object *o);

#endif
