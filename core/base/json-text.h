/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HYP_BASE_JSON_TEXT_H
#define HYP_BASE_JSON_TEXT_H

#include <json-c/json.h>

/* As text, which is json's own; NULL for want of memory, also where json-c
 * would leave parts of it out. flags: JSON_C_TO_STRING_*. */
const char *hyp_json_to_string(json_object *json, int flags);

#endif
