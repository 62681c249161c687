/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/inventory.h"
#include "core/app/json.h"
#include "core/base/buf.h"

#include <stdlib.h>

/* The strings of a VM, one after the other in one allocation. */
static int32_t copy_strings(struct hyp_vm *vm, struct hyp_error *err)
{
	const char **members[] = {&vm->id,	 &vm->name, &vm->path,
				  &vm->endpoint, &vm->host, &vm->guest_os,
				  &vm->firmware};
	const size_t n = sizeof(members) / sizeof(members[0]);
	size_t bytes = 0;
	char *to;

	for (size_t i = 0; i < n; i++) {
		if (*members[i] == NULL)
			*members[i] = "";
		bytes += strlen(*members[i]) + 1;
	}
	to = malloc(bytes);
	if (to == NULL)
		return hyp_error_nomem(err);
	for (size_t i = 0; i < n; i++) {
		const char *text = *members[i];

		*members[i] = to;
		to = stpcpy(to, text) + 1;
	}
	return 0;
}

static int32_t add(void *ctx, const struct hyp_vm *vm, struct hyp_error *err)
{
	struct hyp_inventory *inventory = ctx;
	struct hyp_vm copy = *vm;

	if (inventory->count == inventory->room) {
		size_t room = inventory->room ? 2 * inventory->room : 16;
		struct hyp_vm *at =
			reallocarray(inventory->at, room, sizeof(*at));

		if (at == NULL)
			return hyp_error_nomem(err);
		inventory->at = at;
		inventory->room = room;
	}
	if (copy_strings(&copy, err) != 0)
		return err->code;
	inventory->at[inventory->count++] = copy;
	return 0;
}

struct hyp_vm_sink hyp_inventory_sink(struct hyp_inventory *inventory)
{
	return (struct hyp_vm_sink){
		.size = sizeof(struct hyp_vm_sink),
		.ctx = inventory,
		.add = add,
	};
}

static int by_path(const void *a, const void *b)
{
	const struct hyp_vm *x = a, *y = b;
	int order = strverscmp(x->path, y->path);

	return order != 0 ? order : strcmp(x->id, y->id);
}

void hyp_inventory_sort(struct hyp_inventory *inventory)
{
	if (inventory->count > 0)
		qsort(inventory->at, inventory->count, sizeof(*inventory->at),
		      by_path);
}

void hyp_inventory_fini(struct hyp_inventory *inventory)
{
	for (size_t i = 0; i < inventory->count; i++)
		free((void *)(uintptr_t)inventory->at[i].id);
	free(inventory->at);
	memset(inventory, 0, sizeof(*inventory));
}

const char *hyp_power_name(uint32_t power)
{
	switch (power) {
	case HYP_POWER_OFF:
		return "poweredOff";
	case HYP_POWER_ON:
		return "poweredOn";
	case HYP_POWER_SUSPENDED:
		return "suspended";
	default:
		return "unknown";
	}
}

struct json_object *hyp_vm_json(const struct hyp_vm *vm)
{
	struct json_object *o = json_object_new_object();

	hyp_json_string(o, "name", vm->name);
	hyp_json_string(o, "path", vm->path);
	hyp_json_string(o, "power_state", hyp_power_name(vm->power));
	hyp_json_string(o, "guest_os", vm->guest_os);
	hyp_json_number(o, "memory_mb", vm->memory_mb);
	hyp_json_number(o, "num_cpu", vm->num_cpu);
	hyp_json_number(o, "storage_bytes", vm->storage_bytes);
	hyp_json_string(o, "id", vm->id);
	hyp_json_string(o, "host", vm->host);
	hyp_json_string(o, "firmware", vm->firmware);
	hyp_json_number(o, "capacity_bytes", vm->capacity_bytes);
	hyp_json_bool(o, "template", (vm->flags & HYP_VM_TEMPLATE) != 0);
	hyp_json_bool(o, "encrypted", (vm->flags & HYP_VM_ENCRYPTED) != 0);
	hyp_json_bool(o, "connected", (vm->flags & HYP_VM_DISCONNECTED) == 0);
	return o;
}
