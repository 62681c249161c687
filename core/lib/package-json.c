/* SPDX-License-Identifier: Apache-2.0 */
#include "core/lib/package-json.h"
#include "core/base/clock.h"
#include "core/base/digest.h"
#include "core/lib/json.h"

void hyp_json_timestamp(struct json_object *o)
{
	char text[HYP_TIME_TEXT_MAX];

	hyp_time_format(hyp_clock_wall_ms(), text);
	hyp_json_string(o, "timestamp", text);
}

static struct json_object *disks_json(const struct hyp_ovf *ovf)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < ovf->disk_count; i++) {
		struct json_object *o = json_object_new_object();

		hyp_json_string(o, "id", ovf->disks[i].id);
		hyp_json_number(o, "capacity", ovf->disks[i].capacity);
		hyp_json_number(o, "populated", ovf->disks[i].populated);
		hyp_json_string(o, "format", ovf->disks[i].format);
		json_object_array_add(list, o);
	}
	return list;
}

static struct json_object *files_json(const struct hyp_pkg *pkg)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < pkg->entry_count; i++) {
		const struct hyp_pkg_entry *e = &pkg->entries[i];
		const struct hyp_digest *d =
			hyp_manifest_find(&pkg->manifest, e->name);
		const struct hyp_ovf_disk *disk = hyp_pkg_disk(pkg, e);
		struct json_object *o = json_object_new_object();
		char hex[HYP_DIGEST_HEX_MAX];

		hyp_json_string(o, "name", e->name);
		hyp_json_number(o, "size", e->bytes);
		hyp_json_string(o, "disk", disk != NULL ? disk->id : NULL);
		if (d != NULL) {
			hyp_digest_hex(d, hex);
			hyp_json_string(o, hyp_digest_name(d->algorithm), hex);
		}
		json_object_array_add(list, o);
	}
	return list;
}

struct json_object *hyp_package_json(const struct hyp_pkg *pkg)
{
	const struct hyp_ovf *ovf = &pkg->ovf;
	struct json_object *o = json_object_new_object();
	struct json_object *networks = json_object_new_array();

	hyp_json_string(o, "package", pkg->path);
	hyp_json_string(o, "name", ovf->name);
	hyp_json_number(o, "systems", ovf->systems);
	hyp_json_string(o, "guest_os", ovf->os);
	hyp_json_number(o, "num_cpu", ovf->num_cpu);
	hyp_json_number(o, "memory_mb", ovf->memory_mb);
	hyp_json_string(o, "firmware", ovf->firmware);
	hyp_json_string(o, "hardware", ovf->hardware);
	for (size_t i = 0; i < ovf->network_count; i++)
		json_object_array_add(networks,
				      json_object_new_string(ovf->networks[i]));
	json_object_object_add(o, "networks", networks);
	json_object_object_add(o, "disks", disks_json(ovf));
	json_object_object_add(o, "files", files_json(pkg));
	hyp_json_bool(o, "manifest", pkg->manifest_index >= 0);
	hyp_json_bool(o, "signed", pkg->cert_index >= 0);
	return o;
}

static struct json_object *made_file(const struct hyp_result_file *file)
{
	struct json_object *o = json_object_new_object();
	char hex[HYP_DIGEST_HEX_MAX];

	hyp_digest_hex(&file->digest, hex);
	hyp_json_string(o, "name", file->name);
	hyp_json_number(o, "size", file->bytes);
	hyp_json_string(o, hyp_digest_name(file->digest.algorithm), hex);
	return o;
}

struct json_object *hyp_package_made_json(const struct hyp_result *result)
{
	struct json_object *o = json_object_new_object();
	struct json_object *files = json_object_new_array();

	hyp_json_string(o, "output", result->output);
	hyp_json_string(o, "vm_name", result->vm_name);
	hyp_json_number(o, "size", result->package_bytes);
	for (size_t i = 0; i < result->file_count; i++)
		json_object_array_add(files, made_file(&result->files[i]));
	json_object_object_add(o, "files", files);
	hyp_json_timestamp(o);
	return o;
}

const char *hyp_severity_name(uint32_t severity)
{
	return severity == HYP_SEVERITY_ERROR	  ? "error"
	       : severity == HYP_SEVERITY_WARNING ? "warning"
						  : "info";
}

struct json_object *hyp_package_finding_json(const struct hyp_judgement *found)
{
	struct json_object *o = json_object_new_object();

	hyp_json_string(o, "severity", hyp_severity_name(found->severity));
	hyp_json_string(o, "kind", found->kind);
	hyp_json_string(o, "where", found->where);
	hyp_json_string(o, "text", found->text);
	hyp_json_string(o, "rule", found->rule);
	return o;
}

struct json_object *
hyp_package_verdict_json(const char *path,
			 const struct hyp_judge_counts *counts,
			 struct json_object *findings)
{
	struct json_object *o = json_object_new_object();

	hyp_json_string(o, "package", path);
	hyp_json_bool(o, "valid", counts->errors == 0);
	hyp_json_number(o, "errors", counts->errors);
	hyp_json_number(o, "warnings", counts->warnings);
	json_object_object_add(o, "findings", findings);
	hyp_json_timestamp(o);
	return o;
}
