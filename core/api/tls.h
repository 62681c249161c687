/* SPDX-License-Identifier: Apache-2.0 */
/* The certificate and key that the settings name, read once at the start. */
#ifndef HYP_API_TLS_H
#define HYP_API_TLS_H

#include "core/config/config.h"

#define HYP_TLS_PRIORITIES "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

struct hyp_tls {
	char *cert, *key; /* PEM */
};

/* HYP_E_USAGE "bad_certificate". */
int32_t hyp_tls_read(const struct hyp_api_settings *api, struct hyp_tls *out,
		     struct hyp_error *err);
void hyp_tls_fini(struct hyp_tls *tls); /* wipes the key */

#endif
