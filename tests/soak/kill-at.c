/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Preloaded into the daemon: dies of SIGKILL at the Nth call of those that
 * durability and visibility depend on. HYP_KILL_AT=N: before that call is
 * made; -N: after it; NAME:N: of that function's calls only. Instants that no
 * clock would hit, and each of them is hit by some N. Children of the daemon
 * are left alone.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static atomic_long calls;
static long before, after;
static char only[32];

__attribute__((constructor)) static void begin(void)
{
	const char *text = getenv("HYP_KILL_AT");
	const char *colon = text != NULL ? strchr(text, ':') : NULL;
	long n;

	if (colon != NULL)
		snprintf(only, sizeof(only), "%.*s", (int)(colon - text), text);
	if (colon != NULL)
		text = colon + 1;
	n = text != NULL ? strtol(text, NULL, 10) : 0;
	if (n > 0)
		before = n;
	else
		after = -n;
	unsetenv("HYP_KILL_AT");
	unsetenv("LD_PRELOAD");
}

/* Which call this is; 0: one that does not count. */
static long count(const char *name)
{
	if (only[0] != '\0' && strcmp(only, name) != 0)
		return 0;
	return atomic_fetch_add(&calls, 1) + 1;
}

static void die_if(long n, long then)
{
	if (n != 0 && n == then)
		kill(getpid(), SIGKILL);
}

#define AROUND(type, name, params, args)                                       \
	__attribute__((visibility("default"))) type name params                \
	{                                                                      \
		type(*real) params;                                            \
		long n = count(#name);                                         \
		type rc;                                                       \
                                                                               \
		*(void **)&real = dlsym(RTLD_NEXT, #name);                     \
		die_if(n, before);                                             \
		rc = real args;                                                \
		die_if(n, after);                                              \
		return rc;                                                     \
	}

AROUND(int, fsync, (int fd), (fd))
AROUND(int, fdatasync, (int fd), (fd))
AROUND(int, unlink, (const char *path), (path))
AROUND(int, unlinkat, (int fd, const char *path, int flags), (fd, path, flags))
AROUND(int, mkdirat, (int fd, const char *path, mode_t mode), (fd, path, mode))
AROUND(int, renameat, (int from, const char *old, int to, const char *new),
       (from, old, to, new))
AROUND(int, renameat2,
       (int from, const char *old, int to, const char *new, unsigned flags),
       (from, old, to, new, flags))
AROUND(int, linkat,
       (int from, const char *old, int to, const char *new, int flags),
       (from, old, to, new, flags))
