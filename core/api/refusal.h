/* SPDX-License-Identifier: Apache-2.0 */
/* What a refusal of the API means to who asked: the error that it was. The
 * other way is request.h's hyp_error_status. */
#ifndef HYP_API_REFUSAL_H
#define HYP_API_REFUSAL_H

#include <hypersdk/error.h>
#include <json-c/json.h>

/* The code that a kind stands for; fallback for those it does not know. */
int32_t hyp_refusal_code(const char *kind, int32_t fallback);
/* The code that an HTTP status stands for; 0: none was said. */
int32_t hyp_refusal_status_code(long status);
/* Of an HTTP status and a body {error, kind}; body may be NULL, or anything
 * else. Always returns a negative code. */
int32_t hyp_refusal_error(long status, struct json_object *body,
			  struct hyp_error *err);

#endif
