/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/json.h"
#include "core/base/clock.h"

#include <stdio.h>

void hyp_json_timestamp(struct json_object *o)
{
	char text[HYP_TIME_TEXT_MAX];

	hyp_time_format(hyp_clock_wall_ms(), text);
	hyp_json_string(o, "timestamp", text);
}

void hyp_json_print(struct json_object *o)
{
	puts(json_object_to_json_string_ext(
		o, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	fflush(stdout);
	json_object_put(o);
}
