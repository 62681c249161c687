/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/cleanup.h"
#include "core/base/text.h"
#include "core/package/ovf-write.h"

#include <string.h>

#define NONE UINT32_MAX
#define FIRST_ID 3 /* 1 is the processors, 2 the memory */
#define IDE_MAX 2  /* controllers; what every hypervisor has */
#define IDE_UNITS 2
#define SATA_UNITS 30

__attribute__((format(printf, 2, 3))) static int32_t bad(struct hyp_error *err,
							 const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	hyp_error_vset(err, HYP_E_PERMANENT, "bad_ovf", 0, fmt, ap);
	va_end(ap);
	return HYP_E_PERMANENT;
}

static const char *default_subtype(uint32_t type)
{
	switch (type) {
	case HYP_CONTROLLER_SCSI:
		return "lsilogic";
	case HYP_CONTROLLER_SATA:
		return "vmware.sata.ahci";
	case HYP_CONTROLLER_NVME:
		return "vmware.nvme.controller";
	default:
		return "";
	}
}

static int32_t plan_controllers(struct hyp_ovf_plan *p, struct hyp_error *err)
{
	const struct hyp_machine *m = p->machine;

	p->controllers = calloc((size_t)m->controller_count + IDE_MAX,
				sizeof(p->controllers[0]));
	if (p->controllers == NULL)
		return hyp_error_nomem(err);
	for (uint32_t i = 0; i < m->controller_count; i++) {
		const struct hyp_controller *c =
			HYP_AT(struct hyp_controller, m->controllers,
			       m->controller_stride, i);

		if (c->type != HYP_CONTROLLER_IDE &&
		    c->type != HYP_CONTROLLER_SCSI &&
		    c->type != HYP_CONTROLLER_SATA &&
		    c->type != HYP_CONTROLLER_NVME)
			return bad(err,
				   "controller %u is of type %u, which OVF "
				   "descriptors written here do not know",
				   i, c->type);
		p->controllers[i] = (struct hyp_ovf_controller){
			.type = c->type,
			.bus = c->bus,
			.id = p->next_id++,
			.subtype = c->subtype == NULL || c->subtype[0] == '\0'
					   ? default_subtype(c->type)
					   : c->subtype,
		};
	}
	p->controller_count = m->controller_count;
	return 0;
}

static int same(const char *a, const char *b)
{
	return a != NULL && b != NULL && strcmp(a, b) == 0;
}

/* The one disk file with that device id, or NONE. */
static uint32_t find_file(const struct hyp_ovf_plan *p, const char *device_id)
{
	uint32_t found = NONE;

	for (uint32_t i = 0; i < p->count; i++) {
		const struct hyp_file *f = hyp_ovf_plan_file(p, i);

		if (f->role != HYP_ROLE_DISK || !same(f->device_id, device_id))
			continue;
		if (found != NONE)
			return NONE;
		found = i;
	}
	return found;
}

static int32_t check_address(const struct hyp_ovf_plan *p, uint32_t i,
			     struct hyp_error *err)
{
	const struct hyp_vdisk *d = hyp_ovf_plan_disk(p, i);

	if (d->controller >= p->controller_count)
		return bad(err, "disk %u hangs on no controller", i + 1);
	for (uint32_t j = 0; j < i; j++) {
		const struct hyp_vdisk *e = hyp_ovf_plan_disk(p, j);

		if (e->controller == d->controller && e->unit == d->unit)
			return bad(err,
				   "disks %u and %u have the same address on "
				   "their controller",
				   j + 1, i + 1);
		if (same(e->device_id, d->device_id))
			return bad(err, "disks %u and %u have one device id",
				   j + 1, i + 1);
	}
	return 0;
}

static int32_t plan_disks(struct hyp_ovf_plan *p, struct hyp_error *err)
{
	const struct hyp_machine *m = p->machine;
	uint32_t disk_files = 0;
	int32_t rc;

	p->disk_file = calloc((size_t)m->disk_count + 1, sizeof(uint32_t));
	if (p->disk_file == NULL)
		return hyp_error_nomem(err);
	for (uint32_t i = 0; i < m->disk_count; i++) {
		rc = check_address(p, i, err);
		if (rc != 0)
			return rc;
		p->disk_file[i] =
			find_file(p, hyp_ovf_plan_disk(p, i)->device_id);
		if (p->disk_file[i] == NONE)
			return bad(err, "disk %u has not exactly one file",
				   i + 1);
	}
	for (uint32_t i = 0; i < p->count; i++)
		disk_files += hyp_ovf_plan_file(p, i)->role == HYP_ROLE_DISK;
	if (disk_files != m->disk_count)
		return bad(err, "%u files of disks, but %u disks", disk_files,
			   m->disk_count);
	return 0;
}

