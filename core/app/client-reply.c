/* SPDX-License-Identifier: Apache-2.0 */
/* What the daemon's answers mean. */
#include "core/app/client.h"
#include "core/base/buf.h"
#include "core/base/cleanup.h"

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
