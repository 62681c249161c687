/* SPDX-License-Identifier: Apache-2.0 */
#include "core/api/denials.h"
#include "core/api/request.h"
#include "core/base/buf.h"
#include "core/base/cleanup.h"
#include "core/base/clock.h"

#include <pthread.h>

#define ENTRIES 64u
#define EVERY_MS 60000u

struct entry {
	uint32_t count;	     /* not written yet */
	uint64_t written_ms; /* 0: never */
	uint64_t seen_ms;    /* 0: this entry is free */
	char name[HYP_IDENTITY_NAME_MAX];
	const char *role;
	char remote[HYP_ADDRESS_MAX];
	char action[96];
	char kind[HYP_ERROR_KIND_MAX];
	char request_id[HYP_UUID_TEXT_MAX]; /* the first one's */
};

struct hyp_denials {
	struct hyp_work_item item; /* first: run finds us by it */
	struct hyp_engine *engine;
	struct hyp_work *work;
	pthread_mutex_t lock;
	int writing;
	struct entry at[ENTRIES]; /* the last one is for all that do not fit */
};

int32_t hyp_denials_new(struct hyp_engine *engine, struct hyp_work *work,
			struct hyp_denials **out, struct hyp_error *err)
{
	struct hyp_denials *d = calloc(1, sizeof(*d));

	if (d == NULL)
		return hyp_error_nomem(err);
	pthread_mutex_init(&d->lock, NULL);
	d->engine = engine;
	d->work = work;
	*out = d;
	return 0;
}

static void fill(struct entry *e, const struct hyp_request *request,
		 const char *kind)
{
	const char *name = request->who.name;

	memset(e, 0, sizeof(*e));
	snprintf(e->name, sizeof(e->name), "%s", *name ? name : "unknown");
	e->role =
		request->who.role != 0 ? hyp_role_name(request->who.role) : "";
	snprintf(e->remote, sizeof(e->remote), "%s", request->conn->address);
	snprintf(e->action, sizeof(e->action), "%s", request->action);
	snprintf(e->kind, sizeof(e->kind), "%s", kind);
	snprintf(e->request_id, sizeof(e->request_id), "%s", request->id);
}

static int is_same(const struct entry *a, const struct entry *b)
{
	return strcmp(a->name, b->name) == 0 &&
	       strcmp(a->remote, b->remote) == 0 &&
	       strcmp(a->action, b->action) == 0 &&
	       strcmp(a->kind, b->kind) == 0;
}

void hyp_denials_add(struct hyp_denials *d, const struct hyp_request *request,
		     const char *kind)
{
	struct entry mine, *e = NULL;

	fill(&mine, request, kind);
	pthread_mutex_lock(&d->lock);
	for (size_t i = 0; i < ENTRIES - 1; i++) {
		if (d->at[i].seen_ms != 0 && is_same(&d->at[i], &mine)) {
			e = &d->at[i];
			break;
		}
		if (e == NULL && d->at[i].seen_ms == 0)
			e = &d->at[i];
	}
	if (e == NULL)
		e = &d->at[ENTRIES - 1];
	if (e->seen_ms == 0) {
		*e = mine;
		if (e == &d->at[ENTRIES - 1])
			snprintf(e->remote, sizeof(e->remote), "many");
	}
	e->seen_ms = hyp_clock_boot_ms();
	e->count++;
	pthread_mutex_unlock(&d->lock);
}

static int is_due(const struct entry *e, uint64_t now)
{
	return e->count > 0 &&
	       (e->written_ms == 0 || now - e->written_ms >= EVERY_MS);
}

/* The next entry to be written, as a copy; frees those long quiet. */
static int take(struct hyp_denials *d, int all, struct entry *out)
{
	uint64_t now = hyp_clock_boot_ms();
	int found = 0;

	pthread_mutex_lock(&d->lock);
	for (size_t i = 0; i < ENTRIES && !found; i++) {
		struct entry *e = &d->at[i];

		if (e->seen_ms == 0)
			continue;
		if (is_due(e, now) || (all && e->count > 0)) {
			*out = *e;
			e->count = 0;
			e->written_ms = now;
			found = 1;
		} else if (e->count == 0 && now - e->seen_ms >= EVERY_MS) {
			e->seen_ms = 0;
		}
	}
	pthread_mutex_unlock(&d->lock);
	return found;
}

static void write_all(struct hyp_denials *d, int all)
{
	struct entry e;

	while (take(d, all, &e)) {
		struct hyp_actor actor = {.name = e.name,
					  .role = e.role,
					  .remote = e.remote,
					  .action = e.action,
					  .request_id = e.request_id};
		struct hyp_error err;

		/* Where the store is in trouble, that is told elsewhere. */
		hyp_engine_audit(d->engine, &actor, "", e.kind, e.count, &err);
	}
}

static void run(struct hyp_work_item *item)
{
	struct hyp_denials *d = (struct hyp_denials *)(void *)item;

	write_all(d, 0);
	pthread_mutex_lock(&d->lock);
	d->writing = 0;
	pthread_mutex_unlock(&d->lock);
}

void hyp_denials_tick(struct hyp_denials *d)
{
	uint64_t now = hyp_clock_boot_ms();
	struct hyp_error err;
	int due = 0;

	pthread_mutex_lock(&d->lock);
	for (size_t i = 0; i < ENTRIES; i++)
		due |= is_due(&d->at[i], now);
	due = due && !d->writing;
	if (due)
		d->writing = 1;
	pthread_mutex_unlock(&d->lock);
	if (!due)
		return;
	d->item.run = run;
	if (hyp_work_push(d->work, &d->item, &err) != 0) {
		pthread_mutex_lock(&d->lock);
		d->writing = 0;
		pthread_mutex_unlock(&d->lock);
	}
}

void hyp_denials_free(struct hyp_denials *d)
{
	if (d == NULL)
		return;
	write_all(d, 1);
	pthread_mutex_destroy(&d->lock);
	free(d);
}
