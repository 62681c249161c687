/* SPDX-License-Identifier: Apache-2.0 */
/* The kinds of plugin and the members of their operations, as data: what the
 * loader checks and "plugins show" prints. */
#ifndef HYP_PLUGIN_KINDS_H
#define HYP_PLUGIN_KINDS_H

#include <stddef.h>
#include <stdint.h>

struct hyp_operation {
	const char *name;
	size_t offset; /* of the function pointer in the ops struct */
	uint32_t optional;
};

struct hyp_kind_info {
	uint32_t kind;
	const char *name;
	size_t ops_size;
	size_t ops_min; /* bytes that hold every mandatory member */
	const struct hyp_operation *operations;
	size_t count;
};

/* NULL if the kind is unknown. */
const struct hyp_kind_info *hyp_kind_info(uint32_t kind);
/* All kinds in the order of their numbers: i from 0; NULL ends. */
const struct hyp_kind_info *hyp_kind_at(size_t i);
/* Does this ops struct (padded to this core's size) have the operation? */
int hyp_ops_has(const void *ops, const struct hyp_operation *operation);

#endif
