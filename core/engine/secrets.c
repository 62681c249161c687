/* SPDX-License-Identifier: Apache-2.0 */
#include "core/engine/secrets.h"
#include "core/base/log.h"

#include <string.h>

#define SEALED_MAX (1u << 20)

void hyp_secret_wipe(char *password)
{
	if (password == NULL)
		return;
	explicit_bzero(password, strlen(password));
	free(password);
}

int32_t hyp_engine_seal(struct hyp_engine *engine, struct hyp_draft *draft,
			const char *name, const void *bytes, size_t n,
			const void **sealed, uint64_t *sealed_n,
			struct hyp_error *err)
{
	HYP_AUTO_BUF struct hyp_buf buf = HYP_BUF_INIT(SEALED_MAX);
	void *copy;
	int32_t rc;

	rc = hyp_seal(engine->state.key, name, bytes, n, &buf, err);
	if (rc == 0)
		rc = hyp_keep_bytes(&draft->keep, buf.data, buf.len, &copy,
				    err);
	if (rc < 0)
		return rc;
	*sealed = copy;
	*sealed_n = buf.len;
	return 0;
}

int32_t hyp_secret_add(struct hyp_engine *engine, struct hyp_draft *draft,
		       const char *owner, const char *password,
		       struct hyp_error *err)
{
	struct hyp_secret_row row = {.size = sizeof(row), .owner = owner};
	int32_t rc;

	if (password == NULL)
		return 0;
	hyp_redact_add(password);
	rc = hyp_draft_keep(draft, &row.owner, err);
	if (rc == 0)
		rc = hyp_engine_seal(engine, draft, owner, password,
				     strlen(password), &row.bytes, &row.n, err);
	return rc < 0 ? rc
		      : hyp_draft_add(draft, HYP_OP_SET, HYP_TABLE_SECRET, &row,
				      err);
}

static int32_t take(void *ctx, const void *at, struct hyp_error *err)
{
	const struct hyp_secret_row *row = at;

	return hyp_buf_add(ctx, row->bytes, (size_t)row->n, err);
}

static int32_t unseal(struct hyp_engine *engine, const char *owner,
		      const struct hyp_buf *sealed, char **password,
		      struct hyp_error *err)
{
	struct hyp_buf plain = HYP_BUF_INIT(SEALED_MAX);
	int32_t rc;

	rc = hyp_unseal(engine->state.key, owner, sealed->data, sealed->len,
			&plain, err);
	if (rc < 0)
		return hyp_error_set(err, HYP_E_PERMANENT, "secret_lost", 0,
				     "what was sealed for %s can no longer be "
				     "read: the key that sealed it is not "
				     "there any more. Give it once more",
				     owner);
	hyp_redact_add(hyp_buf_str(&plain));
	rc = hyp_strdup(hyp_buf_str(&plain), password, err);
	hyp_buf_wipe(&plain);
	return rc;
}

static int32_t read(struct hyp_engine *engine, const char *owner,
		    struct hyp_buf *sealed, struct hyp_error *err)
{
	const struct hyp_store_query query = {.size = sizeof(query),
					      .owner = owner};
	const struct hyp_row_sink sink = {
		.size = sizeof(sink), .ctx = sealed, .row = take};

	return hyp_store_calls.list(engine->store.instance, HYP_TABLE_SECRET,
				    &query, &sink, err);
}

int32_t hyp_secret_has(struct hyp_engine *engine, const char *owner,
		       uint32_t *has, struct hyp_error *err)
{
	HYP_AUTO_BUF struct hyp_buf sealed = HYP_BUF_INIT(SEALED_MAX);
	int32_t rc = read(engine, owner, &sealed, err);

	*has = sealed.len > 0;
	return rc;
}

int32_t hyp_secret_open(struct hyp_engine *engine, const char *owner,
			char **password, struct hyp_error *err)
{
	HYP_AUTO_BUF struct hyp_buf sealed = HYP_BUF_INIT(SEALED_MAX);
	int32_t rc = read(engine, owner, &sealed, err);

	if (rc < 0)
		return rc;
	*password = NULL;
	return sealed.len == 0 ? 0
			       : unseal(engine, owner, &sealed, password, err);
}
