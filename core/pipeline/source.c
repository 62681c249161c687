/* SPDX-License-Identifier: Apache-2.0 */
#include "core/pipeline/source.h"
#include "core/base/buf.h"

#include <string.h>

static int32_t fault(struct hyp_error *err, const char *what)
{
	return hyp_error_set(err, HYP_E_PERMANENT, "plugin_fault", 0,
			     "the provider %s: this is a mistake in the plugin",
			     what);
}

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
	int32_t rc;

	if (to->count++ > 0)
		return fault(err, "found two VMs where one was asked for");
	hyp_keep_struct(vm, sizeof(*vm), from);
	rc = KEEP_STRINGS(&to->keep, err, &vm->id, &vm->name, &vm->path,
			  &vm->endpoint, &vm->host, &vm->guest_os,
			  &vm->firmware);
	to->failed = rc < 0;
	return rc;
}

int32_t hyp_source_lookup(struct hyp_instance *provider, const char *path,
			  struct hyp_source_vm *out, struct hyp_error *err)
{
	struct hyp_vm_sink sink = {
		.size = sizeof(sink), .ctx = out, .add = vm_add};
	int32_t rc;

	memset(out, 0, sizeof(*out));
	rc = hyp_provider_calls.lookup(provider, path, &sink, err);
	if (rc == 0 && out->count == 0)
		rc = hyp_error_set(err, HYP_E_NOT_FOUND, "not_found", 0,
				   "there is no VM \"%.256s\": list them with "
				   "hypersdk vms list",
				   path);
	else if (rc == 0 && (out->count > 1 || out->failed))
		rc = fault(err, "went on after lookup was refused a VM");
	return rc;
}

void hyp_source_vm_fini(struct hyp_source_vm *vm)
{
	hyp_keep_free(&vm->keep);
}

/* A pointer-stride-count triple into an array of our own structs. */
static int32_t keep_array(struct hyp_keep *keep, const void *from,
			  uint32_t stride, uint32_t count, size_t size,
			  void **out, struct hyp_error *err)
{
	int32_t rc;

	*out = NULL;
	if (count == 0)
		return 0;
	if (from == NULL || stride < sizeof(uint32_t) ||
	    count > HYP_SOURCE_ITEMS_MAX)
		return fault(err, "gave a list that cannot be");
	rc = hyp_keep_alloc(keep, size * count, out, err);
	for (uint32_t i = 0; i < count && rc == 0; i++)
		hyp_keep_struct((char *)*out + size * i, size,
				HYP_AT(void, from, stride, i));
	return rc;
}

static int32_t keep_controllers(struct hyp_source_machine *to,
				struct hyp_error *err)
{
	struct hyp_machine *m = &to->machine;
	struct hyp_controller *at;
	void *array;
	int32_t rc = keep_array(&to->keep, m->controllers, m->controller_stride,
				m->controller_count, sizeof(*at), &array, err);

	at = array;
	for (uint32_t i = 0; i < m->controller_count && rc == 0; i++)
		rc = hyp_keep_string(&to->keep, &at[i].subtype, err);
	m->controllers = at;
	m->controller_stride = sizeof(*at);
	return rc;
}

static int32_t keep_disks(struct hyp_source_machine *to, struct hyp_error *err)
{
	struct hyp_machine *m = &to->machine;
	struct hyp_vdisk *at;
	void *array;
	int32_t rc = keep_array(&to->keep, m->disks, m->disk_stride,
				m->disk_count, sizeof(*at), &array, err);

	at = array;
	for (uint32_t i = 0; i < m->disk_count && rc == 0; i++)
		rc = KEEP_STRINGS(&to->keep, err, &at[i].device_id,
				  &at[i].label);
	m->disks = at;
	m->disk_stride = sizeof(*at);
	return rc;
}

static int32_t keep_nics(struct hyp_source_machine *to, struct hyp_error *err)
{
	struct hyp_machine *m = &to->machine;
	struct hyp_nic *at;
	void *array;
	int32_t rc = keep_array(&to->keep, m->nics, m->nic_stride, m->nic_count,
				sizeof(*at), &array, err);

	at = array;
	for (uint32_t i = 0; i < m->nic_count && rc == 0; i++)
		rc = KEEP_STRINGS(&to->keep, err, &at[i].subtype,
				  &at[i].network, &at[i].label);
	m->nics = at;
	m->nic_stride = sizeof(*at);
	return rc;
}

static int32_t machine_set(void *ctx, const struct hyp_machine *from,
			   struct hyp_error *err)
{
	struct hyp_source_machine *to = ctx;
	struct hyp_machine *m = &to->machine;
	int32_t rc;

	if (to->count++ > 0)
		return fault(err, "described the VM twice");
	hyp_keep_struct(m, sizeof(*m), from);
	rc = KEEP_STRINGS(&to->keep, err, &m->name, &m->guest_id,
			  &m->guest_name, &m->firmware, &m->hardware,
			  &m->annotation, &m->uuid);
	if (rc == 0)
		rc = keep_controllers(to, err);
	if (rc == 0)
		rc = keep_disks(to, err);
	if (rc == 0)
		rc = keep_nics(to, err);
	to->failed = rc < 0;
	return rc;
}

int32_t hyp_source_machine_get(struct hyp_instance *provider, const char *vm_id,
			       struct hyp_source_machine *out,
			       struct hyp_error *err)
{
	struct hyp_machine_sink sink = {
		.size = sizeof(sink), .ctx = out, .set = machine_set};
	int32_t rc;

	hyp_source_machine_fini(out);
	rc = hyp_provider_calls.machine(provider, vm_id, &sink, err);
	if (rc == 0 && (out->count != 1 || out->failed))
		rc = fault(err, out->count == 0 ? "did not describe the VM"
						: "went on after its "
						  "description was refused");
	return rc;
}

void hyp_source_machine_fini(struct hyp_source_machine *machine)
{
	hyp_keep_free(&machine->keep);
	memset(machine, 0, sizeof(*machine));
}
