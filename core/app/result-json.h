/* SPDX-License-Identifier: Apache-2.0 */
/* The result of an export as JSON. */
#ifndef HYP_APP_RESULT_JSON_H
#define HYP_APP_RESULT_JSON_H

#include "core/pipeline/export.h"

struct json_object;

struct json_object *hyp_result_json(const struct hyp_result *result,
				    const char *format, int success);

/* percent, or null where it is negative. */
void hyp_json_percent(struct json_object *o, const char *name, int percent);

#endif
