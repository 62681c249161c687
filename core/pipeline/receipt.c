/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/base/digest.h"
#include "core/pipeline/receipt.h"

#include <json-c/json.h>
#include <string.h>

/* Adds value, which may be NULL for want of memory, and owns it. */
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

static json_object *number(uint64_t n)
{
	return json_object_new_uint64(n);
}

static int fill_vm(json_object *to, const struct hyp_result *result)
{
	return add(to, "name", text(result->vm_name)) |
	       add(to, "path", text(result->vm_path));
}

static int fill_file(json_object *to, const struct hyp_result_file *file)
{
	char hex[HYP_DIGEST_HEX_MAX];
	int bad;

	hyp_digest_hex(&file->digest, hex);
	bad = add(to, "name", text(file->name)) |
	      add(to, "size", number(file->bytes));
	if (file->digest.length > 0)
		bad |= add(to, hyp_digest_name(file->digest.algorithm),
			   text(hex));
	if (file->role != 0)
		bad |= add(to, "proof", text(file->proof));
	return bad;
}

static int fill_files(json_object *to, const struct hyp_result *result)
{
	int bad = 0;

	for (size_t i = 0; i < result->file_count && !bad; i++) {
		json_object *file = json_object_new_object();

		bad = append(to, file);
		if (!bad)
			bad = fill_file(file, &result->files[i]);
	}
	return bad;
}

static int fill_head(json_object *to, const struct hyp_export_job *job,
		     int64_t created_ms)
{
	char created[HYP_TIME_TEXT_MAX];

	hyp_time_format(created_ms, created);
	return add(to, "format", text(HYP_RECEIPT_FORMAT)) |
	       add(to, "hypersdk", text(PACKAGE_VERSION)) |
	       add(to, "job", text(job->id)) |
	       add(to, "attempt", number(job->attempt)) |
	       add(to, "created", text(created));
}

static int fill(json_object *to, const struct hyp_export_job *job,
		const struct hyp_result *result, int64_t created_ms)
{
	json_object *vm = json_object_new_object();
	json_object *files = json_object_new_array();
	json_object *warnings = json_object_new_array();
	int bad = fill_head(to, job, created_ms);

	bad |= add(to, "vm", vm);
	bad |= add(to, "source", text(result->source));
	bad |= add(to, "tls", text(result->tls));
	bad |= add(to, "mode", text(result->mode));
	bad |= add(to, "consistency", text(result->consistency));
	bad |= add(to, "proof", text(result->proof));
	bad |= add(to, "package_bytes", number(result->package_bytes));
	bad |= add(to, "digest", text(hyp_digest_name(job->digest)));
	bad |= add(to, "files", files);
	bad |= add(to, "warnings", warnings);
	if (bad)
		return bad;
	for (size_t i = 0; i < result->warning_count; i++)
		bad |= append(warnings, text(result->warnings[i]));
	return bad | fill_vm(vm, result) | fill_files(files, result);
}

int32_t hyp_receipt_write(const struct hyp_export_job *job,
			  const struct hyp_result *result, int64_t created_ms,
			  char **out, size_t *len, struct hyp_error *err)
{
	json_object *root = json_object_new_object();
	const char *json = NULL;
	char *copy;
	int32_t rc;

	if (root != NULL && fill(root, job, result, created_ms) == 0)
		json = json_object_to_json_string_ext(
			root, JSON_C_TO_STRING_PRETTY |
				      JSON_C_TO_STRING_NOSLASHESCAPE);
	rc = json == NULL ? hyp_error_nomem(err)
			  : hyp_asprintf(&copy, err, "%s\n", json);
	json_object_put(root);
	if (rc < 0)
		return rc;
	*out = copy;
	*len = strlen(copy);
	return 0;
}
