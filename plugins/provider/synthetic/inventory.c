/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/text.h"
#include "plugins/provider/synthetic/synthetic.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define CPUS 2
#define MEMORY_MB 2048
#define DISKS_PER_CONTROLLER 15 /* unit 7 is the controller itself */
#define CONTROLLERS_MAX 4
#define GUEST "Other (64-bit)"
#define FIRMWARE "efi"

static void name_of(const struct synthetic *s, uint64_t vm,
		    char out[SYNTHETIC_TEXT_MAX])
{
	snprintf(out, SYNTHETIC_TEXT_MAX, "%s-%" PRIu64, s->options->name, vm);
}

/* As vSphere does, a slash in a name is escaped in its path. */
void synthetic_path(const struct synthetic *s, uint64_t vm,
		    char out[SYNTHETIC_TEXT_MAX])
{
	char name[SYNTHETIC_TEXT_MAX];
	size_t n = (size_t)snprintf(out, SYNTHETIC_TEXT_MAX, "/synthetic/vm/");

	name_of(s, vm, name);
	for (const char *c = name; *c != '\0' && n < SYNTHETIC_TEXT_MAX - 4;
	     c++)
		if (*c == '/' || *c == '\\' || *c == '%')
			n += (size_t)sprintf(out + n, "%%%02x", *c);
		else
			out[n++] = *c;
	out[n] = '\0';
}

int synthetic_is_on(const struct synthetic *s, uint64_t vm)
{
	return s->options->power == POWER_ON ||
	       (s->options->power == POWER_MIXED && vm % 2 == 0);
}

void synthetic_device(uint64_t vm, uint64_t disk, char out[SYNTHETIC_TEXT_MAX])
{
	uint64_t unit = disk % DISKS_PER_CONTROLLER;

	snprintf(out, SYNTHETIC_TEXT_MAX,
		 "/vm-%" PRIu64 "/ParaVirtualSCSIController%" PRIu64
		 ":%" PRIu64,
		 vm, disk / DISKS_PER_CONTROLLER, unit + (unit >= 7));
}

int32_t synthetic_find(const struct synthetic *s, const char *vm_id,
		       uint64_t *vm, struct hyp_error *err)
{
	char *end = NULL;
	uint64_t n = 0;

	errno = 0;
	if (strncmp(vm_id, "vm-", 3) == 0 && vm_id[3] >= '1' && vm_id[3] <= '9')
		n = strtoull(vm_id + 3, &end, 10);
	if (n == 0 || *end != '\0' || errno != 0 ||
	    n > (uint64_t)s->options->vms)
		return hyp_error_set(err, HYP_E_NOT_FOUND, "not_found", 0,
				     "no synthetic VM has the id %s; there are "
				     "vm-1 to vm-%" PRId64,
				     vm_id, s->options->vms);
	*vm = n;
	return 0;
}

static int32_t add_vm(const struct synthetic *s, uint64_t number,
		      const struct hyp_vm_sink *sink, struct hyp_error *err)
{
	char id[32], name[SYNTHETIC_TEXT_MAX], path[SYNTHETIC_TEXT_MAX];
	uint64_t capacity = s->options->disk_size * (uint64_t)s->options->disks;
	struct hyp_vm vm = {
		.size = sizeof(vm),
		.power = synthetic_is_on(s, number) ? HYP_POWER_ON
						    : HYP_POWER_OFF,
		.num_cpu = CPUS,
		.memory_mb = MEMORY_MB,
		.storage_bytes = capacity / 100 * (uint64_t)s->options->fill,
		.capacity_bytes = capacity,
		.id = id,
		.name = name,
		.path = path,
		.endpoint = "localhost",
		.host = "synthetic-host",
		.guest_os = GUEST,
		.firmware = FIRMWARE,
	};

	snprintf(id, sizeof(id), "vm-%" PRIu64, number);
	name_of(s, number, name);
	synthetic_path(s, number, path);
	return sink->add(sink->ctx, &vm, err);
}

