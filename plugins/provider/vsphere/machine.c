/* SPDX-License-Identifier: Apache-2.0 */
/* The provider's machine: config.hardware to struct hyp_machine. */
#include "plugins/provider/vsphere/machine.h"

#include "core/base/buf.h"
#include "core/base/cleanup.h"
#include "core/package/xml.h"
#include "plugins/provider/vsphere/hardware.h"
#include "plugins/provider/vsphere/property.h"
#include "plugins/provider/vsphere/tree.h"

#include <stdlib.h>
#include <string.h>

#define NAME_MAX_BYTES 512u
#define ID_MAX 512u

/* The arrays that the border wants, filled from ours. */
struct arrays {
	struct hyp_controller *controllers;
	struct hyp_vdisk *disks;
	struct hyp_nic *nics;
	char (*ids)[ID_MAX]; /* the disks' device ids */
	uint32_t controller_count;
};

static void arrays_fini(struct arrays *a)
{
	free(a->controllers);
	free(a->disks);
	free(a->nics);
	free(a->ids);
}

static int32_t arrays_init(struct arrays *a, const struct vs_hardware *hw,
			   struct hyp_error *err)
{
	memset(a, 0, sizeof(*a));
	a->controllers =
		calloc(hw->controller_count + 1, sizeof(*a->controllers));
	a->disks = calloc(hw->disk_count + 1, sizeof(*a->disks));
	a->nics = calloc(hw->nic_count + 1, sizeof(*a->nics));
	a->ids = calloc(hw->disk_count + 1, sizeof(*a->ids));
	if (!a->controllers || !a->disks || !a->nics || !a->ids) {
		arrays_fini(a);
		return hyp_error_nomem(err);
	}
	return 0;
}

static void fill_controllers(struct arrays *a, const struct vs_hardware *hw)
{
	for (size_t i = 0; i < hw->controller_count; i++) {
		const struct vs_controller *c = &hw->controllers[i];

		if (c->kind == 0)
			continue;
		a->controllers[a->controller_count++] = (struct hyp_controller){
			.size = sizeof(struct hyp_controller),
			.type = c->kind,
			.bus = c->bus,
			.subtype = c->subtype,
		};
	}
}

/* Index of a controller among those handed over. */
static int find_controller(const struct vs_hardware *hw, uint32_t key,
			   uint32_t *out)
{
	uint32_t n = 0;

	for (size_t i = 0; i < hw->controller_count; i++) {
		if (hw->controllers[i].kind == 0)
			continue;
		if (hw->controllers[i].key == key) {
			*out = n;
			return 1;
		}
		n++;
	}
	return 0;
}

static int32_t fill_disks(struct arrays *a, const struct vs_hardware *hw,
			  const char *vm_id, struct hyp_error *err)
{
	for (size_t i = 0; i < hw->disk_count; i++) {
		const struct vs_disk *d = &hw->disks[i];
		struct hyp_vdisk *out = &a->disks[i];

		out->size = sizeof(*out);
		if (!find_controller(hw, d->controller, &out->controller))
			return hyp_error_set(err, HYP_E_PERMANENT,
					     "unsupported_device", 0,
					     "\"%s\" is on a controller of a "
					     "kind that OVF does not know",
					     d->label);
		out->unit = d->unit;
		out->capacity = d->capacity;
		out->label = d->label;
		vs_device_id(vm_id, d->key, a->ids[i], ID_MAX);
		out->device_id = a->ids[i];
	}
	return 0;
}

static void fill_nics(struct arrays *a, const struct vs_hardware *hw)
{
	for (size_t i = 0; i < hw->nic_count; i++)
		a->nics[i] = (struct hyp_nic){
			.size = sizeof(struct hyp_nic),
			.subtype = hw->nics[i].subtype,
			.network = hw->nics[i].network,
			.label = hw->nics[i].label,
		};
}

/* Distributed port groups are named by id alone; their names are asked for
 * one by one, and not knowing one is no reason to fail. */
