/* SPDX-License-Identifier: Apache-2.0 */
/* The endpoint that govc's users have in their environment: GOVC_URL,
 * GOVC_USERNAME, GOVC_PASSWORD, GOVC_INSECURE. */
#ifndef HYP_CONFIG_GOVC_H
#define HYP_CONFIG_GOVC_H

#include "core/config/config.h"

/* A password inside GOVC_URL becomes a variable of its own, since secrets are
 * referred to. Changes the environment: before there are threads. */
int32_t hyp_govc_prepare(struct hyp_error *err);

int hyp_govc_is_set(void);
/* provider/vsphere at that endpoint. HYP_E_USAGE "bad_url", "bad_value". */
int32_t hyp_govc_part(struct hyp_part *part, struct hyp_error *err);

#endif
