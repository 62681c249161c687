/* SPDX-License-Identifier: Apache-2.0 */
/* Which files of a lease go into the package, and in which order. */
#include "plugins/provider/vsphere/export.h"
#include "plugins/provider/vsphere/machine.h"

#include "core/base/cleanup.h"
#include "core/base/units.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define ID_MAX 512u
/* Beyond this a stated size is no size: nothing but a disk is that large. */
#define FILE_SIZE_MAX (1ull << 40)

static int ends_with(const char *text, const char *tail)
{
	size_t n = strlen(text), k = strlen(tail);

	return n >= k && strcasecmp(text + n - k, tail) == 0;
}

/* The server's names are only looked at, never used. */
static uint32_t role_of(const struct vs_export *e, const struct vs_device *d)
{
	const struct vs_image *image = vs_hardware_image(&e->hardware, d->key);

	if (d->is_disk)
		return HYP_ROLE_DISK;
	if (ends_with(d->key, "/nvram") || ends_with(d->target, ".nvram"))
		return HYP_ROLE_NVRAM;
	if (image != NULL)
		return image->role;
	if (ends_with(d->target, ".iso") || strstr(d->key, "Cdrom") != NULL)
		return HYP_ROLE_ISO;
	if (ends_with(d->target, ".flp") || ends_with(d->target, ".img") ||
	    strstr(d->key, "Floppy") != NULL)
		return HYP_ROLE_FLOPPY;
	return HYP_ROLE_OTHER;
}

static int is_chosen(const struct vs_export *e, uint32_t device)
{
	for (uint32_t i = 0; i < e->file_count; i++)
		if (e->files[i] == device)
			return 1;
	return 0;
}

static void choose(struct vs_export *e, uint32_t device)
{
	if (!is_chosen(e, device))
		e->files[e->file_count++] = device;
}

/* Disks as the VM orders them, then those it does not know. */
static void choose_disks(struct vs_export *e)
{
	struct vs_lease *lease = e->lease;

	for (size_t i = 0; i < e->hardware.disk_count; i++)
		for (uint32_t d = 0; d < lease->device_count; d++)
			if (lease->devices[d].is_disk && !is_chosen(e, d) &&
			    vs_hardware_disk(&e->hardware,
					     lease->devices[d].key) ==
				    &e->hardware.disks[i]) {
				choose(e, d);
				break;
			}
	for (uint32_t d = 0; d < lease->device_count; d++)
		if (lease->devices[d].is_disk)
			choose(e, d);
}

/* A package without one of its VM's disks is none. */
static int32_t check_complete(const struct vs_export *e, struct hyp_error *err)
{
	const struct vs_hardware *hw = &e->hardware;
	size_t offered = 0;
	const char *label = "";

	for (size_t d = 0; d < e->lease->device_count; d++)
		offered += e->lease->devices[d].is_disk;
	if (offered >= hw->disk_count)
		return 0;
	for (size_t i = 0; i < hw->disk_count && label[0] == '\0'; i++) {
		int found = 0;

		for (size_t d = 0; d < e->lease->device_count; d++)
			found |= vs_hardware_disk(hw,
						  e->lease->devices[d].key) ==
				 &hw->disks[i];
		if (!found)
			label = hw->disks[i].label;
	}
	return hyp_error_set(err, HYP_E_PERMANENT, "disk_missing", 0,
			     "the VM has %zu disks and the server offers %zu; "
			     "\"%s\" is left out: is it independent, or a raw "
			     "device?",
			     hw->disk_count, offered, label);
}

int32_t vs_files_choose(struct vs_export *e, uint32_t with_images,
			struct hyp_error *err)
{
	struct vs_lease *lease = e->lease;
	uint32_t left_out = 0;
	int32_t rc = check_complete(e, err);

	if (rc != 0)
		return rc;
	e->files = calloc(lease->device_count + 1, sizeof(*e->files));
	if (e->files == NULL)
		return hyp_error_nomem(err);
	for (size_t i = 0; i < lease->device_count; i++) {
		struct vs_device *d = &lease->devices[i];

		d->role = role_of(e, d);
		if (d->file_size > FILE_SIZE_MAX)
			d->file_size = 0;
	}
	choose_disks(e);
	for (uint32_t i = 0; i < lease->device_count; i++) {
		uint32_t role = lease->devices[i].role;

		if ((role == HYP_ROLE_ISO || role == HYP_ROLE_FLOPPY) &&
		    !with_images)
			left_out++;
		else if (role != HYP_ROLE_DISK)
			choose(e, i);
	}
	if (left_out > 0)
		vs_log(e->vs, HYP_LOG_INFO,
		       "%u CD-ROM and floppy images are left out", left_out);
	return 0;
}

struct vs_device *vs_file_device(const struct vs_export *e, uint32_t index)
{
	return index < e->file_count ? &e->lease->devices[e->files[index]]
				     : NULL;
}

void vs_file_id(const struct vs_export *e, uint32_t index, char *out,
		size_t max)
{
	const struct vs_device *d = vs_file_device(e, index);
	const struct vs_disk *disk =
		d->is_disk ? vs_hardware_disk(&e->hardware, d->key) : NULL;

	if (disk != NULL)
		vs_device_id(e->vm.id, disk->key, out, max);
	else if (d->key[0] != '\0')
		snprintf(out, max, "%s", d->key);
	else
		snprintf(out, max, "/%.200s/file-%u", e->vm.id, index);
}

/* What the lease's total leaves for disks that the VM does not name. */
static uint64_t unnamed_capacity(const struct vs_export *e)
{
	uint64_t named = 0;

	for (size_t i = 0; i < e->hardware.disk_count; i++)
		named = hyp_add_sat(named, e->hardware.disks[i].capacity);
	return e->lease->capacity > named ? e->lease->capacity - named : 0;
}

int32_t vs_files(void *exported, const struct hyp_file_sink *sink,
		 struct hyp_error *err)
{
	struct vs_export *e = exported;
	uint64_t rest = unnamed_capacity(e);
	char id[ID_MAX];

	for (uint32_t i = 0; i < e->file_count; i++) {
		const struct vs_device *d = vs_file_device(e, i);
		const struct vs_disk *disk =
			vs_hardware_disk(&e->hardware, d->key);
		struct hyp_file file = {.size = sizeof(file),
					.role = d->role,
					.format = HYP_FORMAT_PLAIN,
					.device_id = id,
					.name = "",
					.bytes = HYP_UNKNOWN,
					.populated = HYP_UNKNOWN};
		int32_t rc;

		vs_file_id(e, i, id, sizeof(id));
		if (d->is_disk) {
			file.format = HYP_FORMAT_STREAM_OPTIMIZED;
			file.capacity = disk != NULL ? disk->capacity : rest;
			rest = disk != NULL ? rest : 0;
		} else if (d->file_size != 0) {
			file.bytes = d->file_size;
		}
		rc = sink->add(sink->ctx, &file, err);
		if (rc != 0)
			return rc;
	}
	return 0;
}
