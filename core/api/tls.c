/* SPDX-License-Identifier: Apache-2.0 */
#include "core/api/tls.h"
#include "core/base/file.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#define PEM_MAX (256u * 1024u)

/* Certificates are often links to the newest. */
static int32_t read_pem(const char *what, const char *path, char **out,
			struct hyp_error *err)
{
	char real[PATH_MAX];
	size_t n;

	if (realpath(path, real) == NULL)
		hyp_error_errno(err, errno, "open", path);
	else if (hyp_file_read_small(real, PEM_MAX, out, &n, err) == 0)
		return 0;
	hyp_error_prefix(err, "%s: ", what);
	err->code = HYP_E_USAGE;
	snprintf(err->kind, sizeof(err->kind), "bad_certificate");
	return err->code;
}

int32_t hyp_tls_read(const struct hyp_api_settings *api, struct hyp_tls *out,
		     struct hyp_error *err)
{
	struct hyp_tls tls = {NULL, NULL};

	if (*api->tls_key == '\0')
		return hyp_error_set(err, HYP_E_USAGE, "bad_certificate", 0,
				     "api.tls_cert needs api.tls_key");
	if (read_pem("api.tls_cert", api->tls_cert, &tls.cert, err) != 0 ||
	    read_pem("api.tls_key", api->tls_key, &tls.key, err) != 0) {
		hyp_tls_fini(&tls);
		return err->code;
	}
	*out = tls;
	return 0;
}

void hyp_tls_fini(struct hyp_tls *tls)
{
	if (tls->key != NULL)
		explicit_bzero(tls->key, strlen(tls->key));
	free(tls->key);
	free(tls->cert);
	tls->key = NULL;
	tls->cert = NULL;
}
