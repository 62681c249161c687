/* SPDX-License-Identifier: Apache-2.0 */
/* What the daemon's answers mean. */
#include "core/app/client.h"
#include "core/base/buf.h"
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

int32_t hyp_client_code(const char *kind, int32_t fallback)
{
	for (size_t i = 0; i < HYP_COUNT(codes); i++)
		if (strcmp(kind, codes[i].kind) == 0)
			return codes[i].code;
	return fallback;
}

static int32_t code_of_status(long status)
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

int32_t hyp_client_refused(long status, struct json_object *body,
			   struct hyp_error *err)
{
	const char *text = hyp_reply_text(body, "error");
	const char *kind = hyp_reply_text(body, "kind");
	int32_t code = code_of_status(status);
	char other[32];

	snprintf(other, sizeof(other), "http_%ld", status);
	code = hyp_client_code(kind, code);
	return hyp_error_set(err, code, kind[0] != '\0' ? kind : other, 0, "%s",
			     text[0] != '\0' ? text
					     : "the server gave no reason");
}

struct json_object *hyp_reply_member(struct json_object *o, const char *name)
{
	struct json_object *member;

	if (!json_object_is_type(o, json_type_object) ||
	    !json_object_object_get_ex(o, name, &member))
		return NULL;
	return member;
}

const char *hyp_reply_text(struct json_object *o, const char *name)
{
	struct json_object *member = hyp_reply_member(o, name);

	return json_object_is_type(member, json_type_string)
		       ? json_object_get_string(member)
		       : "";
}

int64_t hyp_reply_number(struct json_object *o, const char *name)
{
	struct json_object *member = hyp_reply_member(o, name);

	if (!json_object_is_type(member, json_type_int) &&
	    !json_object_is_type(member, json_type_double))
		return 0;
	return json_object_get_int64(member);
}

int32_t hyp_client_encode(const char *text, char **out, struct hyp_error *err)
{
	HYP_AUTO_BUF struct hyp_buf buf = HYP_BUF_INIT(65536);

	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;
		int plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			    (c >= '0' && c <= '9') || strchr("-._~", c) != NULL;

		if (hyp_buf_addf(&buf, err, plain ? "%c" : "%%%02X", c) != 0)
			return err->code;
	}
	return hyp_strdup(hyp_buf_str(&buf), out, err);
}
