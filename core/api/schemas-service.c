/* SPDX-License-Identifier: Apache-2.0 */
#include "core/api/schemas.h"

#define R HYP_FIELD_REQUIRED
#define RN (HYP_FIELD_REQUIRED | HYP_FIELD_NULL)
#define TIMESTAMP HYP_VALUE(TIME, "timestamp", R, NULL)

static const struct hyp_field health_fields[] = {
	HYP_STRING("status", R, 0, "\"healthy\""),
	TIMESTAMP,
};
const struct hyp_schema hyp_schema_health = {.name = "Health",
					     HYP_FIELDS(health_fields)};

static const struct hyp_field ready_fields[] = {
	HYP_STRING("status", R, 0, "\"ready\", or \"not_ready\" with 503"),
	HYP_VALUE(STRING, "kind", RN, "What it waits for"),
	TIMESTAMP,
};
const struct hyp_schema hyp_schema_ready = {.name = "Ready",
					    HYP_FIELDS(ready_fields)};

static const struct hyp_field status_fields[] = {
	HYP_STRING("version", R, 0, NULL),
	HYP_STRING("uptime", R, 0, "\"1h2m3s\""),
	HYP_VALUE(INTEGER, "total_jobs", R, NULL),
	HYP_VALUE(INTEGER, "pending_jobs", R, NULL),
	HYP_VALUE(INTEGER, "running_jobs", R, NULL),
	HYP_VALUE(INTEGER, "completed_jobs", R, NULL),
	HYP_VALUE(INTEGER, "failed_jobs", R, NULL),
	HYP_VALUE(INTEGER, "cancelled_jobs", R, NULL),
	HYP_VALUE(STRING, "unready", RN, "Why changes are refused, or null"),
	TIMESTAMP,
};
const struct hyp_schema hyp_schema_status = {.name = "Status",
					     HYP_FIELDS(status_fields)};

static const struct hyp_field capability_fields[] = {
	HYP_TEXT_LIST("providers", R, NULL),
	HYP_TEXT_LIST("formats", R, NULL),
	HYP_TEXT_LIST("storages", R, NULL),
	HYP_TEXT_LIST("export_methods", R, NULL),
};
static const struct hyp_schema capability = {.name = "CapabilityLists",
					     HYP_FIELDS(capability_fields)};
static const struct hyp_field capabilities_fields[] = {
	HYP_OBJECT("capabilities", R, &capability, NULL),
	HYP_STRING("default_method", R, 0, NULL),
	TIMESTAMP,
};
const struct hyp_schema hyp_schema_capabilities = {
	.name = "Capabilities", HYP_FIELDS(capabilities_fields)};

/* What is known of a VM without asking for its hardware. */
#define VM_FIELDS                                                              \
	HYP_VALUE(STRING, "name", R, NULL),                                    \
		HYP_VALUE(STRING, "path", R, NULL),                            \
		HYP_VALUE(STRING, "power_state", R,                            \
			  "poweredOn, poweredOff, suspended, unknown"),        \
		HYP_VALUE(STRING, "guest_os", R, NULL),                        \
		HYP_VALUE(INTEGER, "memory_mb", R, NULL),                      \
		HYP_VALUE(INTEGER, "num_cpu", R, NULL),                        \
		HYP_VALUE(INTEGER, "storage_bytes", RN, NULL),                 \
		HYP_VALUE(STRING, "id", R, NULL),                              \
		HYP_VALUE(STRING, "endpoint", R, NULL),                        \
		HYP_VALUE(STRING, "host", R, NULL),                            \
		HYP_VALUE(STRING, "firmware", R, NULL),                        \
		HYP_VALUE(INTEGER, "capacity_bytes", RN, NULL),                \
		HYP_VALUE(BOOLEAN, "template", R, NULL),                       \
		HYP_VALUE(BOOLEAN, "encrypted", R, NULL),                      \
		HYP_VALUE(BOOLEAN, "connected", R, NULL)
static const struct hyp_field vm_fields[] = {VM_FIELDS};
static const struct hyp_schema vm = {.name = "Vm", HYP_FIELDS(vm_fields)};
static const struct hyp_field vms_fields[] = {
	HYP_LIST_OF("vms", R, &vm, "By path"),
	HYP_VALUE(INTEGER, "total", R, NULL),
	TIMESTAMP,
};
const struct hyp_schema hyp_schema_vms = {.name = "Vms",
					  HYP_FIELDS(vms_fields)};

