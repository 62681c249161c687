/* SPDX-License-Identifier: Apache-2.0 */
#include "core/api/idempotency.h"
#include "core/api/rows.h"
#include "core/base/clock.h"
#include "core/base/digest.h"

#include <pthread.h>

#define KEY_MAX 255

struct held {
	struct held *next;
	const struct hyp_request *request; /* its key outlives this */
};

struct hyp_keys {
	pthread_mutex_t lock;
	struct held *first;
};

int32_t hyp_keys_new(struct hyp_keys **out, struct hyp_error *err)
{
	struct hyp_keys *keys = calloc(1, sizeof(*keys));

	if (keys == NULL)
		return hyp_error_nomem(err);
	pthread_mutex_init(&keys->lock, NULL);
	*out = keys;
	return 0;
}

void hyp_keys_free(struct hyp_keys *keys)
{
	if (keys == NULL)
		return;
	pthread_mutex_destroy(&keys->lock);
	free(keys);
}

static int32_t hold(struct hyp_keys *keys, const struct hyp_request *request,
		    struct hyp_error *err)
{
	struct held *mine = calloc(1, sizeof(*mine)), *h;

	if (mine == NULL)
		return hyp_error_nomem(err);
	mine->request = request;
	pthread_mutex_lock(&keys->lock);
	for (h = keys->first; h != NULL; h = h->next)
		if (strcmp(h->request->idempotency_key,
			   request->idempotency_key) == 0)
			break;
	if (h == NULL) {
		mine->next = keys->first;
		keys->first = mine;
		mine = NULL;
	}
	pthread_mutex_unlock(&keys->lock);
	free(mine);
	if (h == NULL)
		return 0;
	return hyp_error_set(err, HYP_E_CONFLICT, "idempotency_running", 0,
			     "the first request with this Idempotency-Key is "
			     "still under way");
}

void hyp_idempotency_leave(struct hyp_keys *keys, struct hyp_request *request)
{
	struct held *mine = NULL;

	if (request->idempotency_key == NULL)
		return;
	pthread_mutex_lock(&keys->lock);
	for (struct held **at = &keys->first; *at != NULL; at = &(*at)->next) {
		if ((*at)->request != request)
			continue;
		mine = *at;
		*at = mine->next;
		break;
	}
	pthread_mutex_unlock(&keys->lock);
	free(mine);
}

/* Printable ASCII, as in the draft RFC; no more than we care to keep. */
static int32_t check_key(const char *key, struct hyp_error *err)
{
	size_t n = strlen(key);

	for (size_t i = 0; i < n; i++)
		if (key[i] < 0x21 || key[i] > 0x7e)
			n = 0;
	if (n == 0 || n > KEY_MAX)
		return hyp_error_set(
			err, HYP_E_USAGE, "bad_request", 0,
			"Idempotency-Key must be 1 to %d printable "
			"characters without blanks",
			KEY_MAX);
	return 0;
}

static int32_t name(struct hyp_request *request, struct hyp_error *err)
{
	struct hyp_buf *body = &request->body;
	char key[512];

	if (hyp_engine_mark(request->engine, hyp_buf_str(body), body->len,
			    request->body_hash, err) != 0)
		return err->code;
	snprintf(key, sizeof(key), "%s\n%s", request->who.name,
		 request->facts.idempotency_key);
	return hyp_asprintf(&request->idempotency_key, err, "%s\n%s %s", key,
			    request->method, request->uri.path);
}

struct earlier {
	struct hyp_request *request;
	int found, same;
};

/* As it was kept before there was a key to it: by a plain SHA-256. Such rows
 * are still known for the two days after an update; none is written. */
static int32_t is_old_form(const struct hyp_request *request, const char *hash,
			   int *same, struct hyp_error *err)
{
	struct hyp_digest digest;
	char hex[HYP_DIGEST_HEX_MAX];

	if (hyp_digest_bytes(HYP_DIGEST_SHA256, hyp_buf_str(&request->body),
			     request->body.len, &digest, err) != 0)
		return err->code;
	hyp_digest_hex(&digest, hex);
	*same = strcmp(hash, hex) == 0;
	return 0;
}

static int32_t take(void *ctx, const void *row, struct hyp_error *err)
{
	const struct hyp_idempotency_row *kept = row;
	struct earlier *earlier = ctx;
	struct hyp_reply *reply = &earlier->request->reply;

	if (kept->created_ms + HYP_IDEMPOTENCY_MS < hyp_clock_wall_ms())
		return 0;
	earlier->found = 1;
	earlier->same =
		strcmp(kept->body_hash, earlier->request->body_hash) == 0;
	if (!earlier->same && is_old_form(earlier->request, kept->body_hash,
					  &earlier->same, err) != 0)
		return err->code;
	reply->status = kept->status;
	hyp_buf_reset(&reply->body);
	return hyp_buf_adds(&reply->body, kept->answer, err);
}

static int32_t look(struct hyp_request *request, int *replayed,
		    struct hyp_error *err)
{
	struct hyp_store_query query = {.size = sizeof(query),
					.key = request->idempotency_key};
	struct earlier earlier = {.request = request};

	if (hyp_rows_list(request->engine, HYP_TABLE_IDEMPOTENCY, &query, take,
			  &earlier, err) != 0)
		return err->code;
	if (earlier.found && !earlier.same)
		return hyp_error_set(err, HYP_E_CONFLICT, "idempotency_reused",
				     0,
				     "this Idempotency-Key came before with "
				     "another body");
	*replayed = earlier.found;
	request->reply.replayed = (uint32_t)earlier.found;
	return 0;
}

int32_t hyp_idempotency_enter(struct hyp_keys *keys,
			      struct hyp_request *request, int *replayed,
			      struct hyp_error *err)
{
	if (check_key(request->facts.idempotency_key, err) != 0 ||
	    name(request, err) != 0)
		return err->code;
	if (hold(keys, request, err) != 0) {
		/* Not ours: leave must not let it go. */
		free(request->idempotency_key);
		request->idempotency_key = NULL;
		return err->code;
	}
	return look(request, replayed, err);
}
