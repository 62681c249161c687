/* SPDX-License-Identifier: Apache-2.0 */
/* A job that packs or extracts a package into the file system, with the parts
 * that it points to: for "hypersdk ova" and for libhypersdk. */
#ifndef HYP_LIB_PACKING_H
#define HYP_LIB_PACKING_H

#include "core/base/random.h"
#include "core/lib/output.h"
#include "core/pipeline/ova.h"

struct hyp_packing {
	struct hyp_ova_job job; /* its callbacks and wishes are the caller's */
	struct hyp_output output;
	struct hyp_part packager, storage;
	char *name; /* of the output */
	char id[HYP_UUID_TEXT_MAX];
};

/* Reads package (borrowed), and writes into folder dir (made if missing) under
 * name, by packager/ova where it is created. It must not move afterwards.
 * Fini it also after a failure, or all zero. */
int32_t hyp_packing_init(struct hyp_packing *packing,
			 struct hyp_registry *registry, const char *package,
			 const char *dir, const char *name,
			 struct hyp_error *err);
void hyp_packing_fini(struct hyp_packing *packing);

/* "PATH" as folder and last component, both the caller's; path must name
 * something ("a/b", "b", but not "a/" or ".."). HYP_E_USAGE. */
int32_t hyp_packing_split(const char *path, char **dir, char **name,
			  struct hyp_error *err);

/* The name of an OVA ends so. HYP_E_USAGE "usage". */
int32_t hyp_packing_check_ova(const char *path, const char *name,
			      struct hyp_error *err);

#endif
