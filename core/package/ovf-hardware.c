/* SPDX-License-Identifier: Apache-2.0 */
/* The VirtualHardwareSection, as vCenter writes it: CIM's elements stand in
 * alphabetical order, which its schema demands. */
#include "core/base/cleanup.h"
#include "core/package/ovf-write.h"

#include <inttypes.h>
#include <string.h>

#define TYPE_PROCESSOR 3
#define TYPE_MEMORY 4
#define TYPE_ETHERNET 10
#define TYPE_FLOPPY 14
#define TYPE_CD 15
#define TYPE_DISK 17
#define DEFAULT_HARDWARE "vmx-13" /* ESXi 6.5: EFI, SATA and NVMe */
#define FIRST_NIC_UNIT 7	  /* where vSphere begins */

static const char *text_or(const char *text, const char *other)
{
	return text == NULL || text[0] == '\0' ? other : text;
}

static void write_system(struct hyp_xmlw *x, const struct hyp_machine *m)
{
	hyp_xmlw_open(x, "System");
	hyp_xmlw_text(x, "vssd:ElementName", "Virtual Hardware Family");
	hyp_xmlw_text(x, "vssd:InstanceID", "0");
	hyp_xmlw_text(x, "vssd:VirtualSystemIdentifier", text_or(m->name, ""));
	hyp_xmlw_text(x, "vssd:VirtualSystemType",
		      text_or(m->hardware, DEFAULT_HARDWARE));
	hyp_xmlw_close(x);
}

static void write_processors(struct hyp_xmlw *x, const struct hyp_machine *m)
{
	hyp_xmlw_open(x, "Item");
	hyp_xmlw_text(x, "rasd:AllocationUnits", "hertz * 10^6");
	hyp_xmlw_text(x, "rasd:Description", "Number of Virtual CPUs");
	hyp_xmlw_textf(x, "rasd:ElementName", "%u virtual CPU(s)", m->num_cpu);
	hyp_xmlw_text(x, "rasd:InstanceID", "1");
	hyp_xmlw_textf(x, "rasd:ResourceType", "%d", TYPE_PROCESSOR);
	hyp_xmlw_textf(x, "rasd:VirtualQuantity", "%u", m->num_cpu);
	if (m->cores_per_socket > 0) {
		hyp_xmlw_open(x, "vmw:CoresPerSocket");
		hyp_xmlw_attr(x, "ovf:required", "false");
		hyp_xmlw_contentf(x, "%u", m->cores_per_socket);
		hyp_xmlw_close(x);
	}
	hyp_xmlw_close(x);
}

static void write_memory(struct hyp_xmlw *x, const struct hyp_machine *m)
{
	hyp_xmlw_open(x, "Item");
	hyp_xmlw_text(x, "rasd:AllocationUnits", "byte * 2^20");
	hyp_xmlw_text(x, "rasd:Description", "Memory Size");
	hyp_xmlw_textf(x, "rasd:ElementName", "%" PRIu64 "MB of memory",
		       m->memory_mb);
	hyp_xmlw_text(x, "rasd:InstanceID", "2");
	hyp_xmlw_textf(x, "rasd:ResourceType", "%d", TYPE_MEMORY);
	hyp_xmlw_textf(x, "rasd:VirtualQuantity", "%" PRIu64, m->memory_mb);
	hyp_xmlw_close(x);
}

static const char *controller_name(uint32_t type)
{
	switch (type) {
	case HYP_CONTROLLER_IDE:
		return "IDE Controller";
	case HYP_CONTROLLER_SCSI:
		return "SCSI Controller";
	case HYP_CONTROLLER_SATA:
		return "SATA Controller";
	default:
		return "NVME Controller";
	}
}

static void write_controller(struct hyp_xmlw *x,
			     const struct hyp_ovf_controller *c)
{
	const char *name = controller_name(c->type);

	hyp_xmlw_open(x, "Item");
	hyp_xmlw_textf(x, "rasd:Address", "%u", c->bus);
	hyp_xmlw_text(x, "rasd:Description", name);
	hyp_xmlw_textf(x, "rasd:ElementName", "%s %u", name, c->bus);
	hyp_xmlw_textf(x, "rasd:InstanceID", "%u", c->id);
	if (c->subtype[0] != '\0')
		hyp_xmlw_text(x, "rasd:ResourceSubType", c->subtype);
	hyp_xmlw_textf(x, "rasd:ResourceType", "%u",
		       c->type == HYP_CONTROLLER_NVME ? HYP_CONTROLLER_SATA
						      : c->type);
	hyp_xmlw_close(x);
}

static void write_disk(struct hyp_xmlw *x, struct hyp_ovf_plan *p, uint32_t i)
{
	const struct hyp_vdisk *d = hyp_ovf_plan_disk(p, i);
	char name[32];

	snprintf(name, sizeof(name), "Hard disk %u", i + 1);
	hyp_xmlw_open(x, "Item");
	hyp_xmlw_textf(x, "rasd:AddressOnParent", "%u", d->unit);
	hyp_xmlw_text(x, "rasd:ElementName", text_or(d->label, name));
	hyp_xmlw_textf(x, "rasd:HostResource", "ovf:/disk/vmdisk%u", i + 1);
	hyp_xmlw_textf(x, "rasd:InstanceID", "%u", p->next_id++);
	hyp_xmlw_textf(x, "rasd:Parent", "%u",
		       p->controllers[d->controller].id);
	hyp_xmlw_textf(x, "rasd:ResourceType", "%d", TYPE_DISK);
	hyp_xmlw_close(x);
}

