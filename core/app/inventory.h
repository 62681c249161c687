/* SPDX-License-Identifier: Apache-2.0 */
/* VMs as an endpoint told them: kept, sorted, as JSON. */
#ifndef HYP_APP_INVENTORY_H
#define HYP_APP_INVENTORY_H

#include <hypersdk/types.h>
#include <stddef.h>

struct hyp_inventory {
	struct hyp_vm *at; /* strings are the inventory's */
	size_t count, room;
};

/* A sink that adds copies to the inventory, which must live as long. */
struct hyp_vm_sink hyp_inventory_sink(struct hyp_inventory *inventory);
/* By path, numbers in names as numbers: vm2 before vm10. */
void hyp_inventory_sort(struct hyp_inventory *inventory);
void hyp_inventory_fini(struct hyp_inventory *inventory);

/* "poweredOn", "poweredOff", "suspended": vSphere's words. */
const char *hyp_power_name(uint32_t power);

/* One entry of GET /vms/list; NULL without memory. */
struct json_object *hyp_vm_json(const struct hyp_vm *vm);

#endif
