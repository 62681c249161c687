/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/cleanup.h"
#include "core/package/ovf-write.h"

#include <inttypes.h>
#include <string.h>

#define CIM "http://schemas.dmtf.org/wbem/wscim/1/"

static void write_references(struct hyp_xmlw *x, const struct hyp_ovf_plan *p)
{
	hyp_xmlw_open(x, "References");
	for (uint32_t i = 0; i < p->count; i++) {
		const struct hyp_file *f = hyp_ovf_plan_file(p, i);

		hyp_xmlw_open(x, "File");
		hyp_xmlw_attr(x, "ovf:href", f->name);
		hyp_xmlw_attrf(x, "ovf:id", "file%u", i + 1);
		if (f->bytes != HYP_UNKNOWN)
			hyp_xmlw_attrf(x, "ovf:size", "%" PRIu64, f->bytes);
		hyp_xmlw_close(x);
	}
	hyp_xmlw_close(x);
}

/* The image's own capacity is the true one. In bytes, the default unit, which
 * every importer reads alike. */
static void write_disks(struct hyp_xmlw *x, const struct hyp_ovf_plan *p)
{
	hyp_xmlw_open(x, "DiskSection");
	hyp_xmlw_text(x, "Info", "Virtual disk information");
	for (uint32_t i = 0; i < p->machine->disk_count; i++) {
		const struct hyp_vdisk *d = hyp_ovf_plan_disk(p, i);
		const struct hyp_file *f =
			hyp_ovf_plan_file(p, p->disk_file[i]);

		hyp_xmlw_open(x, "Disk");
		hyp_xmlw_attrf(x, "ovf:capacity", "%" PRIu64,
			       f->capacity != 0 ? f->capacity : d->capacity);
		hyp_xmlw_attrf(x, "ovf:diskId", "vmdisk%u", i + 1);
		hyp_xmlw_attrf(x, "ovf:fileRef", "file%u", p->disk_file[i] + 1);
		hyp_xmlw_attr(x, "ovf:format", HYP_OVF_STREAM_OPTIMIZED);
		if (f->populated != HYP_UNKNOWN)
			hyp_xmlw_attrf(x, "ovf:populatedSize", "%" PRIu64,
				       f->populated);
		hyp_xmlw_close(x);
	}
	hyp_xmlw_close(x);
}

static int is_first_of_network(const struct hyp_ovf_plan *p, uint32_t i)
{
	const char *name = hyp_ovf_network(hyp_ovf_plan_nic(p, i));

	for (uint32_t j = 0; j < i; j++)
		if (strcmp(name, hyp_ovf_network(hyp_ovf_plan_nic(p, j))) == 0)
			return 0;
	return 1;
}

static void write_networks(struct hyp_xmlw *x, const struct hyp_ovf_plan *p)
{
	hyp_xmlw_open(x, "NetworkSection");
	hyp_xmlw_text(x, "Info", "The list of logical networks");
	for (uint32_t i = 0; i < p->machine->nic_count; i++) {
		const char *name = hyp_ovf_network(hyp_ovf_plan_nic(p, i));

		if (!is_first_of_network(p, i))
			continue;
		hyp_xmlw_open(x, "Network");
		hyp_xmlw_attr(x, "ovf:name", name);
		hyp_xmlw_textf(x, "Description", "The %s network", name);
		hyp_xmlw_close(x);
	}
	hyp_xmlw_close(x);
}

static void write_annotation(struct hyp_xmlw *x, const char *annotation)
{
	if (annotation == NULL || annotation[0] == '\0')
		return;
	hyp_xmlw_open(x, "AnnotationSection");
	hyp_xmlw_text(x, "Info", "A human-readable annotation");
	hyp_xmlw_text(x, "Annotation", annotation);
	hyp_xmlw_close(x);
}

static void write_os(struct hyp_xmlw *x, const struct hyp_machine *m)
{
	const char *guest_id = m->guest_id == NULL ? "" : m->guest_id;

	hyp_xmlw_open(x, "OperatingSystemSection");
	hyp_xmlw_attrf(x, "ovf:id", "%u", hyp_ovf_os_type(guest_id));
	if (guest_id[0] != '\0')
		hyp_xmlw_attr(x, "vmw:osType", guest_id);
	hyp_xmlw_text(x, "Info",
		      "The kind of installed guest operating system");
	if (m->guest_name != NULL && m->guest_name[0] != '\0')
		hyp_xmlw_text(x, "Description", m->guest_name);
	hyp_xmlw_close(x);
}

static void write_machine(struct hyp_xmlw *x, struct hyp_ovf_plan *p)
{
	const char *name = p->machine->name == NULL ? "" : p->machine->name;

	hyp_xmlw_open(x, "VirtualSystem");
	/* VirtualBox takes the VM's name from the id, others from Name. */
	hyp_xmlw_attr(x, "ovf:id", name);
	hyp_xmlw_text(x, "Info", "A virtual machine");
	hyp_xmlw_text(x, "Name", name);
	write_annotation(x, p->machine->annotation);
	write_os(x, p->machine);
	hyp_ovf_write_hardware(x, p);
	hyp_xmlw_close(x);
}

static void write_envelope(struct hyp_xmlw *x, struct hyp_ovf_plan *p)
{
	hyp_xmlw_open(x, "Envelope");
	hyp_xmlw_attr(x, "xmlns", HYP_OVF_NS);
	hyp_xmlw_attr(x, "xmlns:cim", CIM "common");
	hyp_xmlw_attr(x, "xmlns:ovf", HYP_OVF_NS);
	hyp_xmlw_attr(x, "xmlns:rasd",
		      CIM "cim-schema/2/CIM_ResourceAllocationSettingData");
	hyp_xmlw_attr(x, "xmlns:vmw", "http://www.vmware.com/schema/ovf");
	hyp_xmlw_attr(x, "xmlns:vssd",
		      CIM "cim-schema/2/CIM_VirtualSystemSettingData");
	hyp_xmlw_attr(x, "xmlns:xsi",
		      "http://www.w3.org/2001/XMLSchema-instance");
	write_references(x, p);
	if (p->machine->disk_count > 0)
		write_disks(x, p);
	if (p->machine->nic_count > 0)
		write_networks(x, p);
	write_machine(x, p);
	hyp_xmlw_close(x);
}

int32_t hyp_ovf_write(const struct hyp_machine *machine,
		      const struct hyp_file *files, uint32_t stride,
		      uint32_t count, struct hyp_buf *out,
		      struct hyp_error *err)
{
	struct hyp_ovf_plan plan = {
		.machine = machine,
		.files = files,
		.stride = stride,
		.count = count,
	};
	struct hyp_xmlw x;
	int32_t rc = hyp_ovf_plan_make(&plan, err);

	if (rc == 0) {
		hyp_xmlw_begin(&x, out, 1, err);
		write_envelope(&x, &plan);
		rc = hyp_xmlw_end(&x);
	}
	hyp_ovf_plan_fini(&plan);
	return rc;
}