static int is_taken(const struct hyp_ovf_plan *p, uint32_t controller,
		    uint32_t unit)
{
	for (uint32_t i = 0; i < p->machine->disk_count; i++) {
		const struct hyp_vdisk *d = hyp_ovf_plan_disk(p, i);

		if (d->controller == controller && d->unit == unit)
			return 1;
	}
	for (uint32_t i = 0; i < p->drive_count; i++)
		if (p->drives[i].controller == controller &&
		    p->drives[i].unit == unit)
			return 1;
	return 0;
}

/* A free address on an IDE or else a SATA controller. */
static int find_place(const struct hyp_ovf_plan *p, uint32_t type,
		      uint32_t units, struct hyp_ovf_drive *drive)
{
	for (uint32_t i = 0; i < p->controller_count; i++)
		for (uint32_t unit = 0;
		     unit < units && p->controllers[i].type == type; unit++)
			if (!is_taken(p, i, unit)) {
				drive->controller = i;
				drive->unit = unit;
				return 1;
			}
	return 0;
}

static int add_ide(struct hyp_ovf_plan *p)
{
	uint32_t buses = 0;

	for (uint32_t i = 0; i < p->controller_count; i++)
		if (p->controllers[i].type == HYP_CONTROLLER_IDE)
			buses |= 1u << (p->controllers[i].bus & 1);
	if (buses == 3)
		return 0;
	p->controllers[p->controller_count++] = (struct hyp_ovf_controller){
		.type = HYP_CONTROLLER_IDE,
		.bus = buses & 1,
		.id = p->next_id++,
		.subtype = "",
	};
	return 1;
}

static int32_t plan_drives(struct hyp_ovf_plan *p, struct hyp_error *err)
{
	uint32_t floppies = 0;

	p->drives = calloc((size_t)p->count + 1, sizeof(p->drives[0]));
	if (p->drives == NULL)
		return hyp_error_nomem(err);
	for (uint32_t i = 0; i < p->count; i++) {
		uint32_t role = hyp_ovf_plan_file(p, i)->role;
		struct hyp_ovf_drive drive = {i, NONE, 0};

		if (role == HYP_ROLE_FLOPPY)
			drive.unit = floppies++;
		else if (role != HYP_ROLE_ISO)
			continue;
		else if (!find_place(p, HYP_CONTROLLER_IDE, IDE_UNITS,
				     &drive) &&
			 !find_place(p, HYP_CONTROLLER_SATA, SATA_UNITS,
				     &drive) &&
			 !(add_ide(p) && find_place(p, HYP_CONTROLLER_IDE,
						    IDE_UNITS, &drive)))
			return bad(err, "no controller has room for the "
					"CD-ROM image; leave images out");
		p->drives[p->drive_count++] = drive;
	}
	return 0;
}

static int32_t check_names(const struct hyp_ovf_plan *p, struct hyp_error *err)
{
	uint32_t nvrams = 0;

	for (uint32_t i = 0; i < p->count; i++) {
		const struct hyp_file *f = hyp_ovf_plan_file(p, i);

		if (f->name == NULL || !hyp_text_is_file_name(f->name, 255))
			return bad(err,
				   "file %u has no name that may stand "
				   "in a descriptor",
				   i + 1);
		for (uint32_t j = 0; j < i; j++)
			if (same(hyp_ovf_plan_file(p, j)->name, f->name))
				return bad(err, "two files are named %s",
					   f->name);
		nvrams += f->role == HYP_ROLE_NVRAM;
	}
	return nvrams > 1 ? bad(err, "%u nvram files, but a VM has one", nvrams)
			  : 0;
}

int32_t hyp_ovf_plan_make(struct hyp_ovf_plan *plan, struct hyp_error *err)
{
	int32_t rc = check_names(plan, err);

	plan->next_id = FIRST_ID;
	if (rc == 0 && plan->machine->num_cpu == 0)
		rc = bad(err, "a machine without processors");
	if (rc == 0)
		rc = plan_controllers(plan, err);
	if (rc == 0)
		rc = plan_disks(plan, err);
	if (rc == 0)
		rc = plan_drives(plan, err);
	return rc;
}

void hyp_ovf_plan_fini(struct hyp_ovf_plan *plan)
{
	free(plan->disk_file);
	free(plan->controllers);
	free(plan->drives);
}
