/* SPDX-License-Identifier: Apache-2.0 */
/* Hardware items: CIM's settings, of OVF 1 (Item) and 2 (its kin). */
#include "core/base/cleanup.h"
#include "core/package/ovf-read.h"

#include <stdbool.h>
#include <string.h>

#define TYPE_PROCESSOR 3
#define TYPE_MEMORY 4

static const char *field(xmlNodePtr item, const char *name)
{
	return hyp_xml_child_text(item, NULL, name);
}

/* 1 if the space-separated list has the word. */
static int has_word(const char *list, const char *word)
{
	size_t n = strlen(word);

	while (*list != '\0') {
		size_t len = strcspn(list, " \t\r\n");

		if (len == n && strncmp(list, word, n) == 0)
			return 1;
		list += len;
		list += strspn(list, " \t\r\n");
	}
	return 0;
}

/* Whether an item counts: not the end of a range ("min", "max"), not of
 * another deployment configuration. *marked: it is only for this one. */
static int counts(const struct hyp_ovf_reader *r, xmlNodePtr node, int *marked)
{
	const char *bound = hyp_ovf_attr(r, node, "bound");
	const char *list = hyp_ovf_attr(r, node, "configuration");

	*marked = list != NULL && *list != '\0';
	if (bound != NULL && strcmp(bound, "normal") != 0)
		return 0;
	return !*marked ||
	       (r->configuration != NULL && has_word(list, r->configuration));
}

static int32_t read_strings(struct hyp_ovf_reader *r, xmlNodePtr node,
			    struct hyp_ovf_item *item)
{
	const char *id = field(node, "InstanceID");
	const char *name = field(node, "ElementName");
	const struct {
		const char *text;
		char **to;
	} copies[] = {
		/* The second spelling is that of old VirtualBox. */
		{*id == '\0' ? field(node, "InstanceId") : id,
		 &item->instance_id},
		{field(node, "Parent"), &item->parent},
		{*name == '\0' ? field(node, "Caption") : name, &item->name},
		{field(node, "ResourceSubType"), &item->subtype},
		{field(node, "Connection"), &item->connection},
		{field(node, "HostResource"), &item->host_resource},
		{field(node, "AllocationUnits"), &item->units},
	};
	int32_t rc = 0;

	for (size_t i = 0; i < HYP_COUNT(copies) && rc == 0; i++)
		rc = hyp_strdup(copies[i].text, copies[i].to, r->err);
	return rc;
}

static int32_t read_quantity(struct hyp_ovf_reader *r, xmlNodePtr node,
			     struct hyp_ovf_item *item)
{
	const char *quantity = field(node, "VirtualQuantity");
	char shown[HYP_OVF_SHOWN];

	if (*quantity == '\0')
		return 0;
	if (item->type != TYPE_MEMORY) {
		if (hyp_ovf_number(quantity, &item->quantity) != 0)
			return hyp_ovf_bad(
				r, "item %s: impossible quantity",
				hyp_ovf_shown(item->instance_id, shown));
		return 0;
	}
	/* Memory without units is meant in MiB by all who write it so. */
	if (hyp_ovf_capacity(quantity,
			     *item->units == '\0' ? "MB" : item->units,
			     &item->quantity, r->err) != 0)
		return hyp_error_prefix(r->err, "%.96s: memory: ", r->what);
	return 0;
}

static int32_t read_numbers(struct hyp_ovf_reader *r, xmlNodePtr node,
			    struct hyp_ovf_item *item)
{
	const char *address = field(node, "AddressOnParent");
	const char *required = hyp_ovf_attr(r, node, "required");
	char shown[HYP_OVF_SHOWN];
	uint64_t n = 0;

