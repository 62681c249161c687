/* SPDX-License-Identifier: Apache-2.0 */
#include "core/package/ovf-read.h"
#include "core/base/cleanup.h"
#include "core/base/text.h"

#include <string.h>
#include <strings.h>

#define NS_2 "http://schemas.dmtf.org/ovf/envelope/2"
#define NS_VMW "http://www.vmware.com/schema/ovf"
#define NS_VBOX "http://www.virtualbox.org/ovf/machine"

int32_t hyp_ovf_bad(const struct hyp_ovf_reader *r, const char *fmt, ...)
{
	char what[HYP_OVF_SHOWN];
	va_list ap;

	va_start(ap, fmt);
	hyp_error_vset(r->err, HYP_E_PERMANENT, "bad_ovf", 0, fmt, ap);
	va_end(ap);
	hyp_error_prefix(r->err, "%s: ", hyp_ovf_shown(r->what, what));
	return HYP_E_PERMANENT;
}

const char *hyp_ovf_shown(const char *text, char *out)
{
	hyp_text_printable(text, out, HYP_OVF_SHOWN);
	return out;
}

const char *hyp_ovf_attr(const struct hyp_ovf_reader *r, xmlNodePtr node,
			 const char *name)
{
	const char *value = hyp_xml_attr(node, r->ns, name);

	return value != NULL ? value : hyp_xml_attr(node, NULL, name);
}

int32_t hyp_ovf_grow(const struct hyp_ovf_reader *r, void *array, size_t count,
		     size_t element, size_t most, const char *what)
{
	/* Full at 0, 4, 8, 16, ... */
	int full = count == 0 || (count >= 4 && (count & (count - 1)) == 0);
	void *p;

	if (count >= most)
		return hyp_error_set(r->err, HYP_E_PERMANENT, "too_large", 0,
				     "%.96s: more than %zu %s", r->what, most,
				     what);
	memcpy(&p, array, sizeof(p));
	if (full) {
		p = realloc(p, (count == 0 ? 4 : 2 * count) * element);
		if (p == NULL)
			return hyp_error_nomem(r->err);
		memcpy(array, &p, sizeof(p));
	}
	memset((char *)p + count * element, 0, element);
	return 0;
}

static int32_t copy(const struct hyp_ovf_reader *r, const char *text,
		    char **out)
{
	return hyp_strdup(text == NULL ? "" : text, out, r->err);
}

static int32_t read_file(struct hyp_ovf_reader *r, xmlNodePtr node)
{
	const char *id = hyp_ovf_attr(r, node, "id");
	const char *href = hyp_ovf_attr(r, node, "href");
	const char *size = hyp_ovf_attr(r, node, "size");
	const char *chunk = hyp_ovf_attr(r, node, "chunkSize");
	struct hyp_ovf_file *f = &r->ovf->files[r->ovf->file_count++];
	char shown[HYP_OVF_SHOWN];
	int32_t rc;

	f->bytes = HYP_UNKNOWN;
	if (id == NULL || *id == '\0' || href == NULL || *href == '\0')
		return hyp_ovf_bad(r, "a File without id or href");
	if (size != NULL && hyp_ovf_number(size, &f->bytes) != 0)
		return hyp_ovf_bad(r, "file %s has a size that is no number",
				   hyp_ovf_shown(id, shown));
	if (chunk != NULL &&
	    (hyp_ovf_number(chunk, &f->chunk_size) != 0 || f->chunk_size == 0))
		return hyp_ovf_bad(r, "file %s has an impossible chunkSize",
				   hyp_ovf_shown(id, shown));
	rc = copy(r, id, &f->id);
	if (rc == 0)
		rc = copy(r, href, &f->href);
	if (rc == 0)
		rc = copy(r, hyp_ovf_attr(r, node, "compression"),
			  &f->compression);
	return rc;
}

