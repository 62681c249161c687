/* SPDX-License-Identifier: Apache-2.0 */
/* A job's result_json. */
#include "core/base/cleanup.h"
#include "core/base/digest.h"
#include "core/engine/telling.h"
#include "core/pipeline/json.h"

#include <string.h>

static json_object *number(uint64_t n)
{
	return json_object_new_uint64(n);
}

/* A package's files lie in its folder, or are in that one file. */
static int is_one_file(const struct hyp_result *result)
{
	size_t n = result->output != NULL ? strlen(result->output) : 0;

	return n > 4 && strcmp(result->output + n - 4, ".ova") == 0;
}

static int is_descriptor(const char *name)
{
	size_t n = strlen(name);

	return n > 4 && strcmp(name + n - 4, ".ovf") == 0;
}

static int add_path(json_object *to, const char *dir, const char *name)
{
	HYP_AUTO_FREE char *path = NULL;

	if (hyp_asprintf(&path, NULL, "%s/%s", dir, name) < 0)
		return -1;
	return hyp_json_append(to, hyp_json_text(path));
}

/* What stands on disk now. */
static int fill_outputs(json_object *to, const struct hyp_result *result)
{
	int bad = 0;

	if (result->output == NULL)
		return 0;
	if (is_one_file(result))
		return hyp_json_append(to, hyp_json_text(result->output));
	for (size_t i = 0; i < result->file_count && !bad; i++)
		bad = add_path(to, result->output, result->files[i].name);
	return bad;
}

static int fill_file(json_object *to, const struct hyp_result_file *file)
{
	char hex[HYP_DIGEST_HEX_MAX];
	int bad;

	hyp_digest_hex(&file->digest, hex);
	bad = hyp_json_add(to, "name", hyp_json_text(file->name)) |
	      hyp_json_add(to, "size", number(file->bytes));
	if (file->digest.length > 0)
		bad |= hyp_json_add(to, hyp_digest_name(file->digest.algorithm),
				    hyp_json_text(hex));
	if (file->role != 0)
		bad |= hyp_json_add(to, "proof", hyp_json_text(file->proof));
	return bad;
}

static int fill_files(json_object *names, json_object *details,
		      const struct hyp_result *result)
{
	int bad = 0;

	for (size_t i = 0; i < result->file_count && !bad; i++) {
		json_object *file = json_object_new_object();

		bad = hyp_json_append(names,
				      hyp_json_text(result->files[i].name));
		if (hyp_json_append(details, file) != 0)
			return -1;
		bad |= fill_file(file, &result->files[i]);
	}
	return bad;
}

static int fill_warnings(json_object *to, const struct hyp_result *result)
{
	int bad = 0;

	for (size_t i = 0; i < result->warning_count && !bad; i++)
		bad = hyp_json_append(to, hyp_json_text(result->warnings[i]));
	return bad;
}

/* An array that is a member of to, or NULL for want of memory. */
static json_object *add_array(json_object *to, const char *name)
{
	json_object *array = json_object_new_array();

	return hyp_json_add(to, name, array) == 0 ? array : NULL;
}

static int fill_lists(json_object *to, const struct hyp_result *result)
{
	json_object *files = add_array(to, "files");
	json_object *outputs = add_array(to, "output_files");
	json_object *details = add_array(to, "file_details");
	json_object *warnings = add_array(to, "warnings");

	if (files == NULL || outputs == NULL || details == NULL ||
	    warnings == NULL)
		return -1;
	return fill_files(files, details, result) |
	       fill_outputs(outputs, result) | fill_warnings(warnings, result);
}

static int add_directory(json_object *to, const struct hyp_result *result)
{
	const char *output = result->output != NULL ? result->output : "";
	const char *slash = strrchr(output, '/');
	size_t n = slash != NULL ? (size_t)(slash - output) : 0;

	if (!is_one_file(result))
		n = strlen(output);
	if (result->file_count == 0) /* nothing was made */
		n = 0;
	return hyp_json_add(to, "output_dir",
			    json_object_new_string_len(output, (int)n));
}

static int add_descriptor(json_object *to, const struct hyp_result *result)
{
	HYP_AUTO_FREE char *path = NULL;
	size_t i = 0;

	while (i < result->file_count && !is_descriptor(result->files[i].name))
		i++;
	if (result->output == NULL || is_one_file(result) ||
	    i == result->file_count)
		return hyp_json_add(to, "ovf_path",
				    hyp_json_text(result->output));
	if (hyp_asprintf(&path, NULL, "%s/%s", result->output,
			 result->files[i].name) < 0)
		return -1;
	return hyp_json_add(to, "ovf_path", hyp_json_text(path));
}

