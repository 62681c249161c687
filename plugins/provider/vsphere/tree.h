/* SPDX-License-Identifier: Apache-2.0 */
/* What lies above the VMs: folders, datacenters, vApps and hosts. */
#ifndef VSPHERE_TREE_H
#define VSPHERE_TREE_H

#include "plugins/provider/vsphere/vs.h"

#define VS_PATH_MAX 4096u

struct vs_tree;

int32_t vs_tree_load(struct vs *vs, struct vs_tree **out,
		     struct hyp_error *err);
void vs_tree_free(struct vs_tree *tree);

/*
 * "/DC0/vm/web/NAME" of what is named name below the object parent_id; names
 * keep their escapes (%2f). An ancestor that the user may not see begins the
 * path. Cut at VS_PATH_MAX, which no real path reaches.
 */
void vs_tree_path(const struct vs_tree *tree, const char *parent_id,
		  const char *name, char *out);
/* Name of an object, "" if unknown. */
const char *vs_tree_name(const struct vs_tree *tree, const char *id);

/* A name as a person reads it: %2f, %5c and %25 undone. */
void vs_name_decode(const char *name, char *out, size_t max);

static inline void vs_cleanup_tree(struct vs_tree **tree)
{
	vs_tree_free(*tree);
}
#define VS_AUTO_TREE __attribute__((cleanup(vs_cleanup_tree)))

#endif
