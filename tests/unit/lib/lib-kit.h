/* SPDX-License-Identifier: Apache-2.0 */
/* libhypersdk in a folder of its own, with made-up VMs. */
#ifndef HYP_TEST_LIB_KIT_H
#define HYP_TEST_LIB_KIT_H

#include "tests/lib/tree.h"
#include "tests/lib/unit.h"
#include <hypersdk/hypersdk.h>

struct lib_kit {
	struct tree tree;
	char conf[300], out[300], state[300];
	char log[65536]; /* what came so far, a line each */
};

/* A configuration: two VMs of two disks of 1 MiB; "slow": the same, for
 * minutes. */
void lib_kit_init(struct lib_kit *kit);
void lib_kit_fini(struct lib_kit *kit);
struct hypersdk_options lib_kit_options(struct lib_kit *kit);
struct hypersdk *lib_kit_open(struct lib_kit *kit);
/* An export is submitted; id holds HYPERSDK_ID_MAX. */
void lib_kit_export(struct lib_kit *kit, struct hypersdk *h, const char *vm,
		    const char *pipeline, char *id);
/* Frees json and says whether it holds the text. */
int lib_kit_holds(char *json, const char *text);

#endif
