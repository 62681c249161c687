/* SPDX-License-Identifier: Apache-2.0 */
/* What "ova create" and "ova extract" share: a job with its parts, and a
 * progress line. */
#ifndef HYP_APP_OVA_JOB_H
#define HYP_APP_OVA_JOB_H

#include "core/app/app.h"
#include "core/app/output.h"
#include "core/base/random.h"
#include "core/pipeline/ova.h"

struct hyp_ova_cli {
	struct hyp_ova_job job;
	struct hyp_output output;
	struct hyp_part packager, storage;
	char *name; /* of the output */
	char id[HYP_UUID_TEXT_MAX];
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

/* "PATH" as folder and last component, both the caller's; path must name
 * something ("a/b", "b", but not "a/" or ".."). HYP_E_USAGE. */
int32_t hyp_ova_split(const char *path, char **dir, char **name,
		      struct hyp_error *err);

#endif
