/* SPDX-License-Identifier: Apache-2.0 */
/* What a descriptor says must fit together. */
#include "core/base/cleanup.h"
#include "core/package/ovf-read.h"

#include <string.h>

#define TYPE_DISK 17
#define NONE SIZE_MAX

static size_t find_file(const struct hyp_ovf *o, const char *id)
{
	for (size_t i = 0; i < o->file_count; i++)
		if (strcmp(o->files[i].id, id) == 0)
			return i;
	return NONE;
}

static size_t find_disk(const struct hyp_ovf *o, const char *id)
{
	for (size_t i = 0; i < o->disk_count; i++)
		if (strcmp(o->disks[i].id, id) == 0)
			return i;
	return NONE;
}

static size_t find_item(const struct hyp_ovf *o, const char *id)
{
	for (size_t i = 0; i < o->item_count; i++)
		if (strcmp(o->items[i].instance_id, id) == 0)
			return i;
	return NONE;
}

static int32_t check_files(const struct hyp_ovf_reader *r)
{
	const struct hyp_ovf *o = r->ovf;
	char shown[HYP_OVF_SHOWN];

	for (size_t i = 0; i < o->file_count; i++)
		if (find_file(o, o->files[i].id) != i)
			return hyp_ovf_bad(
				r, "two files have the id %s",
				hyp_ovf_shown(o->files[i].id, shown));
	return 0;
}

/* Nothing is nested deeper; a cycle is. */
#define DEPTH_MAX 64

static int is_too_deep(const size_t *parents, size_t i)
{
	size_t depth = 0;

	for (; parents[i] != NONE && depth <= DEPTH_MAX; depth++)
		i = parents[i];
	return depth > DEPTH_MAX;
}

static int32_t link_disk(const struct hyp_ovf_reader *r, size_t i,
			 size_t *parents)
{
	const struct hyp_ovf *o = r->ovf;
	const struct hyp_ovf_disk *d = &o->disks[i];
	char shown[HYP_OVF_SHOWN], ref[HYP_OVF_SHOWN];

	hyp_ovf_shown(d->id, shown);
	parents[i] =
		*d->parent_ref == '\0' ? NONE : find_disk(o, d->parent_ref);
	if (find_disk(o, d->id) != i)
		return hyp_ovf_bad(r, "two disks have the diskId %s", shown);
	if (*d->file_ref != '\0' && find_file(o, d->file_ref) == NONE)
		return hyp_ovf_bad(r, "disk %s: there is no file %s", shown,
				   hyp_ovf_shown(d->file_ref, ref));
	if (*d->parent_ref != '\0' && parents[i] == NONE)
		return hyp_ovf_bad(r, "disk %s: there is no parent disk %s",
				   shown, hyp_ovf_shown(d->parent_ref, ref));
	return 0;
}

static int32_t check_disks(const struct hyp_ovf_reader *r, size_t *parents)
{
	char shown[HYP_OVF_SHOWN];
	int32_t rc = 0;

	for (size_t i = 0; i < r->ovf->disk_count && rc == 0; i++)
		rc = link_disk(r, i, parents);
	for (size_t i = 0; i < r->ovf->disk_count && rc == 0; i++)
		if (is_too_deep(parents, i))
			rc = hyp_ovf_bad(
				r, "disk %s is an ancestor of itself",
				hyp_ovf_shown(r->ovf->disks[i].id, shown));
	return rc;
}

static int32_t check_items(const struct hyp_ovf_reader *r, size_t *parents)
{
	const struct hyp_ovf *o = r->ovf;
	char shown[HYP_OVF_SHOWN], ref[HYP_OVF_SHOWN];

	for (size_t i = 0; i < o->item_count; i++) {
		const char *parent = o->items[i].parent;

		parents[i] = *parent == '\0' ? NONE : find_item(o, parent);
		if (*parent != '\0' && parents[i] == NONE)
			return hyp_ovf_bad(
				r, "item %s: there is no parent item %s",
				hyp_ovf_shown(o->items[i].instance_id, shown),
				hyp_ovf_shown(parent, ref));
	}
	for (size_t i = 0; i < o->item_count; i++)
		if (is_too_deep(parents, i))
			return hyp_ovf_bad(
				r, "item %s is an ancestor of itself",
				hyp_ovf_shown(o->items[i].instance_id, shown));
	return 0;
}

/* "ovf:/disk/vmdisk1" with kind "disk": what follows, or NULL. VirtualBox
 * writes "/disk/…", some old tools "ovf://disk/…". */
static const char *resource_id(const char *resource, const char *kind)
{
	size_t n = strlen(kind);

	if (strncmp(resource, "ovf:", 4) == 0)
		resource += 4;
	resource += strspn(resource, "/");
	return strncmp(resource, kind, n) == 0 && resource[n] == '/'
		       ? resource + n + 1
		       : NULL;
}

static int32_t check_resource(const struct hyp_ovf_reader *r,
			      const struct hyp_ovf_item *item)
{
	const char *disk = resource_id(item->host_resource, "disk");
	const char *file = resource_id(item->host_resource, "file");
	char shown[HYP_OVF_SHOWN], ref[HYP_OVF_SHOWN];

	if ((disk != NULL && find_disk(r->ovf, disk) == NONE) ||
	    (file != NULL && find_file(r->ovf, file) == NONE) ||
	    (item->type == TYPE_DISK && disk == NULL && file == NULL &&
	     *item->host_resource != '\0'))
		return hyp_ovf_bad(r, "item %s: nothing is at %s",
				   hyp_ovf_shown(item->instance_id, shown),
				   hyp_ovf_shown(item->host_resource, ref));
	return 0;
}

int32_t hyp_ovf_check(const struct hyp_ovf_reader *r)
{
	const struct hyp_ovf *o = r->ovf;
	HYP_AUTO_FREE size_t *parents =
		calloc(o->disk_count + o->item_count + 1, sizeof(parents[0]));
	int32_t rc;

	if (parents == NULL)
		return hyp_error_nomem(r->err);
	rc = check_files(r);
	if (rc == 0)
		rc = check_disks(r, parents);
	if (rc == 0)
		rc = check_items(r, parents);
	for (size_t i = 0; i < o->item_count && rc == 0; i++)
		rc = check_resource(r, &o->items[i]);
	return rc;
}
