/* SPDX-License-Identifier: Apache-2.0 */
/* A raw URI that the guard has let through, taken apart and decoded. */
#ifndef HYP_API_URI_H
#define HYP_API_URI_H

#include <hypersdk/error.h>
#include <stddef.h>

#define HYP_QUERY_MAX 16

struct hyp_parameter {
	const char *name, *value;
};

struct hyp_uri {
	char *path; /* decoded; the allocation that all others point into */
	struct hyp_parameter query[HYP_QUERY_MAX];
	size_t query_count;
};

/* HYP_E_USAGE "bad_request": what is decoded is not UTF-8, a parameter comes
 * twice, or there are too many. */
int32_t hyp_uri_parse(const char *raw, struct hyp_uri *out,
		      struct hyp_error *err);
void hyp_uri_fini(struct hyp_uri *uri);
/* NULL if there is none. */
const char *hyp_uri_get(const struct hyp_uri *uri, const char *name);

#endif
