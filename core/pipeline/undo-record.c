/* SPDX-License-Identifier: Apache-2.0 */
#include "core/pipeline/undo-record.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#define FORMAT "hypersdk-undo/1"
#define DEPTH_MAX 8

static const char digits[] = "0123456789abcdef";

static int add(json_object *to, const char *name, json_object *value)
{
	if (value == NULL)
		return -1;
	if (json_object_object_add(to, name, value) == 0)
		return 0;
	json_object_put(value);
	return -1;
}

static int append(json_object *to, json_object *value)
{
	if (value == NULL)
		return -1;
	if (json_object_array_add(to, value) == 0)
		return 0;
	json_object_put(value);
	return -1;
}

static json_object *text(const char *s)
{
	return json_object_new_string(s != NULL ? s : "");
}

static json_object *hex(const uint8_t *bytes, size_t n)
{
	char *s = malloc(2 * n + 1);
	json_object *object = NULL;

	if (s == NULL)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		s[2 * i] = digits[bytes[i] >> 4];
		s[2 * i + 1] = digits[bytes[i] & 15];
	}
	object = json_object_new_string_len(s, (int)(2 * n));
	explicit_bzero(s, 2 * n);
	free(s);
	return object;
}

static json_object *items(const struct hyp_value *value)
{
	json_object *list = json_object_new_array();
	int bad = list == NULL;

	for (size_t i = 0; i < value->item_count && !bad; i++)
		bad = append(list, text(value->items[i]));
	if (!bad)
		return list;
	json_object_put(list);
	return NULL;
}

static int fill_value(json_object *to, const struct hyp_value *value)
{
	return add(to, "name", text(value->name)) |
	       add(to, "form", json_object_new_int64(value->form)) |
	       (value->form == HYP_VALUE_LIST
			? add(to, "items", items(value))
			: add(to, "text", text(value->text))) |
	       add(to, "file", text(value->file)) |
	       add(to, "line", json_object_new_int64(value->line));
}

static int fill_values(json_object *to, const struct hyp_values *values)
{
	int bad = 0;

	for (size_t i = 0; i < values->count && !bad; i++) {
		json_object *value = json_object_new_object();

		bad = append(to, value);
		if (!bad)
			bad = fill_value(value, &values->at[i]);
	}
	return bad;
}

int32_t hyp_undo_encode(const char *job_id, uint32_t attempt,
			const struct hyp_part *provider, const char *key,
			const void *bytes, uint64_t n, struct hyp_buf *out,
			struct hyp_error *err)
{
	json_object *root, *values;
	const char *json = NULL;
	int32_t rc;
	int bad;

	if (n > HYP_UNDO_BYTES_MAX)
		return hyp_error_set(err, HYP_E_PERMANENT, "too_large", 0,
				     "%llu bytes to remember, at most %d",
				     (unsigned long long)n, HYP_UNDO_BYTES_MAX);
	root = json_object_new_object();
	values = json_object_new_array();
	bad = root == NULL;
	if (!bad)
		bad = add(root, "values", values) |
		      add(root, "format", text(FORMAT)) |
		      add(root, "job", text(job_id)) |
		      add(root, "attempt", json_object_new_int64(attempt)) |
		      add(root, "plugin", text(provider->plugin)) |
		      add(root, "key", text(key)) |
		      add(root, "bytes", hex(bytes, (size_t)n));
	if (!bad && fill_values(values, &provider->values) == 0)
		json = json_object_to_json_string_ext(root,
						      JSON_C_TO_STRING_PLAIN);
	rc = json != NULL ? hyp_buf_adds(out, json, err) : hyp_error_nomem(err);
	json_object_put(root);
	return rc;
}

static int32_t bad_record(struct hyp_error *err, const char *member)
{
	return hyp_error_set(err, HYP_E_PERMANENT, "bad_record", 0,
			     "an undo record of another version of hypersdk: "
			     "its \"%s\" is not as expected",
			     member);
}

static json_object *member(json_object *of, const char *name, json_type type)
{
	json_object *value;

	if (!json_object_object_get_ex(of, name, &value) ||
	    !json_object_is_type(value, type))
		return NULL;
	return value;
}

/* A copy of a text member. */
static int32_t take(json_object *of, const char *name, char **out,
		    struct hyp_error *err)
{
	json_object *value = member(of, name, json_type_string);

	if (value == NULL)
		return bad_record(err, name);
	return hyp_strdup(json_object_get_string(value), out, err);
}

static int32_t take_number(json_object *of, const char *name, uint32_t *out,
			   struct hyp_error *err)
{
	json_object *value = member(of, name, json_type_int);
	int64_t n = value != NULL ? json_object_get_int64(value) : -1;