static void name_portgroups(struct vs *vs, struct vs_hardware *hw)
{
	static const char *const paths[] = {"name", NULL};

	for (size_t i = 0; i < hw->nic_count; i++) {
		struct vs_nic *nic = &hw->nics[i];
		struct vs_ref ref = vs_ref_make("DistributedVirtualPortgroup",
						nic->portgroup);
		VS_AUTO_REPLY struct vs_reply reply = VS_REPLY_INIT;
		struct hyp_error ignored;
		xmlNodePtr object;

		if (nic->portgroup[0] == '\0')
			continue;
		snprintf(nic->network, sizeof(nic->network), "%s",
			 nic->portgroup);
		if (vs_props(vs, &ref, paths, 0, &reply, &object, &ignored) ==
			    0 &&
		    vs_prop_text(object, "name")[0] != '\0')
			vs_name_decode(vs_prop_text(object, "name"),
				       nic->network, sizeof(nic->network));
	}
}

void vs_device_id(const char *vm_id, const char *key, char *out, size_t max)
{
	snprintf(out, max, "/%s/%s", vm_id, key);
}

static int32_t hand_over(xmlNodePtr object, const char *vm_id,
			 const struct vs_hardware *hw,
			 const struct hyp_machine_sink *sink,
			 struct hyp_error *err)
{
	xmlNodePtr h = vs_prop(object, "config.hardware");
	char name[NAME_MAX_BYTES];
	struct hyp_machine m = {.size = sizeof(m), .name = name};
	struct arrays a;
	int32_t rc = arrays_init(&a, hw, err);

	if (rc != 0)
		return rc;
	vs_name_decode(vs_prop_text(object, "name"), name, sizeof(name));
	m.num_cpu = (uint32_t)vs_number(h, "numCPU");
	m.cores_per_socket = (uint32_t)vs_number(h, "numCoresPerSocket");
	m.memory_mb = vs_number(h, "memoryMB");
	m.secure_boot = (uint32_t)vs_is_true(
		vs_prop(object, "config.bootOptions"), "efiSecureBootEnabled");
	m.guest_id = vs_prop_text(object, "config.guestId");
	m.guest_name = vs_prop_text(object, "config.guestFullName");
	m.firmware = vs_prop_text(object, "config.firmware");
	if (m.firmware[0] == '\0')
		m.firmware = "bios";
	m.hardware = vs_prop_text(object, "config.version");
	m.annotation = vs_prop_text(object, "config.annotation");
	m.uuid = vs_prop_text(object, "config.uuid");
	fill_controllers(&a, hw);
	fill_nics(&a, hw);
	m.controllers = a.controllers;
	m.controller_stride = sizeof(*a.controllers);
	m.controller_count = a.controller_count;
	m.disks = a.disks;
	m.disk_stride = sizeof(*a.disks);
	m.disk_count = (uint32_t)hw->disk_count;
	m.nics = a.nics;
	m.nic_stride = sizeof(*a.nics);
	m.nic_count = (uint32_t)hw->nic_count;
	rc = fill_disks(&a, hw, vm_id, err);
	if (rc == 0)
		rc = sink->set(sink->ctx, &m, err);
	arrays_fini(&a);
	return rc;
}

int32_t vs_machine(void *instance, const char *vm_id,
		   const struct hyp_machine_sink *sink, struct hyp_error *err)
{
	static const char *const paths[] = {
		"name",
		"config.hardware",
		"config.guestId",
		"config.guestFullName",
		"config.firmware",
		"config.version",
		"config.annotation",
		"config.uuid",
		"config.bootOptions",
		NULL,
	};
	struct vs_ref ref = vs_ref_make("VirtualMachine", vm_id);
	struct vs_hardware hw = {0};
	VS_AUTO_REPLY struct vs_reply reply = VS_REPLY_INIT;
	xmlNodePtr object, hardware;
	int32_t rc;

	rc = vs_props(instance, &ref, paths, 0, &reply, &object, err);
	if (rc == 0)
		rc = vs_prop_need(object, "config.hardware", "the VM",
				  &hardware, err);
	if (rc == 0)
		rc = vs_hardware_read(hardware, &hw, err);
	if (rc != 0)
		return rc;
	name_portgroups(instance, &hw);
	rc = hand_over(object, vm_id, &hw, sink, err);
	vs_hardware_fini(&hw);
	return rc;
}
