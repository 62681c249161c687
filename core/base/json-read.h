/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON from elsewhere: requests and records. RFC 8259 to the letter, and
 * stricter where the letter leaves room for two readings. Any thread.
 */
#ifndef HYP_BASE_JSON_READ_H
#define HYP_BASE_JSON_READ_H

#include <hypersdk/error.h>
#include <json-c/json.h>
#include <stddef.h>

#define HYP_JSON_DEPTH_MAX 32
#define HYP_JSON_POINTER_MAX 160

/*
 * The whole text is one value. Refused besides what is no JSON: names given
 * twice, \u0000 and lone surrogates, bytes that are not UTF-8, integers beyond
 * 64 bits, fractions beyond a double (1e400), more than 32 levels. *out is the
 * caller's to put; it is NULL for the value null. HYP_E_USAGE "bad_request",
 * "/jobs/0/name: line 1, column 17: ...".
 */
int32_t hyp_json_read(const char *text, size_t n, struct json_object **out,
		      struct hyp_error *err);
/* The same for a stranger's text: at most so many values, of which an object
 * or an array counts as HYP_JSON_CONTAINER. Three bytes, "{},", become seven
 * hundred in json-c, and any other value about a hundred. */
#define HYP_JSON_CONTAINER 8u
int32_t hyp_json_read_within(const char *text, size_t n, size_t values,
			     struct json_object **out, struct hyp_error *err);

/* One step of a JSON pointer (RFC 6901), escaped, printable and cut short:
 * "/name". Returns bytes written to out, which holds max. */
size_t hyp_json_pointer_step(const char *name, char *out, size_t max);

#endif
