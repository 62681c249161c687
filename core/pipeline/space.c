/* SPDX-License-Identifier: Apache-2.0 */
#include "core/pipeline/space.h"
#include "core/base/buf.h"
#include "core/base/cleanup.h"
#include "core/base/units.h"

/* nvram and what else lies beside the disks. */
#define BESIDE (1u << 20)

static const struct hyp_vdisk *disk_at(const struct hyp_machine *machine,
				       uint32_t i)
{
	return HYP_AT(struct hyp_vdisk, machine->disks, machine->disk_stride,
		      i);
}

static uint64_t capacities(const struct hyp_machine *machine)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < machine->disk_count; i++)
		sum = hyp_add_sat(sum, disk_at(machine, i)->capacity);
	return sum;
}

void hyp_space_disks(const struct hyp_vm *vm, const struct hyp_machine *machine,
		     uint64_t *sizes)
{
	uint64_t used = vm->storage_bytes, sum = capacities(machine);
	int thin = used > 0 && used < sum;

	for (uint32_t i = 0; i < machine->disk_count; i++) {
		unsigned __int128 size = disk_at(machine, i)->capacity;

		if (thin)
			size = (size * used + sum - 1) / sum;
		sizes[i] = (uint64_t)size;
	}
}

int32_t hyp_space_expected(struct hyp_instance *packager,
			   const struct hyp_package_args *args,
			   const struct hyp_vm *vm,
			   const struct hyp_machine *machine, uint64_t *bytes,
			   struct hyp_error *err)
{
	uint32_t n = machine->disk_count + 1;
	struct hyp_package_args asked = *args;
	HYP_AUTO_FREE uint64_t *sizes = calloc(n, sizeof(*sizes));

	if (sizes == NULL)
		return hyp_error_nomem(err);
	hyp_space_disks(vm, machine, sizes);
	sizes[machine->disk_count] = BESIDE;
	asked.entry_count = n;
	return hyp_packager_calls.space(packager, &asked, sizes, n, bytes, err);
}
