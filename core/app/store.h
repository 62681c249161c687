/* SPDX-License-Identifier: Apache-2.0 */
/* The configured store, opened for reading: also while the daemon runs. */
#ifndef HYP_APP_STORE_H
#define HYP_APP_STORE_H

#include "core/app/app.h"
#include "core/pipeline/attempt.h"

struct hyp_app_store {
	struct hyp_host_job job;
	struct hyp_part part;
	struct hyp_member member;
};

/* HYP_E_USAGE also when what is wrong was told already. The caller finis out
 * when it returns 0. */
int32_t hyp_app_store_open(struct hyp_app *app, struct hyp_app_store *out,
			   struct hyp_error *err);
void hyp_app_store_fini(struct hyp_app_store *store);

#endif
