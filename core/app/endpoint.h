/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which endpoint a command speaks to, and an open instance of it.
 *
 * In this order: --pipeline; --provider or --url; the pipeline that is the
 * default; the only pipeline; GOVC_URL. Secrets stay references.
 */
#ifndef HYP_APP_ENDPOINT_H
#define HYP_APP_ENDPOINT_H

#include "core/app/app.h"
#include "core/plugin/instance.h"

extern const struct hyp_cli_group hyp_endpoint_options;

/* *part: the provider's part, the caller's to fini. *pipeline: the pipeline it
 * is from, or NULL. */
int32_t hyp_endpoint_resolve(struct hyp_app *app, struct hyp_part *part,
			     const struct hyp_pipeline **pipeline,
			     struct hyp_error *err);

/* An instance for commands that look and change nothing. */
struct hyp_endpoint {
	struct hyp_part part;
	struct hyp_host_job job;
	struct hyp_host_table *host;
	struct hyp_options *options;
	struct hyp_instance *instance;
};

int32_t hyp_endpoint_open(struct hyp_app *app, struct hyp_endpoint *out,
			  struct hyp_error *err);
void hyp_endpoint_close(struct hyp_endpoint *endpoint);

#endif
