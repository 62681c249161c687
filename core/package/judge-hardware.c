/* SPDX-License-Identifier: Apache-2.0 */
/* Ids, parents and arithmetic were checked when the descriptor was read; what
 * is left is whether the hardware makes sense. */
#include "core/package/judge-parts.h"

#include <string.h>

#define RULE "DSP0243 1.1, Virtual Hardware Elements"

const char *hyp_judge_item_name(const struct hyp_ovf_item *item)
{
	return item->name[0] != '\0' ? item->name : item->instance_id;
}

const struct hyp_ovf_item *hyp_judge_item(const struct hyp_ovf *ovf,
					  const char *id)
{
	for (size_t i = 0; id[0] != '\0' && i < ovf->item_count; i++)
		if (strcmp(ovf->items[i].instance_id, id) == 0)
			return &ovf->items[i];
	return NULL;
}

const char *hyp_judge_resource(const struct hyp_ovf_item *item,
			       const char *kind)
{
	const char *at = item->host_resource;
	size_t n = strlen(kind);

	if (strncmp(at, "ovf:", 4) == 0)
		at += 4;
	at += strspn(at, "/");
	return strncmp(at, kind, n) == 0 && at[n] == '/' ? at + n + 1 : NULL;
}

static int is_drive(const struct hyp_ovf_item *item)
{
	return item->type == HYP_TYPE_DISK || item->type == HYP_TYPE_CD ||
	       item->type == HYP_TYPE_DVD || item->type == HYP_TYPE_FLOPPY;
}

static int is_controller(const struct hyp_ovf_item *item)
{
	switch (item->type) {
	case HYP_TYPE_IDE:
	case HYP_TYPE_SCSI:
	case HYP_TYPE_FC:
	case HYP_TYPE_ISCSI:
	case HYP_TYPE_STORAGE:
		return 1;
	default:
		return 0;
	}
}

static void judge_address(struct hyp_judge *judge,
			  const struct hyp_ovf_item *item,
			  const struct hyp_ovf_item *parent)
{
	if (parent->type == HYP_TYPE_IDE && item->address_on_parent > 1)
		hyp_judge_tell(judge, HYP_SEVERITY_ERROR, "bad_ovf",
			       hyp_judge_item_name(item),
			       RULE ": AddressOnParent",
			       "stands at address %d of an IDE controller, "
			       "which has 0 and 1",
			       item->address_on_parent);
	if (parent->type == HYP_TYPE_SCSI && item->address_on_parent == 7)
		hyp_judge_tell(judge, HYP_SEVERITY_WARNING, "reserved_address",
			       hyp_judge_item_name(item),
			       "vSphere API, VirtualSCSIController: "
			       "scsiCtlrUnitNumber is 7",
			       "stands at address 7 of a SCSI controller, "
			       "which is the controller's own");
}

/* Two drives at one place. */
static void judge_collision(struct hyp_judge *judge, size_t index)
{
	const struct hyp_ovf_item *items = judge->pkg->ovf.items;

	for (size_t i = 0; i < index; i++) {
		if (!is_drive(&items[i]) ||
		    items[i].address_on_parent !=
			    items[index].address_on_parent ||
		    strcmp(items[i].parent, items[index].parent) != 0)
			continue;
		hyp_judge_tell(judge, HYP_SEVERITY_ERROR, "bad_ovf",
			       hyp_judge_item_name(&items[index]),
			       RULE ": AddressOnParent",
			       "has the same address on its controller as "
			       "\"%s\"",
			       hyp_judge_item_name(&items[i]));
		return;
	}
}

static void judge_drive(struct hyp_judge *judge, size_t index)
{
	const struct hyp_ovf *ovf = &judge->pkg->ovf;
	const struct hyp_ovf_item *item = &ovf->items[index];
	const struct hyp_ovf_item *parent = hyp_judge_item(ovf, item->parent);

	if (parent == NULL) {
		if (item->type == HYP_TYPE_DISK)
			hyp_judge_tell(
				judge, HYP_SEVERITY_WARNING, "no_controller",
				hyp_judge_item_name(item), RULE ": Parent",
				"is a disk without a controller");
		return;
	}
	if (!is_controller(parent) && item->type != HYP_TYPE_FLOPPY)
		hyp_judge_tell(judge, HYP_SEVERITY_ERROR, "bad_ovf",
			       hyp_judge_item_name(item), RULE ": Parent",
			       "its parent \"%s\" (type %u) is no disk "
			       "controller",
			       hyp_judge_item_name(parent), parent->type);
	judge_address(judge, item, parent);
	if (item->address_on_parent >= 0)
		judge_collision(judge, index);
}

static void judge_network(struct hyp_judge *judge,
			  const struct hyp_ovf_item *item)
{
	const struct hyp_ovf *ovf = &judge->pkg->ovf;

	if (item->connection[0] == '\0')
		return;
	for (size_t i = 0; i < ovf->network_count; i++)
		if (strcmp(ovf->networks[i], item->connection) == 0)
			return;
	hyp_judge_tell(judge, HYP_SEVERITY_ERROR, "bad_ovf",
		       hyp_judge_item_name(item),
		       "DSP0243 1.1, NetworkSection: every connection is "
		       "listed in it",
		       "is on network \"%s\", which it does not list",
		       item->connection);
}

static void judge_machine(struct hyp_judge *judge)
{
	const struct hyp_pkg *pkg = judge->pkg;
	const char *name = pkg->entries[pkg->descriptor].name;

	if (pkg->ovf.num_cpu == 0)
		hyp_judge_tell(judge, HYP_SEVERITY_WARNING, "no_processor",
			       name, RULE,
			       "the VM has no processor: importers "
			       "guess one");
	if (pkg->ovf.memory_mb == 0)
		hyp_judge_tell(judge, HYP_SEVERITY_WARNING, "no_memory", name,
			       RULE,
			       "the VM has no memory: importers guess "
			       "its size");
}

void hyp_judge_hardware(struct hyp_judge *judge)
{
	const struct hyp_ovf *ovf = &judge->pkg->ovf;

	judge_machine(judge);
	for (size_t i = 0; i < ovf->item_count; i++) {
		if (is_drive(&ovf->items[i]))
			judge_drive(judge, i);
		if (ovf->items[i].type == HYP_TYPE_ETHERNET)
			judge_network(judge, &ovf->items[i]);
	}
}
