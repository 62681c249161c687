/* SPDX-License-Identifier: Apache-2.0 */
#include "core/api/schemas.h"

#define R HYP_FIELD_REQUIRED

const char *const hyp_words_status[] = {"pending", "running",	"completed",
					"failed",  "cancelled", NULL};
static const char *const words_role[] = {"viewer", "operator", "admin",
					 "metrics", NULL};
static const char *const words_format[] = {"ovf", "ova", NULL};
static const char *const words_mode[] = {"auto", "hot", "cold", NULL};
static const char *const words_digest[] = {"sha1", "sha256", "sha512", NULL};

static const struct hyp_field vcenter_fields[] = {
	HYP_STRING("server", R, 0, "HOST, HOST:PORT or a URL"),
	HYP_STRING("username", 0, 0, NULL),
	HYP_STRING("password", HYP_FIELD_SECRET, 0,
		   "Used, and never shown, stored in clear or logged"),
	HYP_VALUE(BOOLEAN, "insecure", 0,
		  "true: the endpoint's certificate is not checked"),
};
static const struct hyp_schema vcenter = {.name = "VCenter",
					  HYP_FIELDS(vcenter_fields)};

static const struct hyp_field options_fields[] = {
	{.name = "parallel_downloads",
	 .type = HYP_TYPE_INTEGER,
	 .min = 1,
	 .max = 16,
	 .help = "Disks read at once"},
	HYP_VALUE(BOOLEAN, "remove_cdrom", 0,
		  "false: CD-ROM and floppy images come along"),
	HYP_VALUE(BOOLEAN, "create_ova", 0, "As format \"ova\" or \"ovf\""),
	HYP_VALUE(BOOLEAN, "compress", 0, "Only false is taken"),
	HYP_VALUE(BOOLEAN, "thin", 0, "Only false is taken"),
	HYP_VALUE(BOOLEAN, "force", 0,
		  "Replaces an earlier package of ours at the same place"),
	{.name = "mode",
	 .type = HYP_TYPE_STRING,
	 .words = words_mode,
	 .help = "\"auto\", \"hot\" or \"cold\""},
	{.name = "digest",
	 .type = HYP_TYPE_STRING,
	 .words = words_digest,
	 .help = "Of the manifest"},
	HYP_VALUE(ANY, "bandwidth", 0, "\"50MiB/s\", or bytes per second"),
};
static const struct hyp_schema options = {.name = "JobOptions",
					  HYP_FIELDS(options_fields)};

static const struct hyp_field definition_fields[] = {
	HYP_STRING("id", 0, 128, "[A-Za-z0-9._-]+, else a UUIDv7 is given"),
	HYP_STRING("name", 0, 0, "The last part of vm_path, if not given"),
	HYP_STRING("vm_path", R, 0,
		   "Inventory path or name; ends in '/' or holds '*': one job "
		   "for each VM"),
	HYP_STRING("output_path", 0, 0,
		   "Directory beneath one of storage.roots; may hold {vm}, "
		   "{date}, {time}, {id}"),
	HYP_STRING("output_dir", 0, 0, "Another name for output_path"),
	HYP_OBJECT("options", 0, &options, NULL),
	HYP_OBJECT("vcenter", 0, &vcenter, "Where the VM is"),
	HYP_STRING("vcenter_url", 0, 0, "As vcenter.server"),
	HYP_STRING("username", 0, 0, "As vcenter.username"),
	HYP_STRING("password", HYP_FIELD_SECRET, 0, "As vcenter.password"),
	HYP_VALUE(BOOLEAN, "insecure", 0, "As vcenter.insecure"),
	HYP_STRING("datacenter", 0, 0, NULL),
	{.name = "format",
	 .type = HYP_TYPE_STRING,
	 .words = words_format,
	 .help = "\"ovf\" or \"ova\""},
	HYP_STRING("export_method", 0, 0, "Recorded, without effect"),
	HYP_STRING("method", 0, 0, "Another name for export_method"),
	HYP_VALUE(BOOLEAN, "compress", 0, "Only false is taken"),
	HYP_VALUE(BOOLEAN, "thin", 0, "Only false is taken"),
	HYP_STRING("pipeline", 0, 0, "One of the configured pipelines"),
	HYP_STRING("provider", 0, 0, "A provider plugin's name"),
	HYP_VALUE(OBJECT, "metadata", 0, "Anything; kept with the job"),
	HYP_VALUE(TIME, "created_at", 0, "Set by the engine"),
	HYP_STRING("retry_of", 0, 0, "Set by the engine: the job it repeats"),
};
const struct hyp_schema hyp_schema_definition = {
	.name = "Definition",
	.help = "What a job shall do. Unknown fields are refused by name",
	.flags = HYP_SCHEMA_ELSEWHERE,
	HYP_FIELDS(definition_fields)};

