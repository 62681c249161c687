/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Preloaded under valgrind (3.19), which knows neither openat2 nor pidfd_open:
 * the one is walked here, step by step, the other is a pipe that a thread
 * closes. Only what this project asks of them. All other system calls are
 * libc's.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define KNOWN                                                                  \
	(RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS |       \
	 RESOLVE_NO_XDEV)

static int fail(int with)
{
	errno = with;
	return -1;
}

static void close_quietly(int fd)
{
	int saved = errno;

	close(fd);
	errno = saved;
}

/* A bind mount's device is that of what it shows: mounts have numbers. */
static int is_elsewhere(int dir, int fd)
{
	struct statx a, b;

	return statx(dir, "", AT_EMPTY_PATH, STATX_MNT_ID, &a) != 0 ||
	       statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &b) != 0 ||
	       a.stx_mnt_id != b.stx_mnt_id;
}

/* What is there is held and judged, so that a rename meanwhile changes neither
 * the answer nor the error: a link is ELOOP, or what O_NOFOLLOW makes of it. */
static int open_held(int dir, const char *name, int flags, mode_t mode)
{
	int held = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC), fd;
	struct stat st;

	if (held < 0)
		return -1;
	if (fstat(held, &st) != 0)
		fd = -1;
	else if (S_ISLNK(st.st_mode) && (flags & O_NOFOLLOW) == 0)
		fd = fail(ELOOP);
	else if ((flags & O_DIRECTORY) == 0)
		return held;
	else if (!S_ISDIR(st.st_mode))
		fd = fail(ENOTDIR);
	else
		fd = openat(held, ".", flags, mode);
	close_quietly(held);
	return fd;
}

/* One name in dir, which may not be a link. */
static int open_name(int dir, const char *name, const struct open_how *how)
{
	int flags = (int)how->flags, fd;

	if (strcmp(name, "..") == 0)
		return fail(EXDEV);
	if ((flags & (O_PATH | O_DIRECTORY)) != 0)
		fd = open_held(dir, name, flags, (mode_t)how->mode);
	else
		fd = openat(dir, name, flags | O_NOFOLLOW, (mode_t)how->mode);
	if (fd >= 0 && (how->resolve & RESOLVE_NO_XDEV) != 0 &&
	    is_elsewhere(dir, fd)) {
		close(fd);
		return fail(EXDEV);
	}
	return fd;
}

static int walk(int dir, char *path, const struct open_how *how)
{
	const struct open_how step = {.flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
				      .resolve = how->resolve};
	char *name = path, *slash;
	int at = dir, next;

	while (name != NULL) {
		slash = strchr(name, '/');
		if (slash != NULL)
			*slash++ = '\0';
		next = slash != NULL && *name == '\0'
			       ? at
			       : open_name(at, name,
					   slash != NULL ? &step : how);
		if (at != dir && at != next)
			close_quietly(at);
		if (next < 0)
			return -1;
		at = next;
		name = slash;
	}
	return at;
}

static int openat2(int dir, const char *path, const struct open_how *how,
		   size_t size)
{
	char copy[4096];

	if (size != sizeof(*how) || (how->resolve & ~(__u64)KNOWN) != 0 ||
	    (how->resolve & RESOLVE_NO_SYMLINKS) == 0)
		return fail(ENOSYS);
	if (path[0] == '/')
		return fail(EXDEV);
	if (path[0] == '\0')
		return fail(ENOENT);
	if (strlen(path) >= sizeof(copy))
		return fail(ENAMETOOLONG);
	strcpy(copy, path);
	return walk(dir, copy, how);
}

__attribute__((visibility("default"))) long syscall(long number, ...)
{
	long a[6];
	va_list args;
	long (*real)(long, ...);

	va_start(args, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(args, long);
	va_end(args);
	if (number == SYS_openat2)
		return openat2((int)a[0], (const char *)a[1],
			       (const struct open_how *)a[2], (size_t)a[3]);
	*(void **)&real = dlsym(RTLD_NEXT, "syscall");
	return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

/* arg: the process, and the end of a pipe. */
static void *wait_and_close(void *arg)
{
	uintptr_t both = (uintptr_t)arg;
	siginfo_t info;

	while (waitid(P_PID, (id_t)(both >> 32), &info, WEXITED | WNOWAIT) !=
		       0 &&
	       errno == EINTR)
		;
	close((int)(both & 0xffffffffu));
	return NULL;
}

int pidfd_open(pid_t pid, unsigned int flags);
__attribute__((visibility("default"))) int pidfd_open(pid_t pid,
						      unsigned int flags)
{
	uintptr_t both;
	pthread_t thread;
	int ends[2];

	if (flags != 0)
		return fail(ENOSYS);
	if (pipe2(ends, O_CLOEXEC) != 0)
		return -1;
	both = (uintptr_t)(unsigned int)pid << 32 | (unsigned int)ends[1];
	if (pthread_create(&thread, NULL, wait_and_close, (void *)both) != 0) {
		close(ends[0]);
		close(ends[1]);
		return fail(ENOMEM);
	}
	pthread_detach(thread);
	return ends[0];
}
