/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many bytes a package will need, before its source is opened. The length
 * of a streamOptimized disk is known only at its end, so:
 *   - a disk counts with its capacity; as zeros are left out and the rest is
 *     compressed, it is longer only if full and incompressible, by less than
 *     the 5 % that the storage adds;
 *   - if the VM occupies less on its datastores than its disks could hold
 *     (thin disks), it counts with its share of that.
 * So an export is refused that might not fit, rather than ended hours later.
 */
#ifndef HYP_PIPELINE_SPACE_H
#define HYP_PIPELINE_SPACE_H

#include "core/plugin/instance.h"

/* Expected bytes of each of the machine's disks; sizes holds disk_count. */
void hyp_space_disks(const struct hyp_vm *vm, const struct hyp_machine *machine,
		     uint64_t *sizes);

/* What place_open shall be asked for. args as for begin, but without place. */
int32_t hyp_space_expected(struct hyp_instance *packager,
			   const struct hyp_package_args *args,
			   const struct hyp_vm *vm,
			   const struct hyp_machine *machine, uint64_t *bytes,
			   struct hyp_error *err);

#endif
