/* SPDX-License-Identifier: Apache-2.0 */
#include "core/pipeline/source.h"

#include <string.h>

static int32_t keep_strings(struct hyp_keep *keep, const char **const strings[],
			    size_t n, struct hyp_error *err)
{
	int32_t rc = 0;

	for (size_t i = 0; i < n && rc == 0; i++)
		rc = hyp_keep_string(keep, strings[i], err);
	return rc;
}
#define KEEP_STRINGS(keep, err, ...)                                           \
	keep_strings(keep, (const char **const[]){__VA_ARGS__},                \
		     sizeof((const char **const[]){__VA_ARGS__}) /             \
			     sizeof(const char **),                            \
		     err)

static int32_t vm_add(void *ctx, const struct hyp_vm *from,
		      struct hyp_error *err)
{
	struct hyp_source_vm *to = ctx;
	struct hyp_vm *vm = &to->vm;

	*vm = *from;
	return KEEP_STRINGS(&to->keep, err, &vm->id, &vm->name, &vm->path,
			    &vm->endpoint, &vm->host, &vm->guest_os,
			    &vm->firmware);
}

int32_t hyp_source_lookup(struct hyp_instance *provider, const char *path,
			  struct hyp_source_vm *out, struct hyp_error *err)
{
	struct hyp_vm_sink sink = {
		.size = sizeof(sink), .ctx = out, .add = vm_add};

	return hyp_provider_calls.lookup(provider, path, &sink, err);
}

void hyp_source_vm_fini(struct hyp_source_vm *vm)
{
	hyp_keep_free(&vm->keep);
}

static int32_t keep_controllers(struct hyp_source_machine *to,
				struct hyp_error *err)
{
	struct hyp_machine *m = &to->machine;
	size_t size = m->controller_count * sizeof(*m->controllers);
	struct hyp_controller *at;
	void *copy;
	int32_t rc =
		hyp_keep_bytes(&to->keep, m->controllers, size, &copy, err);

	if (rc < 0)
		return rc;
	m->controllers = at = copy;
	for (uint32_t i = 0; i < m->controller_count && rc == 0; i++)
		rc = hyp_keep_string(&to->keep, &at[i].subtype, err);
	return rc;
}

static int32_t keep_disks(struct hyp_source_machine *to, struct hyp_error *err)
{
	struct hyp_machine *m = &to->machine;
	size_t size = m->disk_count * sizeof(*m->disks);
	struct hyp_vdisk *at;
	void *copy;
	int32_t rc = hyp_keep_bytes(&to->keep, m->disks, size, &copy, err);

	if (rc < 0)
		return rc;
	m->disks = at = copy;
	for (uint32_t i = 0; i < m->disk_count && rc == 0; i++)
		rc = KEEP_STRINGS(&to->keep, err, &at[i].device_id,
				  &at[i].label);
	return rc;
}

static int32_t keep_nics(struct hyp_source_machine *to, struct hyp_error *err)
{
	struct hyp_machine *m = &to->machine;
	size_t size = m->nic_count * sizeof(*m->nics);
	struct hyp_nic *at;
	void *copy;
	int32_t rc = hyp_keep_bytes(&to->keep, m->nics, size, &copy, err);

	if (rc < 0)
		return rc;
	m->nics = at = copy;
	for (uint32_t i = 0; i < m->nic_count && rc == 0; i++)
		rc = KEEP_STRINGS(&to->keep, err, &at[i].subtype,
				  &at[i].network, &at[i].label);
	return rc;
}

static int32_t machine_set(void *ctx, const struct hyp_machine *from,
			   struct hyp_error *err)
{
	struct hyp_source_machine *to = ctx;
	struct hyp_machine *m = &to->machine;
	int32_t rc;

	*m = *from;
	rc = KEEP_STRINGS(&to->keep, err, &m->name, &m->guest_id,
			  &m->guest_name, &m->firmware, &m->hardware,
			  &m->annotation, &m->uuid);
	if (rc == 0)
		rc = keep_controllers(to, err);
	if (rc == 0)
		rc = keep_disks(to, err);
	if (rc == 0)
		rc = keep_nics(to, err);
	return rc;
}

int32_t hyp_source_machine_get(struct hyp_instance *provider, const char *vm_id,
			       struct hyp_source_machine *out,
			       struct hyp_error *err)
{
	struct hyp_machine_sink sink = {
		.size = sizeof(sink), .ctx = out, .set = machine_set};

	hyp_source_machine_fini(out);
	return hyp_provider_calls.machine(provider, vm_id, &sink, err);
}

void hyp_source_machine_fini(struct hyp_source_machine *machine)
{
	hyp_keep_free(&machine->keep);
	memset(machine, 0, sizeof(*machine));
}
