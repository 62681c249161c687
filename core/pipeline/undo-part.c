/* SPDX-License-Identifier: Apache-2.0 */
#include "core/pipeline/undo-part.h"
#include "core/base/buf.h"

#include <stdlib.h>

static json_object *items(const struct hyp_value *value)
{
	json_object *list = json_object_new_array();
	int bad = list == NULL;

	for (size_t i = 0; i < value->item_count && !bad; i++)
		bad = hyp_json_append(list, hyp_json_text(value->items[i]));
	if (!bad)
		return list;
	json_object_put(list);
	return NULL;
}

static int fill_value(json_object *to, const struct hyp_value *value)
{
	return hyp_json_add(to, "name", hyp_json_text(value->name)) |
	       hyp_json_add(to, "form", json_object_new_int64(value->form)) |
	       (value->form == HYP_VALUE_LIST
			? hyp_json_add(to, "items", items(value))
			: hyp_json_add(to, "text",
				       hyp_json_text(value->text))) |
	       hyp_json_add(to, "file", hyp_json_text(value->file)) |
	       hyp_json_add(to, "line", json_object_new_int64(value->line));
}

static json_object *values(const struct hyp_values *from)
{
	json_object *list = json_object_new_array();
	int bad = list == NULL;

	for (size_t i = 0; i < from->count && !bad; i++) {
		json_object *value = json_object_new_object();

		bad = hyp_json_append(list, value);
		if (!bad)
			bad = fill_value(value, &from->at[i]);
	}
	if (!bad)
		return list;
	json_object_put(list);
	return NULL;
}

json_object *hyp_undo_part_encode(const struct hyp_part *part)
{
	json_object *root = json_object_new_object();
	int bad = root == NULL;

	if (!bad)
		bad = hyp_json_add(root, "plugin",
				   hyp_json_text(part->plugin)) |
		      hyp_json_add(root, "values", values(&part->values));
	if (!bad && part->inner != NULL)
		bad = hyp_json_add(root, "inner",
				   hyp_undo_part_encode(part->inner));
	if (!bad)
		return root;
	json_object_put(root);
	return NULL;
}

static int32_t take_list(json_object *value, const char *name, const char *file,
			 uint32_t line, struct hyp_values *to,
			 struct hyp_error *err)
{
	json_object *list = hyp_json_member(value, "items", json_type_array);
	const char **texts;
	size_t n;
	int32_t rc;

	if (list == NULL)
		return hyp_json_bad(err, "items");
	n = json_object_array_length(list);
	texts = calloc(n + 1, sizeof(*texts));
	if (texts == NULL)
		return hyp_error_nomem(err);
	for (size_t i = 0; i < n; i++)
		texts[i] = json_object_get_string(
			json_object_array_get_idx(list, i));
	rc = hyp_values_set_list(to, name, texts, n, file, line, err);
	free(texts);
	return rc;
}

static int32_t take_value(json_object *value, struct hyp_values *to,
			  struct hyp_error *err)
{
	json_object *name = hyp_json_member(value, "name", json_type_string);
	json_object *file = hyp_json_member(value, "file", json_type_string);
	json_object *said = hyp_json_member(value, "text", json_type_string);
	uint32_t form, line;

	if (name == NULL || file == NULL)
		return hyp_json_bad(err, "values");
	if (hyp_json_take_number(value, "form", &form, err) < 0 ||
	    hyp_json_take_number(value, "line", &line, err) < 0)
		return err->code;
	if (form == HYP_VALUE_LIST)
		return take_list(value, json_object_get_string(name),
				 json_object_get_string(file), line, to, err);
	if (said == NULL)
		return hyp_json_bad(err, "text");
	return hyp_values_set(to, json_object_get_string(name), form,
			      json_object_get_string(said),
			      json_object_get_string(file), line, err);
}

static int32_t decode(json_object *json, struct hyp_part *part,
		      struct hyp_error *err)
{
	json_object *list = hyp_json_member(json, "values", json_type_array);
	json_object *inner = hyp_json_member(json, "inner", json_type_object);
	int32_t rc = hyp_json_take_text(json, "plugin", &part->plugin, err);

	if (rc == 0 && list == NULL)
		rc = hyp_json_bad(err, "values");
	for (size_t i = 0; rc == 0 && i < json_object_array_length(list); i++)
		rc = take_value(json_object_array_get_idx(list, i),
				&part->values, err);
	if (rc == 0 && inner != NULL)
		rc = hyp_undo_part_decode(inner, &part->inner, err);
	return rc;
}

int32_t hyp_undo_part_decode(json_object *json, struct hyp_part **out,
			     struct hyp_error *err)
{
	struct hyp_part *part = calloc(1, sizeof(*part));
	int32_t rc;

	if (part == NULL)
		return hyp_error_nomem(err);
	rc = decode(json, part, err);
	if (rc < 0)
		hyp_undo_part_free(part);
	else
		*out = part;
	return rc;
}

void hyp_undo_part_free(struct hyp_part *part)
{
	struct hyp_part *inner;

	for (; part != NULL; part = inner) {
		inner = part->inner;
		free(part->plugin);
		hyp_values_fini(&part->values);
		free(part);
	}
}
