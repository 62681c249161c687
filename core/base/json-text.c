/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/json-text.h"

#include <stdlib.h>

/* Where json-c's buffer could not grow, parts are missing and nobody is told.
 * Then the next time, when it can, the text is longer; and when memory for a
 * larger one is still not to be had, nothing can be said. */
const char *hyp_json_to_string(json_object *json, int flags)
{
	size_t n, again;
	const char *text = json_object_to_json_string_length(json, flags, &n);
	void *room;

	if (text == NULL)
		return NULL;
	text = json_object_to_json_string_length(json, flags, &again);
	room = malloc(2 * n + 4096);
	if (room == NULL || again != n)
		text = NULL;
	free(room);
	return text;
}
