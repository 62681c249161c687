/* SPDX-License-Identifier: Apache-2.0 */
#include "core/api/cursor.h"
#include "core/base/digest.h"
#include "core/base/text.h"

#include <stdlib.h>

#define CHECK 16 /* hex digits */

static int32_t check_of(const char *payload, char *check, struct hyp_error *err)
{
	char salted[HYP_CURSOR_TEXT_MAX + 32], hex[HYP_DIGEST_HEX_MAX];
	struct hyp_digest digest;
	int n = snprintf(salted, sizeof(salted), "hypersdk jobs cursor %s",
			 payload);

	if (hyp_digest_bytes(HYP_DIGEST_SHA256, salted, (size_t)n, &digest,
			     err) != 0)
		return err->code;
	hyp_digest_hex(&digest, hex);
	snprintf(check, CHECK + 1, "%.*s", CHECK, hex);
	return 0;
}

int32_t hyp_cursor_write(int64_t created_ms, const char *id, char *text,
			 struct hyp_error *err)
{
	char payload[HYP_CURSOR_TEXT_MAX - CHECK - 1], check[CHECK + 1];

	snprintf(payload, sizeof(payload), "%llx.%s",
		 (unsigned long long)created_ms, id);
	if (check_of(payload, check, err) != 0)
		return err->code;
	snprintf(text, HYP_CURSOR_TEXT_MAX, "%s%s", check, payload);
	return 0;
}

static int32_t bad(struct hyp_error *err)
{
	return hyp_error_set(err, HYP_E_USAGE, "bad_request", 0,
			     "?cursor: not one of ours; take next_cursor of "
			     "the page before as it is");
}

int32_t hyp_cursor_read(const char *text, int64_t *created_ms, char *id,
			struct hyp_error *err)
{
	char check[CHECK + 1], *end;
	const char *payload = text + CHECK;
	unsigned long long ms;

	if (strlen(text) <= CHECK || strlen(text) >= HYP_CURSOR_TEXT_MAX)
		return bad(err);
	if (check_of(payload, check, err) != 0)
		return err->code;
	if (strncmp(check, text, CHECK) != 0)
		return bad(err);
	ms = strtoull(payload, &end, 16);
	if (*end != '.' || ms > INT64_MAX ||
	    !hyp_text_is_file_name(end + 1, HYP_CURSOR_ID_MAX - 1))
		return bad(err);
	*created_ms = (int64_t)ms;
	snprintf(id, HYP_CURSOR_ID_MAX, "%s", end + 1);
	return 0;
}