/* "" where no byte came. */
static const char *method_of(const struct hyp_result *result)
{
	return result->transferred > 0 || result->file_count > 0
		       ? HYP_EXPORT_METHOD
		       : "";
}

static int fill(json_object *to, const struct hyp_result *r, const char *error)
{
	return hyp_json_add(to, "vm_name", hyp_json_text(r->vm_name)) |
	       add_directory(to, r) | add_descriptor(to, r) |
	       fill_lists(to, r) |
	       hyp_json_add(to, "total_size", number(r->package_bytes)) |
	       hyp_json_add(to, "duration", number(r->duration_ms * 1000000)) |
	       hyp_json_add(to, "success",
			    json_object_new_boolean(error == NULL)) |
	       hyp_json_add(to, "export_method", hyp_json_text(method_of(r))) |
	       hyp_json_add(to, "error", hyp_json_text(error)) |
	       hyp_json_add(to, "source", hyp_json_text(r->source)) |
	       hyp_json_add(to, "receipt", hyp_json_text(r->receipt)) |
	       hyp_json_add(to, "proof", hyp_json_text(r->proof)) |
	       hyp_json_add(to, "consistency", hyp_json_text(r->consistency)) |
	       hyp_json_add(to, "mode", hyp_json_text(r->mode)) |
	       hyp_json_add(to, "tls", hyp_json_text(r->tls)) |
	       hyp_json_add(to, "transferred", number(r->transferred)) |
	       hyp_json_add(to, "capacity", number(r->capacity)) |
	       hyp_json_add(to, "restarts", number(r->restarts));
}

static int32_t put_out(json_object *root, struct hyp_buf *out,
		       struct hyp_error *err)
{
	const char *text;

	text = hyp_json_to_string(root, JSON_C_TO_STRING_PLAIN |
						JSON_C_TO_STRING_NOSLASHESCAPE);
	return text != NULL ? hyp_buf_adds(out, text, err)
			    : hyp_error_nomem(err);
}

int32_t hyp_result_text(const struct hyp_result *result, const char *error,
			struct hyp_buf *out, struct hyp_error *err)
{
	json_object *root = json_object_new_object();
	int32_t rc;

	rc = root != NULL && fill(root, result, error) == 0
		     ? put_out(root, out, err)
		     : hyp_error_nomem(err);
	json_object_put(root);
	return rc;
}

/* Those of old that say nothing of what was left behind, then these. */
static int replace_warnings(json_object *root, const char *const *warnings,
			    size_t count)
{
	json_object *old = hyp_json_member(root, "warnings", json_type_array);
	json_object *all = json_object_new_array();
	size_t n = old != NULL ? json_object_array_length(old) : 0;
	int bad = all == NULL;

	for (size_t i = 0; i < n && !bad; i++) {
		json_object *one = json_object_array_get_idx(old, i);

		if (strncmp(json_object_get_string(one), HYP_LEFT_BEHIND,
			    strlen(HYP_LEFT_BEHIND)) != 0)
			bad = hyp_json_append(all, json_object_get(one));
	}
	for (size_t i = 0; i < count && !bad; i++)
		bad = hyp_json_append(all, hyp_json_text(warnings[i]));
	if (!bad)
		return hyp_json_add(root, "warnings", all);
	json_object_put(all);
	return -1;
}

int32_t hyp_result_left(const char *text, const char *error,
			const char *const *warnings, size_t count,
			struct hyp_buf *out, struct hyp_error *err)
{
	HYP_AUTO_BUF struct hyp_buf made = HYP_BUF_INIT(HYP_RESULT_TEXT_MAX);
	const struct hyp_result none = {.vm_name = NULL};
	json_object *root = NULL;
	int32_t rc = 0;

	if (text[0] == '\0') {
		rc = hyp_result_text(&none, error, &made, err);
		text = hyp_buf_str(&made);
	}
	if (rc == 0)
		rc = hyp_json_parse(text, strlen(text), &root, err);
	if (rc == 0 && replace_warnings(root, warnings, count) != 0)
		rc = hyp_error_nomem(err);
	if (rc == 0)
		rc = put_out(root, out, err);
	json_object_put(root);
	return rc;
}