static const struct hyp_field batch_fields[] = {
	{.name = "jobs",
	 .type = HYP_TYPE_ARRAY,
	 .flags = R,
	 .min = 1,
	 .max = 1000,
	 .items = HYP_TYPE_OBJECT,
	 .of = &hyp_schema_definition},
};
static const struct hyp_schema batch = {.name = "Batch",
					HYP_FIELDS(batch_fields)};
static const struct hyp_schema definitions = {.name = "Definitions",
					      .items = &hyp_schema_definition};
static const struct hyp_schema *const submit_forms[] = {
	&batch, &hyp_schema_definition, &definitions, NULL};
const struct hyp_schema hyp_schema_submit = {
	.name = "Submit",
	.help = "One definition, an array of them, or {\"jobs\": [...]}",
	.one_of = submit_forms};

static const struct hyp_field query_fields[] = {
	{.name = "job_ids",
	 .type = HYP_TYPE_ARRAY,
	 .flags = HYP_FIELD_NULL,
	 .max = 1000,
	 .items = HYP_TYPE_STRING,
	 .help = "Of these jobs alone; those that are not there are left "
		 "out"},
	{.name = "status",
	 .type = HYP_TYPE_ARRAY,
	 .flags = HYP_FIELD_NULL | HYP_FIELD_OR_ONE,
	 .items = HYP_TYPE_STRING,
	 .words = hyp_words_status,
	 .help = "pending, running, completed, failed, cancelled"},
	HYP_VALUE(BOOLEAN, "all", 0, "Whatever their status"),
	{.name = "limit",
	 .type = HYP_TYPE_INTEGER,
	 .max = 1000,
	 .help = "Newest first; 0 and not given: 1,000. If there are more, "
		 "next_cursor is for GET /jobs"},
};
const struct hyp_schema hyp_schema_query_request = {.name = "Query",
						    HYP_FIELDS(query_fields)};

static const struct hyp_field cancel_fields[] = {
	{.name = "job_ids",
	 .type = HYP_TYPE_ARRAY,
	 .flags = R,
	 .min = 1,
	 .max = 1000,
	 .items = HYP_TYPE_STRING},
};
const struct hyp_schema hyp_schema_cancel_request = {.name = "Cancel",
						     HYP_FIELDS(cancel_fields)};

static const struct hyp_field vm_fields[] = {
	HYP_STRING("vm_path", R, 4096, "Inventory path or name"),
	HYP_STRING("pipeline", 0, 64, "Whose provider is asked"),
};
const struct hyp_schema hyp_schema_vm_request = {.name = "VmRequest",
						 HYP_FIELDS(vm_fields)};

static const struct hyp_field token_fields[] = {
	HYP_STRING("name", R, 128, "Shown in lists and in the audit table"),
	{.name = "role",
	 .type = HYP_TYPE_STRING,
	 .flags = R,
	 .words = words_role,
	 .help = "viewer, operator, admin, metrics"},
	{.name = "expires_at",
	 .type = HYP_TYPE_TIME,
	 .flags = HYP_FIELD_NULL,
	 .help = "Not given: it does not expire"},
};
const struct hyp_schema hyp_schema_token_request = {.name = "TokenRequest",
						    HYP_FIELDS(token_fields)};
