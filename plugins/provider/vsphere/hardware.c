/* SPDX-License-Identifier: Apache-2.0 */
#include "plugins/provider/vsphere/hardware.h"

#include "core/base/buf.h"
#include "core/base/cleanup.h"
#include "core/base/units.h"
#include "core/package/xml.h"
#include "plugins/provider/vsphere/soap.h"

#include <stdlib.h>
#include <string.h>

#define DEVICES_MAX 4096u /* vSphere's own limits are far below */

static const struct {
	const char *type;
	uint32_t kind;
	const char *subtype; /* as OVF names it */
} controller_types[] = {
	{"VirtualIDEController", HYP_CONTROLLER_IDE, ""},
	{"VirtualLsiLogicController", HYP_CONTROLLER_SCSI, "lsilogic"},
	{"VirtualLsiLogicSASController", HYP_CONTROLLER_SCSI, "lsilogicsas"},
	{"VirtualBusLogicController", HYP_CONTROLLER_SCSI, "buslogic"},
	{"ParaVirtualSCSIController", HYP_CONTROLLER_SCSI, "VirtualSCSI"},
	{"VirtualAHCIController", HYP_CONTROLLER_SATA, "vmware.sata.ahci"},
	{"VirtualNVMEController", HYP_CONTROLLER_NVME,
	 "vmware.nvme.controller"},
};

static const struct {
	const char *type, *subtype;
} nic_types[] = {
	{"VirtualVmxnet3", "VmxNet3"}, {"VirtualVmxnet3Vrdma", "VmxNet3"},
	{"VirtualE1000", "E1000"},     {"VirtualE1000e", "E1000e"},
	{"VirtualPCNet32", "PCNet32"}, {"VirtualVmxnet2", "VmxNet2"},
	{"VirtualVmxnet", "VmxNet"},   {"VirtualSriovEthernetCard", "E1000e"},
};

#define COPY(out, text) snprintf((out), sizeof(out), "%s", (text))

static uint32_t small(xmlNodePtr node, const char *path)
{
	uint64_t n = vs_number(node, path);

	return n > INT32_MAX ? INT32_MAX : (uint32_t)n;
}

static void read_controller(xmlNodePtr device, const char *type,
			    struct vs_controller *out)
{
	COPY(out->type, type);
	out->key = small(device, "key");
	out->bus = small(device, "busNumber");
	COPY(out->sharing, vs_text(device, "sharedBus"));
	for (size_t i = 0; i < HYP_COUNT(controller_types); i++)
		if (strcmp(controller_types[i].type, type) == 0) {
			out->kind = controller_types[i].kind;
			out->subtype = controller_types[i].subtype;
		}
}

static uint32_t disk_flags(xmlNodePtr backing)
{
	const char *mode = vs_text(backing, "diskMode");
	uint32_t flags = 0;

	if (strncmp(mode, "independent", 11) == 0)
		flags |= VS_DISK_INDEPENDENT;
	if (strstr(vs_xsi_type(backing), "RawDiskMapping") != NULL) {
		flags |= VS_DISK_RDM;
		if (strcmp(vs_text(backing, "compatibilityMode"),
			   "physicalMode") == 0)
			flags |= VS_DISK_RDM_PHYSICAL;
	}
	if (strcmp(vs_text(backing, "sharing"), "sharingMultiWriter") == 0)
		flags |= VS_DISK_SHARED;
	return flags;
}

static void read_disk(xmlNodePtr device, struct vs_disk *out)
{
	xmlNodePtr backing = vs_find(device, "backing");

	COPY(out->label, vs_text(device, "deviceInfo/label"));
	COPY(out->file, vs_text(backing, "fileName"));
	out->flags = disk_flags(backing);
	out->controller = small(device, "controllerKey");
	out->unit = small(device, "unitNumber");
	out->capacity = vs_number(device, "capacityInBytes");
	if (out->capacity == 0)
		out->capacity =
			hyp_mul_sat(vs_number(device, "capacityInKB"), 1024);
}

static void read_nic(xmlNodePtr device, const char *type, struct vs_nic *out)
{
	xmlNodePtr backing = vs_find(device, "backing");

	for (size_t i = 0; i < HYP_COUNT(nic_types); i++)
		if (strcmp(nic_types[i].type, type) == 0)
			out->subtype = nic_types[i].subtype;
	COPY(out->label, vs_text(device, "deviceInfo/label"));
	COPY(out->network, vs_text(backing, "deviceName"));
	COPY(out->portgroup, vs_text(backing, "port/portgroupKey"));
	if (out->network[0] == '\0')
		COPY(out->network, vs_text(backing, "opaqueNetworkId"));
	if (out->network[0] == '\0')
		COPY(out->network, vs_text(device, "deviceInfo/summary"));
}