	if (hyp_ovf_number(field(node, "ResourceType"), &n) != 0 ||
	    n > UINT16_MAX)
		return hyp_ovf_bad(r, "item %s: no ResourceType",
				   hyp_ovf_shown(item->instance_id, shown));
	item->type = (uint32_t)n;
	item->is_optional =
		required != NULL &&
		(strcmp(required, "false") == 0 || strcmp(required, "0") == 0);
	item->address_on_parent = -1;
	if (hyp_ovf_number(address, &n) == 0 && n <= INT32_MAX)
		item->address_on_parent = (int32_t)n;
	else if (*address != '\0')
		return hyp_ovf_bad(r, "item %s: impossible AddressOnParent",
				   hyp_ovf_shown(item->instance_id, shown));
	return read_quantity(r, node, item);
}

struct seen { /* items so far that are only for the chosen configuration */
	bool marked[HYP_OVF_ITEMS_MAX];
};

/* An item marked for the configuration takes the place of the unmarked one
 * with its id; two of the same rank contradict each other. */
static int32_t place(struct hyp_ovf_reader *r, struct seen *seen, int marked,
		     struct hyp_ovf_item *item)
{
	struct hyp_ovf *o = r->ovf;
	char shown[HYP_OVF_SHOWN];
	size_t i = 0;

	while (i < o->item_count - 1 &&
	       (*item->instance_id == '\0' ||
		strcmp(o->items[i].instance_id, item->instance_id) != 0))
		i++;
	if (i == o->item_count - 1) {
		seen->marked[i] = marked;
		return 0;
	}
	if (seen->marked[i] == marked)
		return hyp_ovf_bad(r, "two items have the InstanceID %s",
				   hyp_ovf_shown(item->instance_id, shown));
	if (marked) {
		struct hyp_ovf_item other = o->items[i];

		o->items[i] = *item;
		*item = other;
		seen->marked[i] = true;
	}
	o->item_count--;
	free(item->instance_id);
	free(item->parent);
	free(item->name);
	free(item->subtype);
	free(item->connection);
	free(item->host_resource);
	free(item->units);
	return 0;
}

static int32_t read_item(struct hyp_ovf_reader *r, xmlNodePtr node,
			 struct seen *seen)
{
	struct hyp_ovf *o = r->ovf;
	struct hyp_ovf_item *item;
	int32_t rc;
	int marked;

	if (!counts(r, node, &marked))
		return 0;
	rc = hyp_ovf_grow(r, &o->items, o->item_count, sizeof(o->items[0]),
			  HYP_OVF_ITEMS_MAX, "items");
	if (rc != 0)
		return rc;
	item = &o->items[o->item_count++];
	rc = read_strings(r, node, item);
	if (rc == 0)
		rc = read_numbers(r, node, item);
	if (rc == 0)
		rc = place(r, seen, marked, item);
	return rc;
}

static int32_t sum_up(struct hyp_ovf_reader *r)
{
	struct hyp_ovf *o = r->ovf;

	for (size_t i = 0; i < o->item_count; i++) {
		const struct hyp_ovf_item *item = &o->items[i];

		if (item->type == TYPE_MEMORY && o->memory_mb == 0)
			o->memory_mb = item->quantity >> 20;
		if (item->type != TYPE_PROCESSOR)
			continue;
		if (item->quantity > HYP_OVF_CPUS_MAX)
			return hyp_ovf_bad(r,
					   "%llu processors; nobody has more "
					   "than %u",
					   (unsigned long long)item->quantity,
					   HYP_OVF_CPUS_MAX);
		if (o->num_cpu == 0)
			o->num_cpu = (uint32_t)item->quantity;
	}
	return 0;
}

static int is_item(const struct hyp_ovf_reader *r, xmlNodePtr node)
{
	return hyp_xml_is(node, r->ns, "Item") ||
	       hyp_xml_is(node, r->ns, "StorageItem") ||
	       hyp_xml_is(node, r->ns, "EthernetPortItem");
}

int32_t hyp_ovf_read_hardware(struct hyp_ovf_reader *r, xmlNodePtr section)
{
	struct seen seen = {{0}};
	int32_t rc = 0;

	for (xmlNodePtr node = hyp_xml_first(section); node != NULL && rc == 0;
	     node = hyp_xml_following(node))
		if (is_item(r, node))
			rc = read_item(r, node, &seen);
	return rc != 0 ? rc : sum_up(r);
}
