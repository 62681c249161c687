/* SPDX-License-Identifier: Apache-2.0 */
#include "core/api/handlers.h"
#include "core/base/json-read.h"
#include "core/base/json-text.h"

static void write_member(struct hyp_out *out, const char *name,
			 struct json_object *value)
{
	const char *text = hyp_json_to_string(
		value, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);

	if (text == NULL && value != NULL)
		hyp_out_nomem(out);
	hyp_out_json(out, name, text);
}

void hyp_view_members(struct hyp_out *out, const char *text)
{
	struct json_object *json = NULL;
	struct hyp_error err;

	if (text[0] == '\0')
		return;
	if (hyp_json_read(text, strlen(text), &json, &err) != 0) {
		if (strcmp(err.kind, "no_memory") == 0)
			hyp_out_nomem(out);
		return;
	}
	if (json_object_is_type(json, json_type_object)) {
		json_object_object_foreach(json, name, value)
			write_member(out, name, value);
	}
	json_object_put(json);
}
