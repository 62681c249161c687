/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HYP_APP_JSON_H
#define HYP_APP_JSON_H

#include "core/lib/json.h"

/* Prints the object on standard output as one line, flushed, and puts it. */
void hyp_json_print(struct json_object *o);

#endif
