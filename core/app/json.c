/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/json.h"

#include <stdio.h>

void hyp_json_print(struct json_object *o)
{
	puts(json_object_to_json_string_ext(
		o, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	fflush(stdout);
	json_object_put(o);
}
