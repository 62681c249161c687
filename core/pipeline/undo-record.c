/* SPDX-License-Identifier: Apache-2.0 */
#include "core/pipeline/undo-record.h"
#include "core/pipeline/undo-part.h"
#include "core/plugin/registry.h"

#include <stdlib.h>
#include <string.h>

#define FORMAT "hypersdk-undo/1"

static const char digits[] = "0123456789abcdef";

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

int32_t hyp_undo_encode(const char *job_id, uint32_t attempt, uint32_t kind,
			const struct hyp_part *part, const char *key,
			const void *bytes, uint64_t n, struct hyp_buf *out,
			struct hyp_error *err)
{
	json_object *root;
	const char *json = NULL;
	int32_t rc;

	if (n > HYP_UNDO_BYTES_MAX)
		return hyp_error_set(err, HYP_E_PERMANENT, "too_large", 0,
				     "%llu bytes to remember, at most %d",
				     (unsigned long long)n, HYP_UNDO_BYTES_MAX);
	root = json_object_new_object();
	if (root != NULL &&
	    (hyp_json_add(root, "format", hyp_json_text(FORMAT)) |
	     hyp_json_add(root, "job", hyp_json_text(job_id)) |
	     hyp_json_add(root, "attempt", json_object_new_int64(attempt)) |
	     hyp_json_add(root, "kind", hyp_json_text(hyp_kind_name(kind))) |
	     hyp_json_add(root, "part", hyp_undo_part_encode(part)) |
	     hyp_json_add(root, "key", hyp_json_text(key)) |
	     hyp_json_add(root, "bytes", hex(bytes, (size_t)n))) == 0)
		json = hyp_json_to_string(root, JSON_C_TO_STRING_PLAIN);
	rc = json != NULL ? hyp_buf_adds(out, json, err) : hyp_error_nomem(err);
	json_object_put(root);
	return rc;
}

static int nibble(char c)
{
	const char *at = c != '\0' ? strchr(digits, c) : NULL;

	return at != NULL ? (int)(at - digits) : -1;
}

static int32_t take_hex(json_object *root, struct hyp_undo_record *out,
			struct hyp_error *err)
{
	json_object *value = hyp_json_member(root, "bytes", json_type_string);
	const char *s = value != NULL ? json_object_get_string(value) : "x";
	size_t n = strlen(s) / 2;

	if (strlen(s) % 2 != 0 || n > HYP_UNDO_BYTES_MAX)
		return hyp_json_bad(err, "bytes");
	out->bytes = malloc(n + 1);
	if (out->bytes == NULL)
		return hyp_error_nomem(err);
	for (size_t i = 0; i < n; i++) {
		int high = nibble(s[2 * i]), low = nibble(s[2 * i + 1]);

		if (high < 0 || low < 0)
			return hyp_json_bad(err, "bytes");
		out->bytes[i] = (uint8_t)(high << 4 | low);
	}
	out->n = n;
	return 0;
}

static int32_t take_kind(json_object *root, uint32_t *out,
			 struct hyp_error *err)
{
	json_object *value = hyp_json_member(root, "kind", json_type_string);

	*out = value == NULL ? 0
			     : hyp_kind_by_name(json_object_get_string(value));
	if (*out != HYP_KIND_PROVIDER && *out != HYP_KIND_STORAGE)
		return hyp_json_bad(err, "kind");
	return 0;
}

static int32_t decode(json_object *root, struct hyp_undo_record *out,
		      struct hyp_error *err)
{
	json_object *format = hyp_json_member(root, "format", json_type_string);
	json_object *part = hyp_json_member(root, "part", json_type_object);
	int32_t rc;

	if (format == NULL ||
	    strcmp(json_object_get_string(format), FORMAT) != 0)
		return hyp_json_bad(err, "format");
	if (part == NULL)
		return hyp_json_bad(err, "part");
	rc = hyp_json_take_text(root, "job", &out->job_id, err);
	if (rc == 0)
		rc = hyp_json_take_number(root, "attempt", &out->attempt, err);
	if (rc == 0)
		rc = take_kind(root, &out->kind, err);
	if (rc == 0)
		rc = hyp_json_take_text(root, "key", &out->key, err);
	if (rc == 0)
		rc = take_hex(root, out, err);
	if (rc == 0)
		rc = hyp_undo_part_decode(part, &out->part, err);
	return rc;
}

int32_t hyp_undo_decode(const char *text, size_t n, struct hyp_undo_record *out,
			struct hyp_error *err)
{
	json_object *root;
	int32_t rc;

	memset(out, 0, sizeof(*out));
	rc = hyp_json_parse(text, n, &root, err);
	if (rc != 0)
		return rc;
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
	hyp_undo_part_free(record->part);
	memset(record, 0, sizeof(*record));
}
