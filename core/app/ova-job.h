/* SPDX-License-Identifier: Apache-2.0 */
/* What "ova create" and "ova extract" share: a job with its parts, and a
 * progress line. */
#ifndef HYP_APP_OVA_JOB_H
#define HYP_APP_OVA_JOB_H

#include "core/app/app.h"
#include "core/lib/packing.h"

struct hyp_ova_cli {
	struct hyp_packing packing;
	int shows;	   /* 1: a progress line on the terminal */
	uint64_t shown_ms; /* boot clock, when it was last drawn */
};

/* Begins a job that reads package and writes into folder dir (made if
 * missing) under name; end it also after a failure. */
int32_t hyp_ova_cli_init(struct hyp_app *app, struct hyp_ova_cli *cli,
			 const char *package, const char *dir, const char *name,
			 struct hyp_error *err);
/* Ends it with rc: if that is 0, prints what was made, one line that begins
 * with did, or --json one object. Frees both, and returns rc. */
int32_t hyp_ova_cli_end(struct hyp_app *app, struct hyp_ova_cli *cli,
			struct hyp_result *result, const char *did, int32_t rc);

#endif
