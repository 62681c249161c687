/* SPDX-License-Identifier: Apache-2.0 */
#include "core/api/auth.h"
#include "core/api/rows.h"
#include "core/api/wrong.h"
#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/base/digest.h"
#include "core/base/text.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdlib.h>
#include <strings.h>

#define CACHE 256u
/* Tokens change through this API alone, which then has all looked up again;
 * this is for a store that others write too. */
#define FRESH_MS 5000u
#define DIGEST 32u

struct entry {
	unsigned char digest[DIGEST];
	struct hyp_identity who; /* of its generation */
	uint64_t read_ms;	 /* boot; 0: this entry is free */
};

struct hyp_auth {
	struct hyp_engine *engine;
	uint32_t mode;
	struct hyp_wrong *wrong;
	EVP_MD *sha256;
	pthread_mutex_t lock; /* of cache and generation */
	uint64_t generation;
	struct entry cache[CACHE];
};

int32_t hyp_auth_new(struct hyp_engine *engine, uint32_t mode,
		     struct hyp_auth **out, struct hyp_error *err)
{
	struct hyp_auth *auth = calloc(1, sizeof(*auth));

	if (auth == NULL)
		return hyp_error_nomem(err);
	pthread_mutex_init(&auth->lock, NULL);
	auth->engine = engine;
	auth->mode = mode;
	auth->wrong = hyp_wrong_new(err);
	if (auth->wrong == NULL) {
		hyp_auth_free(auth);
		return err->code;
	}
	auth->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	if (auth->sha256 == NULL) {
		hyp_auth_free(auth);
		return hyp_error_nomem(err);
	}
	*out = auth;
	return 0;
}

void hyp_auth_free(struct hyp_auth *auth)
{
	if (auth == NULL)
		return;
	EVP_MD_free(auth->sha256);
	hyp_wrong_free(auth->wrong);
	pthread_mutex_destroy(&auth->lock);
	free(auth);
}

void hyp_auth_forget(struct hyp_auth *auth)
{
	pthread_mutex_lock(&auth->lock);
	auth->generation++;
	pthread_mutex_unlock(&auth->lock);
}

static uint64_t generation_of(struct hyp_auth *auth)
{
	uint64_t generation;

	pthread_mutex_lock(&auth->lock);
	generation = auth->generation;
	pthread_mutex_unlock(&auth->lock);
	return generation;
}

/* The digest's bytes are as good as random: they choose the place. */
static struct entry *place(struct hyp_auth *auth, const unsigned char *digest)
{
	return &auth->cache[digest[0] % CACHE];
}

static int has_expired(const struct hyp_identity *who)
{
	return who->expires_ms != 0 && who->expires_ms <= hyp_clock_wall_ms();
}

enum cached {
	CACHED_NOT,
	CACHED_ONCE, /* it was good, but must be looked up again */
	CACHED_NOW,
};

static enum cached cached(struct hyp_auth *auth, const unsigned char *digest,
			  struct hyp_identity *who)
{
	struct entry *e = place(auth, digest);
	enum cached cached = CACHED_NOT;

	pthread_mutex_lock(&auth->lock);
	if (e->read_ms != 0 && CRYPTO_memcmp(e->digest, digest, DIGEST) == 0)
		cached = CACHED_ONCE;
	if (cached == CACHED_ONCE && e->who.generation == auth->generation &&
	    hyp_clock_boot_ms() - e->read_ms < FRESH_MS &&
	    !has_expired(&e->who)) {
		*who = e->who;
		cached = CACHED_NOW;
	}
	pthread_mutex_unlock(&auth->lock);
	return cached;
}

/* Good: who it is; else NULL, and it is no better than one never seen. */
static void keep(struct hyp_auth *auth, const unsigned char *digest,
		 const struct hyp_identity *who)
{
	struct entry *e = place(auth, digest);

	pthread_mutex_lock(&auth->lock);
	if (who != NULL) {
		memcpy(e->digest, digest, DIGEST);
		e->who = *who;
		e->read_ms = hyp_clock_boot_ms();
	} else if (CRYPTO_memcmp(e->digest, digest, DIGEST) == 0) {
		e->read_ms = 0;
	}
	pthread_mutex_unlock(&auth->lock);
}

struct found {
	struct hyp_identity who;
	int count;
};

