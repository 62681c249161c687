/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/nomem/shim.h"
#include "tests/nomem/blocks.h"

#include <dlfcn.h>
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unwind.h>

#define SITES_MAX 16384
#define DEPTH 12 /* frames looked at: those of the shim come first */

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define REAL(name) __interceptor_##name
#else
#define REAL(name) __libc_##name
#endif
extern void *REAL(malloc)(size_t n);
extern void *REAL(calloc)(size_t n, size_t size);
extern void *REAL(realloc)(void *p, size_t n);
extern void *REAL(memalign)(size_t align, size_t n);
extern void REAL(free)(void *p);

static struct shim_plan plan;
static int armed, tracing;
static unsigned long failed, met;
static long live;
static _Thread_local int spared, inside;
static _Thread_local size_t given_back; /* by this thread's last call */

static struct shim_site sites[SITES_MAX];
static size_t site_count;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void (*top)(const struct shim_plan *what);
static int hit;

struct walk {
	uintptr_t ips[DEPTH];
	int count;
};

/* Who called the unit is no part of a place. */
static _Unwind_Reason_Code step(struct _Unwind_Context *context, void *arg)
{
	struct walk *walk = arg;

	if (walk->count == DEPTH ||
	    (walk->count > 0 && top != NULL &&
	     _Unwind_GetRegionStart(context) == (uintptr_t)top))
		return _URC_END_OF_STACK;
	walk->ips[walk->count++] = _Unwind_GetIP(context);
	return _URC_NO_REASON;
}

static void where(uintptr_t caller, struct shim_site *site)
{
	struct walk walk = {.count = 0};
	int first = 0;

	memset(site, 0, sizeof(*site));
	_Unwind_Backtrace(step, &walk);
	while (first < walk.count && walk.ips[first] != caller)
		first++;
	site->hash = UINT64_C(0xcbf29ce484222325);
	for (int i = 0; i < SHIM_FRAMES && first + i < walk.count; i++) {
		site->frames[i] = walk.ips[first + i];
		site->hash = (site->hash ^ site->frames[i]) *
			     UINT64_C(0x100000001b3);
	}
}

static void note(const struct shim_site *site)
{
	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < site_count; i++)
		if (sites[i].hash == site->hash)
			goto out;
	if (site_count < SITES_MAX)
		sites[site_count++] = *site;
out:
	pthread_mutex_unlock(&lock);
}

static int is_planned(uintptr_t caller, unsigned long number)
{
	struct shim_site site;

	if (plan.nth != 0)
		return number == plan.nth;
	if (plan.site == NULL || plan.site->frames[0] != caller)
		return 0;
	where(caller, &site);
	return site.hash == plan.site->hash;
}

static int is_to_fail(uintptr_t caller)
{
	unsigned long number = __atomic_add_fetch(&met, 1, __ATOMIC_RELAXED);
	unsigned long before = __atomic_load_n(&failed, __ATOMIC_RELAXED);
	struct shim_site site;

	if (tracing) {
		where(caller, &site);
		note(&site);
	}
	if (before > 0 ? !plan.on || before >= SHIM_ON_MAX
		       : !is_planned(caller, number))
		return 0;
	__atomic_add_fetch(&failed, 1, __ATOMIC_RELAXED);
	__atomic_store_n(&hit, 1, __ATOMIC_RELAXED);
	return 1;
}

static int fails(uintptr_t caller)
{
	int yes;

	if (!__atomic_load_n(&armed, __ATOMIC_RELAXED) || spared || inside)
		return 0;
	inside = 1;
	yes = is_to_fail(caller);
	inside = 0;
	if (yes)
		errno = ENOMEM;
	return yes;
}

/* The largest that glibc's malloc puts aside for a thread's next one of that
 * size, and calloc does not take. */
#define TCACHE_MAX 1032

/* What glibc can give, as this thread has just given it back: only where
 * xml-hush.c counts on it. */
