/* SPDX-License-Identifier: Apache-2.0 */
/* An endpoint as people write it: with or without scheme, user and path. */
#ifndef HYP_CONFIG_URL_H
#define HYP_CONFIG_URL_H

#include <hypersdk/error.h>

struct hyp_url {
	char *url;	/* scheme://host[:port]/path, without user */
	char *username; /* decoded, or NULL */
	char *password; /* decoded, or NULL; wiped by fini */
};

/* "vc", "vc:8443", "root:pw@vc", "https://vc/sdk": https and path where they
 * are missing. HYP_E_USAGE "bad_url", whose text never holds the password. */
int32_t hyp_url_parse(const char *text, const char *path, struct hyp_url *out,
		      struct hyp_error *err);
void hyp_url_fini(struct hyp_url *url);

#endif
