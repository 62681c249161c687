/* SPDX-License-Identifier: Apache-2.0 */
/* Passwords that came with a request: sealed in the store, under the name of
 * whom they belong to, as long as that lives. */
#ifndef HYP_ENGINE_SECRETS_H
#define HYP_ENGINE_SECRETS_H

#include "core/engine/inside.h"

/* A row for the draft; password NULL: none. From now on it is redacted. */
int32_t hyp_secret_add(struct hyp_engine *engine, struct hyp_draft *draft,
		       const char *owner, const char *password,
		       struct hyp_error *err);
/* *password: NULL if there is none; the caller wipes it. HYP_E_PERMANENT
 * "secret_lost". */
int32_t hyp_secret_open(struct hyp_engine *engine, const char *owner,
			char **password, struct hyp_error *err);
/* *has: 1 if there is one. */
int32_t hyp_secret_has(struct hyp_engine *engine, const char *owner,
		       uint32_t *has, struct hyp_error *err);
void hyp_secret_wipe(char *password); /* and frees; takes NULL */

/* Bytes sealed for the draft's lifetime, under a name. */
int32_t hyp_engine_seal(struct hyp_engine *engine, struct hyp_draft *draft,
			const char *name, const void *bytes, size_t n,
			const void **sealed, uint64_t *sealed_n,
			struct hyp_error *err);

#endif
