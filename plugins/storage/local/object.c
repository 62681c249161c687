/* SPDX-License-Identifier: Apache-2.0 */
/* The objects of a place: files written in sequence, with slots. */
#include "plugins/storage/local/local.h"

#include "core/base/buf.h"
#include "core/base/cleanup.h"
#include "core/base/file.h"
#include "core/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>

#define SCRATCH ".scratch"
#define WINDOW (16u << 20) /* bytes that are written back at once */

#define WRITE_AND_WAIT                                                         \
	(SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE |                 \
	 SYNC_FILE_RANGE_WAIT_AFTER)

/* The place is never sealed. */
static void spoil(struct local_object *o)
{
	pthread_mutex_lock(&o->place->lock);
	o->place->broken = 1;
	pthread_mutex_unlock(&o->place->lock);
}

static int32_t fail(struct local_object *o, int sys_errno, const char *what,
		    struct hyp_error *err)
{
	spoil(o);
	return local_error(err, sys_errno, what, o->place->where.dir, o->name);
}

static int32_t misuse(const struct local_object *o, const char *what,
		      struct hyp_error *err)
{
	return hyp_error_set(err, HYP_E_USAGE, "bad_call", 0, "%s: %s", o->name,
			     what);
}

static int32_t check_new(const struct local_place *p, const char *name,
			 uint32_t flags, struct hyp_error *err)
{
	char shown[300];
	const char *fault = NULL;

	hyp_text_printable(name, shown, sizeof(shown));
	if (!hyp_text_is_plain_name(name, 255))
		return hyp_error_set(err, HYP_E_USAGE, "unsafe_path", 0,
				     "%s is no name for an object", shown);
	if ((flags & ~HYP_OBJECT_SCRATCH) != 0)
		fault = "unknown flags";
	if (strcmp(name, LOCAL_RECEIPT) == 0)
		fault = "that name is kept for the receipt";
	if (p->state != LOCAL_OPEN)
		fault = "the place is sealed";
	for (const struct local_object *o = p->objects; o != NULL; o = o->next)
		if (strcmp(o->name, name) == 0)
			fault = "there is an object of that name";
		else if (p->layout == HYP_LAYOUT_FILE && flags == 0 &&
			 !o->scratch)
			fault = "a place of layout FILE has one object";
	if (fault != NULL)
		return hyp_error_set(err, HYP_E_USAGE, "bad_call", 0, "%s: %s",
				     shown, fault);
	return 0;
}

/* The place's lock is held: scratch objects share one short-lived name. */
static int32_t open_file(struct local_place *p, struct local_object *o,
			 struct hyp_error *err)
{
	const char *name = o->scratch			  ? SCRATCH
			   : p->layout == HYP_LAYOUT_FILE ? p->names.final
							  : o->name;

	o->fd = hyp_file_openat(p->temp, name, O_RDWR | O_CREAT | O_EXCL, 0600,
				RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
	if (o->fd < 0)
		return local_vanished(err, errno, "make a file in",
				      p->where.dir);
	if (o->scratch && hyp_file_unlinkat(p->temp, name, 0) != 0)
		return local_error(err, errno, "make scratch", p->where.dir,
				   o->name);
	return 0;
}

int32_t local_object_open(void *place, const char *name, uint32_t flags,
			  void **object, struct hyp_error *err)
{
	struct local_place *p = place;
	struct local_object *o = calloc(1, sizeof(*o));
	int32_t rc;

	if (o == NULL)
		return hyp_error_nomem(err);
	o->fd = -1;
	o->place = p;
	o->scratch = (flags & HYP_OBJECT_SCRATCH) != 0;
	rc = hyp_strdup(name, &o->name, err);
	pthread_mutex_lock(&p->lock);
	if (rc == 0)
		rc = check_new(p, name, flags, err);
	if (rc == 0)
		rc = open_file(p, o, err);
	if (rc == 0) {
		o->next = p->objects;
		p->objects = o;
	}
	pthread_mutex_unlock(&p->lock);
	if (rc != 0) {
		local_object_free(o);
		return rc;
	}
	*object = o;
	return 0;
}

/* Counts n bytes appended, or with a minus dropped. */
static void account(struct local_object *o, int64_t n)
{
	struct local_place *p = o->place;

	pthread_mutex_lock(&p->lock);
	if (n > 0)
		local_reserve_use(&p->reserve, (uint64_t)n);
	else
		local_reserve_give_back(&p->reserve, (uint64_t)-n);
	pthread_mutex_unlock(&p->lock);
}

static int32_t check_room(struct local_object *o, uint64_t n,
			  struct hyp_error *err)
{
	if (o->closed)
		return misuse(o, "it is closed", err);
	if (n > INT64_MAX || o->end > INT64_MAX - n)
		return fail(o, EFBIG, "write", err);
	return 0;
}

/* Where the kernel cannot (gVisor), fsync will. */
static int32_t sync_range(struct local_object *o, off_t at, off_t n,
			  unsigned int flags, struct hyp_error *err)
{
	int failed;

	if (hyp_file_sync_range(o->fd, at, n, flags) == 0 || errno == ENOSYS)
		return 0;
	failed = errno;
	spoil(o);
	return local_not_durable(err, failed, o->place->where.dir, o->name);
}

/*
 * The disk works while the next window is filled, and the window before it
 * leaves the page cache: the last fsync has little left to do, and pages that
 * are used again cost the kernel a third of ever new ones. An error that is
 * told here may be kept from fsync, so that it must count.
 */
static int32_t write_back(struct local_object *o, struct hyp_error *err)
{
	off_t first = (off_t)o->waited, next = (off_t)o->started;
	off_t end = (off_t)o->end;
	int32_t rc;

	if (o->scratch || end - next < (off_t)WINDOW)
		return 0;
	rc = sync_range(o, next, end - next, SYNC_FILE_RANGE_WRITE, err);
	if (rc != 0)
		return rc;
	o->waited = o->started;
	o->started = o->end;
	if (next == first) /* the first window */
		return 0;
	rc = sync_range(o, first, next - first, WRITE_AND_WAIT, err);
	if (rc != 0)
		return rc;
	posix_fadvise(o->fd, first, next - first, POSIX_FADV_DONTNEED);
	return 0;
}

int32_t local_object_write(void *object, const void *buf, uint64_t n,
			   struct hyp_error *err)
{
	struct local_object *o = object;
	int32_t rc = check_room(o, n, err);