static void read_image(xmlNodePtr device, const char *type,
		       struct vs_image *out)
{
	out->role = strcmp(type, "VirtualCdrom") == 0 ? HYP_ROLE_ISO
						      : HYP_ROLE_FLOPPY;
	out->has_file = vs_text(device, "backing/fileName")[0] != '\0';
	out->controller = small(device, "controllerKey");
	out->unit = small(device, "unitNumber");
}

static int is_nic(const char *type)
{
	for (size_t i = 0; i < HYP_COUNT(nic_types); i++)
		if (strcmp(nic_types[i].type, type) == 0)
			return 1;
	return 0;
}

static int is_controller(const char *type)
{
	size_t n = strlen(type);

	return n > 10 && strcmp(type + n - 10, "Controller") == 0;
}

/* All arrays at the size they can have at most. */
static int32_t make_room(struct vs_hardware *hw, size_t n,
			 struct hyp_error *err)
{
	n = n ? n : 1;
	hw->controllers = calloc(n, sizeof(*hw->controllers));
	hw->disks = calloc(n, sizeof(*hw->disks));
	hw->nics = calloc(n, sizeof(*hw->nics));
	hw->images = calloc(n, sizeof(*hw->images));
	if (!hw->controllers || !hw->disks || !hw->nics || !hw->images)
		return hyp_error_nomem(err);
	return 0;
}

static void take_device(struct vs_hardware *hw, xmlNodePtr device)
{
	const char *type = vs_xsi_type(device);

	if (strcmp(type, "VirtualDisk") == 0)
		read_disk(device, &hw->disks[hw->disk_count++]);
	else if (is_controller(type))
		read_controller(device, type,
				&hw->controllers[hw->controller_count++]);
	else if (is_nic(type))
		read_nic(device, type, &hw->nics[hw->nic_count++]);
	else if (strcmp(type, "VirtualCdrom") == 0 ||
		 strcmp(type, "VirtualFloppy") == 0)
		read_image(device, type, &hw->images[hw->image_count++]);
	else if (strcmp(type, "VirtualPCIPassthrough") == 0)
		hw->passthrough++;
}

static const struct vs_controller *controller(const struct vs_hardware *hw,
					      uint32_t key)
{
	for (size_t i = 0; i < hw->controller_count; i++)
		if (hw->controllers[i].key == key)
			return &hw->controllers[i];
	return NULL;
}

static void make_key(const struct vs_hardware *hw, uint32_t controller_key,
		     uint32_t unit, char *out, size_t max)
{
	const struct vs_controller *c = controller(hw, controller_key);

	if (c != NULL)
		snprintf(out, max, "%s%u:%u", c->type, c->bus, unit);
	else
		snprintf(out, max, "%u:%u", controller_key, unit);
}

int32_t vs_hardware_read(xmlNodePtr hardware, struct vs_hardware *out,
			 struct hyp_error *err)
{
	struct vs_hardware hw = {0};
	xmlNodePtr d = hyp_xml_child(hardware, NULL, "device");
	size_t n = 0;
	int32_t rc;

	for (xmlNodePtr i = d; i != NULL; i = hyp_xml_next(i, NULL, "device"))
		n++;
	if (n > DEVICES_MAX)
		return hyp_error_set(err, HYP_E_PERMANENT, "too_large", 0,
				     "the VM has %zu devices", n);
	rc = make_room(&hw, n, err);
	if (rc != 0) {
		vs_hardware_fini(&hw);
		return rc;
	}
	for (; d != NULL; d = hyp_xml_next(d, NULL, "device"))
		take_device(&hw, d);
	for (size_t i = 0; i < hw.disk_count; i++)
		make_key(&hw, hw.disks[i].controller, hw.disks[i].unit,
			 hw.disks[i].key, sizeof(hw.disks[i].key));
	for (size_t i = 0; i < hw.image_count; i++)
		make_key(&hw, hw.images[i].controller, hw.images[i].unit,
			 hw.images[i].key, sizeof(hw.images[i].key));
	*out = hw;
	return 0;
}

void vs_hardware_fini(struct vs_hardware *hw)
{
	free(hw->controllers);
	free(hw->disks);
	free(hw->nics);
	free(hw->images);
	memset(hw, 0, sizeof(*hw));
}

static const char *last_part(const char *key)
{
	const char *slash = strrchr(key, '/');

	return slash != NULL ? slash + 1 : key;
}

const struct vs_disk *vs_hardware_disk(const struct vs_hardware *hw,
				       const char *device_key)
{
	const char *key = last_part(device_key);

	for (size_t i = 0; i < hw->disk_count; i++)
		if (strcmp(hw->disks[i].key, key) == 0)
			return &hw->disks[i];
	return NULL;
}

const struct vs_image *vs_hardware_image(const struct vs_hardware *hw,
					 const char *device_key)
{
	const char *key = last_part(device_key);

	for (size_t i = 0; i < hw->image_count; i++)
		if (strcmp(hw->images[i].key, key) == 0)
			return &hw->images[i];
	return NULL;
}
