/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The API without a socket: for who has the engine in its own process. The
 * same routes, checks, answers and audit as over a connection; the caller may
 * do whatever an administrator may, and is the user that the process is of.
 */
#ifndef HYP_API_DIRECT_H
#define HYP_API_DIRECT_H

#include "core/engine/engine.h"

struct hyp_direct;

/* engine is borrowed. */
int32_t hyp_direct_new(struct hyp_engine *engine, struct hyp_direct **out,
		       struct hyp_error *err);
void hyp_direct_free(struct hyp_direct *direct); /* takes NULL */

/* Whom the audit names for what is done by it. */
const char *hyp_direct_who(const struct hyp_direct *direct);

struct hyp_direct_call {
	const char *method;
	const char *uri;  /* raw */
	const char *body; /* JSON, or NULL */
	const char *key;  /* Idempotency-Key, or NULL */
};

/* In the caller's thread, whatever the route's place. *answer, the caller's to
 * free: the body of a success. A refusal is the error that it tells. Any
 * thread. */
int32_t hyp_direct_call(struct hyp_direct *direct,
			const struct hyp_direct_call *call, char **answer,
			struct hyp_error *err);

#endif
