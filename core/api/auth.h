/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who asks: a bearer token, or the other end of the Unix socket. Tokens are
 * found by their digests, and never compared byte by byte: how long an answer
 * takes says nothing of how much of a token was right. Any thread.
 */
#ifndef HYP_API_AUTH_H
#define HYP_API_AUTH_H

#include "core/api/connections.h"
#include "core/api/guard.h"
#include "core/api/route.h"
#include "core/engine/engine.h"

#define HYP_IDENTITY_NAME_MAX 129

struct hyp_identity {
	char name[HYP_IDENTITY_NAME_MAX]; /* token's name, "uid 1000" */
	enum hyp_role role;
	int64_t expires_ms;  /* wall clock; 0: never */
	uint64_t generation; /* of the tokens when they were asked */
};

struct hyp_auth;

/* auth: HYP_AUTH_*. engine is borrowed. */
int32_t hyp_auth_new(struct hyp_engine *engine, uint32_t auth,
		     struct hyp_auth **out, struct hyp_error *err);
void hyp_auth_free(struct hyp_auth *auth);

/*
 * Fills *who. authorization: the header's value, or NULL. Refused: 401 with
 * one body for every reason; 429 for an address with more than ten wrong
 * tokens in a minute, unless its token was right before. Not the client's
 * fault (the store): -1 with refused->status 503.
 */
int hyp_auth_check(struct hyp_auth *auth, const struct hyp_conn *conn,
		   const char *authorization, struct hyp_identity *who,
		   struct hyp_refused *refused);

/* Would hyp_auth_check say the same now? 0 when it must be asked. */
int hyp_auth_holds(struct hyp_auth *auth, const struct hyp_identity *who);

/* Tokens have changed: nothing that was looked up before counts. */
void hyp_auth_forget(struct hyp_auth *auth);

#endif
