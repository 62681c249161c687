/* SPDX-License-Identifier: Apache-2.0 */
/* Asking a provider outside of any job. */
#ifndef HYP_ENGINE_INVENTORY_H
#define HYP_ENGINE_INVENTORY_H

#include "core/engine/inside.h"

struct hyp_found_vm {
	char *path, *name;
};
struct hyp_found {
	struct hyp_found_vm *at;
	size_t count;
};

/* The VMs that a group's vm_path asks for, 1 to most of them, by path.
 * HYP_E_NOT_FOUND; HYP_E_USAGE "too_many". */
int32_t hyp_inventory_group(struct hyp_engine *engine,
			    const struct hyp_resolved *resolved,
			    const char *vm_path, size_t most,
			    struct hyp_found *out, struct hyp_error *err);
void hyp_found_fini(struct hyp_found *found);

#endif
