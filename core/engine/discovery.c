/* SPDX-License-Identifier: Apache-2.0 */
#include "core/engine/discovery.h"
#include "core/base/cleanup.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/engine/events.h"

#include <string.h>

#define BATCH 1000 /* operations of a change */

static int32_t keep(struct hyp_listing *l, const struct hyp_vm *vm,
		    struct hyp_error *err)
{
	struct hyp_sighting to = {vm->id, vm->path, vm->name, vm->guest_os,
				  vm->host};
	const char **strings[] = {&to.id, &to.path, &to.name, &to.guest_os,
				  &to.host};
	size_t room = l->room > 0 ? 2 * l->room : 64;
	struct hyp_sighting *at = l->at;
	int32_t rc = 0;

	if (l->count == l->room)
		at = reallocarray(l->at, room, sizeof(*at));
	if (at == NULL)
		return hyp_error_nomem(err);
	l->room = l->count == l->room ? room : l->room;
	l->at = at;
	for (size_t i = 0; rc == 0 && i < HYP_COUNT(strings); i++) {
		if (*strings[i] == NULL)
			*strings[i] = "";
		rc = hyp_keep_string(&l->keep, strings[i], err);
	}
	if (rc == 0)
		at[l->count++] = to;
	return rc;
}

static int32_t add(void *ctx, const struct hyp_vm *vm, struct hyp_error *err)
{
	struct hyp_listing *l = ctx;
	int32_t rc = 0;

	if (l->next != NULL)
		rc = l->next->add(l->next->ctx, vm, err);
	return rc < 0 ? rc : keep(l, vm, err);
}

struct hyp_vm_sink hyp_listing_sink(struct hyp_listing *listing)
{
	return (struct hyp_vm_sink){
		.size = sizeof(struct hyp_vm_sink), .ctx = listing, .add = add};
}

void hyp_listing_fini(struct hyp_listing *listing)
{
	hyp_keep_free(&listing->keep);
	free(listing->at);
	memset(listing, 0, sizeof(*listing));
}

/* --- against the notes --------------------------------------------------- */

/* The store has them by id, and so does the listing: both are gone through
 * side by side. */
struct compare {
	const struct hyp_listing *listing;
	const char *owner; /* of the notes */
	const char *endpoint;
	size_t next; /* of the listing */
	int whole;
	int64_t now_ms;
	struct hyp_draft draft;
};

static int by_id(const void *a, const void *b)
{
	const struct hyp_sighting *x = a, *y = b;

	return strcmp(x->id, y->id);
}

static int32_t discover(struct compare *c, const struct hyp_sighting *vm,
			struct hyp_error *err)
{
	const struct hyp_seen_row row = {.size = sizeof(row),
					 .seen_ms = c->now_ms,
					 .owner = c->owner,
					 .id = vm->id};
	int32_t rc =
		hyp_draft_add(&c->draft, HYP_OP_PUT, HYP_TABLE_SEEN, &row, err);

	return rc < 0 ? rc
		      : hyp_event_vm(&c->draft, c->endpoint, vm, c->now_ms,
				     err);
}

/* Those before id, or with NULL all that are left. */
static int32_t discover_until(struct compare *c, const char *id,
			      struct hyp_error *err)
{
	const struct hyp_listing *l = c->listing;
	int32_t rc = 0;

	for (; rc == 0 && c->next < l->count && c->draft.count < BATCH &&
	       (id == NULL || strcmp(l->at[c->next].id, id) < 0);
	     c->next++)
		if (c->next == 0 ||
		    strcmp(l->at[c->next].id, l->at[c->next - 1].id) != 0)
			rc = discover(c, &l->at[c->next], err);
	return rc;
}

static int32_t forget(struct compare *c, const struct hyp_seen_row *seen,
		      struct hyp_error *err)
{
	struct hyp_seen_row row = *seen;
	int32_t rc;

	row.size = sizeof(row);
	row.owner = c->owner;
	rc = hyp_draft_keep(&c->draft, &row.id, err);
	return rc < 0 ? rc
		      : hyp_draft_add(&c->draft, HYP_OP_DELETE, HYP_TABLE_SEEN,
				      &row, err);
}

static int32_t see(void *ctx, const void *row, struct hyp_error *err)
{
	const struct hyp_seen_row *seen = row;
	struct compare *c = ctx;
	const struct hyp_listing *l = c->listing;
	int32_t rc = discover_until(c, seen->id, err);

	if (rc < 0 || c->draft.count >= BATCH)
		return rc;
	if (c->next < l->count && strcmp(l->at[c->next].id, seen->id) == 0) {
		c->next++;
		return 0;
	}
	return c->whole ? forget(c, seen, err) : 0;
}

/* One change of what is new or gone; *more: there may be more of it. */
static int32_t tell_some(struct compare *c, struct hyp_engine *engine,
			 int *more, struct hyp_error *err)
{
	const struct hyp_store_query query = {.size = sizeof(query),
					      .owner = c->owner};
	const struct hyp_row_sink sink = {
		.size = sizeof(sink), .ctx = c, .row = see};
	int32_t rc;

	c->next = 0;
	rc = hyp_store_calls.list(engine->store.instance, HYP_TABLE_SEEN,
				  &query, &sink, err);
	if (rc == 0)
		rc = discover_until(c, NULL, err);
	*more = c->draft.count >= BATCH;
	if (rc == 0 && c->draft.count > 0)
		rc = hyp_engine_apply(engine, &c->draft, err);
	hyp_draft_fini(&c->draft);
	return rc;
}

static int32_t tell(struct hyp_listing *listing, struct hyp_engine *engine,
		    const struct hyp_resolved *of, int whole,
		    struct hyp_error *err)
{
	HYP_AUTO_FREE char *owner = NULL;
	struct compare c = {.listing = listing,
			    .endpoint = of->endpoint,
			    .whole = whole,
			    .now_ms = hyp_clock_wall_ms()};
	int more = 1;
	int32_t rc =
		hyp_asprintf(&owner, err, "%s\n%s", of->endpoint, of->user);

	c.owner = owner;
	while (rc == 0 && more)
		rc = tell_some(&c, engine, &more, err);
	return rc;
}

void hyp_listing_tell(struct hyp_listing *listing, struct hyp_engine *engine,
		      const struct hyp_resolved *of, int whole)
{
	struct hyp_error err;
	int32_t rc;

	if (listing->count > 0)
		qsort(listing->at, listing->count, sizeof(*listing->at), by_id);
	pthread_mutex_lock(&engine->seeing);
	rc = tell(listing, engine, of, whole, &err);
	pthread_mutex_unlock(&engine->seeing);
	if (rc < 0)
		hyp_log(HYP_LOG_WARNING, "", HYP_ENGINE_ORIGIN,
			"which VMs of %s are new cannot be written down now, "
			"the next listing tells of them: %s",
			of->endpoint, err.text);
}