static const struct hyp_field disk_fields[] = {
	HYP_VALUE(STRING, "label", R, NULL),
	HYP_VALUE(STRING, "device_id", R, NULL),
	HYP_VALUE(INTEGER, "capacity_bytes", R, NULL),
};
static const struct hyp_schema disk = {.name = "Disk", HYP_FIELDS(disk_fields)};
static const struct hyp_field nic_fields[] = {
	HYP_VALUE(STRING, "label", R, NULL),
	HYP_VALUE(STRING, "type", R, NULL),
	HYP_VALUE(STRING, "network", R, NULL),
};
static const struct hyp_schema nic = {.name = "Nic", HYP_FIELDS(nic_fields)};
static const struct hyp_field details_fields[] = {
	VM_FIELDS,
	HYP_VALUE(BOOLEAN, "secure_boot", R, NULL),
	HYP_VALUE(STRING, "hardware", R, "\"vmx-19\""),
	HYP_VALUE(STRING, "uuid", R, NULL),
	HYP_VALUE(STRING, "annotation", R, NULL),
	HYP_LIST_OF("disks", R, &disk, NULL),
	HYP_LIST_OF("networks", R, &nic, NULL),
};
static const struct hyp_schema details = {.name = "VmDetails",
					  HYP_FIELDS(details_fields)};
static const struct hyp_field vm_info_fields[] = {
	HYP_VALUE(BOOLEAN, "success", R, NULL),
	HYP_OBJECT("vm_info", R, &details, NULL),
	TIMESTAMP,
};
const struct hyp_schema hyp_schema_vm_info = {.name = "VmInfo",
					      HYP_FIELDS(vm_info_fields)};

static const struct hyp_field pipeline_fields[] = {
	HYP_STRING("name", R, 0, NULL),
	HYP_VALUE(BOOLEAN, "default", R, NULL),
	HYP_STRING("provider", R, 0, "Plugin's name"),
	HYP_VALUE(STRING, "packager", RN, "null: the job's format chooses"),
	HYP_VALUE(STRING, "storage", RN, "null: local"),
	HYP_VALUE(INTEGER, "parallel_downloads", R, NULL),
};
static const struct hyp_schema pipeline = {.name = "Pipeline",
					   HYP_FIELDS(pipeline_fields)};
static const struct hyp_field pipelines_fields[] = {
	HYP_LIST_OF("pipelines", R, &pipeline, NULL),
	HYP_VALUE(INTEGER, "total", R, NULL),
	TIMESTAMP,
};
const struct hyp_schema hyp_schema_pipelines = {.name = "Pipelines",
						HYP_FIELDS(pipelines_fields)};

static const struct hyp_field plugin_fields[] = {
	HYP_STRING("kind", R, 0, NULL),
	HYP_STRING("name", R, 0, NULL),
	HYP_STRING("version", R, 0, NULL),
	HYP_STRING("summary", R, 0, NULL),
	HYP_STRING("path", R, 0, NULL),
	HYP_STRING("state", R, 0,
		   "loaded, or new by this look; replaced or gone: its file "
		   "is, and what was loaded stays until a restart"),
};
static const struct hyp_schema plugin = {.name = "Plugin",
					 HYP_FIELDS(plugin_fields)};
static const struct hyp_field refusal_fields[] = {
	HYP_STRING("kind", R, 0, NULL),
	HYP_STRING("path", R, 0, NULL),
	HYP_STRING("reason", R, 0, NULL),
};
static const struct hyp_schema refusal = {.name = "PluginRefusal",
					  HYP_FIELDS(refusal_fields)};
static const struct hyp_field plugins_fields[] = {
	HYP_LIST_OF("plugins", R, &plugin, NULL),
	HYP_LIST_OF("refused", R, &refusal, "Files that were not loaded"),
	HYP_VALUE(INTEGER, "total", R, NULL),
	TIMESTAMP,
};
const struct hyp_schema hyp_schema_plugins = {.name = "Plugins",
					      HYP_FIELDS(plugins_fields)};

static const struct hyp_field token_fields[] = {
	HYP_STRING("id", R, 0, NULL),
	HYP_STRING("name", R, 0, NULL),
	HYP_STRING("role", R, 0, NULL),
	HYP_VALUE(TIME, "created_at", R, NULL),
	HYP_VALUE(TIME, "expires_at", RN, NULL),
	HYP_VALUE(BOOLEAN, "revoked", R, NULL),
};
static const struct hyp_schema token = {.name = "Token",
					HYP_FIELDS(token_fields)};
static const struct hyp_field tokens_fields[] = {
	HYP_LIST_OF("tokens", R, &token, NULL),
	HYP_VALUE(INTEGER, "total", R, NULL),
	TIMESTAMP,
};
const struct hyp_schema hyp_schema_tokens = {.name = "Tokens",
					     HYP_FIELDS(tokens_fields)};

static const struct hyp_field created_fields[] = {
	HYP_STRING("id", R, 0, NULL),
	HYP_STRING("name", R, 0, NULL),
	HYP_STRING("role", R, 0, NULL),
	HYP_STRING("token", R, 0, "Shown this once"),
	HYP_VALUE(TIME, "expires_at", RN, NULL),
	TIMESTAMP,
};
const struct hyp_schema hyp_schema_token_created = {.name = "TokenCreated",
						    HYP_FIELDS(created_fields)};

const struct hyp_schema hyp_schema_openapi = {
	.name = "OpenApi", .help = "OpenAPI 3.1", .flags = HYP_SCHEMA_OPEN};
