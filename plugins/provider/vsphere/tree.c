/* SPDX-License-Identifier: Apache-2.0 */
#include "plugins/provider/vsphere/tree.h"

#include "core/base/buf.h"
#include "core/package/xml.h"
#include "plugins/provider/vsphere/property.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define DEPTH_MAX 64
#define NODES_MAX (1u << 20)

struct node {
	char *id, *name, *parent; /* one allocation, at id */
};

struct vs_tree {
	struct node *nodes; /* sorted by id once loaded */
	size_t count, room;
};

static int by_id(const void *a, const void *b)
{
	return strcmp(((const struct node *)a)->id,
		      ((const struct node *)b)->id);
}

static const struct node *find(const struct vs_tree *tree, const char *id)
{
	struct node key = {.name = NULL};

	key.id = (char *)(uintptr_t)id;
	return tree->count == 0 ? NULL
				: bsearch(&key, tree->nodes, tree->count,
					  sizeof(key), by_id);
}

static int32_t grow(struct vs_tree *tree, struct hyp_error *err)
{
	size_t room = tree->room ? tree->room * 2 : 256;
	struct node *more;

	if (tree->count < tree->room)
		return 0;
	if (room > NODES_MAX)
		return hyp_error_set(err, HYP_E_PERMANENT, "too_large", 0,
				     "the inventory has more than %u folders "
				     "and hosts",
				     NODES_MAX);
	more = reallocarray(tree->nodes, room, sizeof(*more));
	if (more == NULL)
		return hyp_error_nomem(err);
	tree->nodes = more;
	tree->room = room;
	return 0;
}

/* Which of an object's properties leads upwards: a vApp's folder is not its
 * parent, which is a resource pool. */
static const char *parent_of(xmlNodePtr object)
{
	const char *id = vs_prop_text(object, "parentVApp");

	if (id[0] == '\0')
		id = vs_prop_text(object, "parentFolder");
	return id[0] != '\0' ? id : vs_prop_text(object, "parent");
}

static int32_t add_node(void *ctx, xmlNodePtr object, struct hyp_error *err)
{
	struct vs_tree *tree = ctx;
	const char *id = vs_text(object, "obj");
	const char *name = vs_prop_text(object, "name");
	const char *parent = parent_of(object);
	size_t i = strlen(id) + 1, n = strlen(name) + 1, p = strlen(parent) + 1;
	struct node *node;
	int32_t rc = grow(tree, err);

	if (rc != 0)
		return rc;
	node = &tree->nodes[tree->count];
	node->id = malloc(i + n + p);
	if (node->id == NULL)
		return hyp_error_nomem(err);
	node->name = node->id + i;
	node->parent = node->name + n;
	memcpy(node->id, id, i);
	memcpy(node->name, name, n);
	memcpy(node->parent, parent, p);
	tree->count++;
	return 0;
}

int32_t vs_tree_load(struct vs *vs, struct vs_tree **out, struct hyp_error *err)
{
	static const char *const plain[] = {"name", "parent", NULL};
	static const char *const host[] = {"name", NULL};
	static const char *const vapp[] = {"name", "parentFolder", "parentVApp",
					   NULL};
	static const struct vs_paths types[] = {
		{"Folder", plain},
		{"Datacenter", plain},
		{"HostSystem", host},
		{"VirtualApp", vapp},
	};
	struct vs_tree *tree = calloc(1, sizeof(*tree));
	int32_t rc;

	if (tree == NULL)
		return hyp_error_nomem(err);
	rc = vs_walk(vs, types, sizeof(types) / sizeof(types[0]), add_node,
		     tree, err);
	if (rc != 0) {
		vs_tree_free(tree);
		return rc;
	}
	if (tree->count > 1)
		qsort(tree->nodes, tree->count, sizeof(*tree->nodes), by_id);
	*out = tree;
	return 0;
}

void vs_tree_free(struct vs_tree *tree)
{
	if (tree == NULL)
		return;
	for (size_t i = 0; i < tree->count; i++)
		free(tree->nodes[i].id);
	free(tree->nodes);
	free(tree);
}

const char *vs_tree_name(const struct vs_tree *tree, const char *id)
{
	const struct node *node = find(tree, id);

	return node != NULL ? node->name : "";
}

/* Put "/name" before what begins at at; returns the new beginning. */
static char *prepend(char *begin, char *at, const char *name)
{
	size_t n = strlen(name);

	if ((size_t)(at - begin) < n + 1)
		return at;
	at -= n;
	memcpy(at, name, n);
	*--at = '/';
	return at;
}

void vs_tree_path(const struct vs_tree *tree, const char *parent_id,
		  const char *name, char *out)
{
	char text[VS_PATH_MAX];
	char *at = text + sizeof(text) - 1;
	const struct node *node = find(tree, parent_id);

	*at = '\0';
	at = prepend(text, at, name);
	/* The root folder is not in its own view, so the climb ends there. */
	for (int i = 0; node != NULL && i < DEPTH_MAX; i++) {
		at = prepend(text, at, node->name);
		node = find(tree, node->parent);
	}
	memcpy(out, at, (size_t)(text + sizeof(text) - at));
}

void vs_name_decode(const char *name, char *out, size_t max)
{
	static const struct {
		const char *code;
		char plain;
	} escapes[] = {{"%2f", '/'}, {"%5c", '\\'}, {"%25", '%'}};
	size_t n = 0;

	while (*name != '\0' && n + 1 < max) {
		size_t step = 1;
		char c = *name;

		for (size_t i = 0; i < 3; i++)
			if (strncasecmp(name, escapes[i].code, 3) == 0) {
				c = escapes[i].plain;
				step = 3;
			}
		out[n++] = c;
		name += step;
	}
	out[n] = '\0';
}