static int is_at_hand(size_t n, uintptr_t caller)
{
	Dl_info info;

	return given_back > TCACHE_MAX && given_back >= n &&
	       dladdr((void *)caller, &info) != 0 && info.dli_sname != NULL &&
	       strcmp(info.dli_sname, "xmlGetGlobalState") == 0;
}

static void *counted(void *p, uintptr_t caller)
{
	given_back = 0;
	if (p == NULL)
		return p;
	__atomic_add_fetch(&live, 1, __ATOMIC_RELAXED);
	blocks_add(p, caller);
	return p;
}

static void gone(void *p)
{
	if (p == NULL)
		return;
	given_back = malloc_usable_size(p);
	__atomic_sub_fetch(&live, 1, __ATOMIC_RELAXED);
	blocks_remove(p);
}

/* REAL(realloc), counted. */
static void *resized(void *p, size_t n, uintptr_t caller)
{
	void *q;

	if (n == 0)
		gone(p);
	q = REAL(realloc)(p, n);
	if (p == NULL)
		return counted(q, caller);
	if (q != NULL && q != p) {
		blocks_remove(p);
		blocks_add(q, caller);
	}
	return q;
}

#define EXPORT __attribute__((visibility("default"), noinline))
#define CALLER ((uintptr_t)__builtin_return_address(0))

EXPORT void *malloc(size_t n)
{
	return fails(CALLER) ? NULL : counted(REAL(malloc)(n), CALLER);
}

EXPORT void *calloc(size_t n, size_t size)
{
	return !is_at_hand(n * size, CALLER) && fails(CALLER)
		       ? NULL
		       : counted(REAL(calloc)(n, size), CALLER);
}

EXPORT void *realloc(void *p, size_t n)
{
	return n > 0 && fails(CALLER) ? NULL : resized(p, n, CALLER);
}

EXPORT void *reallocarray(void *p, size_t n, size_t size)
{
	size_t all;

	if (__builtin_mul_overflow(n, size, &all)) {
		errno = ENOMEM;
		return NULL;
	}
	return all > 0 && fails(CALLER) ? NULL : resized(p, all, CALLER);
}

EXPORT void *memalign(size_t align, size_t n)
{
	return fails(CALLER) ? NULL : counted(REAL(memalign)(align, n), CALLER);
}

EXPORT void *aligned_alloc(size_t align, size_t n)
{
	return fails(CALLER) ? NULL : counted(REAL(memalign)(align, n), CALLER);
}

EXPORT int posix_memalign(void **out, size_t align, size_t n)
{
	void *p = fails(CALLER) ? NULL
				: counted(REAL(memalign)(align, n), CALLER);

	if (p == NULL)
		return ENOMEM;
	*out = p;
	return 0;
}

EXPORT void free(void *p)
{
	gone(p);
	REAL(free)(p);
}

void shim_top(void (*run)(const struct shim_plan *what))
{
	top = run;
}

int shim_hit(void)
{
	return __atomic_load_n(&hit, __ATOMIC_RELAXED);
}

void shim_arm(const struct shim_plan *what)
{
	plan = *what;
	failed = met = 0;
	__atomic_store_n(&armed, 1, __ATOMIC_SEQ_CST);
}

void shim_disarm(void)
{
	__atomic_store_n(&armed, 0, __ATOMIC_SEQ_CST);
}

unsigned long shim_failed(void)
{
	return __atomic_load_n(&failed, __ATOMIC_RELAXED);
}

unsigned long shim_met(void)
{
	return __atomic_load_n(&met, __ATOMIC_RELAXED);
}

void shim_spare(int by)
{
	spared += by;
}

long shim_live(void)
{
	return __atomic_load_n(&live, __ATOMIC_RELAXED);
}

void shim_trace(int on)
{
	tracing = on;
}

size_t shim_sites(const struct shim_site **out)
{
	*out = sites;
	return site_count;
}
