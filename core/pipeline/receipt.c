/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/base/digest.h"
#include "core/pipeline/json.h"
#include "core/pipeline/receipt.h"

#include <string.h>

static json_object *number(uint64_t n)
{
	return json_object_new_uint64(n);
}

static int fill_vm(json_object *to, const struct hyp_result *result)
{
	return hyp_json_add(to, "name", hyp_json_text(result->vm_name)) |
	       hyp_json_add(to, "path", hyp_json_text(result->vm_path));
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

static int fill_files(json_object *to, const struct hyp_result *result)
{
	int bad = 0;

	for (size_t i = 0; i < result->file_count && !bad; i++) {
		json_object *file = json_object_new_object();

		bad = hyp_json_append(to, file);
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
	return hyp_json_add(to, "format", hyp_json_text(HYP_RECEIPT_FORMAT)) |
	       hyp_json_add(to, "hypersdk", hyp_json_text(PACKAGE_VERSION)) |
	       hyp_json_add(to, "job", hyp_json_text(job->id)) |
	       hyp_json_add(to, "attempt", number(job->attempt)) |
	       hyp_json_add(to, "created", hyp_json_text(created));
}

static int fill(json_object *to, const struct hyp_export_job *job,
		const struct hyp_result *result, int64_t created_ms)
{
	json_object *vm = json_object_new_object();
	json_object *files = json_object_new_array();
	json_object *warnings = json_object_new_array();
	int bad = fill_head(to, job, created_ms);

	bad |= hyp_json_add(to, "vm", vm);
	bad |= hyp_json_add(to, "source", hyp_json_text(result->source));
	bad |= hyp_json_add(to, "tls", hyp_json_text(result->tls));
	bad |= hyp_json_add(to, "mode", hyp_json_text(result->mode));
	bad |= hyp_json_add(to, "consistency",
			    hyp_json_text(result->consistency));
	bad |= hyp_json_add(to, "proof", hyp_json_text(result->proof));
	bad |= hyp_json_add(to, "package_bytes", number(result->package_bytes));
	bad |= hyp_json_add(to, "digest",
			    hyp_json_text(hyp_digest_name(job->digest)));
	bad |= hyp_json_add(to, "files", files);
	bad |= hyp_json_add(to, "warnings", warnings);
	if (bad)
		return bad;
	for (size_t i = 0; i < result->warning_count; i++)
		bad |= hyp_json_append(warnings,
				       hyp_json_text(result->warnings[i]));
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
		json = hyp_json_to_string(
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
