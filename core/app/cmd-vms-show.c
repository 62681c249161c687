/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/endpoint.h"
#include "core/app/inventory.h"
#include "core/app/json.h"
#include "core/base/text.h"
#include "core/base/units.h"

static const struct hyp_cli_option options[] = {
	{"json", 'j', NULL, "one JSON object, as POST /vms/info answers"},
	{NULL, 0, NULL, NULL},
};
static const struct hyp_cli_group group = {"Options", options};

static void print_line(const char *name, const char *text)
{
	char safe[1024];

	hyp_text_printable(text, safe, sizeof(safe));
	printf("%-10s  %s\n", name, safe);
}

__attribute__((format(printf, 2, 3))) static void
print_linef(const char *name, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	print_line(name, text);
}

static void print_vm(const struct hyp_vm *vm)
{
	char memory[HYP_UNITS_TEXT_MAX], storage[HYP_UNITS_TEXT_MAX];

	hyp_format_bytes(hyp_mul_sat(vm->memory_mb, 1024 * 1024), memory);
	hyp_format_bytes(vm->storage_bytes, storage);
	print_line("name", vm->name);
	print_line("path", vm->path);
	print_line("id", vm->id);
	print_line("endpoint", vm->endpoint);
	print_line("host", vm->host);
	print_linef("power", "%s%s%s%s", hyp_power_name(vm->power),
		    vm->flags & HYP_VM_TEMPLATE ? ", template" : "",
		    vm->flags & HYP_VM_ENCRYPTED ? ", encrypted" : "",
		    vm->flags & HYP_VM_DISCONNECTED ? ", host not connected"
						    : "");
	print_line("guest", vm->guest_os);
	print_linef("hardware", "%u CPU, %s memory", vm->num_cpu, memory);
	print_linef("storage", "%s in use", storage);
}

static int32_t print_machine(void *ctx, const struct hyp_machine *m,
			     struct hyp_error *err)
{
	char capacity[HYP_UNITS_TEXT_MAX];

	(void)ctx;
	(void)err;
	print_linef("firmware", "%s%s", m->firmware,
		    m->secure_boot ? ", secure boot" : "");
	for (uint32_t i = 0; i < m->disk_count; i++) {
		const struct hyp_vdisk *d =
			HYP_AT(struct hyp_vdisk, m->disks, m->disk_stride, i);

		hyp_format_bytes(d->capacity, capacity);
		print_linef("disk", "%s, %s", d->label, capacity);
	}
	for (uint32_t i = 0; i < m->nic_count; i++) {
		const struct hyp_nic *n =
			HYP_AT(struct hyp_nic, m->nics, m->nic_stride, i);

		print_linef("network", "%s, %s on \"%s\"", n->label, n->subtype,
			    n->network);
	}
	return 0;
}

static int32_t json_machine(void *ctx, const struct hyp_machine *m,
			    struct hyp_error *err)
{
	struct json_object *info = ctx, *disks = json_object_new_array();
	struct json_object *nics = json_object_new_array();

	(void)err;
	hyp_json_string(info, "firmware", m->firmware);
	hyp_json_bool(info, "secure_boot", m->secure_boot != 0);
	hyp_json_string(info, "hardware", m->hardware);
	hyp_json_string(info, "uuid", m->uuid);
	hyp_json_string(info, "annotation", m->annotation);
	for (uint32_t i = 0; i < m->disk_count; i++) {
		const struct hyp_vdisk *d =
			HYP_AT(struct hyp_vdisk, m->disks, m->disk_stride, i);
		struct json_object *o = json_object_new_object();

		hyp_json_string(o, "label", d->label);
		hyp_json_string(o, "device_id", d->device_id);
		hyp_json_number(o, "capacity_bytes", d->capacity);
		json_object_array_add(disks, o);
	}
	for (uint32_t i = 0; i < m->nic_count; i++) {
		const struct hyp_nic *n =
			HYP_AT(struct hyp_nic, m->nics, m->nic_stride, i);
		struct json_object *o = json_object_new_object();

		hyp_json_string(o, "label", n->label);
		hyp_json_string(o, "type", n->subtype);
		hyp_json_string(o, "network", n->network);
		json_object_array_add(nics, o);
	}
	json_object_object_add(info, "disks", disks);
	json_object_object_add(info, "networks", nics);
	return 0;
}

static int32_t show(struct hyp_instance *provider, const struct hyp_vm *vm,
		    int json, struct hyp_error *err)
{
	struct json_object *info = json ? hyp_vm_json(vm) : NULL, *reply;
	struct hyp_machine_sink sink = {
		.size = sizeof(sink),
		.ctx = info,
		.set = json ? json_machine : print_machine,
	};
	int32_t rc;

	if (!json)
		print_vm(vm);
	rc = hyp_provider_calls.machine(provider, vm->id, &sink, err);
	if (rc != 0 || !json) {
		json_object_put(info);
		return rc;
	}
	reply = json_object_new_object();
	hyp_json_bool(reply, "success", 1);
	json_object_object_add(reply, "vm_info", info);
	hyp_json_timestamp(reply);
	hyp_json_print(reply);
	return 0;
}

static int run(struct hyp_app *app, const struct hyp_args *args)
{
	struct hyp_inventory vms = {NULL, 0, 0};
	struct hyp_vm_sink sink = hyp_inventory_sink(&vms);
	struct hyp_endpoint endpoint;
	struct hyp_error err;
	int32_t rc;

	if (hyp_endpoint_open(app, &endpoint, &err) != 0)
		return hyp_app_fail(&err);
	rc = hyp_provider_calls.lookup(endpoint.instance, args->operands[0],
				       &sink, &err);
	if (rc == 0 && vms.count != 1)
		rc = hyp_error_set(&err, HYP_E_PERMANENT, "plugin_fault", 0,
				   "the provider found %zu VMs for one path",
				   vms.count);
	if (rc == 0)
		rc = show(endpoint.instance, &vms.at[0],
			  hyp_args_has(args, "json"), &err);
	hyp_endpoint_close(&endpoint);
	hyp_inventory_fini(&vms);
	return rc == 0 ? HYP_EXIT_DONE : hyp_app_fail(&err);
}

const struct hyp_command hyp_cmd_vms_show = {
	.name = "vms show",
	.operands = "PATH",
	.summary = "Shows one virtual machine and its hardware",
	.details = "PATH is an inventory path, or a bare name that only one "
		   "VM has.",
	.min = 1,
	.max = 1,
	.groups = {&group, &hyp_endpoint_options},
	.run = run,
};