static int32_t take(void *ctx, const void *row, struct hyp_error *err)
{
	const struct hyp_token_row *token = row;
	struct found *found = ctx;

	(void)err;
	if (token->revoked || hyp_role_by_name(token->role) == 0)
		return 0;
	snprintf(found->who.name, sizeof(found->who.name), "%s", token->name);
	found->who.role = hyp_role_by_name(token->role);
	found->who.expires_ms = token->expires_ms;
	found->count++;
	return 0;
}

/* 1: known and good; 0: not; -1: the store could not be asked. */
static int look_up(struct hyp_auth *auth, const unsigned char *digest,
		   struct hyp_identity *who, struct hyp_error *err)
{
	struct hyp_digest d = {.algorithm = HYP_DIGEST_SHA256,
			       .length = DIGEST};
	char hex[HYP_DIGEST_HEX_MAX];
	struct hyp_store_query query = {.size = sizeof(query), .sha256 = hex};
	struct found found = {.count = 0};

	memcpy(d.value, digest, DIGEST);
	hyp_digest_hex(&d, hex);
	if (hyp_rows_list(auth->engine, HYP_TABLE_TOKEN, &query, take, &found,
			  err) != 0)
		return -1;
	if (found.count != 1 || has_expired(&found.who)) {
		keep(auth, digest, NULL);
		return 0;
	}
	found.who.generation = who->generation;
	keep(auth, digest, &found.who);
	*who = found.who;
	return 1;
}

static int unknown(struct hyp_refused *refused)
{
	refused->status = 401;
	refused->kind = "unauthorized";
	refused->text = "a valid token is needed: Authorization: Bearer TOKEN";
	return -1;
}

/* The token of "Bearer TOKEN", or NULL. */
static const char *bearer(const char *authorization)
{
	const char *token;

	if (authorization == NULL ||
	    strncasecmp(authorization, "Bearer ", 7) != 0)
		return NULL;
	token = authorization + 7;
	token += strspn(token, " ");
	return *token != '\0' ? token : NULL;
}

static int by_token(struct hyp_auth *auth, const char *address,
		    const char *token, struct hyp_identity *who,
		    struct hyp_refused *refused)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	struct hyp_error err;
	enum cached was;
	uint32_t wait_s;
	int known;

	if (EVP_Digest(token, strlen(token), digest, NULL, auth->sha256,
		       NULL) != 1)
		return unknown(refused);
	was = cached(auth, digest, who);
	if (was == CACHED_NOW)
		return 0;
	if (was == CACHED_NOT &&
	    hyp_wrong_full(auth->wrong, address, &wait_s)) {
		refused->status = 429;
		refused->kind = "too_many_tries";
		refused->text = "too many wrong tokens from this address; try "
				"again in a minute";
		return -1;
	}
	known = look_up(auth, digest, who, &err);
	if (known > 0)
		return 0;
	if (known < 0) {
		refused->status = 503;
		refused->kind = "db_error";
		refused->text = "the store could not be asked for the token";
		return -1;
	}
	hyp_wrong_count(auth->wrong, address);
	return unknown(refused);
}

static int check(struct hyp_auth *auth, const struct hyp_conn *conn,
		 const char *authorization, struct hyp_identity *who,
		 struct hyp_refused *refused)
{
	const char *token = bearer(authorization);

	/* Who shows a token is who it says, also where none is needed. */
	if (token != NULL)
		return by_token(auth, conn->address, token, who, refused);
	if (authorization != NULL)
		return unknown(refused);
	if (conn->way == HYP_WAY_UNIX && conn->admin) {
		snprintf(who->name, sizeof(who->name), "uid %u", conn->uid);
		who->role = HYP_ROLE_ADMIN;
		who->expires_ms = 0;
		return 0;
	}
	if (conn->way != HYP_WAY_UNIX && auth->mode == HYP_AUTH_NONE) {
		snprintf(who->name, sizeof(who->name), "anonymous");
		who->role = HYP_ROLE_ADMIN;
		who->expires_ms = 0;
		return 0;
	}
	return unknown(refused);
}

int hyp_auth_check(struct hyp_auth *auth, const struct hyp_conn *conn,
		   const char *authorization, struct hyp_identity *who,
		   struct hyp_refused *refused)
{
	/* Before anything is looked at, which must be no older. */
	who->generation = generation_of(auth);
	return check(auth, conn, authorization, who, refused);
}

int hyp_auth_holds(struct hyp_auth *auth, const struct hyp_identity *who)
{
	return who->generation == generation_of(auth) && !has_expired(who);
}
