/* SPDX-License-Identifier: Apache-2.0 */
#include "core/app/client-command.h"
#include "core/base/text.h"

void hyp_reply_print(struct json_object *reply)
{
	puts(json_object_to_json_string_ext(
		reply,
		JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	fflush(stdout);
}

void hyp_field_print(const char *name, const char *text)
{
	char safe[4096];

	if (text == NULL || text[0] == '\0')
		return;
	hyp_text_printable(text, safe, sizeof(safe));
	printf("%-11s  %s\n", name, safe);
}

void hyp_field_printf(const char *name, const char *fmt, ...)
{
	char text[2048];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	hyp_field_print(name, text);
}

void hyp_fields_print(const char *name, struct json_object *list)
{
	for (size_t i = 0; json_object_is_type(list, json_type_array) &&
			   i < json_object_array_length(list);
	     i++)
		hyp_field_print(i == 0 ? name : "",
				json_object_get_string(
					json_object_array_get_idx(list, i)));
}
