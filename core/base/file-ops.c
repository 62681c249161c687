/* SPDX-License-Identifier: Apache-2.0 */
/* The table of file operations: the system's, and the one in force. */
#include "core/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

static int sys_openat(void *ctx, int dir, const char *path, int flags,
		      mode_t mode, uint64_t resolve)
{
	struct open_how how = {
		.flags = (unsigned int)(flags | O_CLOEXEC),
		.resolve = resolve,
	};

	(void)ctx;
	/* The same; and valgrind and old containers know no openat2. */
	if (resolve == 0)
		return openat(dir, path, flags | O_CLOEXEC, mode);
	/* openat2 refuses a mode that would have no effect. */
	if ((flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE)
		how.mode = mode & 07777;
	return (int)syscall(SYS_openat2, dir, path, &how, sizeof(how));
}

static int sys_mkdirat(void *ctx, int dir, const char *path, mode_t mode)
{
	(void)ctx;
	return mkdirat(dir, path, mode);
}

static int sys_unlinkat(void *ctx, int dir, const char *path, int flags)
{
	(void)ctx;
	return unlinkat(dir, path, flags);
}

static int sys_renameat2(void *ctx, int dir, const char *from, int todir,
			 const char *to, unsigned int flags)
{
	(void)ctx;
	return renameat2(dir, from, todir, to, flags);
}

static ssize_t sys_pwrite(void *ctx, int fd, const void *buf, size_t n,
			  off_t at)
{
	(void)ctx;
	return pwrite(fd, buf, n, at);
}

static ssize_t sys_pread(void *ctx, int fd, void *buf, size_t n, off_t at)
{
	(void)ctx;
	return pread(fd, buf, n, at);
}

static int sys_ftruncate(void *ctx, int fd, off_t size)
{
	(void)ctx;
	return ftruncate(fd, size);
}

static int sys_fallocate(void *ctx, int fd, int mode, off_t at, off_t n)
{
	(void)ctx;
	return fallocate(fd, mode, at, n);
}

static int sys_sync_file_range(void *ctx, int fd, off_t at, off_t n,
			       unsigned int flags)
{
	(void)ctx;
	return sync_file_range(fd, at, n, flags);
}

static int sys_fsync(void *ctx, int fd)
{
	(void)ctx;
	return fsync(fd);
}

static int sys_close(void *ctx, int fd)
{
	(void)ctx;
	return close(fd);
}

static int sys_linkat(void *ctx, int dir, const char *from, int todir,
		      const char *to)
{
	(void)ctx;
	return linkat(dir, from, todir, to, 0);
}

#define SYSTEM_OPS                                                             \
	{                                                                      \
		.openat = sys_openat, .mkdirat = sys_mkdirat,                  \
		.unlinkat = sys_unlinkat, .renameat2 = sys_renameat2,          \
		.pwrite = sys_pwrite, .pread = sys_pread,                      \
		.ftruncate = sys_ftruncate, .fallocate = sys_fallocate,        \
		.sync_file_range = sys_sync_file_range, .fsync = sys_fsync,    \
		.close = sys_close, .linkat = sys_linkat,                      \
	}

static const struct hyp_file_ops system_ops = SYSTEM_OPS;
static struct hyp_file_ops ops = SYSTEM_OPS;

void hyp_file_set_ops(const struct hyp_file_ops *table)
{
	ops = table == NULL ? system_ops : *table;
}

const struct hyp_file_ops *hyp_file_system_ops(void)
{
	return &system_ops;
}

int hyp_file_openat(int dir, const char *path, int flags, mode_t mode,
		    uint64_t resolve)
{
	int fd, tries = 0;

	/* A rename anywhere while RESOLVE_BENEATH walks over ".." is EAGAIN. */
	do
		fd = ops.openat(ops.ctx, dir, path, flags, mode, resolve);
	while (fd < 0 && errno == EAGAIN && resolve != 0 && ++tries < 64);
	return fd;
}

int hyp_file_mkdirat(int dir, const char *path, mode_t mode)
{
	return ops.mkdirat(ops.ctx, dir, path, mode);
}

int hyp_file_unlinkat(int dir, const char *path, int flags)
{
	return ops.unlinkat(ops.ctx, dir, path, flags);
}

int hyp_file_renameat2(int dir, const char *from, int todir, const char *to,
		       unsigned int flags)
{
	return ops.renameat2(ops.ctx, dir, from, todir, to, flags);
}

int hyp_file_linkat(int dir, const char *from, int todir, const char *to)
{
	return ops.linkat(ops.ctx, dir, from, todir, to);
}

int hyp_file_ftruncate(int fd, off_t size)
{
	return ops.ftruncate(ops.ctx, fd, size);
}

int hyp_file_fallocate(int fd, int mode, off_t at, off_t n)
{
	return ops.fallocate(ops.ctx, fd, mode, at, n);
}

int hyp_file_sync_range(int fd, off_t at, off_t n, unsigned int flags)
{
	return ops.sync_file_range(ops.ctx, fd, at, n, flags);
}

int hyp_file_fsync(int fd)
{
	return ops.fsync(ops.ctx, fd);
}

int hyp_file_close(int fd)
{
	return ops.close(ops.ctx, fd);
}

int hyp_file_pwrite_all(int fd, const void *buf, size_t n, off_t at)
{
	const char *p = buf;

	while (n > 0) {
		ssize_t w = ops.pwrite(ops.ctx, fd, p, n, at);

		if (w < 0 && errno == EINTR)
			continue;
		if (w == 0)
			errno = EIO;
		if (w <= 0)
			return -1;
		p += w;
		n -= (size_t)w;
		at += w;
	}
	return 0;
}

ssize_t hyp_file_pread_all(int fd, void *buf, size_t n, off_t at)
{
	size_t done = 0;

	while (done < n) {
		ssize_t r = ops.pread(ops.ctx, fd, (char *)buf + done, n - done,
				      at + (off_t)done);

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return -1;
		if (r == 0)
			break;
		done += (size_t)r;
	}
	return (ssize_t)done;
}
