/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/endpoint.h"
#include "core/app/inventory.h"
#include "core/app/json.h"
#include "core/app/table.h"
#include "core/app/terminal.h"
#include "core/base/cleanup.h"
#include "core/base/units.h"

static const struct hyp_cli_option options[] = {
	{"filter", 'f', "GLOB",
	 "only VMs whose name matches, or whose path if GLOB holds a slash "
	 "(* stays within a folder, ** does not)"},
	{"power", 0, "on|off", "only VMs that run, or that do not"},
	{"json", 'j', NULL, "one JSON object, as GET /vms/list answers"},
	{NULL, 0, NULL, NULL},
};
static const struct hyp_cli_group group = {"Options", options};

static const struct hyp_table_column columns[] = {
	{"PATH", 0},
	{"POWER", 0},
	{"CPU", HYP_TABLE_RIGHT},
	{"MEMORY", HYP_TABLE_RIGHT},
	{"STORAGE", HYP_TABLE_RIGHT},
	{"GUEST", HYP_TABLE_SHRINK},
};

static int32_t parse_power(const char *text, uint32_t *out,
			   struct hyp_error *err)
{
	*out = HYP_POWER_ANY;
	if (text == NULL)
		return 0;
	if (strcmp(text, "on") == 0)
		*out = HYP_POWER_ON;
	else if (strcmp(text, "off") == 0)
		*out = HYP_POWER_OFF;
	else
		return hyp_error_set(err, HYP_E_USAGE, "usage", 0,
				     "--power %s: give on or off", text);
	return 0;
}

static const char *power_word(const struct hyp_vm *vm)
{
	if ((vm->flags & HYP_VM_DISCONNECTED) != 0)
		return "no host";
	if ((vm->flags & HYP_VM_TEMPLATE) != 0)
		return "template";
	switch (vm->power) {
	case HYP_POWER_OFF:
		return "off";
	case HYP_POWER_ON:
		return "on";
	case HYP_POWER_SUSPENDED:
		return "suspended";
	default:
		return "unknown";
	}
}

static int32_t add_row(struct hyp_table *table, const struct hyp_vm *vm,
		       struct hyp_error *err)
{
	char cpu[16], memory[HYP_UNITS_TEXT_MAX], storage[HYP_UNITS_TEXT_MAX];
	const char *const cells[HYP_COUNT(columns)] = {
		vm->path, power_word(vm), cpu, memory, storage, vm->guest_os};

	snprintf(cpu, sizeof(cpu), "%u", vm->num_cpu);
	hyp_format_bytes(hyp_mul_sat(vm->memory_mb, 1024 * 1024), memory);
	hyp_format_bytes(vm->storage_bytes, storage);
	return hyp_table_add_line(table, cells, HYP_COUNT(cells), err);
}

static int32_t print_table(const struct hyp_inventory *vms,
			   struct hyp_error *err)
{
	struct hyp_table *table;
	int32_t rc = 0;

	if (hyp_table_new(columns, HYP_COUNT(columns), &table, err) != 0)
		return err->code;
	for (size_t i = 0; rc == 0 && i < vms->count; i++)
		rc = add_row(table, &vms->at[i], err);
	if (rc == 0)
		hyp_table_print(table, stdout,
				hyp_terminal_columns(STDOUT_FILENO));
	hyp_table_free(table);
	if (rc == 0 && hyp_terminal_is(STDOUT_FILENO))
		printf("%zu VM%s\n", vms->count, vms->count == 1 ? "" : "s");
	return rc;
}

static void print_json(const struct hyp_inventory *vms)
{
	struct json_object *list = json_object_new_array();
	struct json_object *o = json_object_new_object();

	for (size_t i = 0; i < vms->count; i++)
		json_object_array_add(list, hyp_vm_json(&vms->at[i]));
	json_object_object_add(o, "vms", list);
	hyp_json_number(o, "total", vms->count);
	hyp_json_timestamp(o);
	hyp_json_print(o);
}

static int32_t fetch(struct hyp_app *app, const struct hyp_vm_filter *filter,
		     struct hyp_inventory *vms, struct hyp_error *err)
{
	struct hyp_vm_sink sink = hyp_inventory_sink(vms);
	struct hyp_endpoint endpoint;
	int32_t rc = hyp_endpoint_open(app, &endpoint, err);

	if (rc != 0)
		return rc;
	rc = hyp_provider_calls.list(endpoint.instance, filter, &sink, err);
	hyp_endpoint_close(&endpoint);
	hyp_inventory_sort(vms);
	return rc;
}

static int run(struct hyp_app *app, const struct hyp_args *args)
{
	struct hyp_vm_filter filter = {.size = sizeof(filter)};
	struct hyp_inventory vms = {NULL, 0, 0};
	struct hyp_error err;
	int32_t rc;

	filter.glob = hyp_args_get(args, "filter");
	rc = parse_power(hyp_args_get(args, "power"), &filter.power, &err);
	if (rc == 0)
		rc = fetch(app, &filter, &vms, &err);
	if (rc == 0 && hyp_args_has(args, "json"))
		print_json(&vms);
	else if (rc == 0)
		rc = print_table(&vms, &err);
	hyp_inventory_fini(&vms);
	return rc == 0 ? HYP_EXIT_DONE : hyp_app_fail(&err);
}

const struct hyp_command hyp_cmd_vms_list = {
	.name = "vms list",
	.summary = "Lists the virtual machines of an endpoint",
	.groups = {&group, &hyp_endpoint_options},
	.run = run,
};
