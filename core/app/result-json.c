/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/result-json.h"
#include "core/app/json.h"
#include "core/base/digest.h"

void hyp_json_percent(struct json_object *o, const char *name, int percent)
{
	hyp_json_number(o, name, percent < 0 ? HYP_UNKNOWN : (uint64_t)percent);
}

static const char *role_name(uint32_t role)
{
	switch (role) {
	case HYP_ROLE_DISK:
		return "disk";
	case HYP_ROLE_NVRAM:
		return "nvram";
	case HYP_ROLE_ISO:
		return "iso";
	case HYP_ROLE_FLOPPY:
		return "floppy";
	case HYP_ROLE_OTHER:
		return "other";
	default:
		return "package"; /* descriptor, manifest */
	}
}

static struct json_object *file_json(const struct hyp_result_file *file)
{
	struct json_object *o = json_object_new_object();
	char hex[HYP_DIGEST_HEX_MAX];

	hyp_json_string(o, "name", file->name);
	hyp_json_string(o, "role", role_name(file->role));
	hyp_json_number(o, "bytes", file->bytes);
	if (file->digest.length > 0) {
		hyp_digest_hex(&file->digest, hex);
		hyp_json_string(o, hyp_digest_name(file->digest.algorithm),
				hex);
	}
	hyp_json_string(o, "proof", file->proof);
	return o;
}

static struct json_object *strings(char *const *at, size_t count)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < count; i++)
		json_object_array_add(list, json_object_new_string(at[i]));
	return list;
}

struct json_object *hyp_result_json(const struct hyp_result *result,
				    const char *format, int success)
{
	struct json_object *o = json_object_new_object();
	struct json_object *files = json_object_new_array();
	uint64_t ms = result->duration_ms;

	for (size_t i = 0; i < result->file_count; i++)
		json_object_array_add(files, file_json(&result->files[i]));
	hyp_json_bool(o, "success", success);
	hyp_json_string(o, "vm_name", result->vm_name);
	hyp_json_string(o, "vm_path", result->vm_path);
	hyp_json_string(o, "source", result->source);
	hyp_json_string(o, "format", format);
	hyp_json_string(o, "output", result->output);
	hyp_json_string(o, "receipt", result->receipt);
	json_object_object_add(o, "files", files);
	hyp_json_number(o, "total_size", result->package_bytes);
	hyp_json_number(o, "capacity_bytes", result->capacity);
	hyp_json_number(o, "transferred_bytes", result->transferred);
	hyp_json_string(o, "proof", result->proof);
	hyp_json_string(o, "consistency", result->consistency);
	hyp_json_string(o, "mode", result->mode);
	hyp_json_string(o, "tls", result->tls);
	hyp_json_number(o, "restarts", result->restarts);
	/* Integer nanoseconds, as in the job's result. */
	hyp_json_number(o, "duration", ms * 1000000);
	hyp_json_number(o, "bytes_per_second",
			ms == 0 ? HYP_UNKNOWN
				: result->transferred * 1000 / ms);
	json_object_object_add(
		o, "warnings",
		strings(result->warnings, result->warning_count));
	return o;
}