	if (rc != 0)
		return rc;
	account(o, (int64_t)n);
	if (hyp_file_pwrite_all(o->fd, buf, (size_t)n, (off_t)o->end) != 0)
		return fail(o, errno, "write", err);
	o->end += n;
	return write_back(o, err);
}

int32_t local_object_reserve(void *object, uint64_t n, uint64_t *slot,
			     struct hyp_error *err)
{
	struct local_object *o = object;
	struct local_slot *slots;
	int32_t rc = check_room(o, n, err);

	if (rc != 0)
		return rc;
	if (o->slot_count == o->slot_cap) {
		slots = reallocarray(o->slots, o->slot_cap + 8, sizeof(*slots));
		if (slots == NULL)
			return hyp_error_nomem(err);
		o->slots = slots;
		o->slot_cap += 8;
	}
	*slot = o->next_slot++;
	o->slots[o->slot_count++] =
		(struct local_slot){.id = *slot, .at = o->end, .n = n};
	o->end += n;
	account(o, (int64_t)n);
	return 0;
}

int32_t local_object_fill(void *object, uint64_t slot, const void *buf,
			  uint64_t n, struct hyp_error *err)
{
	struct local_object *o = object;
	size_t i = 0;

	while (i < o->slot_count && o->slots[i].id != slot)
		i++;
	if (i == o->slot_count || o->slots[i].n != n || o->closed)
		return misuse(o, "no such unfilled slot of that size", err);
	if (hyp_file_pwrite_all(o->fd, buf, (size_t)n, (off_t)o->slots[i].at) !=
	    0)
		return fail(o, errno, "write", err);
	o->slot_count--;
	memmove(o->slots + i, o->slots + i + 1,
		(o->slot_count - i) * sizeof(*o->slots));
	return 0;
}

int32_t local_object_rewind(void *object, uint64_t slot, struct hyp_error *err)
{
	struct local_object *o = object;
	const struct local_slot *last =
		o->slot_count == 0 ? NULL : &o->slots[o->slot_count - 1];
	uint64_t end;

	if (last == NULL || last->id != slot || o->closed)
		return misuse(o,
			      "only the newest unfilled slot can be "
			      "rewound to",
			      err);
	end = last->at + last->n;
	if (hyp_file_ftruncate(o->fd, (off_t)end) != 0)
		return fail(o, errno, "truncate", err);
	account(o, -(int64_t)(o->end - end));
	o->end = end;
	if (o->started > end)
		o->started = end;
	if (o->waited > end)
		o->waited = end;
	return 0;
}

int32_t local_object_read(void *object, uint64_t offset, void *buf, uint64_t n,
			  uint64_t *got, struct hyp_error *err)
{
	struct local_object *o = object;
	ssize_t r;

	if (!o->scratch || o->closed)
		return misuse(o, "only an open scratch object can be read",
			      err);
	if (offset >= o->end)
		n = 0;
	else if (n > o->end - offset)
		n = o->end - offset;
	r = n == 0 ? 0
		   : hyp_file_pread_all(o->fd, buf, (size_t)n, (off_t)offset);
	if (r < 0)
		return fail(o, errno, "read", err);
	if ((uint64_t)r != n) /* it has a length, whoever cut it */
		return fail(o, EIO, "read all of", err);
	*got = n;
	return 0;
}

int32_t local_object_close(void *object, struct hyp_error *err)
{
	struct local_object *o = object;
	int unfilled = o->slot_count > 0;

	if (o->closed)
		return misuse(o, "it is closed", err);
	o->closed = 1;
	if (o->scratch)
		local_object_drop(o);
	if (!unfilled || o->scratch)
		return 0;
	spoil(o);
	return misuse(o, "a reserved slot was not filled", err);
}

void local_object_drop(struct local_object *o)
{
	if (o->fd >= 0)
		hyp_file_close(o->fd);
	o->fd = -1;
}

void local_object_free(struct local_object *o)
{
	local_object_drop(o);
	free(o->slots);
	free(o->name);
	free(o);
}
