/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Preloaded into the daemon: its database's disk fails, when a script says so.
 * HYP_SYNC_DIR is a folder; a file that is in it:
 *	fail	the next sync of the write-ahead log fails, and the file goes;
 *		then the first sync of the log that has begun anew makes "held",
 *		waits for "go", and fails, too
 *	hold	a sync of the database or its log waits until the file goes
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[256];
static off_t failed_size; /* of the log, then; the store's one writer syncs */

__attribute__((constructor)) static void begin(void)
{
	const char *text = getenv("HYP_SYNC_DIR");

	if (text != NULL)
		snprintf(dir, sizeof(dir), "%s", text);
	unsetenv("HYP_SYNC_DIR");
	unsetenv("LD_PRELOAD");
}

static const char *in_dir(const char *name, char path[320])
{
	snprintf(path, 320, "%s/%s", dir, name);
	return path;
}

static int there(const char *name)
{
	char path[320];

	return access(in_dir(name, path), F_OK) == 0;
}

static void wait_for(const char *name, int is_there)
{
	while (there(name) != is_there)
		usleep(10000);
}

static int fails(off_t size)
{
	char path[320];
	FILE *held;

	if (unlink(in_dir("fail", path)) == 0) {
		failed_size = size;
		return 1;
	}
	if (size >= failed_size)
		return 0;
	failed_size = 0;
	held = fopen(in_dir("held", path), "w");
	if (held != NULL)
		fclose(held);
	wait_for("go", 1);
	return 1;
}

static int ends_in(const char *path, const char *end)
{
	size_t n = strlen(path), k = strlen(end);

	return n >= k && strcmp(path + n - k, end) == 0;
}

/* 0, or -1 with errno. */
static int judge(int fd)
{
	char link[64], path[4096];
	struct stat st;
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path) - 1);
	if (dir[0] == '\0' || n <= 0 || fstat(fd, &st) != 0)
		return 0;
	path[n] = '\0';
	if (!ends_in(path, ".db") && !ends_in(path, ".db-wal"))
		return 0;
	wait_for("hold", 0);
	if (!ends_in(path, ".db-wal") || !fails(st.st_size))
		return 0;
	errno = EIO;
	return -1;
}

#define JUDGED(name)                                                           \
	__attribute__((visibility("default"))) int name(int fd)                \
	{                                                                      \
		int (*real)(int);                                              \
                                                                               \
		if (judge(fd) != 0)                                            \
			return -1;                                             \
		*(void **)&real = dlsym(RTLD_NEXT, #name);                     \
		return real(fd);                                               \
	}

JUDGED(fsync)
JUDGED(fdatasync)
