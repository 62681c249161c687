/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plugins linked in instead of loaded: storage/local then writes through this
 * program's table of file operations. Only hyp_registry_find is ours.
 */
#ifndef HYP_TEST_POWERLOSS_PARTS_H
#define HYP_TEST_POWERLOSS_PARTS_H

#include "core/plugin/instance.h"

/* Called after each change that the store has made durable, with the store's
 * own operations and instance; NULL: nobody. */
typedef void parts_committed(void *ctx, const struct hyp_store_ops *ops,
			     void *instance);
void parts_init(parts_committed *committed, void *ctx);
void parts_fini(void);

#endif
