/* SPDX-License-Identifier: Apache-2.0 */
#include "core/api/body.h"
#include "core/base/json-read.h"
#include "core/base/cleanup.h"

#include <string.h>
#include <strings.h>

enum hyp_body_form hyp_body_form(const char *content_type)
{
	static const struct {
		const char *name;
		enum hyp_body_form form;
	} forms[] = {
		{"application/json", HYP_BODY_JSON},
		{"application/x-yaml", HYP_BODY_YAML},
		{"application/yaml", HYP_BODY_YAML},
		{"text/yaml", HYP_BODY_YAML},
		{"text/x-yaml", HYP_BODY_YAML},
	};
	size_t n;
	const char *rest;

	if (content_type == NULL)
		return HYP_BODY_NONE;
	n = strcspn(content_type, "; \t");
	rest = content_type + n;
	rest += strspn(rest, "; \t");
	if (*rest != '\0' && strcasecmp(rest, "charset=utf-8") != 0 &&
	    strcasecmp(rest, "charset=\"utf-8\"") != 0)
		return HYP_BODY_NONE;
	for (size_t i = 0; i < HYP_COUNT(forms); i++)
		if (strlen(forms[i].name) == n &&
		    strncasecmp(content_type, forms[i].name, n) == 0)
			return forms[i].form;
	return HYP_BODY_NONE;
}

int32_t hyp_body_parse(enum hyp_body_form form, const char *text, size_t n,
		       struct json_object **out, struct hyp_error *err)
{
	if (form == HYP_BODY_YAML)
		return hyp_yaml_read(text, n, out, err);
	return hyp_json_read_within(text, n, HYP_BODY_VALUES, out, err);
}