static int passes(const struct synthetic *s, uint64_t vm,
		  const struct hyp_vm_filter *filter)
{
	uint32_t power = synthetic_is_on(s, vm) ? HYP_POWER_ON : HYP_POWER_OFF;
	char text[SYNTHETIC_TEXT_MAX];

	if (filter == NULL)
		return 1;
	if (filter->power != HYP_POWER_ANY && filter->power != power)
		return 0;
	if (filter->glob == NULL || filter->glob[0] == '\0')
		return 1;
	if (strchr(filter->glob, '/') != NULL)
		synthetic_path(s, vm, text);
	else
		name_of(s, vm, text);
	return hyp_text_glob(filter->glob, text);
}

int32_t synthetic_list(void *instance, const struct hyp_vm_filter *filter,
		       const struct hyp_vm_sink *sink, struct hyp_error *err)
{
	const struct synthetic *s = instance;
	int32_t rc = 0;

	for (uint64_t vm = 1; rc == 0 && vm <= (uint64_t)s->options->vms;
	     vm++) {
		if (s->host->cancelled(s->host->ctx))
			return hyp_error_set(err, HYP_E_CANCELLED, "cancelled",
					     0, "listing was cancelled");
		if (passes(s, vm, filter))
			rc = add_vm(s, vm, sink, err);
	}
	return rc;
}

int32_t synthetic_lookup(void *instance, const char *path,
			 const struct hyp_vm_sink *sink, struct hyp_error *err)
{
	const struct synthetic *s = instance;
	char text[SYNTHETIC_TEXT_MAX];

	for (uint64_t vm = 1; vm <= (uint64_t)s->options->vms; vm++) {
		name_of(s, vm, text);
		if (strcmp(path, text) == 0)
			return add_vm(s, vm, sink, err);
		synthetic_path(s, vm, text);
		if (strcmp(path, text) == 0)
			return add_vm(s, vm, sink, err);
	}
	return hyp_error_set(err, HYP_E_NOT_FOUND, "not_found", 0,
			     "no synthetic VM is called %s; there are %s-1 to "
			     "%s-%" PRId64,
			     path, s->options->name, s->options->name,
			     s->options->vms);
}

struct hardware {
	struct hyp_controller controllers[CONTROLLERS_MAX];
	struct hyp_vdisk disks[SYNTHETIC_DISKS_MAX];
	char devices[SYNTHETIC_DISKS_MAX][SYNTHETIC_TEXT_MAX];
	char labels[SYNTHETIC_DISKS_MAX][32];
};

static void describe_disks(const struct synthetic *s, uint64_t vm,
			   struct hardware *hw, struct hyp_machine *m)
{
	m->disk_count = (uint32_t)s->options->disks;
	m->controller_count = (m->disk_count + DISKS_PER_CONTROLLER - 1) /
			      DISKS_PER_CONTROLLER;
	for (uint32_t i = 0; i < m->controller_count; i++)
		hw->controllers[i] = (struct hyp_controller){
			sizeof(struct hyp_controller), HYP_CONTROLLER_SCSI, i,
			0, "VirtualSCSI"};
	for (uint32_t i = 0; i < m->disk_count; i++) {
		uint32_t unit = i % DISKS_PER_CONTROLLER;

		synthetic_device(vm, i, hw->devices[i]);
		snprintf(hw->labels[i], sizeof(hw->labels[i]), "Hard disk %u",
			 i + 1);
		hw->disks[i] = (struct hyp_vdisk){
			.size = sizeof(struct hyp_vdisk),
			.controller = i / DISKS_PER_CONTROLLER,
			.unit = unit + (unit >= 7),
			.capacity = s->options->disk_size,
			.device_id = hw->devices[i],
			.label = hw->labels[i],
		};
	}
}

