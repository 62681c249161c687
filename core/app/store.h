/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HYP_APP_STORE_H
#define HYP_APP_STORE_H

#include "core/app/app.h"
#include "core/lib/reading.h"

/* The store of the command's configuration. HYP_E_USAGE also when what is wrong
 * was told already. The caller finis out when it returns 0. */
int32_t hyp_app_store_open(struct hyp_app *app, struct hyp_reading *out,
			   struct hyp_error *err);

#endif
