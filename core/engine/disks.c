/* SPDX-License-Identifier: Apache-2.0 */
#include "core/engine/disks.h"
#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/pipeline/thread.h"

#include <stdlib.h>
#include <string.h>

#define MOMENT_MS 10u
#define MOMENTS 25

struct root {
	struct root *next;
	struct hyp_disks *disks;
	char *path;
	uint32_t asked; /* a thread waits for the answer */
	uint32_t fresh; /* which is waited for */
	uint32_t known;
	struct hyp_disk disk;
};

struct hyp_disks {
	hyp_disks_look *look;
	pthread_mutex_t lock; /* over what follows */
	pthread_cond_t answered;
	struct root *roots; /* none is ever taken out */
	uint32_t count, fresh;
	uint32_t users; /* the owner, and threads */
};

int32_t hyp_disks_new(hyp_disks_look *look, struct hyp_disks **out,
		      struct hyp_error *err)
{
	struct hyp_disks *d = calloc(1, sizeof(*d));

	if (d == NULL)
		return hyp_error_nomem(err);
	d->look = look;
	d->users = 1;
	pthread_mutex_init(&d->lock, NULL);
	hyp_cond_init(&d->answered);
	*out = d;
	return 0;
}

static void release(struct hyp_disks *d)
{
	struct root *r;
	uint32_t left;

	pthread_mutex_lock(&d->lock);
	left = --d->users;
	pthread_mutex_unlock(&d->lock);
	if (left > 0)
		return;
	while ((r = d->roots) != NULL) {
		d->roots = r->next;
		free(r->path);
		free(r);
	}
	pthread_cond_destroy(&d->answered);
	pthread_mutex_destroy(&d->lock);
	free(d);
}

void hyp_disks_free(struct hyp_disks *d)
{
	if (d != NULL)
		release(d);
}

static void take(struct root *r, int rc, const struct statvfs *fs)
{
	r->known = rc == 0;
	if (rc == 0)
		r->disk = (struct hyp_disk){
			.free = (double)fs->f_bavail * (double)fs->f_frsize,
			.size = (double)fs->f_blocks * (double)fs->f_frsize,
			.time_ms = hyp_clock_wall_ms(),
		};
}

/* With the lock held. */
static void answer(struct root *r)
{
	r->disks->fresh -= r->fresh;
	r->asked = r->fresh = 0;
	pthread_cond_broadcast(&r->disks->answered);
}

static void *ask_main(void *arg)
{
	struct root *r = arg;
	struct hyp_disks *d = r->disks;
	struct statvfs fs;
	int rc = d->look(r->path, &fs);

	pthread_mutex_lock(&d->lock);
	take(r, rc, &fs);
	answer(r);
	pthread_mutex_unlock(&d->lock);
	release(d);
	return NULL;
}

static struct root *find(const struct hyp_disks *d, const char *path)
{
	struct root *r = d->roots;

	while (r != NULL && strcmp(r->path, path) != 0)
		r = r->next;
	return r;
}

/* With the lock held. NULL: there is no room. */
static struct root *find_or_add(struct hyp_disks *d, const char *path)
{
	struct root *r = find(d, path);

	if (r != NULL || d->count == HYP_DISKS_MAX)
		return r;
	r = calloc(1, sizeof(*r));
	if (r == NULL || (r->path = strdup(path)) == NULL) {
		free(r);
		return NULL;
	}
	r->disks = d;
	r->next = d->roots;
	d->roots = r;
	d->count++;
	return r;
}

/* With the lock held. */
static void ask(struct root *r)
{
	struct hyp_disks *d = r->disks;
	struct hyp_error err;
	pthread_t thread;

	r->asked = r->fresh = 1;
	d->fresh++;
	d->users++;
	if (hyp_thread_start(&thread, "hyp-disk", ask_main, r, &err) == 0) {
		pthread_detach(thread);
		return;
	}
	d->users--;
	answer(r);
}

void hyp_disks_ask(struct hyp_disks *d, const struct hyp_list *roots)
{
	pthread_mutex_lock(&d->lock);
	for (uint64_t i = 0; i < roots->count; i++) {
		struct root *r = find_or_add(d, roots->items[i]);

		if (r != NULL && !r->asked)
			ask(r);
	}
	for (uint64_t n = 0; d->fresh > 0 && n < MOMENTS + roots->count; n++)
		hyp_cond_wait_ms(&d->answered, &d->lock, MOMENT_MS);
	for (struct root *r = d->roots; r != NULL; r = r->next)
		r->fresh = 0;
	d->fresh = 0;
	pthread_mutex_unlock(&d->lock);
}

int hyp_disks_get(struct hyp_disks *d, const char *path, struct hyp_disk *out)
{
	const struct root *r;
	int known;

	pthread_mutex_lock(&d->lock);
	r = find(d, path);
	known = r != NULL && r->known;
	if (known)
		*out = r->disk;
	pthread_mutex_unlock(&d->lock);
	return known;
}
