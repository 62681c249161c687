/* SPDX-License-Identifier: Apache-2.0 */
#include "core/api/refusal.h"
#include "core/base/cleanup.h"

static const struct {
	const char *kind;
	int32_t code;
} codes[] = {
	{"auth_failed", HYP_E_AUTH},
	{"unauthorized", HYP_E_AUTH},
	{"forbidden", HYP_E_AUTH},
	{"not_found", HYP_E_NOT_FOUND},
	{"output_exists", HYP_E_EXISTS},
	{"insufficient_space", HYP_E_RESOURCE},
	{"quota_exceeded", HYP_E_RESOURCE},
	{"file_too_large", HYP_E_RESOURCE},
	{"cancelled", HYP_E_CANCELLED},
	{"bad_request", HYP_E_USAGE},
	{"unsupported", HYP_E_USAGE},
	{"unsafe_path", HYP_E_USAGE},
	{"no_pipeline", HYP_E_USAGE},
	{"no_endpoint", HYP_E_USAGE},
};

int32_t hyp_refusal_code(const char *kind, int32_t fallback)
{
	for (size_t i = 0; i < HYP_COUNT(codes); i++)
		if (strcmp(kind, codes[i].kind) == 0)
			return codes[i].code;
	return fallback;
}

int32_t hyp_refusal_status_code(long status)
{
	switch (status) {
	case 400:
	case 413:
	case 415:
	case 422:
		return HYP_E_USAGE;
	case 401:
	case 403:
		return HYP_E_AUTH;
	case 404:
		return HYP_E_NOT_FOUND;
	case 409:
		return HYP_E_CONFLICT;
	case 429:
		return HYP_E_BUSY;
	case 507:
		return HYP_E_RESOURCE;
	default:
		return status >= 500 ? HYP_E_TRANSIENT : HYP_E_PERMANENT;
	}
}

static const char *member(struct json_object *o, const char *name)
{
	struct json_object *text;

	if (!json_object_is_type(o, json_type_object) ||
	    !json_object_object_get_ex(o, name, &text) ||
	    !json_object_is_type(text, json_type_string))
		return "";
	return json_object_get_string(text);
}

int32_t hyp_refusal_error(long status, struct json_object *body,
			  struct hyp_error *err)
{
	const char *text = member(body, "error");
	const char *kind = member(body, "kind");
	int32_t code = hyp_refusal_status_code(status);
	char other[32];

	snprintf(other, sizeof(other), "http_%ld", status);
	code = hyp_refusal_code(kind, code);
	return hyp_error_set(err, code, kind[0] != '\0' ? kind : other, 0, "%s",
			     text[0] != '\0' ? text
					     : "the server gave no reason");
}
