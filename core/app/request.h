/* SPDX-License-Identifier: Apache-2.0 */
/* What "hypersdk export" was asked for, and the parts that will do it. */
#ifndef HYP_APP_REQUEST_H
#define HYP_APP_REQUEST_H

#include "core/app/app.h"
#include "core/lib/output.h"
#include "core/pipeline/export.h"

extern const struct hyp_cli_group hyp_export_options;

struct hyp_request {
	struct hyp_part provider, packager, storage;
	struct hyp_output output;
	/* All but id, vm and cancel. */
	struct hyp_export_job job;
};

/* From the command line, the pipeline where one is meant, and the defaults.
 * HYP_E_USAGE. The caller finis request, also on failure. */
int32_t hyp_request_make(struct hyp_app *app, struct hyp_request *request,
			 struct hyp_error *err);
/* HYP_E_USAGE if that many VMs do not fit the output. */
int32_t hyp_request_check(const struct hyp_request *request, size_t vms,
			  struct hyp_error *err);
/* 1 if packages go to a folder of this machine, which may be missing. */
int hyp_request_makes_folder(struct hyp_request *request);
void hyp_request_fini(struct hyp_request *request);

#endif
