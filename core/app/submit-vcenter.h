/* SPDX-License-Identifier: Apache-2.0 */
/* The endpoint that a submitted job names itself, and its password. */
#ifndef HYP_APP_SUBMIT_VCENTER_H
#define HYP_APP_SUBMIT_VCENTER_H

#include "core/app/client.h"

extern const struct hyp_cli_group hyp_submit_vcenter_options;

/*
 * *out: the object for "vcenter", or NULL where the daemon is to choose: with
 * --pipeline or --provider; and without --url, if the daemon has a default
 * pipeline, or no GOVC_URL is set here. The password is --password-file's,
 * else GOVC_PASSWORD's, else GOVC_URL's; never an argument.
 */
int32_t hyp_submit_vcenter(struct hyp_client *client,
			   const struct hyp_args *args,
			   struct json_object **out, struct hyp_error *err);

#endif