static int32_t read_disk_numbers(struct hyp_ovf_reader *r, xmlNodePtr node,
				 struct hyp_ovf_disk *d)
{
	const char *capacity = hyp_ovf_attr(r, node, "capacity");
	const char *populated = hyp_ovf_attr(r, node, "populatedSize");
	const char *id = hyp_ovf_attr(r, node, "diskId");
	char shown[HYP_OVF_SHOWN];

	d->populated = HYP_UNKNOWN;
	if (id == NULL || *id == '\0' || capacity == NULL)
		return hyp_ovf_bad(r, "a Disk without diskId or capacity");
	if (populated != NULL && hyp_ovf_number(populated, &d->populated) != 0)
		return hyp_ovf_bad(r, "disk %s has an impossible populatedSize",
				   hyp_ovf_shown(id, shown));
	if (hyp_ovf_capacity(capacity,
			     hyp_ovf_attr(r, node, "capacityAllocationUnits"),
			     &d->capacity, r->err) != 0)
		return hyp_error_prefix(r->err, "%.96s: disk %s: ", r->what,
					hyp_ovf_shown(id, shown));
	return 0;
}

static int32_t read_disk(struct hyp_ovf_reader *r, xmlNodePtr node)
{
	struct hyp_ovf_disk *d = &r->ovf->disks[r->ovf->disk_count++];
	int32_t rc = read_disk_numbers(r, node, d);

	if (rc == 0)
		rc = copy(r, hyp_ovf_attr(r, node, "diskId"), &d->id);
	if (rc == 0)
		rc = copy(r, hyp_ovf_attr(r, node, "fileRef"), &d->file_ref);
	if (rc == 0)
		rc = copy(r, hyp_ovf_attr(r, node, "format"), &d->format);
	if (rc == 0)
		rc = copy(r, hyp_ovf_attr(r, node, "parentRef"),
			  &d->parent_ref);
	return rc;
}

static int32_t read_files(struct hyp_ovf_reader *r, xmlNodePtr envelope)
{
	xmlNodePtr refs = hyp_xml_child(envelope, r->ns, "References");
	xmlNodePtr node = hyp_xml_child(refs, r->ns, "File");
	int32_t rc = 0;

	for (; node != NULL && rc == 0;
	     node = hyp_xml_next(node, r->ns, "File")) {
		rc = hyp_ovf_grow(r, &r->ovf->files, r->ovf->file_count,
				  sizeof(r->ovf->files[0]), HYP_OVF_FILES_MAX,
				  "files");
		if (rc == 0)
			rc = read_file(r, node);
	}
	return rc;
}

static int32_t read_disks(struct hyp_ovf_reader *r, xmlNodePtr envelope)
{
	xmlNodePtr section = hyp_xml_child(envelope, r->ns, "DiskSection");
	xmlNodePtr node = hyp_xml_child(section, r->ns, "Disk");
	int32_t rc = 0;

	for (; node != NULL && rc == 0;
	     node = hyp_xml_next(node, r->ns, "Disk")) {
		rc = hyp_ovf_grow(r, &r->ovf->disks, r->ovf->disk_count,
				  sizeof(r->ovf->disks[0]), HYP_OVF_DISKS_MAX,
				  "disks");
		if (rc == 0)
			rc = read_disk(r, node);
	}
	return rc;
}

static int32_t read_networks(struct hyp_ovf_reader *r, xmlNodePtr envelope)
{
	xmlNodePtr section = hyp_xml_child(envelope, r->ns, "NetworkSection");
	xmlNodePtr node = hyp_xml_child(section, r->ns, "Network");
	struct hyp_ovf *o = r->ovf;
	int32_t rc = 0;

	for (; node != NULL && rc == 0;
	     node = hyp_xml_next(node, r->ns, "Network")) {
		rc = hyp_ovf_grow(r, &o->networks, o->network_count,
				  sizeof(o->networks[0]), HYP_OVF_NETWORKS_MAX,
				  "networks");
		if (rc == 0)
			rc = copy(r, hyp_ovf_attr(r, node, "name"),
				  &o->networks[o->network_count++]);
	}
	return rc;
}

