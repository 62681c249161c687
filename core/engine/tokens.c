/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/clock.h"
#include "core/base/digest.h"
#include "core/base/log.h"
#include "core/base/random.h"
#include "core/engine/inside.h"

#include <string.h>

#define BITS 256
#define PREFIX "hsk_" /* so that scanners for leaked secrets know it */

static int is_role(const char *role)
{
	static const char *const roles[] = {"viewer", "operator", "admin",
					    "metrics"};

	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++)
		if (strcmp(roles[i], role) == 0)
			return 1;
	return 0;
}

/* base64url (RFC 4648) without padding: 32 bytes in 43 letters. */
static int32_t make_text(char *out, struct hyp_error *err)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz0123456789-_";
	uint8_t bytes[BITS / 8];
	uint32_t pending = 0, bits = 0;
	size_t n = strlen(PREFIX);

	if (hyp_random_bytes(bytes, sizeof(bytes), err) != 0)
		return err->code;
	memcpy(out, PREFIX, n);
	for (size_t i = 0; i < sizeof(bytes); i++) {
		pending = pending << 8 | bytes[i];
		for (bits += 8; bits >= 6; bits -= 6)
			out[n++] = letters[pending >> (bits - 6) & 63];
	}
	if (bits > 0)
		out[n++] = letters[pending << (6 - bits) & 63];
	out[n] = '\0';
	explicit_bzero(bytes, sizeof(bytes));
	return 0;
}

static int32_t hash(const char *token, char *hex, struct hyp_error *err)
{
	struct hyp_digest digest;
	int32_t rc = hyp_digest_bytes(HYP_DIGEST_SHA256, token, strlen(token),
				      &digest, err);

	if (rc == 0)
		hyp_digest_hex(&digest, hex);
	return rc;
}

static int32_t write(struct hyp_engine *engine, const struct hyp_actor *actor,
		     uint32_t verb, const struct hyp_token_row *row,
		     struct hyp_error *err)
{
	HYP_AUTO_DRAFT struct hyp_draft draft = {.count = 0};
	int32_t rc = hyp_draft_add(&draft, verb, HYP_TABLE_TOKEN, row, err);

	if (rc == 0)
		rc = hyp_audit_add(&draft, actor, row->id, "ok", 1, err);
	return rc < 0 ? rc : hyp_engine_apply(engine, &draft, err);
}

int32_t hyp_engine_token_create(struct hyp_engine *engine,
				const struct hyp_actor *actor, const char *name,
				const char *role, int64_t expires_ms, char *id,
				char *token, struct hyp_error *err)
{
	char uuid[HYP_UUID_TEXT_MAX], text[HYP_TOKEN_TEXT_MAX];
	char hex[HYP_DIGEST_HEX_MAX];
	const struct hyp_token_row row = {
		.size = sizeof(row),
		.created_ms = hyp_clock_wall_ms(),
		.expires_ms = expires_ms,
		.id = uuid,
		.name = name,
		.role = role,
		.sha256 = hex,
	};
	int32_t rc;

	if (!is_role(role))
		return hyp_error_set(err, HYP_E_USAGE, "bad_request", 0,
				     "/role: choose viewer, operator, admin or "
				     "metrics");
	if (hyp_uuid7(uuid, err) != 0 || make_text(text, err) != 0)
		return err->code;
	hyp_redact_add(text);
	rc = hash(text, hex, err);
	if (rc == 0)
		rc = write(engine, actor, HYP_OP_PUT, &row, err);
	if (rc == 0) {
		strcpy(id, uuid);
		strcpy(token, text);
	}
	explicit_bzero(text, sizeof(text));
	return rc;
}

struct revoke {
	struct hyp_engine *engine;
	const struct hyp_actor *actor;
	struct hyp_keep keep;
	struct hyp_token_row row;
	uint32_t found;
};

static int32_t take(void *ctx, const void *row, struct hyp_error *err)
{
	struct revoke *revoke = ctx;
	struct hyp_token_row *to = &revoke->row;
	const char **strings[] = {&to->id, &to->name, &to->role, &to->sha256};
	int32_t rc = 0;

	*to = *(const struct hyp_token_row *)row;
	to->size = sizeof(*to);
	for (size_t i = 0; rc == 0 && i < 4; i++)
		rc = hyp_keep_string(&revoke->keep, strings[i], err);
	revoke->found = rc == 0;
	return rc;
}

int32_t hyp_engine_token_revoke(struct hyp_engine *engine,
				const struct hyp_actor *actor, const char *id,
				struct hyp_error *err)
{
	const struct hyp_store_query query = {.size = sizeof(query), .id = id};
	struct revoke revoke = {.engine = engine, .actor = actor};
	const struct hyp_row_sink sink = {
		.size = sizeof(sink), .ctx = &revoke, .row = take};
	int32_t rc;

	rc = hyp_store_calls.list(engine->store.instance, HYP_TABLE_TOKEN,
				  &query, &sink, err);
	if (rc == 0 && !revoke.found)
		rc = hyp_error_set(err, HYP_E_NOT_FOUND, "not_found", 0,
				   "there is no token %s", id);
	revoke.row.revoked = 1;
	if (rc == 0)
		rc = write(engine, actor, HYP_OP_UPDATE, &revoke.row, err);
	hyp_keep_free(&revoke.keep);
	return rc;
}
