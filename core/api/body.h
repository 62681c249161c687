/* SPDX-License-Identifier: Apache-2.0 */
/* From a request's body to JSON: strict JSON, or YAML of the same model. */
#ifndef HYP_API_BODY_H
#define HYP_API_BODY_H

#include <hypersdk/error.h>
#include <json-c/json.h>
#include <stddef.h>

#define HYP_BODY_DEPTH 32
/* What a body may become in memory: values, as hyp_json_read_within counts
 * them, and bytes of text, both with what aliases repeat. The largest submit
 * that makes sense is half of it. */
#define HYP_BODY_VALUES 100000u
#define HYP_BODY_TEXT (4u * 1024u * 1024u)
/* libyaml compares each anchor and each alias with all anchors before it. */
#define HYP_BODY_ANCHORS 100u

enum hyp_body_form { HYP_BODY_NONE, HYP_BODY_JSON, HYP_BODY_YAML };

/* By a Content-Type header, whose only parameter may be charset=utf-8. */
enum hyp_body_form hyp_body_form(const char *content_type);

/* HYP_E_USAGE "bad_request". Put *out when done. */
int32_t hyp_body_parse(enum hyp_body_form form, const char *text, size_t n,
		       struct json_object **out, struct hyp_error *err);

/* One YAML document (core schema of YAML 1.2: yes and no are strings). No
 * tags, no key twice, no merge keys; aliases count as what they repeat. */
int32_t hyp_yaml_read(const char *text, size_t n, struct json_object **out,
		      struct hyp_error *err);

#endif
