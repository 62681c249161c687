/* SPDX-License-Identifier: Apache-2.0 */
#include "core/pipeline/json.h"
#include "core/base/buf.h"
#include "core/base/json-read.h"

int hyp_json_add(json_object *to, const char *name, json_object *value)
{
	if (value == NULL)
		return -1;
	if (to != NULL && json_object_object_add(to, name, value) == 0)
		return 0;
	json_object_put(value);
	return -1;
}

int hyp_json_append(json_object *to, json_object *value)
{
	if (value == NULL)
		return -1;
	if (to != NULL && json_object_array_add(to, value) == 0)
		return 0;
	json_object_put(value);
	return -1;
}

json_object *hyp_json_text(const char *s)
{
	return json_object_new_string(s != NULL ? s : "");
}

int32_t hyp_json_parse(const char *text, size_t n, json_object **out,
		       struct hyp_error *err)
{
	int32_t rc = hyp_json_read(text, n, out, err);

	return rc == HYP_E_USAGE ? hyp_json_bad(err, "JSON") : rc;
}

json_object *hyp_json_member(json_object *of, const char *name, json_type type)
{
	json_object *value;

	if (!json_object_is_type(of, json_type_object) ||
	    !json_object_object_get_ex(of, name, &value) ||
	    !json_object_is_type(value, type))
		return NULL;
	return value;
}

int32_t hyp_json_bad(struct hyp_error *err, const char *name)
{
	return hyp_error_set(err, HYP_E_PERMANENT, "bad_record", 0,
			     "an undo record of another version of hypersdk: "
			     "its \"%s\" is not as expected",
			     name);
}

int32_t hyp_json_take_text(json_object *of, const char *name, char **out,
			   struct hyp_error *err)
{
	json_object *value = hyp_json_member(of, name, json_type_string);

	if (value == NULL)
		return hyp_json_bad(err, name);
	return hyp_strdup(json_object_get_string(value), out, err);
}

int32_t hyp_json_take_number(json_object *of, const char *name, uint32_t *out,
			     struct hyp_error *err)
{
	json_object *value = hyp_json_member(of, name, json_type_int);
	int64_t n = value != NULL ? json_object_get_int64(value) : -1;

	if (n < 0 || n > UINT32_MAX)
		return hyp_json_bad(err, name);
	*out = (uint32_t)n;
	return 0;
}