/* Not required: an importer without such a drive may leave it out. */
static void write_drive(struct hyp_xmlw *x, struct hyp_ovf_plan *p,
			const struct hyp_ovf_drive *d, uint32_t number)
{
	int is_cd = hyp_ovf_plan_file(p, d->file)->role == HYP_ROLE_ISO;

	hyp_xmlw_open(x, "Item");
	hyp_xmlw_attr(x, "ovf:required", "false");
	hyp_xmlw_textf(x, "rasd:AddressOnParent", "%u", d->unit);
	hyp_xmlw_text(x, "rasd:AutomaticAllocation", "true");
	hyp_xmlw_textf(x, "rasd:ElementName", "%s %u",
		       is_cd ? "CD/DVD drive" : "Floppy drive", number);
	hyp_xmlw_textf(x, "rasd:HostResource", "ovf:/file/file%u", d->file + 1);
	hyp_xmlw_textf(x, "rasd:InstanceID", "%u", p->next_id++);
	if (is_cd)
		hyp_xmlw_textf(x, "rasd:Parent", "%u",
			       p->controllers[d->controller].id);
	hyp_xmlw_text(x, "rasd:ResourceSubType",
		      is_cd ? "vmware.cdrom.iso" : "vmware.floppy.image");
	hyp_xmlw_textf(x, "rasd:ResourceType", "%d",
		       is_cd ? TYPE_CD : TYPE_FLOPPY);
	hyp_xmlw_close(x);
}

static void write_drives(struct hyp_xmlw *x, struct hyp_ovf_plan *p)
{
	uint32_t cds = 0, floppies = 0;

	for (uint32_t i = 0; i < p->drive_count; i++) {
		const struct hyp_ovf_drive *d = &p->drives[i];
		uint32_t role = hyp_ovf_plan_file(p, d->file)->role;

		write_drive(x, p, d, role == HYP_ROLE_ISO ? ++cds : ++floppies);
	}
}

static void write_nic(struct hyp_xmlw *x, struct hyp_ovf_plan *p, uint32_t i)
{
	const struct hyp_nic *nic = hyp_ovf_plan_nic(p, i);
	const char *subtype = text_or(nic->subtype, "E1000");
	char name[32];

	snprintf(name, sizeof(name), "Network adapter %u", i + 1);
	hyp_xmlw_open(x, "Item");
	hyp_xmlw_textf(x, "rasd:AddressOnParent", "%u", FIRST_NIC_UNIT + i);
	hyp_xmlw_text(x, "rasd:AutomaticAllocation", "true");
	hyp_xmlw_text(x, "rasd:Connection", hyp_ovf_network(nic));
	hyp_xmlw_textf(x, "rasd:Description", "%s ethernet adapter on \"%s\"",
		       subtype, hyp_ovf_network(nic));
	hyp_xmlw_text(x, "rasd:ElementName", text_or(nic->label, name));
	hyp_xmlw_textf(x, "rasd:InstanceID", "%u", p->next_id++);
	hyp_xmlw_text(x, "rasd:ResourceSubType", subtype);
	hyp_xmlw_textf(x, "rasd:ResourceType", "%d", TYPE_ETHERNET);
	hyp_xmlw_close(x);
}

static void write_config(struct hyp_xmlw *x, const char *element,
			 const char *key, const char *value)
{
	hyp_xmlw_open(x, element);
	hyp_xmlw_attr(x, "ovf:required", "false");
	hyp_xmlw_attr(x, "vmw:key", key);
	hyp_xmlw_attr(x, "vmw:value", value);
	hyp_xmlw_close(x);
}

static void write_configs(struct hyp_xmlw *x, const struct hyp_ovf_plan *p)
{
	const struct hyp_machine *m = p->machine;
	char value[32];

	if (text_or(m->firmware, "")[0] != '\0')
		write_config(x, "vmw:Config", "firmware", m->firmware);
	if (m->secure_boot)
		write_config(x, "vmw:Config",
			     "bootOptions.efiSecureBootEnabled", "true");
	for (uint32_t i = 0; i < p->count; i++) {
		if (hyp_ovf_plan_file(p, i)->role != HYP_ROLE_NVRAM)
			continue;
		snprintf(value, sizeof(value), "ovf:/file/file%u", i + 1);
		write_config(x, "vmw:ExtraConfig", "nvram", value);
	}
}

void hyp_ovf_write_hardware(struct hyp_xmlw *x, struct hyp_ovf_plan *plan)
{
	const struct hyp_machine *m = plan->machine;

	hyp_xmlw_open(x, "VirtualHardwareSection");
	hyp_xmlw_text(x, "Info", "Virtual hardware requirements");
	write_system(x, m);
	write_processors(x, m);
	write_memory(x, m);
	for (uint32_t i = 0; i < plan->controller_count; i++)
		write_controller(x, &plan->controllers[i]);
	for (uint32_t i = 0; i < m->disk_count; i++)
		write_disk(x, plan, i);
	write_drives(x, plan);
	for (uint32_t i = 0; i < m->nic_count; i++)
		write_nic(x, plan, i);
	write_configs(x, plan);
	hyp_xmlw_close(x);
}