/* Counts the virtual systems in and beneath a node; the first is kept. The
 * depth is that of the document, which is limited. */
static void find_systems(struct hyp_ovf_reader *r, xmlNodePtr node,
			 xmlNodePtr *first)
{
	for (node = hyp_xml_first(node); node != NULL;
	     node = hyp_xml_following(node)) {
		if (hyp_xml_is(node, r->ns, "VirtualSystem")) {
			if (r->ovf->systems++ == 0)
				*first = node;
		} else if (hyp_xml_is(node, r->ns, "VirtualSystemCollection")) {
			find_systems(r, node, first);
		}
	}
}

static const char *firmware_of(xmlNodePtr system, xmlNodePtr hardware)
{
	xmlNodePtr node = hyp_xml_child(hardware, NS_VMW, "Config");
	const char *type;

	for (; node != NULL; node = hyp_xml_next(node, NS_VMW, "Config")) {
		const char *key = hyp_xml_attr(node, NS_VMW, "key");
		const char *value = hyp_xml_attr(node, NS_VMW, "value");

		if (key != NULL && value != NULL &&
		    strcmp(key, "firmware") == 0)
			return strcasecmp(value, "efi") == 0 ? "efi" : "bios";
	}
	node = hyp_xml_child(system, NS_VBOX, "Machine");
	node = hyp_xml_child(node, NULL, "Hardware");
	type = hyp_xml_attr(hyp_xml_child(node, NULL, "Firmware"), NULL,
			    "type");
	if (type == NULL)
		return "";
	return strncasecmp(type, "efi", 3) == 0 ? "efi" : "bios";
}

static int32_t read_system(struct hyp_ovf_reader *r, xmlNodePtr system)
{
	xmlNodePtr hardware =
		hyp_xml_child(system, r->ns, "VirtualHardwareSection");
	xmlNodePtr os = hyp_xml_child(system, r->ns, "OperatingSystemSection");
	const char *name = hyp_xml_child_text(system, r->ns, "Name");
	const char *guest = hyp_xml_child_text(os, r->ns, "Description");
	struct hyp_ovf *o = r->ovf;
	int32_t rc;

	if (*name == '\0')
		name = hyp_ovf_attr(r, system, "id");
	if (*guest == '\0')
		guest = hyp_xml_attr(os, NS_VMW, "osType");
	rc = copy(r, name, &o->name);
	if (rc == 0)
		rc = copy(r, guest, &o->os);
	if (rc == 0)
		rc = copy(r, firmware_of(system, hardware), &o->firmware);
	if (rc == 0)
		rc = copy(r,
			  hyp_xml_child_text(
				  hyp_xml_child(hardware, r->ns, "System"),
				  NULL, "VirtualSystemType"),
			  &o->hardware);
	if (rc == 0 && hardware != NULL)
		rc = hyp_ovf_read_hardware(r, hardware);
	return rc;
}

/* The deployment that is taken where nobody chooses (DSP0243 9.8). */
static const char *default_configuration(const struct hyp_ovf_reader *r,
					 xmlNodePtr envelope)
{
	xmlNodePtr section =
		hyp_xml_child(envelope, r->ns, "DeploymentOptionSection");
	xmlNodePtr first = hyp_xml_child(section, r->ns, "Configuration");
	xmlNodePtr node = first;

	for (; node != NULL;
	     node = hyp_xml_next(node, r->ns, "Configuration")) {
		const char *def = hyp_ovf_attr(r, node, "default");

		if (def != NULL &&
		    (strcmp(def, "true") == 0 || strcmp(def, "1") == 0))
			return hyp_ovf_attr(r, node, "id");
	}
	return first == NULL ? NULL : hyp_ovf_attr(r, first, "id");
}