static void uuid_of(const struct synthetic *s, uint64_t vm, char out[37])
{
	uint64_t w[2];
	const uint8_t *b = (const uint8_t *)w;
	size_t n = 0;

	synthetic_random((uint64_t)s->options->seed ^ vm << 32, w, sizeof(w));
	for (int i = 0; i < 16; i++)
		n += (size_t)sprintf(out + n, "%s%02x",
				     i == 4 || i == 6 || i == 8 || i == 10 ? "-"
									   : "",
				     i == 6   ? (b[i] & 15) | 0x80
				     : i == 8 ? (b[i] & 63) | 0x80
					      : b[i]);
}

int32_t synthetic_machine(void *instance, const char *vm_id,
			  const struct hyp_machine_sink *sink,
			  struct hyp_error *err)
{
	static const struct hyp_nic nic = {sizeof(nic), 0, "VmxNet3",
					   "VM Network", "Network adapter 1"};
	const struct synthetic *s = instance;
	char name[SYNTHETIC_TEXT_MAX], uuid[37];
	struct hyp_machine m = {
		.size = sizeof(m),
		.num_cpu = CPUS,
		.memory_mb = MEMORY_MB,
		.name = name,
		.guest_id = "otherGuest64",
		.guest_name = GUEST,
		.firmware = FIRMWARE,
		.hardware = "vmx-19",
		.annotation = "made by hypersdk's provider/synthetic",
		.uuid = uuid,
		.controller_stride = sizeof(struct hyp_controller),
		.disk_stride = sizeof(struct hyp_vdisk),
		.nics = &nic,
		.nic_stride = sizeof(nic),
		.nic_count = 1,
	};
	struct hardware *hw;
	uint64_t vm;
	int32_t rc = synthetic_find(s, vm_id, &vm, err);

	if (rc != 0)
		return rc;
	hw = calloc(1, sizeof(*hw));
	if (hw == NULL)
		return hyp_error_set(err, HYP_E_TRANSIENT, "no_memory", ENOMEM,
				     "out of memory");
	name_of(s, vm, name);
	uuid_of(s, vm, uuid);
	describe_disks(s, vm, hw, &m);
	m.controllers = hw->controllers;
	m.disks = hw->disks;
	rc = sink->set(sink->ctx, &m, err);
	free(hw);
	return rc;
}

int32_t synthetic_mode(const struct synthetic *s, uint64_t vm, uint32_t mode,
		       int *hot, struct hyp_error *err)
{
	int on = synthetic_is_on(s, vm);

	if (mode == HYP_MODE_COLD && on)
		return hyp_error_set(err, HYP_E_PERMANENT,
				     "invalid_power_state", 0,
				     "VM vm-%" PRIu64 " is running; power it "
				     "off, or export it hot",
				     vm);
	*hot = mode == HYP_MODE_HOT || (mode == HYP_MODE_AUTO && on);
	return 0;
}

static int32_t find(const struct hyp_finding_sink *sink, uint32_t level,
		    const char *kind, const char *text, int32_t code,
		    struct hyp_error *err)
{
	struct hyp_finding f = {
		.size = sizeof(f),
		.level = level,
		.code = code,
		.kind = kind,
		.text = text,
	};

	return sink->add(sink->ctx, &f, err);
}

int32_t synthetic_preflight(void *instance, const struct hyp_open_args *args,
			    const struct hyp_finding_sink *sink,
			    struct hyp_error *err)
{
	const struct synthetic *s = instance;
	struct hyp_error why;
	int hot = 0;
	uint64_t vm;
	int32_t rc = synthetic_find(s, args->vm_id, &vm, err);

	if (rc != 0)
		return rc;
	if (synthetic_mode(s, vm, args->mode, &hot, &why) != 0)
		return find(sink, HYP_FINDING_ERROR, why.kind, why.text,
			    why.code, err);
	if (hot && !s->options->quiesce)
		rc = find(sink, HYP_FINDING_WARNING, "quiesce_failed",
			  "the guest cannot be quiesced: the export will be "
			  "crash-consistent",
			  0, err);
	if (rc == 0 && s->options->disks == 0)
		rc = find(sink, HYP_FINDING_INFO, "no_disks",
			  "the VM has no disks", 0, err);
	return rc;
}