	if (n < 0 || n > UINT32_MAX)
		return bad_record(err, name);
	*out = (uint32_t)n;
	return 0;
}

static int nibble(char c)
{
	const char *at = c != '\0' ? strchr(digits, c) : NULL;

	return at != NULL ? (int)(at - digits) : -1;
}

static int32_t take_hex(json_object *root, struct hyp_undo_record *out,
			struct hyp_error *err)
{
	json_object *value = member(root, "bytes", json_type_string);
	const char *s = value != NULL ? json_object_get_string(value) : "x";
	size_t n = strlen(s) / 2;

	if (strlen(s) % 2 != 0 || n > HYP_UNDO_BYTES_MAX)
		return bad_record(err, "bytes");
	out->bytes = malloc(n + 1);
	if (out->bytes == NULL)
		return hyp_error_nomem(err);
	for (size_t i = 0; i < n; i++) {
		int high = nibble(s[2 * i]), low = nibble(s[2 * i + 1]);

		if (high < 0 || low < 0)
			return bad_record(err, "bytes");
		out->bytes[i] = (uint8_t)(high << 4 | low);
	}
	out->n = n;
	return 0;
}

static int32_t take_list(json_object *value, const char *name, const char *file,
			 uint32_t line, struct hyp_values *to,
			 struct hyp_error *err)
{
	json_object *list = member(value, "items", json_type_array);
	const char **texts;
	size_t n;
	int32_t rc;

	if (list == NULL)
		return bad_record(err, "items");
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
	json_object *name = member(value, "name", json_type_string);
	json_object *file = member(value, "file", json_type_string);
	json_object *said = member(value, "text", json_type_string);
	uint32_t form, line;

	if (name == NULL || file == NULL)
		return bad_record(err, "values");
	if (take_number(value, "form", &form, err) < 0 ||
	    take_number(value, "line", &line, err) < 0)
		return err->code;
	if (form == HYP_VALUE_LIST)
		return take_list(value, json_object_get_string(name),
				 json_object_get_string(file), line, to, err);
	if (said == NULL)
		return bad_record(err, "text");
	return hyp_values_set(to, json_object_get_string(name), form,
			      json_object_get_string(said),
			      json_object_get_string(file), line, err);
}

static int32_t take_values(json_object *root, struct hyp_values *to,
			   struct hyp_error *err)
{
	json_object *list = member(root, "values", json_type_array);
	int32_t rc = list == NULL ? bad_record(err, "values") : 0;
	size_t n = list == NULL ? 0 : json_object_array_length(list);

	for (size_t i = 0; i < n && rc == 0; i++)
		rc = take_value(json_object_array_get_idx(list, i), to, err);
	return rc;
}

static int32_t decode(json_object *root, struct hyp_undo_record *out,
		      struct hyp_error *err)
{
	json_object *format = member(root, "format", json_type_string);
	int32_t rc;

	if (format == NULL ||
	    strcmp(json_object_get_string(format), FORMAT) != 0)
		return bad_record(err, "format");
	rc = take(root, "job", &out->job_id, err);
	if (rc == 0)
		rc = take_number(root, "attempt", &out->attempt, err);
	if (rc == 0)
		rc = take(root, "plugin", &out->provider.plugin, err);
	if (rc == 0)
		rc = take(root, "key", &out->key, err);
	if (rc == 0)
		rc = take_hex(root, out, err);
	if (rc == 0)
		rc = take_values(root, &out->provider.values, err);
	return rc;
}

static json_object *parse(const char *text, size_t n)
{
	json_tokener *tokener = json_tokener_new_ex(DEPTH_MAX);
	json_object *root;

	if (tokener == NULL || n > INT32_MAX)
		return NULL;
	root = json_tokener_parse_ex(tokener, text, (int)n);
	if (json_tokener_get_error(tokener) != json_tokener_success) {
		json_object_put(root);
		root = NULL;
	}
	json_tokener_free(tokener);
	return root;
}

int32_t hyp_undo_decode(const char *text, size_t n, struct hyp_undo_record *out,
			struct hyp_error *err)
{
	json_object *root = parse(text, n);
	int32_t rc;

	memset(out, 0, sizeof(*out));
	if (root == NULL)
		return bad_record(err, "JSON");
	rc = decode(root, out, err);
	json_object_put(root);
	if (rc < 0)
		hyp_undo_record_fini(out);
	return rc;
}

void hyp_undo_record_fini(struct hyp_undo_record *record)
{
	free(record->job_id);
	free(record->key);
	if (record->bytes != NULL)
		explicit_bzero(record->bytes, record->n);
	free(record->bytes);
	free(record->provider.plugin);
	hyp_values_fini(&record->provider.values);
	memset(record, 0, sizeof(*record));
}
