/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/buf.h"
#include "core/base/structs.h"
#include "core/base/text.h"
#include "core/plugin/call.h"

#include <stdlib.h>

#define THEIRS_MAX 65536

int32_t hyp_guard_init(struct hyp_guard *guard, struct hyp_instance *instance,
		       const char *member, struct hyp_error *err)
{
	memset(guard, 0, sizeof(*guard));
	if (pthread_mutex_init(&guard->lock, NULL) != 0)
		return hyp_error_nomem(err);
	guard->instance = instance;
	guard->member = member;
	guard->open = 1;
	return 0;
}

void hyp_guard_fini(struct hyp_guard *guard)
{
	pthread_mutex_destroy(&guard->lock);
}

int32_t hyp_guard_new(struct hyp_instance *instance, const char *member,
		      size_t size, void *out, struct hyp_error *err)
{
	struct hyp_guard *guard = calloc(1, size);

	if (guard == NULL)
		return hyp_error_nomem(err);
	if (hyp_guard_init(guard, instance, member, err) != 0) {
		free(guard);
		return HYP_E_TRANSIENT;
	}
	pthread_mutex_lock(&instance->lock);
	guard->next = instance->guards;
	instance->guards = guard;
	pthread_mutex_unlock(&instance->lock);
	memcpy(out, &guard, sizeof(guard));
	return 0;
}

void hyp_guards_free(struct hyp_instance *instance)
{
	struct hyp_guard *next;

	for (struct hyp_guard *g = instance->guards; g != NULL; g = next) {
		next = g->next;
		pthread_mutex_destroy(&g->lock);
		free(g);
	}
	instance->guards = NULL;
}

static int32_t repeat_failure(const struct hyp_guard *guard,
			      struct hyp_error *err)
{
	if (err != NULL)
		*err = guard->failure;
	return guard->failure.code;
}

int32_t hyp_guard_enter(struct hyp_guard *guard, struct hyp_error *err)
{
	int32_t rc = 0;

	pthread_mutex_lock(&guard->lock);
	if (!guard->open)
		rc = hyp_call_fault(guard->instance, guard->member, err,
				    "calls back after it returned");
	else if (guard->failure.code != 0)
		rc = repeat_failure(guard, err);
	if (rc != 0)
		pthread_mutex_unlock(&guard->lock);
	return rc;
}

int32_t hyp_guard_leave(struct hyp_guard *guard, int32_t rc,
			struct hyp_error *err)
{
	if (rc == 0)
		guard->count++;
	else if (err != NULL)
		guard->failure = *err;
	else
		hyp_error_set(&guard->failure, rc, "unknown", 0,
			      "a failure of which nothing was told");
	pthread_mutex_unlock(&guard->lock);
	return rc;
}

int32_t hyp_guard_close(struct hyp_guard *guard, int32_t rc,
			struct hyp_error *err)
{
	pthread_mutex_lock(&guard->lock);
	guard->open = 0;
	/* The plugin was to stop and return that code. */
	if (guard->failure.code != 0 && guard->failure.code != rc)
		rc = repeat_failure(guard, err);
	pthread_mutex_unlock(&guard->lock);
	return rc;
}

static int32_t guarded_write(void *ctx, const void *buf, uint64_t n,
			     struct hyp_error *err)
{
	struct hyp_writer_guard *w = ctx;
	struct hyp_error spare;
	int32_t rc;

	err = err != NULL ? err : &spare;
	rc = hyp_guard_enter(&w->guard, err);
	if (rc != 0)
		return rc;
	if (buf == NULL || n == 0 || n > INT64_MAX)
		rc = hyp_call_fault(w->guard.instance, w->guard.member, err,
				    "writes %llu bytes from %s",
				    (unsigned long long)n,
				    buf == NULL ? "nowhere" : "a buffer");
	else
		rc = w->to->write(w->to->ctx, buf, n, err);
	return hyp_guard_leave(&w->guard, rc, err);
}

static void point(struct hyp_writer_guard *w, const struct hyp_writer *to)
{
	w->writer.size = sizeof(w->writer);
	w->writer.reserved = 0;
	w->writer.ctx = w;
	w->writer.write = guarded_write;
	w->to = to;
}

int32_t hyp_writer_guard_new(struct hyp_instance *instance, const char *member,
			     const struct hyp_writer *to,
			     struct hyp_writer_guard **out,
			     struct hyp_error *err)
{
	struct hyp_writer_guard *w;
	int32_t rc = hyp_guard_new(instance, member, sizeof(*w), &w, err);

	if (rc != 0)
		return rc;
	point(w, to);
	*out = w;
	return 0;
}

int32_t hyp_writer_guard_init(struct hyp_writer_guard *w,
			      struct hyp_instance *instance, const char *member,
			      const struct hyp_writer *to,
			      struct hyp_error *err)
{
	int32_t rc = hyp_guard_init(&w->guard, instance, member, err);

	if (rc == 0)
		point(w, to);
	return rc;
}

int32_t hyp_guard_copy(const struct hyp_guard *guard, void *to, size_t ours,
		       const void *from, struct hyp_error *err)
{
	uint32_t size = 0;

	if (from != NULL)
		memcpy(&size, from, sizeof(size));
	if (size < 8 || size > THEIRS_MAX)
		return hyp_call_fault(guard->instance, guard->member, err,
				      "hands over a struct of %u bytes", size);
	hyp_struct_copy(to, ours, from, size);
	size = (uint32_t)ours;
	memcpy(to, &size, sizeof(size));
	return 0;
}

int32_t hyp_guard_text(const struct hyp_guard *guard, const char *what,
		       const char **text, struct hyp_error *err)
{
	if (*text == NULL)
		*text = "";
	if (hyp_text_is_utf8(*text, strlen(*text)))
		return 0;
	return hyp_call_fault(guard->instance, guard->member, err,
			      "hands over a %s that is not UTF-8", what);
}
