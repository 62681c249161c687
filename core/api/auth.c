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

#define CACHE 64u
/* Tokens change through this API alone, which then clears the cache; this is
 * for a store that others write too. */
#define FRESH_MS 5000u
#define DIGEST 32u

struct entry {
	unsigned char digest[DIGEST];
	struct hyp_identity who;
	uint64_t read_ms; /* boot; 0: this entry is free */
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
	memset(auth->cache, 0, sizeof(auth->cache));
	pthread_mutex_unlock(&auth->lock);
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

static int cached(struct hyp_auth *auth, const unsigned char *digest,
		  struct hyp_identity *who)
{
	struct entry *e = place(auth, digest);
	int hit;

	pthread_mutex_lock(&auth->lock);
	hit = e->read_ms != 0 &&
	      CRYPTO_memcmp(e->digest, digest, DIGEST) == 0 &&
	      hyp_clock_boot_ms() - e->read_ms < FRESH_MS &&
	      !has_expired(&e->who);
	if (hit)
		*who = e->who;
	pthread_mutex_unlock(&auth->lock);
	return hit;
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
	uint64_t generation;

	memcpy(d.value, digest, DIGEST);
	hyp_digest_hex(&d, hex);
	pthread_mutex_lock(&auth->lock);
	generation = auth->generation;
	pthread_mutex_unlock(&auth->lock);
	if (hyp_rows_list(auth->engine, HYP_TABLE_TOKEN, &query, take, &found,
			  err) != 0)
		return -1;
	if (found.count != 1 || has_expired(&found.who))
		return 0;
	*who = found.who;
	pthread_mutex_lock(&auth->lock);
	if (generation == auth->generation) {
		struct entry *e = place(auth, digest);

		memcpy(e->digest, digest, DIGEST);
		e->who = found.who;
		e->read_ms = hyp_clock_boot_ms();
	}
	pthread_mutex_unlock(&auth->lock);
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
	uint32_t wait_s;
	int known;

	if (EVP_Digest(token, strlen(token), digest, NULL, auth->sha256,
		       NULL) != 1)
		return unknown(refused);
	if (cached(auth, digest, who))
		return 0;
	if (hyp_wrong_full(auth->wrong, address, &wait_s)) {
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

int hyp_auth_check(struct hyp_auth *auth, const struct hyp_conn *conn,
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
