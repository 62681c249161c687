/* SPDX-License-Identifier: Apache-2.0 */
/* An engine in a folder of its own, whose clock can be moved. */
#ifndef HYP_TEST_NOMEM_KIT_H
#define HYP_TEST_NOMEM_KIT_H

#include "core/engine/inside.h"
#include "tests/lib/tree.h"

struct kit {
	struct tree tree;
	struct hyp_config *config;
	struct hyp_engine *engine;
	struct hyp_error err;
};

/* A folder and the settings; options: more of the provider's, or "". */
void kit_init(struct kit *kit, const char *options);
int32_t kit_open(struct kit *kit);
void kit_close(struct kit *kit);
void kit_fini(struct kit *kit);
/* The id is the caller's, NULL on failure. */
int32_t kit_submit(struct kit *kit, const char *vm, char **id);
/* 0 if it cannot be read now. */
uint32_t kit_state(struct kit *kit, const char *id);
/* Time flies until the job ends, memory comes back when it has failed. */
uint32_t kit_wait(struct kit *kit, const char *id);
/* Memory is back, and time flies: what could not be removed while it failed
 * is removed by the keeper. */
void kit_settle(struct kit *kit);
/* The package of that VM is all there is, and tar and sha256sum prove it. */
void kit_prove(struct kit *kit, const char *vm);
/* No package, and nothing else. */
void kit_prove_none(struct kit *kit);
char *kit_path(struct kit *kit, const char *name);

#endif