static int32_t read_envelope(struct hyp_ovf_reader *r, xmlNodePtr envelope)
{
	xmlNodePtr system = NULL;
	int32_t rc;

	if (hyp_xml_is(envelope, HYP_OVF_NS, "Envelope"))
		r->ns = HYP_OVF_NS;
	else if (hyp_xml_is(envelope, NS_2, "Envelope"))
		r->ns = NS_2;
	else
		return hyp_ovf_bad(r, "no Envelope of OVF 1 or 2");
	r->ovf->version = strcmp(r->ns, NS_2) == 0 ? 2 : 1;
	r->configuration = default_configuration(r, envelope);
	rc = read_files(r, envelope);
	if (rc == 0)
		rc = read_disks(r, envelope);
	if (rc == 0)
		rc = read_networks(r, envelope);
	if (rc != 0)
		return rc;
	find_systems(r, envelope, &system);
	if (system == NULL)
		return hyp_ovf_bad(r, "no VirtualSystem in it");
	r->ovf->in_collection = system->parent != envelope;
	rc = read_system(r, system);
	return rc != 0 ? rc : hyp_ovf_check(r);
}

int32_t hyp_ovf_read(const void *text, size_t n, const char *what,
		     struct hyp_ovf *out, struct hyp_error *err)
{
	static const struct hyp_xml_limits limits = {
		.bytes = HYP_OVF_MAX,
		.depth = 64,
		.attributes = 64,
		.value = 64u << 10,
		.nodes = 200000,
		.tree = 12u << 20, /* the commands keep within 32 MiB */
	};
	struct hyp_ovf found = {0};
	struct hyp_ovf_reader r = {.ovf = &found, .what = what, .err = err};
	xmlDocPtr doc;
	int32_t rc;

	if (n > HYP_OVF_MAX)
		return hyp_error_set(err, HYP_E_PERMANENT, "too_large", 0,
				     "%s: %zu bytes, but a descriptor of more "
				     "than %u is not read",
				     what, n, HYP_OVF_MAX);
	rc = hyp_xml_parse(text, n, &limits, what, &doc, err);
	if (rc != 0)
		return rc;
	rc = read_envelope(&r, xmlDocGetRootElement(doc));
	xmlFreeDoc(doc);
	if (rc != 0)
		hyp_ovf_fini(&found);
	else
		*out = found;
	return rc;
}

static void free_files(struct hyp_ovf *ovf)
{
	for (size_t i = 0; i < ovf->file_count; i++) {
		free(ovf->files[i].id);
		free(ovf->files[i].href);
		free(ovf->files[i].compression);
	}
	free(ovf->files);
}

static void free_disks(struct hyp_ovf *ovf)
{
	for (size_t i = 0; i < ovf->disk_count; i++) {
		free(ovf->disks[i].id);
		free(ovf->disks[i].file_ref);
		free(ovf->disks[i].format);
		free(ovf->disks[i].parent_ref);
	}
	free(ovf->disks);
}

static void free_items(struct hyp_ovf *ovf)
{
	for (size_t i = 0; i < ovf->item_count; i++) {
		free(ovf->items[i].instance_id);
		free(ovf->items[i].parent);
		free(ovf->items[i].name);
		free(ovf->items[i].subtype);
		free(ovf->items[i].connection);
		free(ovf->items[i].host_resource);
		free(ovf->items[i].units);
	}
	free(ovf->items);
}

void hyp_ovf_fini(struct hyp_ovf *ovf)
{
	free_files(ovf);
	free_disks(ovf);
	free_items(ovf);
	for (size_t i = 0; i < ovf->network_count; i++)
		free(ovf->networks[i]);
	free(ovf->networks);
	free(ovf->name);
	free(ovf->os);
	free(ovf->firmware);
	free(ovf->hardware);
	*ovf = (struct hyp_ovf){0};
}
